"""`event` and `transaction` items."""

import orjson

from local_sentry.protocol.envelope import Item
from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonObject,
    as_object,
    dump,
    parse,
    trimmed,
)
from local_sentry.services import ids
from local_sentry.services.completion import complete_frames
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.normalization import normalize_error, normalize_transaction
from local_sentry.services.occurrences import record_error, user_hash
from local_sentry.store import events, spans


def _stored_payload(item: Item) -> bytes | memoryview:
    """The payload's own bytes when every reader can read them, else the same in plain JSON."""
    try:
        orjson.loads(item.payload)
    except orjson.JSONDecodeError:
        return dump(trimmed(parse(item.payload)))
    return item.payload


def _replay_id(incoming: Incoming, payload: JsonObject, tags: dict[str, str]) -> bytes | None:
    context = as_object(as_object(payload.get("contexts")).get("replay"))
    for name in (context.get("replay_id"), tags.get("replayId"), incoming.trace.get("replay_id")):
        if (replay_id := ids.event_id(name)) is not None:
            return replay_id
    return None


def store_error(incoming: Incoming) -> None:
    """Stores an error or message and counts it on its issue."""
    session, record = incoming.session, incoming.record
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    is_completed = complete_frames(session.connection, session.blobs, record.project_id, payload)
    event = normalize_error(
        payload,
        event_id=record.event_id,
        project_id=record.project_id,
        clock=incoming.clock,
    )
    if events.exists(session, record.project_id, event.event_id):
        return
    record_error(
        session,
        event,
        payload,
        dump(trimmed(payload)) if is_completed else _stored_payload(incoming.item),
        replay_id=_replay_id(incoming, payload, event.tags),
    )


def store_transaction(incoming: Incoming) -> None:
    """Stores a transaction and its spans."""
    session, record = incoming.session, incoming.record
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    transaction = normalize_transaction(
        payload,
        event_id=record.event_id,
        project_id=record.project_id,
        clock=incoming.clock,
    )
    if transaction is None:
        incoming.keep_raw("missing trace context")
        return
    if events.exists(session, record.project_id, transaction.event_id):
        return
    origin = transaction.origin
    release_id, environment_id = incoming.saw_release(
        origin.release, origin.environment, transaction.timestamp
    )
    payload.pop("spans", None)
    events.insert_transaction(
        session,
        transaction,
        dump(trimmed(payload)),
        release_id=release_id,
        environment_id=environment_id,
        user_hash=user_hash(transaction.user),
        replay_id=_replay_id(incoming, payload, {}),
    )
    spans.insert(
        session,
        origin.project_id,
        transaction.spans,
        release_id=release_id,
        environment_id=environment_id,
    )
