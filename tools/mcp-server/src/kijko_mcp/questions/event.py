"""Writes down what an event says: its error, stack, tags, request and breadcrumbs, as lines."""

from collections.abc import Mapping
from typing import Any

from kijko_mcp.answers.untrusted import line, safe
from kijko_mcp.workspace.places import Place
from sentry_api.models.events import Event, Frame

_CRUMBS = 8
# Said elsewhere, or the same for every event of its kind.
_PASSED_OVER = {
    "level",
    "handled",
    "mechanism",
    "environment",
    "release",
    "dist",
    "url",
    "replayId",
}
# As browsers' SDKs name them, and as Python's does.
_METHOD = ("method", "http.method")
_STATUS = ("status_code", "http.response.status_code")
_SDKS_OWN = "sentry.transaction"  # a breadcrumb for each transaction that was sent


def tag(event: Event, key: str) -> str | None:
    """The value of an event's tag."""
    return next((each.value for each in event.tags if each.key == key), None)


def messages(event: Event) -> list[str]:
    """What went wrong, and by what that was caused."""
    failures = event.failures
    if not failures:
        return [safe(event.title, 300), *([safe(event.message, 600)] if event.message else [])]
    said = [f"{line(f.type, 80)}: {safe(f.value, 600)}" for f in reversed(failures)]
    return [said[0], *(f"caused by {each}" for each in said[1:])]


def place_of(frame: Frame) -> str:
    """A frame's file and line, and the column where a line is a whole program."""
    return f"{_file(frame)}{_number(frame)}"


def stack_lines(frames: list[tuple[Frame, Place | None]]) -> list[str]:
    """A line for each frame; a path that is that of the line before is not repeated."""
    lines, before = [], ""
    for frame, place in frames:
        path = place.path if place else line(_file(frame), 120)
        number = f":{place.moved_to or place.line}" if place else _number(frame)
        mark = "" if place or path == before else " (not in this checkout)"
        function = f" in {line(frame.function, 60)}" if frame.function else ""
        code = next((text for at, text in frame.context or [] if at == frame.line_no), None)
        shown = f" | {line(code, 100)}" if code else ""
        lines.append(f"{'' if path == before else path}{number}{function}{mark}{shown}")
        before = path
    return lines


def _file(frame: Frame) -> str:
    return (frame.filename or frame.module or "?").removeprefix("app:///")


def _number(frame: Frame) -> str:
    column = f":{frame.col_no}" if frame.col_no else ""
    return f":{frame.line_no or '?'}{column}"


def tags(event: Event) -> list[str]:
    """The tags that tell one event from another."""
    told = [(each.key, each.value) for each in event.tags if each.key not in _PASSED_OVER]
    if event.culprit and event.culprit != tag(event, "transaction"):
        told.append(("transaction", event.culprit))
    return _listed(dict(told), 15, 80)


def request(event: Event) -> list[str]:
    """The request that was being answered, or the page that was open."""
    given = event.entry("request")
    if not isinstance(given, dict) or not given.get("url"):
        return []
    return [f"{line(given.get('method'), 10)} {line(given.get('url'), 200)}".strip()]


def extra(event: Event) -> list[str]:
    """What the program added."""
    return _listed(event.context or {}, 8, 100)


def crumbs(event: Event) -> list[str]:
    """What came before, the oldest first."""
    data = event.entry("breadcrumbs")
    values = data.get("values") if isinstance(data, dict) else None
    told = [each for each in values or [] if isinstance(each, dict)]
    told = [each for each in told if each.get("category") != _SDKS_OWN]
    return [_crumb(each) for each in told[-_CRUMBS:]]


def _crumb(crumb: Mapping[str, Any]) -> str:
    at = str(crumb.get("timestamp") or "")[11:19]
    kind = line(crumb.get("category") or crumb.get("type"), 30)
    data = crumb.get("data")
    said = crumb.get("message")
    if not said and isinstance(data, dict) and data.get("url"):
        method, status = _first(data, _METHOD) or "GET", _first(data, _STATUS) or "no answer"
        said = f"{method} {data['url']} → {status}"
    return f"{line(at, 8)} {kind}: {line(said or data or '', 140)}"


def _first(data: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((data[key] for key in keys if data.get(key)), None)


def _listed(values: Mapping[str, Any], most: int, longest: int) -> list[str]:
    told = [f"{line(key, 40)}={line(value, longest)}" for key, value in values.items()]
    return [", ".join(told[:most])] if told else []
