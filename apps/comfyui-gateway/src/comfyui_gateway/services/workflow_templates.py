"""Workflow templates: folders with a graph and a description of what may be changed in it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from comfyui_gateway.clients.comfyui import GraphInvalid, check_graph
from comfyui_gateway.problems import StartRefused, WorkflowUnknown
from comfyui_gateway.services.video_spec import VideoSpec
from comfyui_gateway.services.workflow_parameters import (
    Parameter,
    ParameterSet,
    ParametersRefused,
)

BUILT_IN = Path(__file__).parent.parent / "workflows"
_ID = r"^[a-z0-9]+(-[a-z0-9]+)*$"
_STRICT = ConfigDict(extra="forbid", frozen=True)

Graph = dict[str, dict[str, JsonValue]]


class Binding(BaseModel):
    """Where in the graph a parameter's value goes."""

    model_config = _STRICT

    node: str
    input: str


class TranscodeStep(BaseModel):
    """FFmpeg makes the video of a node playable everywhere, and a thumbnail beside it."""

    model_config = _STRICT

    use: Literal["ffmpeg"]
    node: str = Field(description="The output node whose video is taken.")
    spec: VideoSpec = VideoSpec()


class TemplateFile(BaseModel):
    """`template.json`."""

    model_config = _STRICT

    title: str = Field(min_length=1)
    description: str = ""
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    bindings: dict[str, tuple[Binding, ...]] = Field(default_factory=dict)
    outputs: tuple[str, ...] = Field(
        min_length=1, description="The nodes whose files are the job's outputs."
    )
    steps: tuple[TranscodeStep, ...] = ()


class Plan(BaseModel):
    """What a worker carries out for one job: stored with the job, so that it needs no template."""

    model_config = ConfigDict(frozen=True)

    graph: Graph
    outputs: tuple[str, ...]
    steps: tuple[TranscodeStep, ...] = ()


@dataclass(frozen=True)
class WorkflowTemplate:
    """A template that has been checked."""

    id: str
    file: TemplateFile
    graph: Graph
    parameters: ParameterSet

    def plan(self, values: Mapping[str, JsonValue], job_id: str) -> dict[str, JsonValue]:
        """Bind accepted parameter values and the job's own folder into the graph."""
        graph: dict[str, JsonValue] = dict(self.graph)
        changed: dict[str, dict[str, JsonValue]] = {}

        def inputs_of(node: str) -> dict[str, JsonValue]:
            if node not in changed:
                own = self.graph[node].get("inputs")
                changed[node] = dict(own) if isinstance(own, dict) else {}
                graph[node] = {**self.graph[node], "inputs": changed[node]}
            return changed[node]

        for name, value in values.items():
            for binding in self.file.bindings[name]:
                inputs_of(binding.node)[binding.input] = self.parameters.node_value(name, value)
        # A folder per job: ComfyUI lists the folder for every save, and would otherwise answer an
        # identical prompt with the files of an earlier job.
        for node, definition in self.graph.items():
            own = definition.get("inputs")
            if isinstance(own, dict) and isinstance(prefix := own.get("filename_prefix"), str):
                inputs_of(node)["filename_prefix"] = f"jobs/{job_id}/{prefix}"
        return {
            "graph": graph,
            "outputs": list(self.file.outputs),
            "steps": [step.model_dump(mode="json") for step in self.file.steps],
        }


class WorkflowCatalog:
    """The templates this gateway offers."""

    def __init__(self, templates: Iterable[WorkflowTemplate]) -> None:
        self._templates = {template.id: template for template in templates}

    def get(self, workflow_id: str) -> WorkflowTemplate:
        """The template of this id.

        Raises:
            WorkflowUnknown: there is none.
        """
        template = self._templates.get(workflow_id)
        if template is None:
            raise WorkflowUnknown(
                f"No workflow is called {workflow_id!r}; GET /api/workflows lists those there are."
            )
        return template

    def all(self) -> list[WorkflowTemplate]:
        """Every template, by id."""
        return [self._templates[name] for name in sorted(self._templates)]


def load_catalog(folders: Iterable[Path] = ()) -> WorkflowCatalog:
    """Read the built-in templates and those of `folders`.

    Raises:
        StartRefused: a template is not right; the sentence names the file and the fault.
    """
    templates: dict[str, WorkflowTemplate] = {}
    for folder in (BUILT_IN, *folders):
        if not folder.is_dir():
            raise StartRefused(
                f"GATEWAY_WORKFLOW_DIRS names {folder}, which is no folder; correct or remove it."
            )
        for place in sorted(folder.iterdir()):
            if not (place / "template.json").is_file():
                continue
            if place.name in templates:
                raise StartRefused(
                    f"The workflow {place.name!r} exists twice, the second time in {place}; "
                    "rename one of the folders."
                )
            templates[place.name] = load_template(place)
    return WorkflowCatalog(templates.values())


def load_template(folder: Path) -> WorkflowTemplate:
    """Read and check one template folder.

    Raises:
        StartRefused: it is not right; the sentence names the file and the fault.
    """
    described, graph_file = folder / "template.json", folder / "graph.json"
    if re_mismatch := _bad_id(folder.name):
        raise StartRefused(f"The workflow folder {folder} {re_mismatch}.")
    try:
        file = TemplateFile.model_validate(_read_json(described))
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise StartRefused(f"{described}: {where or 'it'}: {first['msg']}.") from None
    try:
        checked = check_graph(_read_json(graph_file))
    except GraphInvalid as invalid_graph:
        raise StartRefused(f"{graph_file}: {invalid_graph} {invalid_graph.advice}") from None
    graph: Graph = orjson.loads(orjson.dumps(checked))
    try:
        parameters = ParameterSet(folder.name, file.parameters)
    except ParametersRefused as refused:
        raise StartRefused(f"{described}: a default breaks its own rule: {refused}") from None
    _check_references(described, file, graph)
    return WorkflowTemplate(folder.name, file, graph, parameters)


def _check_references(described: Path, file: TemplateFile, graph: Graph) -> None:
    for name in file.parameters:
        if not file.bindings.get(name):
            raise StartRefused(f"{described}: the parameter {name!r} is bound to no node input.")
    for name, bindings in file.bindings.items():
        if name not in file.parameters:
            raise StartRefused(f"{described}: bindings name {name!r}, which is no parameter.")
        for binding in bindings:
            inputs = graph.get(binding.node, {}).get("inputs")
            if not isinstance(inputs, dict) or binding.input not in inputs:
                raise StartRefused(
                    f"{described}: {name!r} is bound to input {binding.input!r} of node "
                    f"{binding.node!r}, which graph.json does not have."
                )
    for node in (*file.outputs, *(step.node for step in file.steps)):
        if node not in graph:
            raise StartRefused(f"{described}: node {node!r} is named, but graph.json has none.")


def _bad_id(name: str) -> str | None:
    import re

    if re.fullmatch(_ID, name):
        return None
    return "is no workflow id; use lower-case words with hyphens"


def _read_json(path: Path) -> object:
    try:
        return orjson.loads(path.read_bytes())
    except FileNotFoundError:
        raise StartRefused(f"{path} is missing; a workflow needs it.") from None
    except (OSError, orjson.JSONDecodeError) as broken:
        raise StartRefused(f"{path} cannot be read: {broken}.") from None
