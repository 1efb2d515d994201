"""The numbers of the scorecard, and what they are worth; nothing here asks anybody."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sentry_api.models.issues import Activity

DETECTION_TARGET = timedelta(minutes=5)
_RESOLVED = "set_resolved"
_BY_AGE = "set_resolved_by_age"  # nobody mended anything
_REOPENED = ("set_regression", "set_unresolved")


@dataclass(frozen=True, slots=True)
class Detection:
    """That an alert told of an error, so long after it happened."""

    project: str
    issue: str
    rule: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class Coverage:
    """A project's releases; `bare` are the names of those without commits."""

    project: str
    releases: int
    bare: tuple[str, ...]

    @property
    def covered(self) -> int:
        """How many have commits."""
        return self.releases - len(self.bare)


@dataclass(frozen=True, slots=True)
class Resolution:
    """That an issue was resolved, so long after it was first seen or came back."""

    project: str
    issue: str
    took: timedelta


@dataclass(frozen=True, slots=True)
class SlowOperation:
    """An operation whose 95th percentile is over the limit; `p95` is milliseconds."""

    project: str
    name: str
    p95: float
    calls: int


@dataclass(frozen=True, slots=True)
class Scorecard:
    """All of it, over the days from `start` to `end`.

    Attributes:
        undated: alerts whose error's time is not known any more.
        slow_limit: milliseconds from which an operation is slow.
        queries: what was asked of the MCP server; None where nothing of it is logged.
    """

    organization: str
    start: datetime
    end: datetime
    detections: tuple[Detection, ...]
    undated: int
    coverage: tuple[Coverage, ...]
    resolutions: tuple[Resolution, ...]
    slow: tuple[SlowOperation, ...]
    slow_limit: float
    queries: int | None

    @property
    def figures(self) -> tuple["Figure", ...]:
        """The plan's metrics, in its order."""
        return (
            self._detection(50),
            self._detection(95),
            self._covered(),
            self._resolution(50),
            self._resolution(95),
            Figure(
                "slow_operations",
                "Slow operations found",
                float(len(self.slow)),
                str(len(self.slow)),
                f"p95 over {self.slow_limit:g} ms",
            ),
            self._queries_per_fix(),
        )

    @property
    def is_met(self) -> bool:
        """Whether no target is missed; what could not be measured misses none."""
        return not any(figure.met is False for figure in self.figures)

    def _detection(self, percent: int) -> "Figure":
        took = percentile([each.took.total_seconds() for each in self.detections], percent)
        undated = f"; {self.undated} more have no time" if self.undated else ""
        return Figure(
            f"detection_p{percent}",
            f"Error detection, p{percent}",
            took,
            said_seconds(took),
            f"{len(self.detections)} alerts{undated}",
            target="under 5 minutes",
            met=None if took is None else took < DETECTION_TARGET.total_seconds(),
        )

    def _covered(self) -> "Figure":
        releases = sum(each.releases for each in self.coverage)
        covered = sum(each.covered for each in self.coverage)
        share = 100.0 * covered / releases if releases else None
        return Figure(
            "release_coverage",
            "Releases with commits",
            share,
            "-" if share is None else f"{math.floor(share * 10) / 10:g} %",
            f"{covered} of {releases}",
            target="100 %",
            met=None if share is None else covered == releases,
        )

    def _resolution(self, percent: int) -> "Figure":
        took = percentile([each.took.total_seconds() for each in self.resolutions], percent)
        return Figure(
            f"resolution_p{percent}",
            f"Time to resolve, p{percent}",
            took,
            said_seconds(took),
            f"{len(self.resolutions)} issues",
        )

    def _queries_per_fix(self) -> "Figure":
        fixes = len(self.resolutions)
        ratio = self.queries / fixes if self.queries is not None and fixes else None
        known = "not logged" if self.queries is None else f"{self.queries} queries, {fixes} fixes"
        said = "-" if ratio is None else f"{ratio:.1f}"
        return Figure("mcp_queries_per_fix", "MCP queries per fix", ratio, said, known)


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its words.

    Attributes:
        key: its name for programs.
        value: seconds, percent or a count; None where there was nothing to measure.
        said: the value for people.
        basis: what it was measured from.
        target: what it should be, in words; empty where the plan says nothing.
        met: whether it is; None where that cannot be said.
    """

    key: str
    name: str
    value: float | None
    said: str
    basis: str
    target: str = ""
    met: bool | None = None


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The value that so many percent do not exceed (nearest rank); None of nothing."""
    if not values:
        return None
    rank = max(1, math.ceil(len(values) * percent / 100))
    return sorted(values)[rank - 1]


_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def said_seconds(seconds: float | None) -> str:
    """A duration in the largest unit that fits."""
    if seconds is None:
        return "-"
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1000:.0f} ms"


def resolutions_of(
    project: str,
    issue: str,
    first_seen: datetime,
    activity: Iterable[Activity],
    start: datetime,
    end: datetime,
) -> list[Resolution]:
    """Each time that somebody resolved an issue between two moments.

    The clock starts when the issue was first seen, and anew when it comes back.
    """
    found = []
    opened: datetime | None = first_seen
    for entry in sorted(activity, key=lambda each: each.date_created):
        if entry.type in _REOPENED:
            opened = entry.date_created
        elif entry.type.startswith(_RESOLVED) and opened is not None:
            if entry.type != _BY_AGE and start <= entry.date_created <= end:
                took = max(timedelta(), entry.date_created - opened)
                found.append(Resolution(project, issue, took))
            opened = None
    return found
