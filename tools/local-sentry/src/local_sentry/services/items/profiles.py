"""`profile` items, which belong to a transaction, and `profile_chunk` items, which go on.

Source: getsentry/relay, relay-profiling, formats sample v1 and v2.
"""

from local_sentry.protocol.lenient_json import InvalidJsonError, as_object, as_text
from local_sentry.services import ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import parse_timestamp
from local_sentry.store import profiles
from local_sentry.store.profiles import Profile


def store(incoming: Incoming) -> None:
    """Stores a profile or a chunk; what has no id is kept raw."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    profile_id = ids.event_id(payload.get("chunk_id")) or ids.event_id(payload.get("event_id"))
    if profile_id is None:
        incoming.keep_raw("missing profile id")
        return
    transaction = as_object(payload.get("transaction"))
    clock = incoming.clock.for_event(payload.get("timestamp"))
    at = clock.correct(parse_timestamp(payload.get("timestamp")))
    release_id, environment_id = incoming.saw_release(
        as_text(payload.get("release"), 200).strip(),
        as_text(payload.get("environment"), 64).strip(),
        at,
    )
    profiles.insert(
        incoming.session,
        incoming.project_id,
        Profile(
            profile_id=profile_id,
            profiler_id=ids.event_id(payload.get("profiler_id")),
            platform=as_text(payload.get("platform"), 64),
            transaction=as_text(transaction.get("name"), 200),
            trace_id=ids.trace_id(transaction.get("trace_id")),
            event_id=ids.event_id(transaction.get("id")),
            timestamp=at,
        ),
        incoming.item.payload,
        release_id=release_id,
        environment_id=environment_id,
    )
