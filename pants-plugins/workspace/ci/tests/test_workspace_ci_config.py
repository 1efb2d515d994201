"""What a change asks of CI: which jobs, after which, on which branches, with which secrets."""

from __future__ import annotations

from typing import Any

import yaml

from workspace.ci.check import problems
from workspace.ci.config import Change, Deployable, Machine, configuration, render
from workspace.ci.local_job import has_context, steps_of
from workspace.ci.shards import Shard

MACHINE = Machine("cimg/python:3.12-node", "large", ".ci/release", "/^release\\/.*/", "release")
CHANGE = Change(
    since="abc",
    touched=True,
    shards=[Shard(("apps/shop/tests:tests",), 1.0)],
    deployables=[
        Deployable("shop", "apps/shop", "apps/shop:shop", released=True),
        Deployable("devstack", "tools/devstack", "tools/devstack:devstack", released=False),
    ],
)
CONFIG = configuration(CHANGE, MACHINE)


def called(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What the workflow says of each job, by the name it has there."""
    entries = [next(iter(one.items())) for one in config["workflows"]["affected"]["jobs"]]
    return {said.get("name", job): said for job, said in entries}


def test_only_what_is_affected_and_mapped_to_sentry_is_released() -> None:
    assert list(called(CONFIG)) == [
        *("lint", "check", "test-1", "package-shop", "package-devstack", "release-shop")
    ]
    assert problems(CONFIG) == []


def test_a_release_waits_for_its_package_which_waits_for_every_proof() -> None:
    jobs = called(CONFIG)
    assert jobs["release-shop"]["requires"] == ["package-shop"]
    assert jobs["package-shop"]["requires"] == ["lint", "check", "test-1"]


def test_a_release_runs_on_main_and_on_release_tags_and_only_it_has_the_secrets() -> None:
    jobs = called(CONFIG)
    assert jobs["release-shop"]["filters"] == {
        "branches": {"only": ["main"]},
        "tags": {"only": ["/^release\\/.*/"]},
    }
    assert [name for name in jobs if has_context(CONFIG, name)] == ["release-shop"]
    # CircleCI runs a job for a tag only if all that it requires runs for that tag.
    assert {tuple(said["filters"]["tags"]["only"]) for said in jobs.values()} == {
        ("/^release\\/.*/",)
    }


def test_a_release_is_these_steps() -> None:
    commands = [step.command for step in steps_of(CONFIG, "release-shop") if step.command]
    assert commands == [
        ".ci/release upload shop apps/shop",
        ".ci/release deploy shop apps/shop",
        ".ci/release verify shop apps/shop",
        ".ci/release finalize shop apps/shop",
    ]


def test_what_a_release_found_out_about_commits_is_kept_for_the_next() -> None:
    steps = CONFIG["jobs"]["release-shop"]["steps"]
    (restored,) = [step["restore_cache"] for step in steps if "restore_cache" in step]
    (saved,) = [step["save_cache"] for step in steps if "save_cache" in step]
    assert saved["key"].startswith(restored["keys"][0])
    assert saved["paths"] == [".pants.d/release/effects"]  # as docs/RELEASING.md says
    # Also of a release that failed: the next one need not ask again.
    assert saved["when"] == "always"


def test_nothing_affected_says_so_on_tags_too() -> None:
    config = configuration(Change(None, False, [], []), MACHINE)
    assert list(called(config)) == ["nothing-affected"]
    assert called(config)["nothing-affected"]["filters"]["tags"]["only"] == ["/^release\\/.*/"]


def test_what_is_written_is_what_is_meant_and_always_the_same() -> None:
    assert yaml.safe_load(render(CONFIG)) == CONFIG
    assert render(configuration(CHANGE, MACHINE)) == render(CONFIG)
