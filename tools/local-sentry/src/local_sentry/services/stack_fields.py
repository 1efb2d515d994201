"""What of an event's frames issues are searched by: `stack.filename:`, `stack.function:` …."""

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.services.raw_frames import frames_of, holders
from local_sentry.services.stacktrace import frames_newest_first
from local_sentry.store import issue_frames
from local_sentry.store.issue_frames import FIELDS
from local_sentry.store.session import WriteSession

_MOST_FRAMES = 100


def note_frames(session: WriteSession, issue_id: int, event: JsonObject) -> None:
    """Makes an issue findable by the frames of an event; quick for a stack seen before."""
    raw = [frame for holder in holders(event) for frame in frames_of(holder)]
    if not raw:
        return
    try:
        key = hash((issue_id, *[frame.get(field) for frame in raw for field in FIELDS]))
    except TypeError:
        return  # A list or an object where a name belongs: nothing to search for.
    if not session.is_new_stack(key):
        return
    frames = frames_newest_first(event)[:_MOST_FRAMES]
    found = {
        (field, str(value))
        for frame in frames
        for field in FIELDS
        if (value := getattr(frame, field)) not in ("", None)
    }
    issue_frames.add(session, issue_id, sorted(found))
