"""What is usual: how long each kind of span took in the week before, to tell what is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kijko_mcp.answers.words import lasting
from kijko_mcp.desk import Desk
from kijko_mcp.questions.timing import Share
from sentry_api import Period

_UNUSUAL = 1.5
_FEW = 3


@dataclass(frozen=True, slots=True)
class Duration:
    """How long spans of a kind took, ms, and how many there were."""

    average: float
    p95: float
    count: int


@dataclass(frozen=True, slots=True)
class Usual:
    """The durations of the week before, by project, operation and description."""

    known: dict[tuple[str, str, str], Duration]

    def of(self, part: Share) -> Duration | None:
        """What spans of that kind took."""
        return self.known.get((part.project, part.op, part.detail))

    def factor(self, part: Share) -> float | None:
        """How many times longer than usual a span of that kind took; None when unknown."""
        found = self.of(part)
        if found is None or found.count < _FEW or found.average <= 0 or part.kind == "queue wait":
            return None
        return part.spent / part.count / found.average

    def remark(self, part: Share) -> str:
        """What is unusual of it; nothing when nothing is."""
        factor, found = self.factor(part), self.of(part)
        if factor is None or found is None or factor < _UNUSUAL:
            return ""
        return f", UNUSUAL: {factor:.1f} times last week's {lasting(found.average)}"


async def usual_durations(desk: Desk, until: datetime) -> Usual:
    """What was usual in the week before the day before a moment: what began just now is not."""
    rows = await desk.spans_of_past(
        Period(None, until - timedelta(days=8), until - timedelta(days=1)),
        [
            "project",
            "span.op",
            "span.description",
            "count()",
            "avg(span.duration)",
            "p95(span.duration)",
        ],
        sort="-count()",
        limit=100,
    )
    return Usual(
        {
            (
                str(row.get("project") or ""),
                str(row.get("span.op") or ""),
                str(row.get("span.description") or ""),
            ): Duration(
                float(row.get("avg(span.duration)") or 0.0),
                float(row.get("p95(span.duration)") or 0.0),
                int(row.get("count()") or 0),
            )
            for row in rows
        }
    )
