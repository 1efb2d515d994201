"""When a recurring job is to run: a crontab or an interval, and how late it may be.

Source: https://docs.sentry.io/product/crons/. Defaults are Sentry's.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from local_sentry.protocol.lenient_json import Document, JsonObject, JsonValue, as_object, as_text
from local_sentry.services.timestamps import SECOND

MINUTE = 60 * SECOND
_LONGEST = 40_320  # minutes: four weeks
_MOST_IN_A_ROW = 720
_UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_MONTHS = {"month": 1, "year": 12}
_NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}  # fmt: skip
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}")


class InvalidScheduleError(ValueError):
    """A monitor's configuration cannot be understood; the message says what of it."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many minutes, hours, days, weeks, months or years after the last run."""

    number: int
    unit: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a job is to run, and what counts as failed.

    Attributes:
        when: a crontab of five fields, or an interval.
        zone: the name of the time zone that a crontab is in.
        margin: minutes that a run may be late.
        max_runtime: minutes that a run may take.
        failures: in a row, until there is an issue.
        successes: in a row, until it is over.
    """

    when: str | Interval
    zone: str
    margin: int
    max_runtime: int
    failures: int
    successes: int

    def next_run(self, after: int) -> int:
        """The first time (µs since the epoch) after another that a run is due."""
        if isinstance(self.when, Interval):
            return _later(after, self.when)
        start = datetime.fromtimestamp(after / SECOND, _zone(self.zone))
        return round(next(CronSim(self.when, start)).timestamp()) * SECOND

    def words(self) -> JsonObject:
        """As a person reads it."""
        when = self.when
        if isinstance(when, Interval):
            when = f"every {when.number} {when.unit}{'s' if when.number > 1 else ''}"
        return {
            "schedule": when,
            "time zone": self.zone,
            "may be late": f"{self.margin} min",
            "may run": f"{self.max_runtime} min",
        }

    def shape(self) -> Document:
        """As Sentry's API says it."""
        interval = isinstance(self.when, Interval)
        return {
            "schedule_type": "interval" if interval else "crontab",
            "schedule": [self.when.number, self.when.unit]
            if isinstance(self.when, Interval)
            else self.when,
            "checkin_margin": self.margin,
            "max_runtime": self.max_runtime,
            "timezone": self.zone,
            "failure_issue_threshold": self.failures,
            "recovery_threshold": self.successes,
            "alert_rule_id": None,
        }


def parse_schedule(config: JsonObject) -> Schedule:
    """The schedule of a monitor, as SDKs send it with a check-in or as clients of the API do.

    Raises:
        InvalidScheduleError: it is none.
    """
    sent = as_object(config.get("schedule"))
    kind = sent.get("type") if sent else config.get("schedule_type")
    return Schedule(
        when=_interval(sent, config) if kind == "interval" else _crontab(sent, config),
        zone=_zone_name(config.get("timezone")),
        margin=_number(config, "checkin_margin", 1, _LONGEST),
        max_runtime=_number(config, "max_runtime", 30, _LONGEST),
        failures=_number(config, "failure_issue_threshold", 1, _MOST_IN_A_ROW),
        successes=_number(config, "recovery_threshold", 1, _MOST_IN_A_ROW),
    )


def _number(config: JsonObject, name: str, default: int, most: int) -> int:
    value = config.get(name)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise InvalidScheduleError(f"{name} is a whole number up to {most}.")
    return max(1, value)


def _crontab(sent: JsonObject, config: JsonObject) -> str:
    text = " ".join(as_text(sent.get("value") if sent else config.get("schedule"), 100).split())
    text = _NICKNAMES.get(text.lower(), text)
    if len(text.split()) != 5:
        raise InvalidScheduleError("schedule is a crontab of five fields, like 0 * * * *.")
    try:
        next(CronSim(text, datetime.now(UTC)))
    except (CronSimError, StopIteration):
        raise InvalidScheduleError(f"{text!r} is no crontab, or never comes.") from None
    return text


def _interval(sent: JsonObject, config: JsonObject) -> Interval:
    number: JsonValue
    unit: JsonValue
    if sent:
        number, unit = sent.get("value"), sent.get("unit")
    else:
        pair = config.get("schedule")
        number, unit = pair if isinstance(pair, list) and len(pair) == 2 else (None, None)
    is_number = isinstance(number, int) and not isinstance(number, bool) and 0 < number <= 10_000
    name = as_text(unit, 16).removesuffix("s")
    if not is_number or not isinstance(number, int) or name not in (*_UNITS, *_MONTHS):
        raise InvalidScheduleError("schedule is a number and a unit, like [1, 'day'].")
    return Interval(number, name)


def _zone_name(value: JsonValue) -> str:
    name = as_text(value, 64) or "UTC"
    try:
        _zone(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InvalidScheduleError(f"There is no time zone {name!r}.") from None
    return name


def _zone(name: str) -> tzinfo:
    if not _ZONE.fullmatch(name):
        raise ValueError(name)
    return ZoneInfo(name)


def _later(after: int, interval: Interval) -> int:
    start = datetime.fromtimestamp(after // MINUTE * 60, UTC)
    if interval.unit in _UNITS:
        end = start + interval.number * _UNITS[interval.unit]
    else:
        months = start.month - 1 + interval.number * _MONTHS[interval.unit]
        year, month = start.year + months // 12, months % 12 + 1
        last = calendar.monthrange(year, month)[1]
        end = start.replace(year=year, month=month, day=min(start.day, last))
    return round(end.timestamp()) * SECOND
