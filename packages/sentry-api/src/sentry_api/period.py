"""A stretch of time that is asked about."""

from dataclasses import dataclass
from datetime import datetime

from sentry_api._call import Parameters


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: how far back from now, or from ``start`` to ``end`` (with a time zone)."""

    last: str | None = "14d"
    start: datetime | None = None
    end: datetime | None = None

    def parameters(self) -> Parameters:
        """As Sentry reads it; a fixed stretch wins."""
        if self.start is not None or self.end is not None:
            return {"start": self.start, "end": self.end}
        return {"statsPeriod": self.last}
