"""The CircleCI configuration for a change: a plain value, the same for the same change."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from workspace.ci.shards import Shard

RECORDS = ".pants.d/test-records"
# What commits affect, which stays true: the build graph is asked about each once.
EFFECTS = ".pants.d/release/effects"
# What releasing an app is, step by step; `.ci/release` does each.
RELEASE_STEPS = {
    "upload": "Package it, and upload its sources under the release",
    "deploy": "Deploy it",
    "verify": "Verify that artifact, release and service agree",
    "finalize": "Finalize the release, note the deploy, and tag the commit",
}
HEADER = "# Written by ./pants ci-config for one change; CircleCI reads it once.\n"


@dataclass(frozen=True)
class Deployable:
    """A project whose artifact the change can influence.

    Attributes:
        project: its name.
        folder: where it lies.
        artifact: address of what it deploys.
        released: whether main releases it.
    """

    project: str
    folder: str
    artifact: str
    released: bool


@dataclass(frozen=True)
class Change:
    """What a change asks of CI.

    Attributes:
        since: the commit it is measured from; none where everything must be looked at.
        touched: whether any file that CI looks at changed.
        shards: the tests of everything that depends on it.
        deployables: projects to package, and on main to release.
    """

    since: str | None
    touched: bool
    shards: Sequence[Shard]
    deployables: Sequence[Deployable]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.touched or self.shards or self.deployables)


@dataclass(frozen=True)
class Machine:
    """Where jobs run, and how a project is released.

    Attributes:
        image: Docker image with Python, git and Node.
        resource_class: CircleCI's name for its size.
        release: command of one step of a release; step, project and folder are put behind it.
        release_tags: pattern of the tags that are released as main is.
        context: CircleCI context that holds the secrets of releases.
    """

    image: str
    resource_class: str
    release: str
    release_tags: str
    context: str


def configuration(change: Change, machine: Machine) -> dict[str, Any]:
    """Build the configuration that the setup workflow continues with."""
    if change.empty:
        return {
            "version": 2.1,
            "jobs": {
                "nothing-affected": {
                    "docker": [{"image": machine.image}],
                    "resource_class": "small",
                    "steps": [{"run": {"name": "Say so", "command": "echo Nothing is affected."}}],
                }
            },
            "workflows": {"affected": {"jobs": _also_in_tags(["nothing-affected"], machine)}},
        }
    jobs: dict[str, Any] = {}
    workflow: list[Any] = []
    if change.touched:
        jobs["lint"] = _job("Lint what changed", _over_change(change, "lint"))
        # Types are a contract with those who import: what depends on the change is checked, too.
        jobs["check"] = _job(
            "Check the types of what changed and of what depends on it",
            _over_change(change, "check", "--changed-dependents=transitive"),
        )
        workflow += ["lint", "check"]
    if change.shards:
        jobs["test"] = _test_job()
    names = [f"test-{number}" for number in range(1, len(change.shards) + 1)]
    for name, shard in zip(names, change.shards):  # no `strict` in Python 3.9
        workflow.append({"test": {"name": name, "targets": shlex.join(shard.tests)}})
    proofs = [job for job in workflow if isinstance(job, str)] + names
    if change.deployables:
        jobs["package"] = _package_job()
    for deployable in change.deployables:
        parameters = {"name": f"package-{deployable.project}", "artifact": deployable.artifact}
        workflow.append({"package": _after(parameters, proofs)})
    released = [deployable for deployable in change.deployables if deployable.released]
    for deployable in released:
        jobs[f"release-{deployable.project}"] = _release_job(deployable, machine)
        workflow.append(
            {
                f"release-{deployable.project}": {
                    "context": [machine.context],
                    "filters": {"branches": {"only": ["main"]}},
                    # One release of an app at a time, in the order of the commits.
                    "serial-group": f"<< pipeline.project.slug >>/release-{deployable.project}",
                    "requires": [f"package-{deployable.project}"],
                }
            }
        )
    return {
        "version": 2.1,
        "executors": {"workspace": _executor(machine)},
        "commands": {"prepare": _prepare()},
        "jobs": jobs,
        "workflows": {"affected": {"jobs": _also_in_tags(workflow, machine)}},
    }


def render(configuration: dict[str, Any]) -> str:
    """Write a configuration as YAML, in the order in which a person reads it."""
    text: str = yaml.dump(
        configuration, Dumper=_Readable, sort_keys=False, width=100, allow_unicode=True
    )
    return HEADER + text


class _Readable(yaml.SafeDumper):
    """Lists are indented below their key; nothing is written as a reference to something else."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:
        return True


def _over_change(change: Change, goal: str, *more: str) -> str:
    if change.since is None:
        return f"./pants {goal} ::"
    return " ".join(["./pants", f"--changed-since={shlex.quote(change.since)}", *more, goal])


def _after(parameters: dict[str, Any], requires: Iterable[str]) -> dict[str, Any]:
    needed = [*requires]
    return {**parameters, "requires": needed} if needed else parameters


def _executor(machine: Machine) -> dict[str, Any]:
    return {
        "docker": [{"image": machine.image}],
        "resource_class": machine.resource_class,
        # The machine is gone after one job, so a daemon would only cost its start.
        "environment": {"PANTS_PANTSD": "false", "PANTS_DYNAMIC_UI": "false"},
    }


def _prepare() -> dict[str, Any]:
    return {
        "description": "Check out the commit, and bring Pants and its cache.",
        "steps": [
            "checkout",
            {
                "restore_cache": {
                    "name": "Restore Pants and what it has built",
                    "keys": [
                        "pants-v1-{{ arch }}-{{ .Branch }}-",
                        "pants-v1-{{ arch }}-main-",
                        "pants-v1-{{ arch }}-",
                    ],
                }
            },
        ],
    }


def _job(name: str, command: str) -> dict[str, Any]:
    return {
        "executor": "workspace",
        "steps": ["prepare", {"run": {"name": name, "command": command}}],
    }


def _test_job() -> dict[str, Any]:
    key = "test-records-v1-{{ .Environment.CIRCLE_JOB }}-{{ .Branch }}-"
    return {
        "executor": "workspace",
        "parameters": {
            "targets": {"type": "string", "description": "Addresses, quoted for the shell."}
        },
        "steps": [
            "prepare",
            {"restore_cache": {"name": "Restore what is known of the tests", "keys": [key]}},
            {
                "run": {
                    "name": "Test what depends on the change",
                    "command": "./pants test --report << parameters.targets >>",
                    "no_output_timeout": "30m",
                }
            },
            {"store_test_results": {"path": "dist/test/reports"}},
            {
                # Also of a run that failed: a failure that a later run does not repeat is a flake.
                "save_cache": {
                    "name": "Keep what is known of the tests",
                    "key": key + "{{ .Revision }}-{{ epoch }}",
                    "paths": [RECORDS],
                    "when": "always",
                }
            },
            {
                "save_cache": {
                    "name": "Keep Pants and what it has built",
                    "key": "pants-v1-{{ arch }}-{{ .Branch }}-{{ .Revision }}",
                    "paths": ["~/.cache/kijko", "~/.cache/pants"],
                }
            },
        ],
    }


def _package_job() -> dict[str, Any]:
    return {
        "executor": "workspace",
        "parameters": {"artifact": {"type": "string", "description": "Address of the artifact."}},
        "steps": [
            "prepare",
            {
                "run": {
                    "name": "Package << parameters.artifact >>",
                    "command": "./pants package << parameters.artifact >>",
                }
            },
            {"store_artifacts": {"path": "dist"}},
        ],
    }


def _release_job(deployable: Deployable, machine: Machine) -> dict[str, Any]:
    arguments = shlex.join([deployable.project, deployable.folder])
    key = "release-effects-v1-"
    return {
        "executor": "workspace",
        "steps": [
            "prepare",
            {"restore_cache": {"name": "Restore what commits affect", "keys": [key]}},
            *(
                {"run": {"name": name, "command": f"{machine.release} {step} {arguments}"}}
                for step, name in RELEASE_STEPS.items()
            ),
            {
                "save_cache": {
                    "name": "Keep what commits affect",
                    "key": key + "{{ .Revision }}-{{ epoch }}",
                    "paths": [EFFECTS],
                    "when": "always",
                }
            },
            {"store_artifacts": {"path": "dist"}},
        ],
    }


def _also_in_tags(workflow: Iterable[Any], machine: Machine) -> list[Any]:
    """A job without a filter runs for branches only, and so does all that requires it."""
    found = []
    for entry in workflow:
        (job, said), *_ = [(entry, {})] if isinstance(entry, str) else entry.items()
        filters = {**said.get("filters", {}), "tags": {"only": [machine.release_tags]}}
        found.append({job: {**said, "filters": filters}})
    return found
