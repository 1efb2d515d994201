"""`client_report` items: what a sender threw away before it was sent.

Source: https://develop.sentry.dev/sdk/telemetry/client-reports/.
"""

from local_sentry.protocol.lenient_json import InvalidJsonError, as_list, as_object, as_text
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import parse_timestamp
from local_sentry.store import outcomes

_MAX_ENTRIES = 200
_MOST = 2**40
_LISTS = {
    "discarded_events": "client_discard",
    "rate_limited_events": "rate_limited",
    "filtered_events": "filtered",
    "filtered_sampling_events": "filtered",
}


def store(incoming: Incoming) -> None:
    """Counts the outcomes a client reports."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    clock = incoming.clock.for_event(payload.get("timestamp"))
    at = clock.correct(parse_timestamp(payload.get("timestamp")))
    for name, outcome in _LISTS.items():
        for value in as_list(payload.get(name))[:_MAX_ENTRIES]:
            raw = as_object(value)
            quantity = raw.get("quantity")
            if isinstance(quantity, int) and 0 < quantity < _MOST:
                outcomes.count(
                    incoming.session,
                    incoming.project_id,
                    at,
                    outcome=outcome,
                    category=as_text(raw.get("category"), 64) or "default",
                    reason=as_text(raw.get("reason"), 200),
                    quantity=int(quantity),
                )
