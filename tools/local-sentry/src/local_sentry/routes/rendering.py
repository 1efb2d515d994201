"""The template engine: everything is escaped, names are shown the way people say them."""

import time
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from local_sentry.models import LocalUser
from local_sentry.protocol.lenient_json import JsonObject, as_object, as_text
from local_sentry.services.timestamps import isoformat
from local_sentry.services.waterfall import format_duration
from local_sentry.store.issues import Issue
from local_sentry.store.replays import Replay

_STEPS = ((60, "s"), (3600, "min"), (86_400, "h"), (86_400 * 60, "d"))


def age(micros: int) -> str:
    """How long a time (µs) is past: `now`, `5 min`, `3 h`, `12 d`, else the date."""
    seconds = time.time() - micros / 1e6
    if seconds < 10:
        return "now"
    size = 1
    for limit, unit in _STEPS:
        if seconds < limit:
            return f"{int(seconds // size)} {unit}"
        size = limit if limit < 86_400 * 60 else size
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%-d %b %Y")


def ago(micros: int) -> str:
    """When a time (µs) was: `just now`, `5 min ago`, or the date."""
    text = age(micros)
    if text == "now":
        return "just now"
    return f"{text} ago" if text.endswith(tuple(unit for _, unit in _STEPS)) else text


def clock_time(micros: int) -> str:
    """A time (µs) for a tooltip, in UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


def time_of_day(micros: int) -> str:
    """A time (µs) for a line of a list: the time of today, else with its day; UTC."""
    moment = datetime.fromtimestamp(micros / 1e6, UTC)
    today = moment.date() == datetime.now(UTC).date()
    return moment.strftime("%H:%M:%S.%f" if today else "%-d %b %H:%M:%S.%f")[:-3]


def compact(number: int) -> str:
    """`999`, `1.2k`, `3.4M`."""
    if number < 1000:
        return str(number)
    if number < 1_000_000:
        return f"{number / 1000:.1f}k".replace(".0k", "k")
    return f"{number / 1_000_000:.1f}M".replace(".0M", "M")


def seconds_before(offset: float) -> str:
    """When a breadcrumb was, in seconds relative to the event, with its sign."""
    if abs(offset) < 0.0005:
        return "0 s"
    sign = "\N{MINUS SIGN}" if offset < 0 else "+"
    return sign + format_duration(abs(offset) * 1e6)


def percent(share: float | None) -> str:
    """`100%`, `99.5%`, or a dash for None; only all of it is 100."""
    if share is None:
        return "—"
    rounded = min(round(share, 1), 99.9) if share < 100 else 100.0
    return f"{rounded:.1f}%".replace(".0%", "%")


def status_word(status: str) -> str:
    """A status of an issue as people say it today."""
    return "Archived" if status == "ignored" else status.capitalize()


def assignee(issue: Issue) -> str:
    """Who an issue is given to; empty for nobody."""
    if issue.assigned_to is None:
        return ""
    return f"#{issue.assigned_team}" if issue.assigned_team else LocalUser().name


def visitor(replay: Replay) -> str:
    """Whose replay it is, by what the sender said of its user."""
    user = replay.user
    names = (user.get(name) for name in ("email", "username", "id", "ip_address"))
    return next((name for name in names if isinstance(name, str) and name), "Somebody")


def software(contexts: JsonObject, kind: str) -> str:
    """Name and version of a browser or system among the contexts; empty when not said."""
    context = as_object(contexts.get(kind))
    words = (as_text(context.get("name"), 60), as_text(context.get("version"), 30))
    return " ".join(filter(None, words))


def create_environment() -> Environment:
    """The engine with its filters."""
    environment = Environment(
        loader=PackageLoader("local_sentry"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "age": age,
        "ago": ago,
        "clock": clock_time,
        "compact": compact,
        "duration": format_duration,
        "iso": isoformat,
        "before": seconds_before,
        "percent": percent,
        "time_of_day": time_of_day,
        "status_word": status_word,
        "assignee": assignee,
        "visitor": visitor,
        "software": software,
    }
    return environment


_ENVIRONMENT = create_environment()


def render(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status_code=status)
