"""The template engine: everything is escaped, names are shown the way people say them."""

import time
from datetime import UTC, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse

from local_sentry.services.timestamps import isoformat
from local_sentry.services.waterfall import format_duration

_STEPS = ((60, "s"), (3600, "min"), (86_400, "h"), (86_400 * 60, "d"))


def ago(micros: int) -> str:
    """How long ago a time (µs) was: `just now`, `5 min`, `3 h`, `12 d`, else the date."""
    seconds = time.time() - micros / 1e6
    if seconds < 10:
        return "just now"
    size = 1
    for limit, unit in _STEPS:
        if seconds < limit:
            return f"{int(seconds // size)} {unit}"
        size = limit if limit < 86_400 * 60 else size
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%-d %b %Y")


def clock_time(micros: int) -> str:
    """A time (µs) for a tooltip, in UTC."""
    return datetime.fromtimestamp(micros / 1e6, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + " UTC"


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
        "ago": ago,
        "clock": clock_time,
        "compact": compact,
        "duration": format_duration,
        "iso": isoformat,
        "before": seconds_before,
    }
    return environment


_ENVIRONMENT = create_environment()


def render(template: str, status: int = 200, **values: object) -> HTMLResponse:
    """A page."""
    return HTMLResponse(_ENVIRONMENT.get_template(template).render(values), status_code=status)
