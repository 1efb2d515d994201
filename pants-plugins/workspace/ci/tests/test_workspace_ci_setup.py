"""The setup workflow that is checked in: when it runs, and from where it measures a change."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from workspace.ci.local_job import has_context, steps_of, with_pipeline_values
from workspace.ci.schema import SETUP, CircleCi
from workspace.tests.workspace_git import ENVIRONMENT, History

TEXT = (Path.cwd() / SETUP).read_text()
# In the place of a program that takes minutes: it says how it was called, and writes what is shown.
PANTS = '#!/bin/sh\necho "pants $*"\ntouch generated.yml\n'


@pytest.fixture
def history(tmp_path: Path) -> History:
    """A checkout with four commits, which are named first to fourth."""
    history = History(tmp_path / "checkout")
    history.write({"pants": PANTS})
    (history.folder / "pants").chmod(0o755)
    for name in ("first", "second", "third", "fourth"):
        history.git("tag", name, history.commit({"file": name}))
    history.git("remote", "add", "origin", str(history.folder))
    history.git("fetch", "--quiet", "origin")
    return history


def since(history: History, base: str = "", **circle: str) -> str:
    """The commit that the step measures from, as CircleCI would run it."""
    config: dict[str, Any] = yaml.safe_load(with_pipeline_values(TEXT, {"git.base_revision": base}))
    commands = [step.command or "" for step in steps_of(config, "plan")]
    (command,) = [each for each in commands if "ci-config" in each]
    said = subprocess.run(
        ["/bin/bash", "-eo", "pipefail", "-c", command],
        cwd=history.folder,
        env={**ENVIRONMENT, **circle},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    found = re.fullmatch(r"pants ci-config --since=(\S+) --output=generated.yml\n", said)
    assert found, said
    return history.git("rev-parse", f"{found.group(1)}^{{commit}}")


def named(history: History, name: str) -> str:
    return history.git("rev-parse", f"{name}^{{commit}}")


def test_on_main_a_push_of_several_commits_is_measured_from_where_main_was(
    history: History,
) -> None:
    second = named(history, "second")
    assert since(history, base=second, CIRCLE_BRANCH="main") == second
    # CircleCI knows nothing of before on the first push.
    assert since(history, CIRCLE_BRANCH="main") == named(history, "third")


def test_another_branch_is_measured_from_where_it_left_main(history: History) -> None:
    history.git("checkout", "--quiet", "-b", "topic")
    history.commit({"file": "topic"})
    assert since(history, base="anything", CIRCLE_BRANCH="topic") == named(history, "fourth")


def test_a_tag_is_measured_from_the_release_tag_before_it(history: History) -> None:
    history.git("tag", "release/1", "first")
    history.git("tag", "release/2", "fourth")
    history.git("tag", "gateway@1.0.0", "third")  # what a release left is no release tag
    assert since(history, CIRCLE_TAG="release/2") == named(history, "first")
    history.git("tag", "--delete", "release/1")
    assert since(history, CIRCLE_TAG="release/2") == named(history, "third")


def test_it_runs_for_every_branch_and_for_the_tags_that_are_released() -> None:
    config = yaml.safe_load(TEXT)
    ((entry,),) = [one["jobs"] for one in config["workflows"].values()]
    filters = entry["plan"]["filters"]
    assert list(filters) == ["tags"]  # a job is of every branch, unless it says otherwise
    (pattern,) = filters["tags"]["only"]
    # The jobs it goes on with are for the same tags.
    option = CircleCi.release_tags
    assert option is not None
    assert pattern == option.flag_options["default"]
    matches = re.compile(pattern[1:-1]).search
    assert matches("release/2026-11-26")
    assert not any(map(matches, ("gateway@1.2.0", "v1.0", "old/release/1")))


def test_it_has_no_secrets() -> None:
    assert not has_context(yaml.safe_load(TEXT), "plan")
