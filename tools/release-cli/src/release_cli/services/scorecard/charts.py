"""Where the marks of the page's charts are; the template draws them.

Bars that miss a target are marked by a sign as well as by their colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from release_cli.services.scorecard.figures import DETECTION_TARGET, Scorecard

WIDTH = 640
_ROW = 26
_LABEL = 210  # of a row's name
_VALUE = 74  # of a row's number
_COLUMNS_HEIGHT = 150
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_DETECTION = (
    (10.0, "10 s"), (30.0, "30 s"), (_MINUTE, "1 min"), (2 * _MINUTE, "2 min"),
    (5 * _MINUTE, "5 min"), (15 * _MINUTE, "15 min"), (_HOUR, "1 h"), (None, "more"),
)  # fmt: skip
_RESOLUTION = (
    (_HOUR, "1 h"), (4 * _HOUR, "4 h"), (_DAY, "1 d"), (3 * _DAY, "3 d"), (7 * _DAY, "1 w"),
    (30 * _DAY, "30 d"), (None, "more"),
)  # fmt: skip
Buckets = Sequence[tuple[float | None, str]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: where it is in the drawing, what it is of, and whether it misses a target."""

    x: float
    y: float
    width: float
    height: float
    label: str
    value: str
    misses: bool = False


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of columns or of rows.

    Attributes:
        title: a sentence that says what it shows.
        target: where a line marks a target, along the axis of the values or the buckets.
    """

    title: str
    height: int
    bars: tuple[Bar, ...]
    is_rows: bool
    target: float | None = None
    target_label: str = ""


def charts(card: Scorecard) -> tuple[Chart, ...]:
    """The charts of the page; those without data are left out."""
    detection = [each.took.total_seconds() for each in card.detections]
    resolution = [each.took.total_seconds() for each in card.resolutions]
    limit = DETECTION_TARGET.total_seconds()
    drawn = [
        _columns("Errors by the time until somebody was told", detection, _DETECTION, limit),
        _columns("Issues by the time until they were resolved", resolution, _RESOLUTION, None),
        _coverage(card),
        _slow(card),
    ]
    return tuple(chart for chart in drawn if chart.bars)


def _columns(title: str, values: Sequence[float], buckets: Buckets, limit: float | None) -> Chart:
    counts = [0] * len(buckets)
    for value in values:
        fits = (n for n, (upper, _) in enumerate(buckets) if upper is None or value <= upper)
        counts[next(fits)] += 1
    most = max(counts, default=0)
    step = WIDTH / len(buckets)
    bars = [
        Bar(
            x=round(number * step + 4, 1),
            y=round(20 + _COLUMNS_HEIGHT * (1 - count / most), 1),
            width=round(step - 8, 1),
            height=round(_COLUMNS_HEIGHT * count / most, 1),
            label=label,
            value=str(count or ""),
            misses=limit is not None and (upper is None or upper > limit),
        )
        for number, (count, (upper, label)) in enumerate(zip(counts, buckets, strict=True))
        if most
    ]
    within = sum(1 for upper, _ in buckets if upper is not None and limit and upper <= limit)
    return Chart(
        title,
        _COLUMNS_HEIGHT + 44,
        tuple(bars),
        is_rows=False,
        target=within * step if limit is not None else None,
        target_label="target" if limit is not None else "",
    )


def _rows(
    title: str,
    rows: Sequence[tuple[str, float, str, bool]],
    *,
    full: float,
    target: float | None = None,
    target_label: str = "",
) -> Chart:
    room = WIDTH - _LABEL - _VALUE
    bars = tuple(
        Bar(
            x=_LABEL,
            y=number * _ROW + 5,
            width=round(room * min(1.0, value / full), 1) if full else 0,
            height=_ROW - 10,
            label=label,
            value=said,
            misses=misses,
        )
        for number, (label, value, said, misses) in enumerate(rows)
    )
    at = round(_LABEL + room * target / full, 1) if target is not None and full else None
    height = len(rows) * _ROW + (18 if at is not None else 4)
    return Chart(title, height, bars, is_rows=True, target=at, target_label=target_label)


def _coverage(card: Scorecard) -> Chart:
    rows = [
        (
            each.project,
            each.covered / each.releases,
            f"{each.covered} of {each.releases}",
            bool(each.bare),
        )
        for each in card.coverage
        if each.releases
    ]
    return _rows("Releases that have their commits, by project", rows, full=1.0)


def _slow(card: Scorecard) -> Chart:
    shown = card.slow[:10]
    rows = [(each.name, each.p95, f"{each.p95:.0f} ms", True) for each in shown]
    longest = max((each.p95 for each in shown), default=0.0)
    return _rows(
        "The slowest operations, by their 95th percentile",
        rows,
        full=longest,
        target=card.slow_limit,
        target_label=f"{card.slow_limit:g} ms",
    )
