"""Sentry's JSON shape of one event: entries, contexts, tags, user, sdk."""

from local_sentry.protocol.lenient_json import (
    Document,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    as_text,
)
from local_sentry.services.stacktrace import Frame, exceptions_of, frames_of, thread_frames
from local_sentry.services.timestamps import isoformat, parse_timestamp
from local_sentry.services.titles import message_of
from local_sentry.store.events import StoredEvent

_KNOWN_CONTEXTS = ("trace", "runtime", "os", "browser", "device", "app", "gpu")


def _frame(frame: Frame) -> Document:
    context: list[object] = []
    if frame.lineno is not None and frame.context_line:
        first = frame.lineno - len(frame.pre_context)
        lines = [*frame.pre_context, frame.context_line, *frame.post_context]
        context = [[first + place, line] for place, line in enumerate(lines)]
    return {
        "filename": frame.filename or None,
        "absPath": frame.abs_path or None,
        "module": frame.module or None,
        "package": None,
        "platform": None,
        "instructionAddr": None,
        "symbolAddr": None,
        "function": frame.function or None,
        "rawFunction": None,
        "symbol": None,
        "context": context,
        "lineNo": frame.lineno,
        "colNo": frame.colno,
        "inApp": frame.in_app,
        "trust": None,
        "errors": None,
        "lock": None,
        "sourceLink": None,
        "vars": frame.variables or None,
    }


def _stacktrace(frames: tuple[Frame, ...]) -> Document | None:
    if not frames:
        return None
    return {
        "frames": [_frame(frame) for frame in frames],
        "framesOmitted": None,
        "registers": None,
        "hasSystemFrames": any(not frame.in_app for frame in frames),
    }


def _exception_entry(event: JsonObject) -> Document | None:
    raw = [as_object(value) for value in as_list(event.get("exception"))]
    values = [
        {
            "type": as_text(value.get("type")) or None,
            "value": as_text(value.get("value")) or None,
            "mechanism": as_object(value.get("mechanism")) or None,
            "threadId": value.get("thread_id"),
            "module": as_text(value.get("module")) or None,
            "stacktrace": _stacktrace(frames_of(value.get("stacktrace"))),
            "rawStacktrace": None,
        }
        for value in raw
    ]
    if not values:
        return None
    system = any(not f.in_app for value in exceptions_of(event) for f in value.frames)
    return {
        "type": "exception",
        "data": {"values": values, "hasSystemFrames": system, "excOmitted": None},
    }


def _breadcrumb(raw: JsonObject) -> Document:
    at = parse_timestamp(raw.get("timestamp"))
    return {
        "type": as_text(raw.get("type"), 64) or "default",
        "timestamp": isoformat(at) if at is not None else None,
        "level": as_text(raw.get("level"), 32) or "info",
        "message": as_text(raw.get("message")) or None,
        "category": as_text(raw.get("category"), 256) or None,
        "data": raw.get("data") if isinstance(raw.get("data"), dict) else None,
        "event_id": as_text(raw.get("event_id"), 64) or None,
    }


def _pairs(raw: JsonValue) -> list[JsonValue]:
    if isinstance(raw, dict):
        return [[key, as_text(value)] for key, value in raw.items()]
    pairs = raw if isinstance(raw, list) else []
    return [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2]


def _request_entry(raw: JsonObject) -> Document:
    return {
        "type": "request",
        "data": {
            "apiTarget": None,
            "method": as_text(raw.get("method"), 32) or None,
            "url": as_text(raw.get("url")),
            "query": _pairs(raw.get("query_string")),
            "fragment": as_text(raw.get("fragment")) or None,
            "data": raw.get("data"),
            "headers": _pairs(raw.get("headers")),
            "cookies": _pairs(raw.get("cookies")),
            "env": raw.get("env") if isinstance(raw.get("env"), dict) else None,
            "inferredContentType": None,
        },
    }


def entries(event: JsonObject) -> list[Document]:
    """The interfaces of an event in Sentry's order."""
    found: list[Document] = []
    template, formatted = message_of(event)
    if formatted:
        found.append({"type": "message", "data": {"message": template, "formatted": formatted}})
    exception = _exception_entry(event)
    if exception is not None:
        found.append(exception)
    elif frames := thread_frames(event):
        found.append({"type": "stacktrace", "data": _stacktrace(frames)})
    crumbs = [as_object(crumb) for crumb in as_list(event.get("breadcrumbs"))]
    if crumbs:
        values = [_breadcrumb(crumb) for crumb in crumbs]
        found.append({"type": "breadcrumbs", "data": {"values": values}})
    if request := as_object(event.get("request")):
        found.append(_request_entry(request))
    return found


def _user(raw: JsonObject) -> Document | None:
    if not raw:
        return None
    known = ("id", "email", "username", "ip_address", "name")
    user: Document = {name: as_text(raw.get(name)) or None for name in known}
    user["geo"] = {k: as_text(v) for k, v in as_object(raw.get("geo")).items()} or None
    user["data"] = {k: v for k, v in raw.items() if k not in (*known, "geo")} or None
    return user


def event(
    stored: StoredEvent,
    payload: JsonObject,
    tags: list[tuple[str, str]],
    *,
    size: int,
    previous: StoredEvent | None,
    following: StoredEvent | None,
) -> Document:
    """An event in full.

    Args:
        stored: its row.
        payload: what was sent, trimmed.
        tags: its tags, ordered.
        size: bytes of the payload.
        previous: the event before it in its issue.
        following: the event after it in its issue.
    """
    platform = as_text(payload.get("platform"), 64) or "other"
    contexts = {
        name: {"type": name if name in _KNOWN_CONTEXTS else "default", **context}
        for name, context in as_object(payload.get("contexts")).items()
        if isinstance(context, dict)
    }
    sdk = as_object(payload.get("sdk"))
    return {
        "id": stored.event_id,
        "eventID": stored.event_id,
        "groupID": str(stored.issue_id) if stored.issue_id is not None else None,
        "projectID": str(stored.project_id),
        "projectSlug": stored.project_slug,
        "size": size,
        "title": stored.title,
        "message": message_of(payload)[1],
        "location": None,
        "culprit": as_text(payload.get("transaction")) or None,
        "type": stored.kind,
        "metadata": {"title": stored.title},
        "platform": platform,
        "dateCreated": isoformat(stored.timestamp),
        "dateReceived": isoformat(stored.received),
        "tags": [{"key": key, "value": value} for key, value in tags],
        "user": _user(as_object(payload.get("user"))),
        "contexts": contexts,
        "context": as_object(payload.get("extra")),
        "packages": as_object(payload.get("modules")),
        "sdk": {"name": sdk.get("name"), "version": sdk.get("version")} if sdk else None,
        "dist": as_text(payload.get("dist"), 64) or None,
        "entries": entries(payload),
        "errors": [],
        # Only what this server found out by itself is one; a sender's own word for it is data.
        "occurrence": as_object(payload.get("occurrence")) or None
        if stored.kind == "generic"
        else None,
        "fingerprints": [],
        "_meta": {},
        "crashFile": None,
        "release": _release(stored),
        "userReport": None,
        "sdkUpdates": [],
        "resolvedWith": [],
        "nextEventID": following.event_id if following else None,
        "previousEventID": previous.event_id if previous else None,
    }


def _release(stored: StoredEvent) -> Document | None:
    if stored.release is None:
        return None
    package, _, version = stored.release.rpartition("@")
    return {
        "version": stored.release,
        "status": "open",
        "versionInfo": {
            "package": package or None,
            "version": {"raw": version},
            "description": version,
            "buildHash": None,
        },
    }
