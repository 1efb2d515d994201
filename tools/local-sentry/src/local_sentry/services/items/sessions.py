"""`session` items, one session each, and `sessions` items, which a server has counted.

Source: https://develop.sentry.dev/sdk/telemetry/sessions/.
"""

import hashlib

from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_list,
    as_object,
    as_text,
)
from local_sentry.services import ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import SECOND, parse_timestamp
from local_sentry.store import sessions
from local_sentry.store.sessions import Session, SessionCount

_STATUSES = ("ok", "exited", "errored", "crashed", "abnormal", "unhandled")
_MAX_COUNTS = 1000
_MOST = 2**40  # Sums of counts must stay far from what an integer column holds.


def _user(value: JsonValue) -> bytes | None:
    text = as_text(value, 256)
    if not text:
        return None
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()


def _count(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < _MOST:
        return 0
    return int(value)


def store(incoming: Incoming) -> None:
    """Stores either kind; what names no release is kept raw, for health is a release's."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    attributes = as_object(payload.get("attrs"))
    release = as_text(attributes.get("release"), 200).strip()
    environment = as_text(attributes.get("environment"), 64).strip()
    release_id, environment_id = incoming.saw_release(release, environment, incoming.clock.received)
    if release_id is None:
        incoming.keep_raw("missing release")
    elif incoming.item.type == "sessions":
        sessions.add_counts(
            incoming.session,
            incoming.project_id,
            _counts(payload, incoming),
            release_id=release_id,
            environment_id=environment_id,
        )
    elif (session := _session(payload, incoming)) is None:
        incoming.keep_raw("missing session id")
    else:
        sessions.update(
            incoming.session,
            incoming.project_id,
            session,
            release_id=release_id,
            environment_id=environment_id,
        )


def _session(payload: JsonObject, incoming: Incoming) -> Session | None:
    session_id = ids.event_id(payload.get("sid"))
    if session_id is None:
        return None
    clock = incoming.clock.for_event(payload.get("timestamp"))
    updated = clock.correct(parse_timestamp(payload.get("timestamp")))
    began = parse_timestamp(payload.get("started"))
    duration = payload.get("duration")
    is_number = isinstance(duration, int | float) and not isinstance(duration, bool)
    status = as_text(payload.get("status"), 16)
    return Session(
        session_id=session_id,
        started=updated if began is None else clock.correct(began),
        updated=updated,
        # SDKs that send no sequence number want the clock to say which word is the last.
        sequence=0 if payload.get("init") is True else _count(payload.get("seq")) or updated,
        status=status if status in _STATUSES else "ok",
        errors=_count(payload.get("errors")),
        duration=_count(duration) * SECOND if is_number else None,
        user_hash=_user(payload.get("did")),
    )


def _counts(payload: JsonObject, incoming: Incoming) -> list[SessionCount]:
    counts = []
    for value in as_list(payload.get("aggregates"))[:_MAX_COUNTS]:
        raw = as_object(value)
        started = raw.get("started")
        counts.append(
            SessionCount(
                started=incoming.clock.for_event(started).correct(parse_timestamp(started)),
                exited=_count(raw.get("exited")),
                errored=_count(raw.get("errored")),
                crashed=_count(raw.get("crashed")) + _count(raw.get("unhandled")),
                abnormal=_count(raw.get("abnormal")),
                user_hash=_user(raw.get("did")),
            )
        )
    return counts
