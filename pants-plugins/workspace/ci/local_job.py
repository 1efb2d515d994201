"""One job of a configuration as the steps that a machine of one's own can run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workspace.projects import WorkspaceError

_PARAMETER = re.compile(r"<<\s*parameters\.([\w-]+)\s*>>")
_PIPELINE = re.compile(r"<<\s*pipeline\.((?!parameters\.)[\w.-]+)\s*>>")
ALWAYS, ON_FAIL, ON_SUCCESS = "always", "on_fail", "on_success"


@dataclass(frozen=True)
class LocalStep:
    """One step.

    Attributes:
        name: what to call it.
        command: for bash; none where only CircleCI can do it, and `name` says what it would do.
        environment: what it adds to the environment.
        when: `always`, `on_fail` or `on_success`.
        folder: where it runs, from the clone's root.
    """

    name: str
    command: str | None
    environment: Mapping[str, str] = field(default_factory=dict)
    when: str = ON_SUCCESS
    folder: str = "."


def with_pipeline_values(text: str, values: Mapping[str, str]) -> str:
    """The text of a configuration with what CircleCI knows of a pipeline written into it.

    Args:
        text: of the configuration.
        values: by name behind `pipeline.`; what is not there is empty, as where CircleCI does not
            know it.
    """
    return _PIPELINE.sub(lambda found: values.get(found.group(1), ""), text)


def job_names(config: Mapping[str, Any]) -> list[str]:
    """What `ci-run` can be asked for: jobs as workflows call them, then those in none."""
    called = _called(config)
    templates = {declared for _, declared, _ in called}
    names = [name for name, _, _ in called]
    return names + [name for name in config.get("jobs") or {} if name not in templates]


def has_context(config: Mapping[str, Any], job: str) -> bool:
    """Whether a workflow gives the job a context, and so its secrets."""
    return any(bool(said.get("context")) for name, _, said in _called(config) if name == job)


def steps_of(config: Mapping[str, Any], job: str) -> list[LocalStep]:
    """The steps of a job, commands and parameters filled in.

    Args:
        config: valid, and without problems by `workspace.ci.check`.
        job: its name in a workflow, or its own.

    Raises:
        WorkspaceError: there is no such job, or it is an orb's.
    """
    jobs = config.get("jobs") or {}
    declared, arguments = next(
        (
            (declared, said)
            for name, declared, said in _called(config)
            if name == job and declared in jobs
        ),
        (job, {}),
    )
    if declared not in jobs:
        known = ", ".join(job_names(config)) or "none"
        raise WorkspaceError(f"There is no job {job} to run here. The jobs: {known}.")
    body = _filled(jobs[declared], jobs[declared], arguments)
    environment = {**_executor_environment(config, body), **_environment(body)}
    folder = str(body.get("working_directory", "."))
    return _steps(config, body["steps"], environment, folder if folder[0] not in "~/" else ".")


def _called(config: Mapping[str, Any]) -> list[tuple[str, str, Mapping[str, Any]]]:
    found: list[tuple[str, str, Mapping[str, Any]]] = []
    for workflow in (config.get("workflows") or {}).values():
        for entry in workflow.get("jobs", ()) if isinstance(workflow, Mapping) else ():
            if isinstance(entry, str):
                found.append((entry, entry, {}))
                continue
            (declared, said), *_ = entry.items()
            found.append((str((said or {}).get("name", declared)), declared, said or {}))
    return found


def _filled(value: Any, declared: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
    """A job's or command's body with its parameters' values in it."""
    defaults = {
        name: parameter.get("default", "")
        for name, parameter in (declared.get("parameters") or {}).items()
    }
    values = {name: arguments.get(name, default) for name, default in defaults.items()}

    def fill(inner: Any) -> Any:
        if isinstance(inner, str):
            whole = _PARAMETER.fullmatch(inner.strip())
            if whole and not isinstance(values.get(whole.group(1), ""), str):
                return values[whole.group(1)]
            return _PARAMETER.sub(lambda match: str(values.get(match.group(1), "")), inner)
        if isinstance(inner, Mapping):
            return {key: fill(one) for key, one in inner.items() if key != "parameters"}
        if isinstance(inner, list):
            return [fill(one) for one in inner]
        return inner

    return fill(value)


def _environment(body: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in (body.get("environment") or {}).items()}


def _executor_environment(config: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, str]:
    named = body.get("executor")
    name = named.get("name") if isinstance(named, Mapping) else named
    executor = (config.get("executors") or {}).get(name)
    if executor is None:
        return {}
    arguments = named if isinstance(named, Mapping) else {}
    return _environment(_filled(executor, executor, arguments))


def _steps(
    config: Mapping[str, Any], steps: Sequence[Any], environment: Mapping[str, str], folder: str
) -> list[LocalStep]:
    found: list[LocalStep] = []
    for step in steps:
        (name, said), *_ = step.items() if isinstance(step, Mapping) else [(step, {})]
        command = (config.get("commands") or {}).get(name)
        if command is not None:
            body = _filled(command, command, said or {})
            found += _steps(config, body["steps"], environment, folder)
        elif name in ("when", "unless"):
            if bool(said.get("condition")) == (name == "when"):
                found += _steps(config, said["steps"], environment, folder)
        elif name == "run":
            found.append(_run(said, environment, folder))
        elif name == "checkout":
            found.append(LocalStep("Check out the commit: this is its clone", None))
        else:
            label = said.get("name") if isinstance(said, Mapping) else None
            found.append(LocalStep(f"{label or name}: only on CircleCI", None))
    return found


def _run(said: Any, environment: Mapping[str, str], folder: str) -> LocalStep:
    if isinstance(said, str):
        return LocalStep(said.strip().splitlines()[0], said, environment, folder=folder)
    command = str(said["command"])
    return LocalStep(
        str(said.get("name") or command.strip().splitlines()[0]),
        command,
        {**environment, **_environment(said)},
        str(said.get("when", ON_SUCCESS)),
        str(said.get("working_directory", folder)),
    )
