"""`replay_event` and `replay_recording` items.

Source: https://develop.sentry.dev/sdk/telemetry/replays/. A recording is a line
`{"segment_id": n}`, then the JSON list of rrweb events, as it is or compressed with zlib.
"""

import zlib
from collections.abc import Iterator

import orjson

from local_sentry.models import User
from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    as_text,
    parse,
    trimmed,
)
from local_sentry.services import ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.occurrences import user_hash
from local_sentry.services.timestamps import Clock, parse_timestamp
from local_sentry.store import replays
from local_sentry.store.replays import Activity, ReplayEvent

MAX_RECORDING_BYTES = 32 * 1024 * 1024
_MAX_LIST = 100
_MAX_SEGMENT = 1_000_000
_KEPT_CONTEXTS = ("browser", "os", "device", "culture", "runtime", "app")
# Sentry's measure of a click that did nothing, and of an angry one.
_DEAD_AFTER_MS = 7000
_RAGE_CLICKS = 5
_LATEST_SECOND = 4_102_444_800  # The year 2100.
_CLICKABLE = ("a", "button", "input")


class RecordingError(ValueError):
    """The payload is no recording."""


def store_event(incoming: Incoming) -> None:
    """Stores what is known of a replay beside its recording."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    event = parse_replay_event(payload, incoming.record.event_id, incoming.clock)
    release_id, environment_id = incoming.saw_release(
        event.release, event.environment, event.finished
    )
    replays.add_event(
        incoming.session,
        incoming.project_id,
        event,
        release_id=release_id,
        environment_id=environment_id,
    )


def parse_replay_event(payload: JsonObject, event_id: str, clock: Clock) -> ReplayEvent:
    """The payload of a `replay_event`; `event_id` is the envelope's, which is the replay's."""
    clock = clock.for_event(payload.get("timestamp"))
    finished = clock.correct(parse_timestamp(payload.get("timestamp")))
    began = parse_timestamp(payload.get("replay_start_timestamp"))
    raw_user = as_object(payload.get("user"))
    user = {
        name: text
        for name in ("id", "email", "username", "ip_address")
        if (text := as_text(raw_user.get(name), 128))
    }
    contexts = as_object(payload.get("contexts"))
    kept: JsonObject = {
        name: trimmed(contexts[name], 4) for name in _KEPT_CONTEXTS if name in contexts
    }
    sdk = as_object(payload.get("sdk"))
    kept["sdk"] = {name: as_text(sdk.get(name), 100) for name in ("name", "version")}
    headers = as_object(as_object(payload.get("request")).get("headers"))
    if agent := as_text(headers.get("User-Agent"), 512):
        kept["user_agent"] = agent
    kind = as_text(payload.get("replay_type"), 16)
    return ReplayEvent(
        replay_id=ids.event_id(payload.get("replay_id")) or bytes.fromhex(event_id),
        started=min(finished, clock.correct(began)) if began is not None else finished,
        finished=finished,
        replay_type=kind if kind in ("session", "buffer") else "session",
        platform=as_text(payload.get("platform"), 64) or "javascript",
        release=as_text(payload.get("release"), 200).strip(),
        environment=as_text(payload.get("environment"), 64).strip(),
        user=dict(user),
        user_hash=user_hash(User(**user)),
        urls=tuple(
            url for value in as_list(payload.get("urls"))[:_MAX_LIST] if (url := as_text(value))
        ),
        error_ids=tuple(_ids(payload.get("error_ids"))),
        trace_ids=tuple(_ids(payload.get("trace_ids"))),
        tags={
            key[:200]: as_text(value, 200)
            for key, value in list(as_object(payload.get("tags")).items())[:_MAX_LIST]
        },
        contexts=kept,
    )


def _ids(values: JsonValue) -> Iterator[bytes]:
    for value in as_list(values)[:_MAX_LIST]:
        if (found := ids.event_id(value)) is not None:
            yield found


def store_recording(incoming: Incoming) -> None:
    """Stores a segment of a recording; what is none is kept raw."""
    try:
        segment_id, recording = parse_recording(bytes(incoming.item.payload))
    except RecordingError as error:
        incoming.keep_raw(str(error))
        return
    replays.add_segment(
        incoming.session,
        incoming.project_id,
        _replay_id(incoming),
        segment_id,
        recording,
        activity_of(recording, incoming.clock),
        incoming.record.received,
    )


def _replay_id(incoming: Incoming) -> bytes:
    """The replay of the `replay_event` beside the recording; the envelope bears the same id."""
    for item in incoming.envelope.items:
        if item.type == "replay_event":
            try:
                found = ids.event_id(as_object(parse(item.payload)).get("replay_id"))
            except InvalidJsonError:
                continue
            if found is not None:
                return found
    return bytes.fromhex(incoming.record.event_id)


def parse_recording(payload: bytes) -> tuple[int, bytes]:
    """The number of a segment and its JSON list of rrweb events.

    Raises:
        RecordingError: it is neither JSON nor zlib, or larger than `MAX_RECORDING_BYTES`.
    """
    header, newline, body = payload.partition(b"\n")
    try:
        segment_id = as_object(parse(header)).get("segment_id")
    except InvalidJsonError as error:
        raise RecordingError(f"invalid segment header: {error}") from error
    if not newline or not isinstance(segment_id, int) or not 0 <= segment_id < _MAX_SEGMENT:
        raise RecordingError("missing segment_id")
    if body[:1] != b"[":
        body = _inflated(body)
    if len(body) > MAX_RECORDING_BYTES:
        raise RecordingError("recording too large")
    try:
        is_list = isinstance(orjson.loads(body), list)
    except orjson.JSONDecodeError as error:
        raise RecordingError(f"invalid recording: {error}") from error
    if not is_list:
        raise RecordingError("the recording is no list")
    return int(segment_id), body


def _inflated(body: bytes) -> bytes:
    decoder = zlib.decompressobj()
    try:
        inflated = decoder.decompress(body, MAX_RECORDING_BYTES)
    except zlib.error as error:
        raise RecordingError(f"neither JSON nor zlib: {error}") from error
    if not decoder.eof:
        raise RecordingError("recording truncated or too large")
    return inflated


def activity_of(recording: bytes, clock: Clock) -> Activity:
    """Counts what happens in a JSON list of rrweb events."""
    events = [as_object(event) for event in as_list(parse(recording))]
    times = [at for event in events if (at := _micros(event.get("timestamp"))) is not None]
    clicks = dead = rage = 0
    for event in events:
        data = as_object(event.get("data"))
        if event.get("type") != 5 or data.get("tag") != "breadcrumb":
            continue
        crumb = as_object(data.get("payload"))
        match crumb.get("category"):
            case "ui.click":
                clicks += 1
            case "ui.slowClickDetected":
                is_dead, is_rage = _slow_click(as_object(crumb.get("data")))
                dead += is_dead
                rage += is_rage
    if not times:
        return Activity(clicks, dead, rage)
    first, last = min(times), max(times)
    clock = clock.for_time(last)
    return Activity(clicks, dead, rage, clock.correct(first), clock.correct(last))


def _micros(timestamp: JsonValue) -> int | None:
    """A time of an rrweb event: rrweb counts ms, the SDK's performance spans come in seconds."""
    if not isinstance(timestamp, int | float) or isinstance(timestamp, bool):
        return None
    return parse_timestamp(timestamp / 1000 if timestamp > _LATEST_SECOND else timestamp)


def _slow_click(data: JsonObject) -> tuple[bool, bool]:
    node = as_object(data.get("node"))
    waited, clicks = data.get("timeAfterClickMs"), data.get("clickCount")
    is_dead = (
        data.get("endReason") == "timeout"
        and as_text(node.get("tagName"), 32) in _CLICKABLE
        and isinstance(waited, int | float)
        and waited >= _DEAD_AFTER_MS
    )
    is_rage = is_dead and isinstance(clicks, int | float) and clicks >= _RAGE_CLICKS
    return is_dead, is_rage
