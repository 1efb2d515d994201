"""Times as clients send them, made microseconds since the epoch, and skewed clocks set right."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from local_sentry.protocol.lenient_json import JsonValue

SECOND = 1_000_000
_DRIFT_TOLERATED = 55 * 60 * SECOND
_FUTURE_TOLERATED = 60 * SECOND
_PAST_TOLERATED = 30 * 24 * 3600 * SECOND
_LATEST = 4_102_444_800 * SECOND  # The year 2100: beyond it arithmetic and formatting get odd.


def parse_timestamp(value: JsonValue) -> int | None:
    """Seconds since the epoch, or RFC 3339 text (UTC if it names no zone), as µs; else None."""
    micros: float
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        micros = value * SECOND
    elif isinstance(value, str) and len(value) <= 64:
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        try:
            micros = moment.timestamp() * SECOND
        except (OverflowError, ValueError):
            return None
    else:
        return None
    if not math.isfinite(micros) or not 0 <= micros <= _LATEST:
        return None
    return round(micros)


def isoformat(micros: int) -> str:
    """Sentry's way to write a time: `2026-11-24T00:00:42.169000Z`."""
    moment = datetime.fromtimestamp(micros / SECOND, UTC)
    text = moment.isoformat(timespec="microseconds" if micros % SECOND else "seconds")
    return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Clock:
    """What the sender's clock read when this server's clock read `received` (both µs)."""

    received: int
    drift: int

    @classmethod
    def compare(cls, sent_at: JsonValue, received: int) -> "Clock":
        """Compares the envelope's `sent_at` with the time of arrival.

        Differences below 55 minutes are left alone, as Relay does: they may be time in transit.
        """
        sent = parse_timestamp(sent_at)
        drift = 0 if sent is None else received - sent
        return cls(received, drift if abs(drift) > _DRIFT_TOLERATED else 0)

    def for_event(self, timestamp: JsonValue) -> "Clock":
        """The clock to read all times of an event by, given the time it says it happened."""
        return self.for_time(parse_timestamp(timestamp))

    def for_time(self, micros: int | None) -> "Clock":
        """`for_event` with a parsed time.

        What lies in the future or more than 30 days back is moved to the time of arrival, and
        everything in the same event with it, so that spans keep their places to each other.
        """
        if micros is None:
            return self
        corrected = micros + self.drift
        if self.received - _PAST_TOLERATED <= corrected <= self.received + _FUTURE_TOLERATED:
            return self
        return Clock(self.received, self.received - micros)

    def correct(self, micros: int | None) -> int:
        """The time by this server's clock; a missing time becomes `received`."""
        return self.received if micros is None else max(0, micros + self.drift)
