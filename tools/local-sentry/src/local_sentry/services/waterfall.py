"""Where each span of a trace is drawn: percentages of the width, labels, ticks, colours."""

from dataclasses import dataclass

from local_sentry.services.traces import Trace, TraceNode
from local_sentry.store.events import StoredEvent

COLORS = 8
_NARROWEST = 0.15  # percent: a span that short must still be seen
_FAILED = ("internal_error", "error", "unknown_error", "deadline_exceeded", "unavailable",
           "data_loss", "aborted", "resource_exhausted", "unauthenticated", "permission_denied",
           "failed_precondition", "invalid_argument", "not_found", "already_exists",
           "out_of_range", "unimplemented")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of the waterfall. Positions are percentages of the trace's duration."""

    node: TraceNode
    left: float
    width: float
    label: str
    label_at: float
    label_anchor: str
    color: int
    marks: tuple[float, ...]
    failed: bool
    descendants: int

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
        bars=tuple(bars),
        ticks=tuple(
            format_duration(total * quarter / 4) if quarter else "0" for quarter in range(5)
        ),
        legend=tuple(Legend(slug, colors[slug], count) for slug, count in counts.items()),
        error_count=len(trace.loose_errors) + sum(len(node.errors) for node in trace.rows),
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
