"""Turns one accepted envelope into rows; runs in the writing thread, inside its transaction."""

import hashlib

import orjson

from local_sentry.models import Span, User
from local_sentry.protocol.envelope import Envelope, Item, parse_envelope
from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_object,
    as_text,
    dump,
    parse,
    trimmed,
)
from local_sentry.services.normalization import normalize_error, normalize_transaction
from local_sentry.services.spans import streamed_spans
from local_sentry.services.timestamps import Clock
from local_sentry.store import bookkeeping, events, issues, items, spans
from local_sentry.store.journal import Record
from local_sentry.store.session import WriteSession


def process(session: WriteSession, record: Record) -> None:
    """Stores what an envelope holds. Doing it again changes nothing."""
    envelope = parse_envelope(record.body)
    clock = Clock.compare(envelope.headers.get("sent_at"), record.received)
    for item in envelope.items:
        bookkeeping.saw_item(session, record.project_id, item.type, record.received)
        match item.type:
            case "event" | "error":
                _process_event(session, record, item, clock)
            case "transaction":
                _process_transaction(session, record, item, clock)
            case "span" if "items" in str(item.headers.get("content_type")):
                _process_spans(session, record, envelope, item, clock)
            case "session" | "sessions":
                _process_session(session, record, item, clock)
            case _:
                items.insert_item(session, record, item)


def _payload(item: Item) -> JsonObject:
    value = parse(item.payload)
    if not isinstance(value, dict):
        raise InvalidJsonError("expected an object")
    return value


def _stored_payload(item: Item) -> bytes | memoryview:
    """The payload's own bytes when every reader can read them, else the same in plain JSON."""
    try:
        orjson.loads(item.payload)
    except orjson.JSONDecodeError:
        return dump(trimmed(parse(item.payload)))
    return item.payload


def _user_hash(user: User) -> bytes | None:
    if not user.tag:
        return None
    return hashlib.blake2b(user.tag.encode("utf-8", "replace"), digest_size=8).digest()


def _process_event(session: WriteSession, record: Record, item: Item, clock: Clock) -> None:
    try:
        payload = _payload(item)
    except InvalidJsonError as error:
        items.insert_item(session, record, item, f"invalid JSON data: {error}")
        return
    event = normalize_error(
        payload, event_id=record.event_id, project_id=record.project_id, clock=clock
    )
    if events.exists(session, record.project_id, event.event_id):
        return
    origin = event.origin
    release_id, environment_id = bookkeeping.saw_release(
        session, origin.project_id, origin.release, origin.environment, event.timestamp
    )
    tag_ids = [session.tag(key, value) for key, value in event.tags.items()]
    user_hash = _user_hash(event.user)
    issue_id = issues.find_or_create(session, event, release_id)
    events.insert_error(
        session,
        event,
        _stored_payload(item),
        issue_id=issue_id,
        release_id=release_id,
        environment_id=environment_id,
        user_hash=user_hash,
        tag_ids=tag_ids,
    )
    issues.count(
        session, issue_id, event, release_id=release_id, user_hash=user_hash, tag_ids=tag_ids
    )


def _process_transaction(session: WriteSession, record: Record, item: Item, clock: Clock) -> None:
    try:
        payload = _payload(item)
    except InvalidJsonError as error:
        items.insert_item(session, record, item, f"invalid JSON data: {error}")
        return
    transaction = normalize_transaction(
        payload, event_id=record.event_id, project_id=record.project_id, clock=clock
    )
    if transaction is None:
        items.insert_item(session, record, item, "missing trace context")
        return
    if events.exists(session, record.project_id, transaction.event_id):
        return
    origin = transaction.origin
    release_id, environment_id = bookkeeping.saw_release(
        session, origin.project_id, origin.release, origin.environment, transaction.timestamp
    )
    payload.pop("spans", None)
    events.insert_transaction(
        session,
        transaction,
        dump(trimmed(payload)),
        release_id=release_id,
        environment_id=environment_id,
        user_hash=_user_hash(transaction.user),
    )
    spans.insert(
        session,
        origin.project_id,
        transaction.spans,
        release_id=release_id,
        environment_id=environment_id,
    )


def _process_spans(
    session: WriteSession, record: Record, envelope: Envelope, item: Item, clock: Clock
) -> None:
    try:
        container = parse(item.payload)
    except InvalidJsonError as error:
        items.insert_item(session, record, item, f"invalid JSON data: {error}")
        return
    trace = as_object(envelope.headers.get("trace"))
    groups: dict[tuple[str, str], list[Span]] = {}
    for span in streamed_spans(container, clock):
        release = span.release or as_text(trace.get("release"), 200)
        environment = span.environment or as_text(trace.get("environment"), 64)
        groups.setdefault((release, environment), []).append(span)
    for (release, environment), group in groups.items():
        release_id, environment_id = bookkeeping.saw_release(
            session, record.project_id, release, environment, record.received
        )
        spans.insert(
            session,
            record.project_id,
            group,
            release_id=release_id,
            environment_id=environment_id,
        )


def _process_session(session: WriteSession, record: Record, item: Item, clock: Clock) -> None:
    items.insert_item(session, record, item)
    try:
        value: JsonValue = parse(item.payload)
    except InvalidJsonError:
        return
    attributes = as_object(as_object(value).get("attrs"))
    bookkeeping.saw_release(
        session,
        record.project_id,
        as_text(attributes.get("release"), 200),
        as_text(attributes.get("environment"), 64),
        clock.received,
    )
