"""Exceptions and stack frames of an event, typed, whatever the client left out."""

from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject, as_list, as_object, as_text

MAX_FRAMES = 250
MAX_EXCEPTIONS = 50
_LIBRARY_PATHS = ("site-packages/", "dist-packages/", "/lib/python3", "node_modules/", "node:")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; the newest call is the last of its list. What only readers want is read late."""

    raw: JsonObject
    function: str
    module: str
    filename: str
    abs_path: str
    lineno: int | None
    colno: int | None
    in_app: bool
    context_line: str

    @property
    def pre_context(self) -> tuple[str, ...]:
        """The lines before."""
        return tuple(as_text(line, 1024) for line in as_list(self.raw.get("pre_context"))[-20:])

    @property
    def post_context(self) -> tuple[str, ...]:
        """The lines behind."""
        return tuple(as_text(line, 1024) for line in as_list(self.raw.get("post_context"))[:20])

    @property
    def variables(self) -> JsonObject:
        """The local variables."""
        return as_object(self.raw.get("vars"))


@dataclass(frozen=True, slots=True)
class ExceptionValue:
    """One exception of a chain; the one raised last is the last of its list."""

    type: str
    value: str
    module: str
    mechanism: str
    handled: bool | None
    frames: tuple[Frame, ...]


def _number(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**31:
        return None
    return int(value)


def _frame(raw: JsonObject) -> Frame:
    path = as_text(raw.get("abs_path")) or as_text(raw.get("filename"))
    in_app = raw.get("in_app")
    return Frame(
        raw=raw,
        function=as_text(raw.get("function"), 512),
        module=as_text(raw.get("module"), 512),
        filename=as_text(raw.get("filename"), 512) or path[:512],
        abs_path=path[:2048],
        lineno=_number(raw.get("lineno")),
        colno=_number(raw.get("colno")),
        in_app=in_app
        if isinstance(in_app, bool)
        else not any(mark in path for mark in _LIBRARY_PATHS),
        context_line=as_text(raw.get("context_line"), 1024),
    )


def frames_of(stacktrace: object) -> tuple[Frame, ...]:
    """The frames of a `stacktrace` object; of very deep ones the outermost and innermost."""
    raw = stacktrace.get("frames") if isinstance(stacktrace, dict) else None
    frames = [frame for frame in raw if isinstance(frame, dict)] if isinstance(raw, list) else []
    if len(frames) > MAX_FRAMES:
        frames = frames[: MAX_FRAMES // 2] + frames[-MAX_FRAMES // 2 :]
    return tuple(_frame(frame) for frame in frames)


def exceptions_of(event: JsonObject) -> tuple[ExceptionValue, ...]:
    """The chain of exceptions of an event, oldest cause first."""
    raw = event.get("exception")
    values = [raw] if isinstance(raw, dict) and "values" not in raw else as_list(raw)
    chain = [_exception(value) for value in values[-MAX_EXCEPTIONS:] if isinstance(value, dict)]
    return tuple(value for value in chain if value.type or value.value or value.frames)


def _exception(raw: JsonObject) -> ExceptionValue:
    mechanism = as_object(raw.get("mechanism"))
    handled = mechanism.get("handled")
    return ExceptionValue(
        type=as_text(raw.get("type"), 256),
        value=as_text(raw.get("value")),
        module=as_text(raw.get("module"), 256),
        mechanism=as_text(mechanism.get("type"), 128),
        handled=handled if isinstance(handled, bool) else None,
        frames=frames_of(raw.get("stacktrace")),
    )


def thread_frames(event: JsonObject) -> tuple[Frame, ...]:
    """The stack that is not an exception's: of the event itself or of its crashed thread."""
    if frames := frames_of(event.get("stacktrace")):
        return frames
    threads = [thread for thread in as_list(event.get("threads")) if isinstance(thread, dict)]
    threads.sort(key=lambda thread: (thread.get("crashed") is True, thread.get("current") is True))
    return frames_of(threads[-1].get("stacktrace")) if threads else ()


def frames_newest_first(event: JsonObject) -> tuple[Frame, ...]:
    """All frames of an event, from where it went wrong outwards."""
    chain = exceptions_of(event)
    frames = [frame for value in reversed(chain) for frame in reversed(value.frames)]
    return tuple(frames) or tuple(reversed(thread_frames(event)))


def relevant_frame(frames: tuple[Frame, ...]) -> Frame | None:
    """The newest in-app frame, else the newest."""
    return next((f for f in reversed(frames) if f.in_app), frames[-1] if frames else None)
