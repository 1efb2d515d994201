"""Joins the spans and errors of all projects into the tree of one trace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from local_sentry.store.events import StoredEvent
from local_sentry.store.spans import StoredSpan


@dataclass(slots=True)
class TraceNode:
    """A span with what happened below it."""

    span: StoredSpan
    depth: int = 0
    is_hop: bool = False
    children: "list[TraceNode]" = field(default_factory=list)
    errors: list[StoredEvent] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace as a forest: usually one root, more when spans are missing.

    Attributes:
        roots: in order of their start.
        rows: all nodes, each before its children.
        loose_errors: errors whose span is not here.
        start: µs since the epoch.
        end: µs since the epoch.
        projects: slugs in order of their first appearance.
    """

    trace_id: str
    roots: tuple[TraceNode, ...]
    rows: tuple[TraceNode, ...]
    loose_errors: tuple[StoredEvent, ...]
    start: int
    end: int
    projects: tuple[str, ...]

    @property
    def duration(self) -> int:
        """From the first start to the last end, µs."""
        return self.end - self.start


def build_trace(trace_id: str, spans: Sequence[StoredSpan], errors: Sequence[StoredEvent]) -> Trace:
    """Builds the tree; tolerates missing parents, duplicate ids and cycles.

    Args:
        trace_id: 32 hex digits.
        spans: the trace's spans in order of their start.
        errors: the trace's errors in order of their time.
    """
    nodes = [TraceNode(span) for span in spans]
    by_id: dict[str, TraceNode] = {}
    for node in nodes:
        by_id.setdefault(node.span.span_id, node)
    roots = []
    for node in nodes:
        parent = by_id.get(node.span.parent_span_id or "")
        if parent is None or parent is node:
            roots.append(node)
        else:
            parent.children.append(node)
    rows = _ordered(roots, nodes)
    loose: list[StoredEvent] = []
    for error in errors:
        holder = by_id.get(error.span_id or "")
        (loose if holder is None else holder.errors).append(error)
    times = [error.timestamp for error in errors]
    start = min([*(span.start for span in spans), *times], default=0)
    end = max([*(span.start + span.duration for span in spans), *times], default=0)
    projects = dict.fromkeys(
        [node.span.project_slug for node in rows] + [error.project_slug for error in errors]
    )
    return Trace(trace_id, tuple(roots), tuple(rows), tuple(loose), start, end, tuple(projects))


def _ordered(roots: list[TraceNode], nodes: list[TraceNode]) -> list[TraceNode]:
    """All nodes depth first. Nodes on a cycle hang on no root: the earliest is made one."""
    rows: list[TraceNode] = []
    seen: set[int] = set()
    for root in roots:
        rows += _walk(root, seen)
    for node in nodes:
        if id(node) not in seen:
            roots.append(node)
            rows += _walk(node, seen)
    return rows


def _walk(root: TraceNode, seen: set[int]) -> Iterator[TraceNode]:
    seen.add(id(root))
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        fresh = []
        for child in node.children:
            if id(child) not in seen:
                seen.add(id(child))
                child.depth = node.depth + 1
                child.is_hop = child.span.project_id != node.span.project_id
                fresh.append(child)
        node.children = fresh
        stack += reversed(fresh)
