"""What an event is called: Sentry's title, culprit, location and metadata."""

import re
from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject, as_object, as_text
from local_sentry.services.stacktrace import (
    ExceptionValue,
    Frame,
    relevant_frame,
    thread_frames,
)

_LONGEST_TITLE = 200
_PLACEHOLDER = re.compile(r"%[sdifr]")
UNLABELED = "<unlabeled event>"


@dataclass(frozen=True, slots=True)
class Description:
    """The names of an event. `kind` is Sentry's event type: error or default."""

    kind: str
    title: str
    culprit: str
    metadata: JsonObject


def _first_line(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1].rstrip() + "…"


def message_of(event: JsonObject) -> tuple[str, str]:
    """The template of the event's message and the message as formatted."""
    raw = event.get("logentry", event.get("message"))
    if isinstance(raw, str):
        return raw, raw
    entry = as_object(raw)
    template = as_text(entry.get("message"))
    formatted = as_text(entry.get("formatted"))
    if not formatted:
        formatted = _format(template, entry.get("params")) or as_text(event.get("message"))
    return template or formatted, formatted or template


def _format(template: str, params: object) -> str:
    # Not Python's own formatting: a width such as %999999999d would be obeyed.
    values = iter(params if isinstance(params, list) else [])
    return _PLACEHOLDER.sub(lambda match: as_text(next(values, match[0]), 1024), template)


def _culprit(event: JsonObject, frame: Frame | None, platform: str) -> str:
    if transaction := as_text(event.get("transaction"), _LONGEST_TITLE):
        return transaction
    if culprit := as_text(event.get("culprit"), _LONGEST_TITLE):
        return culprit
    if frame is None:
        return ""
    where = frame.module or frame.filename
    if platform in ("javascript", "node"):
        return f"{frame.function or '?'}({where})"[:_LONGEST_TITLE]
    return (f"{where} in {frame.function}" if frame.function else where)[:_LONGEST_TITLE]


def describe(event: JsonObject, chain: tuple[ExceptionValue, ...], platform: str) -> Description:
    """Names an error or a message. `chain` is the event's exceptions."""
    if chain:
        return _describe_exception(event, chain[-1], platform)
    _, message = message_of(event)
    title = _first_line(message) or UNLABELED
    frame = relevant_frame(thread_frames(event))
    return Description("default", title, _culprit(event, frame, platform), {"title": title})


def _describe_exception(event: JsonObject, last: ExceptionValue, platform: str) -> Description:
    frame = relevant_frame(last.frames)
    name = last.type or (frame.function if frame is not None else "") or "Error"
    value = _first_line(last.value)
    title = f"{name}: {value}" if value else name
    metadata: JsonObject = {"type": name, "value": last.value[:1024], "title": title}
    if frame is not None:
        metadata["filename"] = frame.filename
        metadata["function"] = frame.function
    return Description("error", title, _culprit(event, frame, platform), metadata)
