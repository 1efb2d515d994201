"""The graph of projects as text that other programs read: JSON, Graphviz DOT and Mermaid."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from workspace.project_graph.model import Edge, ProjectGraph

_LIT = "#f5a524"


def as_json(graph: ProjectGraph) -> str:
    """Write JSON, with everything that is known of each project and edge."""
    return json.dumps(graph.as_json(), indent=2)


def as_dot(graph: ProjectGraph) -> str:
    """Write Graphviz (https://graphviz.org/doc/info/lang.html)."""
    lines = ["digraph projects {", '  graph [rankdir="LR"];', '  node [shape="box"];']
    for project in graph.projects:
        shown = {"label": f"{project.name}\n{project.kind}"}
        if graph.affected is not None and project.name in graph.affected:
            shown |= {"style": "filled", "fillcolor": _LIT}
        lines.append(f"  {_quoted(project.name)} [{_attributes(shown)}];")
    for edge in graph.edges:
        shown = {"tooltip": _tooltip(edge), **({"style": "dashed"} if edge.tests_only else {})}
        ends = f"{_quoted(edge.dependent)} -> {_quoted(edge.dependency)}"
        lines.append(f"  {ends} [{_attributes(shown)}];")
    return "\n".join([*lines, "}"])


def _tooltip(edge: Edge) -> str:
    return "\n".join(str(one) for one in edge.evidence)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _attributes(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in values.items())


def as_mermaid(graph: ProjectGraph) -> str:
    """Write Mermaid, which Markdown shows as a picture (https://mermaid.js.org/syntax/flowchart)."""
    ids = {project.name: f"p{number}" for number, project in enumerate(graph.projects)}
    lines = ["flowchart LR"]
    for project in graph.projects:
        label = re.sub(r'["<>&#]', lambda match: f"#{ord(match[0])};", project.name)
        lines.append(f'  {ids[project.name]}["{label}"]')
    for edge in graph.edges:
        arrow = "-.->" if edge.tests_only else "-->"
        lines.append(f"  {ids[edge.dependent]} {arrow} {ids[edge.dependency]}")
    lit = [ids[one.name] for one in graph.projects if one.name in (graph.affected or ())]
    if lit:
        lines += [f"  classDef affected fill:{_LIT}", f"  class {','.join(lit)} affected"]
    return "\n".join(lines)


FORMATS: Mapping[str, Callable[[ProjectGraph], str]] = {
    "json": as_json,
    "dot": as_dot,
    "mermaid": as_mermaid,
}
