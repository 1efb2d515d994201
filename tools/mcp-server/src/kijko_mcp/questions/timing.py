"""Where a trace's time goes: what each span did itself, what waited, what hung between programs.

Pure: it knows spans, and nothing of who asks. Times are milliseconds of one clock.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sentry_api.models.traces import TraceNode

STATUS = "span.status"  # what each span is asked to tell of itself
_BETWEEN = ("http.client", "comfyui.api_call")
_OUTSIDE = ("http.server", "comfyui.prompt", "comfyui.execute")


@dataclass(slots=True)
class Span:
    """A span of a trace, with what is below it; `status` is None where the server does not say."""

    id: str
    project: str
    op: str
    name: str
    start: float
    end: float
    status: str | None = None
    failed: bool = False
    is_segment: bool = False
    error_count: int = 0
    children: list["Span"] = field(default_factory=list)
    parent: "Span | None" = None

    @property
    def duration(self) -> float:
        """How long it took, ms."""
        return max(self.end - self.start, 0.0)


@dataclass(frozen=True, slots=True)
class Share:
    """Time of one kind of work in a trace.

    Attributes:
        kind: what it was: ``queue wait``, ``ComfyUI node``, ``database``, ``network to …`` ….
        detail: which: the node's class, the queue, the project; text from spans.
        op: the operation by which earlier spans of the kind are found.
        spent: ms, of all its spans together, without what is below them.
    """

    kind: str
    detail: str
    op: str
    project: str
    spent: float
    count: int


def spans_of(roots: Iterable[TraceNode]) -> list[Span]:
    """The root spans of a trace, whole; errors are counted at their span."""
    made: list[Span] = []
    waiting: list[tuple[TraceNode, Span | None]] = [(root, None) for root in roots]
    while waiting:
        node, parent = waiting.pop()
        if node.start_timestamp is None or node.is_error:
            continue
        start = node.start_timestamp.timestamp() * 1000
        end = node.end_timestamp.timestamp() * 1000 if node.end_timestamp else None
        if end is None:
            end = start + (node.duration or 0.0)
        span = Span(
            node.event_id or node.span_id or "",
            node.project_slug or "",
            node.op or "",
            node.description or node.name or node.transaction or "",
            start,
            end,
            status=_status(node),
            is_segment=bool(node.is_transaction),
            error_count=len(node.errors),
            parent=parent,
        )
        (parent.children if parent is not None else made).append(span)
        waiting += [(child, span) for child in node.children]
    for span in walk(made):
        span.children.sort(key=lambda each: each.start)
    return sorted(made, key=lambda each: each.start)


def _status(node: TraceNode) -> str | None:
    found = node.additional_attributes.get(STATUS)
    return found if isinstance(found, str) else None


def walk(roots: Sequence[Span]) -> Iterable[Span]:
    """All spans, parents first."""
    waiting = list(reversed(roots))
    while waiting:
        span = waiting.pop()
        yield span
        waiting += reversed(span.children)


def length(roots: Sequence[Span]) -> float:
    """How long a trace took, from its first moment to its last, ms."""
    spans = list(walk(roots))
    if not spans:
        return 0.0
    return max(span.end for span in spans) - min(span.start for span in spans)


def shares(roots: Sequence[Span]) -> list[Share]:
    """Where the time went, the most first."""
    spent: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for span in walk(roots):
        call = _call(span)
        kind, detail = _kind(call)
        times = spent[kind, detail, call.op, span.project]
        if call is span:
            times.append(itself(span))
        else:
            times[-1] += itself(span)
        if (waited := queue_wait(span)) is not None:
            spent["queue wait", span.name, "queue.process", span.project].append(waited)
        if waited := comfyui_wait(span):
            spent["queue wait", "ComfyUI", "comfyui.node", span.project].append(waited)
    found = [Share(*key, sum(times), len(times)) for key, times in spent.items()]
    return sorted(found, key=lambda each: -each.spent)


def itself(span: Span) -> float:
    """What a span took beyond all that is below it, ms.

    All, not its children only: a request that waits for its job has published it in a moment, and
    the job below that moment is what it waits for.
    """
    below = [(each.start, each.end) for each in walk(span.children)]
    queued = _before_the_first_node(span)
    return max(span.duration - _covered(span, [*below, queued] if queued else below), 0.0)


def comfyui_wait(span: Span) -> float:
    """How long a prompt lay in ComfyUI before its first node, beside anything else, ms."""
    queued = _before_the_first_node(span)
    if queued is None:
        return 0.0
    begin, end = queued
    below = [(each.start, each.end) for each in walk(span.children)]
    return (end - begin) - _covered(Span("", "", "", "", begin, end), below)


def _before_the_first_node(span: Span) -> tuple[float, float] | None:
    sent = [
        each.end
        for each in span.children
        if each.op in _BETWEEN and each.name.split("?")[0].endswith("/prompt")
    ]
    nodes = [each.start for each in span.children if each.op == "comfyui.node"]
    if not sent or not nodes or min(nodes) <= min(sent):
        return None
    return min(sent), min(nodes)


def _covered(span: Span, parts: Iterable[tuple[float, float]]) -> float:
    covered, reached = 0.0, span.start
    for start, stop in sorted(parts):
        begin, end = max(start, reached), min(stop, span.end)
        if end > begin:
            covered += end - begin
            reached = end
    return covered


def queue_wait(span: Span) -> float | None:
    """How long a message waited: from where it was published to where it is processed, ms."""
    if span.op != "queue.process" or span.parent is None:
        return None
    published = span.parent.end if span.parent.op == "queue.publish" else span.parent.start
    return max(span.start - published, 0.0)


def path_of(span: Span) -> list[Span]:
    """A span and all above it, the root first."""
    way = [span]
    while way[-1].parent is not None:
        way.append(way[-1].parent)
    return way[::-1]


def _call(span: Span) -> Span:
    """The span that names a call: the address of a request to ComfyUI names one job."""
    above = span.parent
    return above if above and (above.op, span.op) == ("comfyui.api_call", "http.client") else span


def _kind(span: Span) -> tuple[str, str]:
    op = span.op
    if op == "comfyui.node":
        return "ComfyUI node", span.name
    if op.startswith("db"):
        return "database", span.name
    if op.startswith("ffmpeg"):
        return "FFmpeg", span.name
    if op == "queue.publish":
        return "queue publish", span.name
    if op in _BETWEEN and any(child.op in _OUTSIDE for child in span.children):
        other = next(child.project for child in span.children if child.op in _OUTSIDE)
        return f"network {span.project} to {other}", span.name
    if op in _BETWEEN:
        return "waiting for another program", span.name
    return "own work", span.name
