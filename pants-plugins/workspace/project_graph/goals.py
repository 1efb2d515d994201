"""`./pants project-graph`."""

from __future__ import annotations

import tempfile
import webbrowser
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.console import Console
from pants.engine.goal import Goal, GoalSubsystem
from pants.engine.rules import Get, Rule, collect_rules, goal_rule, rule
from pants.engine.unions import UnionRule
from pants.option.option_types import BoolOption, EnumOption, StrListOption, StrOption
from pants.util.logging import LogLevel

from workspace.affected.analysis import Affected
from workspace.affected.rules import AffectedRequest
from workspace.project_graph.formats import FORMATS
from workspace.project_graph.model import ProjectGraph, explained, project_graph
from workspace.project_graph.page import as_html
from workspace.projects import WorkspaceError
from workspace.rules import EdgeReasons, EdgeReasonsRequest, WorkspaceGraph, WorkspaceProjects


@rule(desc="Draw the graph of projects", level=LogLevel.DEBUG)
async def draw_project_graph(
    workspace: WorkspaceGraph, projects: WorkspaceProjects
) -> ProjectGraph:
    """Draw the graph of projects, without reasons."""
    return project_graph(workspace.graph, projects.registry)


@dataclass(frozen=True)
class ExplainedProjectGraph:
    """The graph of projects, with the reason of each piece of evidence."""

    graph: ProjectGraph


@rule(desc="Find why projects depend on each other", level=LogLevel.DEBUG)
async def explain_project_graph(graph: ProjectGraph) -> ExplainedProjectGraph:
    """Ask Pants why, for the evidence that is shown."""
    dependents = {one.dependent for edge in graph.edges for one in edge.evidence}
    reasons = await Get(EdgeReasons, EdgeReasonsRequest(tuple(sorted(dependents))))
    return ExplainedProjectGraph(explained(graph, reasons.of))


class GraphFormat(Enum):
    """What the graph can be written as."""

    html = "html"
    json = "json"
    dot = "dot"
    mermaid = "mermaid"


class ProjectGraphSubsystem(GoalSubsystem):
    """Options of `project-graph`."""

    name = "project-graph"
    help = "Show which projects depend on which, and why; or check that none needs itself."

    format = EnumOption(
        default=GraphFormat.html,
        help="What to write: one HTML page that needs nothing else, or text for other programs.",
    )
    output = StrOption(
        default=None,
        metavar="FILE",
        help="The file to write; by default dist/project-graph.html, and text is printed.",
    )
    focus = StrListOption(
        help="Only these projects, all that they need and all that needs them.", metavar="PROJECT"
    )
    affected = BoolOption(default=False, help="Mark what a change affects; see --since.")
    since = StrOption(
        default="HEAD", metavar="REF", help="With --affected: as in `./pants affected --since`."
    )
    open = BoolOption(default=False, help="Open the page in the browser.")
    check = BoolOption(
        default=False,
        help="Write nothing; fail, and print the cycle, when projects need each other in a circle.",
    )


class ProjectGraphGoal(Goal):
    """Show or check the graph of projects."""

    subsystem_cls = ProjectGraphSubsystem
    environment_behavior = Goal.EnvironmentBehavior.LOCAL_ONLY


@goal_rule
async def show_project_graph(
    options: ProjectGraphSubsystem, console: Console, build_root: BuildRoot
) -> ProjectGraphGoal:
    """Write the graph where it was asked for, or check it."""
    if options.check:
        graph = await Get(ProjectGraph)
        return ProjectGraphGoal(exit_code=_check(graph, console))
    found = await Get(ExplainedProjectGraph)
    graph = found.graph
    if options.affected:
        affected = await Get(Affected, AffectedRequest(options.since))
        graph = replace(graph, affected=affected.names)
    try:
        if options.focus:
            graph = graph.around(options.focus)
    except WorkspaceError as error:
        console.print_stderr(str(error))
        return ProjectGraphGoal(exit_code=1)
    _show(graph, options, console, Path(build_root.path))
    return ProjectGraphGoal(exit_code=0)


def _check(graph: ProjectGraph, console: Console) -> int:
    cycles = graph.cycles()
    why: Mapping[tuple[str, str], str] = {
        (edge.dependent, edge.dependency): edge.evidence[0].dependent for edge in graph.edges
    }
    for cycle in cycles:
        console.print_stderr(f"These projects need each other: {' → '.join(cycle)}")
        for dependent, dependency in zip(cycle, cycle[1:]):
            console.print_stderr(f"  {dependent} → {dependency}: {why[dependent, dependency]}")
        console.print_stderr("Move what they share into a project of its own.")
    if not cycles:
        console.print_stdout(f"{len(graph.projects)} projects, no cycle.")
    return 1 if cycles else 0


def _show(
    graph: ProjectGraph, options: ProjectGraphSubsystem, console: Console, root: Path
) -> None:
    if options.format is not GraphFormat.html:
        text = FORMATS[options.format.value](graph)
        if options.output is None:
            console.print_stdout(text)
        else:
            _write(root / options.output, text + "\n")
        return
    page = root / (options.output or "dist/project-graph.html")
    _write(page, as_html(graph))
    console.print_stdout(str(page))
    if options.open and not webbrowser.open(page.as_uri()):
        console.print_stderr("No browser could be started; open the file above.")


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".graph-") as folder:
        partial = Path(folder) / file.name
        partial.write_text(text, encoding="utf-8")
        partial.replace(file)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
