"""What CircleCI's schema does not notice: names that lead nowhere, and circles."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

BUILT_IN_STEPS = frozenset(
    [
        "add_ssh_keys",
        "attach_workspace",
        "checkout",
        "persist_to_workspace",
        "restore_cache",
        "run",
        "save_cache",
        "setup_remote_docker",
        "store_artifacts",
        "store_test_results",
    ]
)
CONDITIONS = frozenset(["when", "unless"])
# What a workflow says of a job beside the job's own parameters.
ABOUT_A_JOB = frozenset(
    [
        "context",
        "filters",
        "matrix",
        "name",
        "post-steps",
        "pre-steps",
        "requires",
        "serial-group",
        "type",
    ]
)
_REFERENCE = re.compile(r"<<\s*(pipeline\.parameters|parameters|matrix)\.([\w-]+)\s*>>")


def problems(config: Mapping[str, Any]) -> list[str]:
    """Look a configuration over.

    Args:
        config: as YAML reads it, and valid by CircleCI's schema.

    Returns:
        A sentence for each thing that is wrong, in the order of the file.
    """
    return _Check(config).run()


@dataclass
class _Check:
    config: Mapping[str, Any]
    found: list[str] = field(default_factory=list)

    def section(self, name: str) -> Mapping[str, Any]:
        return self.config.get(name) or {}

    def run(self) -> list[str]:
        for name, executor in self.section("executors").items():
            self.references(executor, executor, f"executor {name}")
        for name, command in self.section("commands").items():
            self.references(command, command, f"command {name}")
            self.steps(command.get("steps", ()), f"command {name}")
        self.no_circles(
            {
                name: [step for step, _ in _steps(command.get("steps", ()))]
                for name, command in self.section("commands").items()
            },
            "Commands call",
        )
        for name, job in self.section("jobs").items():
            self.references(job, job, f"job {name}")
            self.executor(job, f"job {name}")
            self.steps(job.get("steps", ()), f"job {name}")
        for name, workflow in self.section("workflows").items():
            if isinstance(workflow, Mapping):
                self.workflow(workflow, f"workflow {name}")
        return self.found

    def is_from_orb(self, name: str, where: str) -> bool:
        """Whether a name is an orb's, of which only its declaration can be checked here."""
        orb, slash, _ = name.partition("/")
        if slash and orb not in self.section("orbs"):
            self.found.append(f"{where}: orb {orb} is not declared.")
        return bool(slash)

    def executor(self, job: Mapping[str, Any], where: str) -> None:
        executor = job.get("executor")
        if executor is None:
            if not any(key in job for key in ("docker", "machine", "macos", "type")):
                self.found.append(f"{where}: says neither an executor nor an image.")
            return
        given = executor if isinstance(executor, Mapping) else {"name": executor}
        name = str(given.get("name"))
        if _REFERENCE.search(name) or self.is_from_orb(name, where):
            return
        declared = self.section("executors").get(name)
        if declared is None:
            self.found.append(f"{where}: executor {name} is not defined.")
            return
        self.arguments(
            declared,
            {key: given[key] for key in given if key != "name"},
            f"{where}: executor {name}",
        )

    def steps(self, steps: Sequence[Any], where: str) -> None:
        for name, arguments in _steps(steps):
            if name in BUILT_IN_STEPS or self.is_from_orb(name, where):
                continue
            command = self.section("commands").get(name)
            if command is None:
                self.found.append(f"{where}: command {name} is not defined.")
            else:
                self.arguments(command, arguments, f"{where}: command {name}")

    def arguments(self, declared: Mapping[str, Any], given: Mapping[str, Any], where: str) -> None:
        parameters = declared.get("parameters") or {}
        for name in given:
            if name not in parameters:
                self.found.append(f"{where} has no parameter {name}.")
        for name, parameter in parameters.items():
            if name not in given:
                if "default" not in parameter:
                    self.found.append(f"{where} needs the parameter {name}.")
            elif not _fits(given[name], parameter):
                self.found.append(
                    f"{where}: parameter {name} must be of type {parameter['type']}, "
                    f"not {given[name]!r}."
                )

    def references(self, text: Any, scope: Mapping[str, Any], where: str) -> None:
        parameters = scope.get("parameters") or {}
        for kind, name in _references(text):
            known = self.section("parameters") if kind == "pipeline.parameters" else parameters
            if kind != "matrix" and name not in known:
                problem = f"{where}: << {kind}.{name} >> is not declared."
                if problem not in self.found:
                    self.found.append(problem)

    def workflow(self, workflow: Mapping[str, Any], where: str) -> None:
        names: dict[str, list[str]] = {}
        for entry in workflow.get("jobs", ()):
            job, said = _entry(entry)
            name = str(said.get("name", job))
            if name in names:
                self.found.append(f"{where}: two jobs are called {name}.")
            names[name] = [_required(one) for one in said.get("requires", ())]
            self.steps(
                [*said.get("pre-steps", ()), *said.get("post-steps", ())], f"{where}: job {name}"
            )
            if said.get("type") == "approval" or self.is_from_orb(job, where):
                continue
            declared = self.section("jobs").get(job)
            if declared is None:
                self.found.append(f"{where}: job {job} is not defined.")
                continue
            matrix = (said.get("matrix") or {}).get("parameters") or {}
            given = {key: value for key, value in said.items() if key not in ABOUT_A_JOB}
            for key, values in matrix.items():
                given[key] = values[0] if isinstance(values, list) and values else values
            self.arguments(declared, given, f"{where}: job {name}")
        self.required_exist(workflow, names, where)
        self.no_circles(names, f"{where}: jobs require")

    def required_exist(
        self, workflow: Mapping[str, Any], names: Mapping[str, list[str]], where: str
    ) -> None:
        aliases = {
            str((said.get("matrix") or {}).get("alias", said.get("name", job)))
            for job, said in map(_entry, workflow.get("jobs", ()))
            if "matrix" in said
        }
        for name, requires in names.items():
            for required in requires:
                made_by_matrix = any(required.startswith(f"{alias}-") for alias in aliases)
                if required not in names and required not in aliases and not made_by_matrix:
                    self.found.append(
                        f"{where}: job {name} requires {required}, which is not in it."
                    )

    def no_circles(self, after: Mapping[str, list[str]], what: str) -> None:
        done: set[str] = set()

        def visit(name: str, path: list[str]) -> None:
            if name in path:
                circle = " → ".join([*path[path.index(name) :], name])
                self.found.append(f"{what} each other in a circle: {circle}.")
            elif name not in done:
                for other in after.get(name, ()):
                    visit(other, [*path, name])
                done.add(name)

        for name in after:
            visit(name, [])


def _steps(steps: Sequence[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for step in steps:
        if isinstance(step, str):
            # A parameter of type `steps` is checked where it is given.
            if not _REFERENCE.fullmatch(step.strip()):
                yield step, {}
            continue
        for name, said in step.items():
            if name in CONDITIONS:
                yield from _steps(said.get("steps", ()))
            else:
                yield name, said if isinstance(said, Mapping) else {}


def _entry(entry: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(entry, str):
        return entry, {}
    (job, said), *_ = entry.items()
    return job, said or {}


def _required(one: Any) -> str:
    """A required job's name, which may be a key whose value lists the outcomes that will do."""
    return str(next(iter(one))) if isinstance(one, Mapping) else str(one)


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield from (match.groups() for match in _REFERENCE.finditer(value))  # type: ignore[misc]
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _fits(value: Any, parameter: Mapping[str, Any]) -> bool:
    if isinstance(value, str) and _REFERENCE.search(value):
        return True
    kind = parameter["type"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "enum":
        return value in parameter.get("enum", ())
    if kind == "steps":
        return isinstance(value, list)
    if kind in ("string", "executor", "env_var_name"):
        return isinstance(value, str) or (kind == "executor" and isinstance(value, Mapping))
    return True
