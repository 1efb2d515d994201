"""Turns one accepted envelope into rows; runs in the writing thread, inside its transaction."""

from collections.abc import Callable, Mapping

from local_sentry.protocol.envelope import parse_envelope
from local_sentry.protocol.lenient_json import InvalidJsonError
from local_sentry.services import inbound_filters
from local_sentry.services.items import (
    attachments,
    check_ins,
    client_reports,
    events,
    feedback,
    logs,
    metrics,
    profiles,
    replays,
    sessions,
    spans,
)
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import Clock
from local_sentry.store import bookkeeping, outcomes, project_options
from local_sentry.store.journal import Record
from local_sentry.store.session import WriteSession

# What is not here is kept as it came.
STORE: dict[str, Callable[[Incoming], None]] = {
    "attachment": attachments.store,
    "check_in": check_ins.store,
    "client_report": client_reports.store,
    "error": events.store_error,
    "event": events.store_error,
    "feedback": feedback.store_feedback,
    "log": logs.store,
    "profile": profiles.store,
    "profile_chunk": profiles.store,
    "replay_event": replays.store_event,
    "replay_recording": replays.store_recording,
    "session": sessions.store,
    "sessions": sessions.store,
    "span": spans.store,
    "trace_metric": metrics.store,
    "transaction": events.store_transaction,
    "user_report": feedback.store_user_report,
}
_FILTERED = frozenset({"error", "event", "transaction"})


def process(session: WriteSession, record: Record) -> None:
    """Stores what an envelope holds. Doing it again changes nothing but counts of sessions."""
    envelope = parse_envelope(record.body)
    clock = Clock.compare(envelope.headers.get("sent_at"), record.received)
    options = project_options.of_project(session.connection, record.project_id)
    for item in envelope.items:
        incoming = Incoming(session, record, envelope, item, clock)
        if options and item.type in _FILTERED and _is_unwanted(incoming, options):
            continue
        bookkeeping.saw_item(session, record.project_id, item.type, record.received)
        STORE.get(item.type, Incoming.keep_raw)(incoming)


def _is_unwanted(incoming: Incoming, options: Mapping[str, str]) -> bool:
    """Whether the project filters an event out, which is then counted and not kept."""
    try:
        payload = incoming.payload()
    except InvalidJsonError:
        return False
    reason = inbound_filters.reason(options, incoming.item.type, payload)
    if reason is None:
        return False
    outcomes.count(
        incoming.session,
        incoming.project_id,
        incoming.record.received,
        outcome="filtered",
        category=outcomes.CATEGORIES[incoming.item.type],
        reason=reason,
    )
    return True
