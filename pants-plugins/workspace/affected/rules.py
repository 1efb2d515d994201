"""What a change affects, for goals to ask."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pants.base.build_root import BuildRoot
from pants.engine.env_vars import CompleteEnvironmentVars
from pants.engine.rules import Get, Rule, _uncacheable_rule, collect_rules, rule
from pants.engine.unions import UnionRule
from pants.option.global_options import GlobalOptions
from pants.util.logging import LogLevel

from workspace.affected.analysis import (
    Affected,
    Step,
    analyse,
    everything,
    needs_earlier_graph,
    with_lockfiles_of,
    workspace_wide,
)
from workspace.affected.changes import CannotKnow, Comparison, Repository
from workspace.affected.snapshot import Snapshot, SnapshotCache, files_of_commit, map_files
from workspace.graph import Graph
from workspace.rules import EdgeReasons, EdgeReasonsRequest, WorkspaceGraph, WorkspaceProjects
from workspace.subsystem import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AffectedRequest:
    """A change to look at.

    Attributes:
        since: a branch, tag or commit; what counts is where its history was left.
        until: a commit, or None for the files as they are, uncommitted and untracked ones too.
        explain: whether every step's reason is wanted, which takes a little longer.
    """

    since: str
    until: str | None = None
    explain: bool = False


@dataclass(frozen=True)
class _Graphs:
    """Both ends of a comparison."""

    before: Snapshot
    after: Snapshot
    after_is_live: bool


@dataclass(frozen=True)
class _Past:
    """Knows the workspace at any commit."""

    repository: Repository
    cache: SnapshotCache
    environment: CompleteEnvironmentVars

    def at(self, commit: str) -> Snapshot:
        def make() -> str:
            logger.info(f"Mapping the workspace as it was at {commit[:12]} (once) ...")
            with files_of_commit(self.repository, commit) as folder:
                return map_files(folder, self.environment)

        return self.cache.get(self.repository.tree(commit), make)


def _graphs(
    past: _Past, comparison: Comparison, live: WorkspaceGraph, options: GlobalOptions
) -> _Graphs:
    """The graphs at both ends; the one before is only asked for where it can tell more."""
    repository = past.repository
    now = Snapshot(live.graph, live.lockfiles, {})
    if comparison.until is not None and repository.changes(comparison.until, None):
        return _Graphs(past.at(comparison.base), past.at(comparison.until), after_is_live=False)
    earlier: Graph | None = None
    if not needs_earlier_graph(
        comparison.changes,
        live.graph,
        made_from=live.made_from,
        build_files=(*options.build_patterns, *options.build_file_prelude_globs),
        is_blank=lambda path: not (repository.folder / path).read_bytes().strip(),
        lockfiles=live.lockfiles,
    ):
        earlier = live.graph
        if comparison.paths.intersection(live.lockfiles.values()):
            earlier = with_lockfiles_of(
                live.graph,
                live.lockfiles,
                lambda path: repository.file_at(comparison.base, path),
            )
    if earlier is None:
        return _Graphs(past.at(comparison.base), now, after_is_live=True)
    return _Graphs(Snapshot(earlier, live.lockfiles, {}), now, after_is_live=True)


@dataclass(frozen=True)
class MaybeWorkspaceGraph:
    """The graph of the workspace as it is, or why there is none."""

    workspace: WorkspaceGraph
    trouble: str | None


@rule(level=LogLevel.DEBUG)
async def map_workspace_if_possible() -> MaybeWorkspaceGraph:
    """Map the workspace; a BUILD file or an import that is wrong must not hide what is affected."""
    try:
        return MaybeWorkspaceGraph(await Get(WorkspaceGraph), None)
    except Exception as error:  # of whatever rule of Pants' found the mistake
        first = next((line for line in str(error).splitlines() if line.strip()), repr(error))
        return MaybeWorkspaceGraph(WorkspaceGraph(Graph({}), frozenset(), {}), first)


@_uncacheable_rule
async def find_affected(
    request: AffectedRequest,
    projects: WorkspaceProjects,
    workspace: Workspace,
    build_root: BuildRoot,
    environment: CompleteEnvironmentVars,
    options: GlobalOptions,
) -> Affected:
    """Find what a change affects; where that cannot be known, choose everything and say why."""
    repository = Repository(Path(build_root.path), environment)
    cache = SnapshotCache(Path(options.pants_workdir) / "workspace" / "snapshots")
    registry, since, until = projects.registry, request.since, request.until
    comparison: Comparison | None = None
    trouble: str | None = None
    try:
        comparison = repository.compare(since, until)
    except CannotKnow as error:
        trouble = str(error)
    if comparison is not None and not comparison.changes:
        return Affected(since, until, comparison, None, (), ())
    mapped = await Get(MaybeWorkspaceGraph)
    live = mapped.workspace
    try:
        if comparison is None or mapped.trouble is not None:
            raise CannotKnow(trouble or f"The workspace cannot be mapped: {mapped.trouble}")
        wide = workspace_wide(comparison, workspace.global_inputs)
        if wide is not None:
            step, because = wide
            return everything(since, until, comparison, registry, live.graph, because, step)
        past = _Past(repository, cache, environment)
        graphs = _graphs(past, comparison, live, options)
    except CannotKnow as error:
        step = Step("unknown", since, str(error))
        return everything(since, until, comparison, registry, live.graph, str(error), step)
    affected = analyse(
        since,
        until,
        comparison,
        graphs.before.graph,
        graphs.after.graph,
        registry,
        {**graphs.before.lockfiles, **graphs.after.lockfiles},
    )
    if not request.explain:
        return affected
    known = {**graphs.before.reasons, **graphs.after.reasons}
    if graphs.after_is_live:
        dependents = tuple(sorted({dependent for dependent, _ in affected.edges()}))
        found = await Get(EdgeReasons, EdgeReasonsRequest(dependents))
        known.update(found.by_edge)
    reasons = EdgeReasons(known)
    return affected.explained(reasons.of)


def rules() -> Iterable[Rule | UnionRule]:
    """Return the rules of this module, for Pants."""
    return collect_rules()
