"""Where each span of a trace is drawn: percentages of the width, labels, ticks, colours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from local_sentry.services.traces import Trace, TraceNode
from local_sentry.store.events import StoredEvent

COLORS = 8
_NARROWEST = 0.15  # percent: a span that short must still be seen
# A video workflow has dozens of nodes that take microseconds: shown as one row, until unfolded.
_FEWEST_GROUPED = 5
_TINY_PERCENT = 1
_FAILED = ("internal_error", "error", "unknown_error", "deadline_exceeded", "unavailable",
           "data_loss", "aborted", "resource_exhausted", "unauthenticated", "permission_denied",
           "failed_precondition", "invalid_argument", "not_found", "already_exists",
           "out_of_range", "unimplemented")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the waterfall. Positions are percentages of the trace's duration.

    Attributes:
        node: its span; of a group, the first.
        depth: how far it is indented.
        members: of how many spans it is the group; 0 for a span.
        is_folded: it is inside a group that begins folded.
    """

    node: TraceNode
    depth: int
    left: float
    width: float
    label: str
    label_at: float
    label_anchor: str
    color: int
    marks: tuple[float, ...]
    failed: bool
    descendants: int
    members: int = 0
    is_folded: bool = False

    @property
    def errors(self) -> list[StoredEvent]:
        """The errors on this span."""
        return self.node.errors


@dataclass(frozen=True, slots=True)
class Legend:
    """A project in the trace."""

    slug: str
    color: int
    spans: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """All that is drawn of a trace."""

    bars: tuple[Bar, ...]
    ticks: tuple[str, ...]
    legend: tuple[Legend, ...]
    error_count: int


def format_duration(micros: float) -> str:
    """`12 µs`, `3.4 ms`, `1.25 s`, `2 min 5 s`."""
    if micros < 1000:
        return f"{micros:.0f} µs"
    if micros < 1_000_000:
        value = micros / 1000
        return f"{value:.2f} ms" if value < 10 else f"{value:.0f} ms"
    seconds = micros / 1_000_000
    if seconds < 60:
        return f"{seconds:.2f} s"
    if seconds < 3600:
        return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"
    return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:.0f} min"


def draw(trace: Trace) -> Waterfall:
    """Lays the trace out."""
    total = max(trace.duration, 1)
    colors = {slug: place % COLORS for place, slug in enumerate(trace.projects)}
    below = _descendants(trace)
    bars = []
    for node in trace.rows:
        span = node.span
        left = 100 * (span.start - trace.start) / total
        width = min(max(100 * span.duration / total, _NARROWEST), 100.0)
        left = min(left, 100 - width)
        at, anchor = _label_place(left, left + width)
        bars.append(
            Bar(
                node=node,
                depth=node.depth,
                left=round(left, 3),
                width=round(width, 3),
                label=format_duration(span.duration),
                label_at=round(at, 3),
                label_anchor=anchor,
                color=colors[span.project_slug],
                marks=tuple(
                    round(min(max(100 * (e.timestamp - trace.start) / total, 0.5), 99.5), 3)
                    for e in node.errors
                ),
                failed=span.status in _FAILED,
                descendants=below[id(node)],
            )
        )
    counts = dict.fromkeys(trace.projects, 0)
    for node in trace.rows:
        counts[node.span.project_slug] += 1
    return Waterfall(
        bars=tuple(_grouped(bars, total)),
        ticks=tuple(
            format_duration(total * quarter / 4) if quarter else "0" for quarter in range(5)
        ),
        legend=tuple(Legend(slug, colors[slug], count) for slug, count in counts.items()),
        error_count=len(trace.loose_errors) + sum(len(node.errors) for node in trace.rows),
    )


def _grouped(bars: Sequence[Bar], total: int) -> Iterator[Bar]:
    """The rows with a row in front of each run of many equal, tiny siblings."""
    for key, run in groupby(bars, key=lambda bar: _likeness(bar, total)):
        members = list(run)
        if key is None or len(members) < _FEWEST_GROUPED:
            yield from members
        else:
            yield _group(members)
            for bar in members:
                yield replace(bar, depth=bar.depth + 1, is_folded=True)


def _likeness(bar: Bar, total: int) -> tuple[int, int, str, str] | None:
    """What neighbours that may be grouped have in common; None for one to be seen by itself.

    Spans without children that follow one another at one depth are siblings.
    """
    span = bar.node.span
    is_tiny = span.duration * 100 <= total * _TINY_PERCENT
    if bar.descendants or bar.errors or bar.failed or not is_tiny:
        return None
    return bar.depth, span.project_id, span.op, span.parent_span_id or ""


def _group(members: Sequence[Bar]) -> Bar:
    left = members[0].left
    right = max(bar.left + bar.width for bar in members)
    at, anchor = _label_place(left, right)
    return replace(
        members[0],
        left=left,
        width=round(right - left, 3),
        label=format_duration(sum(bar.node.span.duration for bar in members)),
        label_at=round(at, 3),
        label_anchor=anchor,
        members=len(members),
        descendants=len(members),
    )


def _label_place(left: float, right: float) -> tuple[float, str]:
    """Behind the bar if there is room, else before it, else inside at its end."""
    if right <= 84:
        return right, "start"
    if left >= 16:
        return left, "end"
    return right, "inside"


def _descendants(trace: Trace) -> dict[int, int]:
    below: dict[int, int] = {}
    for node in reversed(trace.rows):
        below[id(node)] = sum(1 + below[id(child)] for child in node.children)
    return below
