"""Finds the stack frames in an event's payload, to be completed in place before it is stored."""

from collections.abc import Iterator

from local_sentry.protocol.lenient_json import JsonObject, as_list

MAX_FRAMES = 250


def holders(event: JsonObject) -> Iterator[JsonObject]:
    """Everything in an event that has a `stacktrace`: exceptions, threads, the event itself."""
    exception = event.get("exception")
    if isinstance(exception, dict) and "values" not in exception:
        yield exception
    for values in (exception, event.get("threads")):
        yield from (value for value in as_list(values) if isinstance(value, dict))
    yield event


def frames_of(holder: JsonObject) -> list[JsonObject]:
    """The frames of one of `holders`, the newest last; of very many the newest."""
    stacktrace = holder.get("stacktrace")
    frames = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
    if not isinstance(frames, list):
        return []
    return [frame for frame in frames[-MAX_FRAMES:] if isinstance(frame, dict)]


def position(value: object) -> int | None:
    """A line or a column, both counted from 1, or None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        return None
    return value
