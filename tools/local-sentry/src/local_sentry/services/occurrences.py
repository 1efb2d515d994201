"""Counts an error on its issue, whether a client sent it or this server found out by itself."""

import hashlib

from local_sentry.models import ErrorEvent, User
from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.owners import give_owners
from local_sentry.services.stack_fields import note_frames
from local_sentry.store import bookkeeping, events, issue_activity, issue_states, issues, replays
from local_sentry.store.session import WriteSession


def user_hash(user: User) -> bytes | None:
    """Eight bytes that stand for a user, the same wherever the user is seen."""
    if not user.tag:
        return None
    return hashlib.blake2b(user.tag.encode("utf-8", "replace"), digest_size=8).digest()


def record_error(
    session: WriteSession,
    event: ErrorEvent,
    payload: JsonObject,
    stored: bytes | memoryview,
    *,
    replay_id: bytes | None = None,
    issue_type: str = "error",
) -> int:
    """Stores an error that is not there yet and counts it.

    Args:
        session: the open transaction.
        event: the error, normalized.
        payload: what it holds; rules of ownership are compared with it.
        stored: the same as it is kept.
        replay_id: the replay it happened in.
        issue_type: Sentry's word for the kind of issue it makes.

    Returns:
        The row id of its issue.
    """
    origin = event.origin
    release_id, environment_id = bookkeeping.saw_release(
        session, origin.project_id, origin.release, origin.environment, event.timestamp
    )
    tag_ids = [session.tag(key, value) for key, value in event.tags.items()]
    who = user_hash(event.user)
    issue_id, is_new = issues.find_or_create(session, event, release_id, issue_type)
    events.insert_error(
        session,
        event,
        stored,
        issue_id=issue_id,
        release_id=release_id,
        environment_id=environment_id,
        user_hash=who,
        replay_id=replay_id,
        tag_ids=tag_ids,
    )
    issues.count(session, issue_id, event, release_id=release_id, user_hash=who, tag_ids=tag_ids)
    note_frames(session, issue_id, payload)
    if is_new:
        issue_activity.add(session, issue_id, "first_seen", event.timestamp, actor=None)
    was_opened = not is_new and issue_states.came_again(
        session, issue_id, event.timestamp, release_id
    )
    if is_new or was_opened:
        give_owners(session, issue_id, event, payload, release_id)
    if replay_id is not None:
        replays.saw_error(session, replay_id)
    return issue_id
