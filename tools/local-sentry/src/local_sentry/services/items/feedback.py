"""`user_report` items and `feedback` events: what users say.

Source: https://develop.sentry.dev/sdk/data-model/envelope-items/#user-feedback.
"""

from local_sentry.protocol.lenient_json import InvalidJsonError, as_object, as_text
from local_sentry.services import ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import parse_timestamp
from local_sentry.store import feedback
from local_sentry.store.feedback import Feedback

_LONGEST_MESSAGE = 4096


def store_user_report(incoming: Incoming) -> None:
    """Stores what a user said about an event."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    event_id = ids.event_id(payload.get("event_id")) or bytes.fromhex(incoming.record.event_id)
    feedback.insert(
        incoming.session,
        incoming.project_id,
        Feedback(
            feedback_id=event_id,
            source="user_report",
            event_id=event_id,
            replay_id=None,
            name=as_text(payload.get("name"), 128),
            email=as_text(payload.get("email"), 128),
            message=as_text(payload.get("comments"), _LONGEST_MESSAGE),
            url="",
            timestamp=incoming.record.received,
        ),
        environment_id=None,
    )


def store_feedback(incoming: Incoming) -> None:
    """Stores what a user said through the feedback widget."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    said = as_object(as_object(payload.get("contexts")).get("feedback"))
    user = as_object(payload.get("user"))
    clock = incoming.clock.for_event(payload.get("timestamp"))
    at = clock.correct(parse_timestamp(payload.get("timestamp")))
    _, environment_id = incoming.saw_release(
        as_text(payload.get("release"), 200).strip(),
        as_text(payload.get("environment"), 64).strip(),
        at,
    )
    feedback.insert(
        incoming.session,
        incoming.project_id,
        Feedback(
            feedback_id=bytes.fromhex(incoming.record.event_id),
            source="feedback",
            event_id=ids.event_id(said.get("associated_event_id")),
            replay_id=ids.event_id(said.get("replay_id")),
            name=as_text(said.get("name"), 128) or as_text(user.get("username"), 128),
            email=as_text(said.get("contact_email"), 128) or as_text(user.get("email"), 128),
            message=as_text(said.get("message"), _LONGEST_MESSAGE),
            url=as_text(said.get("url"), 2048),
            timestamp=at,
        ),
        environment_id=environment_id,
    )
