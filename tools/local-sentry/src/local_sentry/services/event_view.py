"""What a person sees of an event: exceptions newest first, frames folded, values shortened."""

import json
from dataclasses import dataclass
from itertools import groupby

from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_list, as_object, as_text
from local_sentry.services import ids
from local_sentry.services.stacktrace import Frame, exceptions_of, thread_frames
from local_sentry.services.timestamps import parse_timestamp
from local_sentry.services.titles import message_of

_LONGEST_VALUE = 600
_MOST_VARIABLES = 40
_MOST_BREADCRUMBS = 100
# SDKs send these with every request, and scrub them also when there was nothing to scrub.
_OFTEN_EMPTY = ("http.query", "http.fragment", "url.query", "url.fragment", "query_string")


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A line of source; `number` is None when the client did not say."""

    number: int | None
    text: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class FrameView:
    """A frame ready to show."""

    function: str
    place: str
    path: str
    line: int | None
    column: int | None
    in_app: bool
    code: tuple[CodeLine, ...]
    variables: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class FrameGroup:
    """Neighbouring frames of the application, or of libraries (shown folded)."""

    in_app: bool
    frames: tuple[FrameView, ...]


@dataclass(frozen=True, slots=True)
class StackView:
    """An exception, or a bare stack, with its frames, newest call first."""

    type: str
    value: str
    module: str
    mechanism: str
    handled: bool | None
    groups: tuple[FrameGroup, ...]


@dataclass(frozen=True, slots=True)
class BreadcrumbView:
    """A breadcrumb; `offset` is seconds relative to the event, negative before it."""

    category: str
    kind: str
    level: str
    message: str
    data: tuple[tuple[str, str], ...]
    offset: float | None


@dataclass(frozen=True, slots=True)
class EventView:
    """Everything the issue page shows of one event."""

    message: str
    stacks: tuple[StackView, ...]
    breadcrumbs: tuple[BreadcrumbView, ...]
    request: tuple[tuple[str, str], ...]
    contexts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    extra: tuple[tuple[str, str], ...]
    user: tuple[tuple[str, str], ...]
    packages: tuple[tuple[str, str], ...]
    trace_id: str | None
    span_id: str | None


def shown(value: JsonValue, limit: int = _LONGEST_VALUE) -> str:
    """A value as text: strings as they are, the rest as JSON; cut after `limit` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[:limit] + " …"


def is_noise(key: str, value: JsonValue) -> bool:
    """Whether a value says nothing: empty, or a scrubbed part of an address that was empty."""
    return value in (None, "", {}, []) or (value == "[Filtered]" and key in _OFTEN_EMPTY)


def _pairs(values: JsonObject, most: int = 200) -> tuple[tuple[str, str], ...]:
    return tuple((key, shown(value)) for key, value in list(values.items())[:most])


def _telling_pairs(values: JsonObject, most: int = 200) -> tuple[tuple[str, str], ...]:
    return _pairs({k: v for k, v in values.items() if not is_noise(k, v)}, most)


def _frame(frame: Frame) -> FrameView:
    first = frame.lineno - len(frame.pre_context) if frame.lineno is not None else None
    lines = [*frame.pre_context, frame.context_line, *frame.post_context]
    current = len(frame.pre_context)
    code = tuple(
        CodeLine(first + place if first is not None else None, text, place == current)
        for place, text in enumerate(lines)
    )
    return FrameView(
        function=frame.function or "<anonymous>",
        place=frame.filename or frame.module or "<unknown>",
        path=frame.abs_path,
        line=frame.lineno,
        column=frame.colno,
        in_app=frame.in_app,
        code=code if frame.context_line else (),
        variables=_pairs(frame.variables, _MOST_VARIABLES),
    )


def _groups(frames: tuple[Frame, ...]) -> tuple[FrameGroup, ...]:
    return tuple(
        FrameGroup(in_app, tuple(_frame(frame) for frame in group))
        for in_app, group in groupby(reversed(frames), key=lambda frame: frame.in_app)
    )


def _stacks(event: JsonObject) -> tuple[StackView, ...]:
    stacks = tuple(
        StackView(e.type, e.value, e.module, e.mechanism, e.handled, _groups(e.frames))
        for e in reversed(exceptions_of(event))
    )
    frames = thread_frames(event)
    if not stacks and frames:
        return (StackView("", "", "", "", None, _groups(frames)),)
    return stacks


def _breadcrumbs(event: JsonObject) -> tuple[BreadcrumbView, ...]:
    happened = parse_timestamp(event.get("timestamp"))
    crumbs = []
    for value in as_list(event.get("breadcrumbs"))[-_MOST_BREADCRUMBS:]:
        raw = as_object(value)
        at = parse_timestamp(raw.get("timestamp"))
        known = at is not None and happened is not None
        crumbs.append(
            BreadcrumbView(
                category=as_text(raw.get("category"), 64) or as_text(raw.get("type"), 64),
                kind=as_text(raw.get("type"), 64) or "default",
                level=as_text(raw.get("level"), 16) or "info",
                message=as_text(raw.get("message"), 1024),
                data=_telling_pairs(as_object(raw.get("data")), 20),
                offset=(at - happened) / 1e6 if known and at and happened else None,
            )
        )
    return tuple(crumbs)


def _request(event: JsonObject) -> tuple[tuple[str, str], ...]:
    raw = as_object(event.get("request"))
    rows = [(name, raw.get(name)) for name in ("method", "url", "query_string", "data")]
    headers = raw.get("headers")
    pairs = headers.items() if isinstance(headers, dict) else []
    rows += [(f"header {name}", value) for name, value in list(pairs)[:60]]
    return tuple((name, shown(value)) for name, value in rows if not is_noise(name, value))


def view_event(event: JsonObject) -> EventView:
    """The view of an event's payload (trimmed)."""
    contexts = as_object(event.get("contexts"))
    trace = as_object(contexts.get("trace"))
    trace_id, span_id = ids.trace_id(trace.get("trace_id")), ids.span_id(trace.get("span_id"))
    return EventView(
        message=message_of(event)[1],
        stacks=_stacks(event),
        breadcrumbs=_breadcrumbs(event),
        request=_request(event),
        contexts=tuple(
            (name, pairs)
            for name, context in contexts.items()
            if isinstance(context, dict) and (pairs := _telling_pairs(context))
        ),
        extra=_pairs(as_object(event.get("extra"))),
        user=_telling_pairs(as_object(event.get("user"))),
        packages=_pairs(as_object(event.get("modules")), 500),
        trace_id=trace_id.hex() if trace_id is not None else None,
        span_id=span_id.hex() if span_id is not None else None,
    )
