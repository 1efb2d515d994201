"""Reads a recording: rrweb's events become what a person did and what the page did.

Source of the events: https://github.com/rrweb-io/rrweb (types) and Sentry's replay integration,
which adds breadcrumbs and performance spans. Pure; nothing here knows who asks.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

_INCREMENTAL, _FULL, _CUSTOM = 3, 2, 5
_MUTATION, _MOUSE, _INPUT = 0, 2, 5
_UP, _DOWN = 0, 1
_APART = 60_000.0  # ms; clocks that differ by more are two clocks
_TWICE = 100.0  # ms within which two reports are of the same navigation
ERROR = "ERROR"
_A_DRAG = 8  # CSS pixels between pressing and letting go
_LABELS = ("data-timeline-label", "aria-label", "testId", "data-testid", "id", "name", "alt")
_PAGE = ("navigation.navigate", "navigation.reload", "navigation.push", "navigation.back_forward")
_NETWORK = ("resource.fetch", "resource.xhr")
_ORIGIN = re.compile(r"https?://[^/\s]+")
_MASK = re.compile(r"\*{4,}")
# Sentry names both of these itself; the words say more than the category.
_CRUMBS = {
    "ui.click": "click",
    "ui.slowClickDetected": "dead click",
    "ui.multiClick": "rage click",
    "ui.input": "input",
    "ui.keyDown": "key",
    "navigation": "navigation",
    "console": "console",
    "sentry.event": "",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened; `at` is ms since the epoch, `what` is text from the page."""

    at: float
    kind: str
    what: str


def moments_of(segment: list[dict[str, Any]]) -> list[Moment]:
    """What happened in one segment of a recording; what cannot be read is passed over."""
    reading = _Reading()
    for event in segment:
        if isinstance(data := event.get("data"), dict):
            reading.read(event.get("type"), _number(event.get("timestamp")), data)
    return reading.found


def in_order(moments: Iterable[Moment], started: float) -> list[Moment]:
    """What happened, in order, each at the ms after the session started.

    What the recording holds was timed by the browser's clock. Sentry sets the time of a session and
    of its errors right where that clock was wrong, and leaves the recording as it is: there the
    recording's first moment is the session's start.
    """
    found = list(moments)
    first = min((each.at for each in found if each.kind != ERROR), default=started)
    wrong = first - started if abs(first - started) > _APART else 0.0
    placed = [
        replace(each, at=max(each.at - started - (wrong if each.kind != ERROR else 0.0), 0.0))
        for each in found
    ]
    return _once(sorted(placed, key=lambda each: each.at))


def _once(moments: Sequence[Moment]) -> list[Moment]:
    """Without what was told twice, and with pages of the session's own site by their path."""
    own = next((_origin(each.what) for each in moments if each.kind == "navigation"), "")
    kept: list[Moment] = []
    for each in moments:
        what = _MASK.sub("***", each.what.replace(own, "") if own else each.what)
        moment = replace(each, what=what)
        pages = [each for each in kept[-4:] if each.kind == "navigation"]
        again = each.kind == "navigation" and any(
            moment.at - page.at < _TWICE and page.what.split()[-1:] == what.split()[-1:]
            for page in pages
        )
        if not again:
            kept.append(moment)
    return kept


def _origin(address: str) -> str:
    # The host may be scrubbed, and then it is none that a library would read.
    found = _ORIGIN.match(address)
    return found[0] if found else ""


class _Reading:
    """What is known while a segment is read: its elements, and where the mouse went down."""

    def __init__(self) -> None:
        self.found: list[Moment] = []
        self._nodes: dict[int, str] = {}
        self._pressed: dict[str, Any] | None = None

    def read(self, kind: object, at: float, data: dict[str, Any]) -> None:
        """Takes one event."""
        if kind == _FULL:
            _remember(data.get("node"), self._nodes)
        elif kind == _CUSTOM:
            self.found += _custom(data, self._nodes)
        elif kind == _INCREMENTAL:
            self._change(at, data)

    def _change(self, at: float, data: dict[str, Any]) -> None:
        source = data.get("source")
        if source == _MUTATION:
            for added in _dicts(data.get("adds")):
                _remember(added.get("node"), self._nodes)
        elif source == _INPUT:
            named = _named(data.get("id"), self._nodes).removeprefix("input ")
            what = f"{named} = {data.get('text')}"
            self.found.append(Moment(at, "input", what))
        elif source == _MOUSE and data.get("type") == _DOWN:
            self._pressed = data
        elif source == _MOUSE and data.get("type") == _UP and self._pressed is not None:
            self.found += _drag(at, self._pressed, data, self._nodes)
            self._pressed = None


def _drag(
    at: float, down: dict[str, Any], up: dict[str, Any], nodes: dict[int, str]
) -> Iterable[Moment]:
    (x, y), (to_x, to_y) = _place(down), _place(up)
    if abs(to_x - x) + abs(to_y - y) >= _A_DRAG:
        moved = f"{_named(up.get('id'), nodes)} from {x:.0f},{y:.0f} to {to_x:.0f},{to_y:.0f}"
        yield Moment(at, "drag", moved)


def _place(mouse: dict[str, Any]) -> tuple[float, float]:
    return _number(mouse.get("x")), _number(mouse.get("y"))


def _custom(data: dict[str, Any], nodes: dict[int, str]) -> Iterable[Moment]:
    payload = data.get("payload")
    if not isinstance(payload, dict):
        return
    if data.get("tag") == "breadcrumb":
        yield from _crumb(payload, nodes)
    elif data.get("tag") == "performanceSpan":
        op = str(payload.get("op"))
        at = _number(payload.get("startTimestamp")) * 1000
        details = payload.get("data")
        details = details if isinstance(details, dict) else {}
        if op in _PAGE:
            yield Moment(at, "navigation", str(payload.get("description")))
        elif op in _NETWORK:
            took = (_number(payload.get("endTimestamp")) * 1000) - at
            status = details.get("statusCode", "no answer")
            said = f"{details.get('method', 'GET')} {payload.get('description')} → {status}"
            yield Moment(at, "network", f"{said} in {took:.0f} ms")


def _crumb(payload: dict[str, Any], nodes: dict[int, str]) -> Iterable[Moment]:
    category = str(payload.get("category") or "")
    kind = _CRUMBS.get(category, category)
    if not kind:
        return
    details = payload.get("data")
    details = details if isinstance(details, dict) else {}
    at = _number(payload.get("timestamp")) * 1000
    message = payload.get("message")
    if category == "navigation":
        what = f"{details.get('from')} → {details.get('to')}"
    elif kind in ("click", "dead click", "rage click", "input"):
        node = details.get("node")
        label = _label(node) if isinstance(node, dict) else _named(details.get("nodeId"), nodes)
        # A path of tags says little beside a name.
        what = label if " " in label or not message else f"{label} ({message})"
    else:
        rest = [
            f"{key}={value}" for key, value in details.items() if key not in ("arguments", "logger")
        ]
        what = f"{message or ''} {' '.join(rest)}".strip()
    if kind == "console":
        kind = f"console {payload.get('level') or 'log'}"
    yield Moment(at, kind, what)


def _remember(node: object, nodes: dict[int, str]) -> None:
    waiting = [node]
    while waiting:
        at = waiting.pop()
        if not isinstance(at, dict):
            continue
        if isinstance(at.get("id"), int) and at.get("tagName"):
            nodes[at["id"]] = _label(at)
        children = at.get("childNodes")
        waiting += children if isinstance(children, list) else []


def _label(node: dict[str, Any]) -> str:
    attributes = node.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    tag = str(node.get("tagName") or "element")
    for key in _LABELS:
        if attributes.get(key):
            return f"{tag} {attributes[key]}"
    text = node.get("textContent")
    return f"{tag} {text}" if text else tag


def _named(node: object, nodes: dict[int, str]) -> str:
    return nodes.get(node, "element") if isinstance(node, int) else "element"


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _dicts(value: object) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
