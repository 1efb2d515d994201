"""How times, durations and numbers are written, and how people's times are read."""

import re
from datetime import UTC, datetime, timedelta

from kijko_mcp.errors import Unclear
from sentry_api import Period

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORT = re.compile(r"(?:last |past |the last )?(\d{1,4})\s*(m|h|d|w)[a-z]*(?: ago)?")
_NAMED = {
    "today": "24h",
    "hour": "1h",
    "last hour": "1h",
    "day": "24h",
    "last day": "24h",
    "yesterday": "48h",
    "week": "7d",
    "this week": "7d",
    "last week": "14d",
    "month": "30d",
    "this month": "30d",
    "last month": "60d",
}


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago something was."""
    if moment is None:
        return "at an unknown time"
    seconds = ((now or datetime.now(UTC)) - moment.astimezone(UTC)).total_seconds()
    if seconds < 0:
        return f"at {moment.astimezone(UTC):%Y-%m-%d %H:%M}"
    if seconds < 90:
        return f"{int(seconds)} s ago"
    for unit, length in (("min", 60), ("h", 3600)):
        if seconds < {"min": 5400, "h": 129_600}[unit]:
            return f"{round(seconds / length)} {unit} ago"
    return f"{round(seconds / 86_400)} days ago"


def lasting(milliseconds: float | None) -> str:
    """A duration."""
    if milliseconds is None:
        return "?"
    if milliseconds < 1:
        return f"{_short(milliseconds, 2)} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 120_000:
        return f"{_short(milliseconds / 1000, 2)} s"
    return f"{_short(milliseconds / 60_000, 1)} min"


def _short(number: float, places: int) -> str:
    """A number without zeros at its end."""
    return f"{number:.{places}f}".rstrip("0").rstrip(".")


def many(number: int, what: str) -> str:
    """A number with its noun."""
    if number == 1:
        return f"1 {what}"
    return f"{number} {what[:-1]}ies" if what.endswith("ry") else f"{number} {what}s"


def share(part: float, whole: float) -> str:
    """A part of a whole, in percent."""
    return f"{100 * part / whole:.0f} %" if whole > 0 else "0 %"


def span_of(period: str) -> timedelta:
    """How far back a period that people write reaches: ``24h``, ``3 days``, ``this week``.

    Raises:
        Unclear: it is no period.
    """
    text = " ".join(period.strip().lower().split())
    text = _NAMED.get(text, text)
    if match := _SHORT.fullmatch(text):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    try:
        since = datetime.fromisoformat(text.removeprefix("since "))
    except ValueError:
        raise Unclear(
            "That is no period.", 'Write one like 24h, 7d, "3 days", "this week" or 2026-11-01.'
        ) from None
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    return max(datetime.now(UTC) - since, timedelta(minutes=1))


def last(period: str) -> Period:
    """A period that people write, as Sentry takes it.

    Raises:
        Unclear: it is no period.
    """
    return Period(stats_period(period))


def stats_period(period: str) -> str:
    """The same as Sentry's text, such as ``7d``."""
    minutes = max(int(span_of(period).total_seconds() // 60), 1)
    if minutes % 1440 == 0:
        return f"{minutes // 1440}d"
    return f"{minutes // 60}h" if minutes % 60 == 0 else f"{minutes}m"


def before(period: str, times: int = 1) -> Period:
    """The stretch just before a period: as long, or a number of times as long.

    Raises:
        Unclear: it is no period.
    """
    length = span_of(period)
    end = datetime.now(UTC) - length
    return Period(None, end - length * times, end)
