"""Events: what happened once, with its stack traces, breadcrumbs and contexts."""

from datetime import datetime

from pydantic import Field

from sentry_api.models.base import Id, Json, Shape


class Frame(Shape):
    """A line of a stack trace; ``context`` is (line number, source line) around it."""

    filename: str | None = None
    abs_path: str | None = None
    module: str | None = None
    function: str | None = None
    line_no: int | None = None
    col_no: int | None = None
    in_app: bool | None = None
    context: list[tuple[int, str | None]] | None = None
    vars: dict[str, Json] | None = None


class StackTrace(Shape):
    """The frames of a failure, the oldest call first."""

    frames: list[Frame] | None = None


class Failure(Shape):
    """An exception; a chain of them is listed from the cause to the last raised."""

    type: str | None = None
    value: str | None = None
    module: str | None = None
    mechanism: dict[str, Json] | None = None
    stacktrace: StackTrace | None = None


class _Failures(Shape):
    values: list[Failure] | None = None


class Entry(Shape):
    """A part of an event: ``exception``, ``breadcrumbs``, ``request``, ``spans``, ``message``."""

    type: str
    data: Json = None


class Tag(Shape):
    """A tag of an event."""

    key: str
    value: str | None = None


class Event(Shape):
    """An event, whole or as a list shows it."""

    id: Id
    event_id: str = Field("", alias="eventID")
    group_id: Id | None = Field(None, alias="groupID")
    project_id: Id | None = Field(None, alias="projectID")
    type: str = ""
    title: str = ""
    message: str | None = None
    culprit: str | None = None
    location: str | None = None
    platform: str | None = None
    date_created: datetime | None = None
    date_received: datetime | None = None
    tags: tuple[Tag, ...] = ()
    user: dict[str, Json] | None = None
    contexts: dict[str, Json] | None = None
    context: dict[str, Json] | None = None
    entries: tuple[Entry, ...] = ()
    fingerprints: tuple[str, ...] = ()
    release: dict[str, Json] | None = None
    occurrence: dict[str, Json] | None = None
    next_event_id: str | None = Field(None, alias="nextEventID")
    previous_event_id: str | None = Field(None, alias="previousEventID")

    def entry(self, kind: str) -> Json:
        """The data of the first part of that kind, or None."""
        return next((entry.data for entry in self.entries if entry.type == kind), None)

    @property
    def failures(self) -> list[Failure]:
        """The exceptions of an error; none for other events."""
        data = self.entry("exception")
        return [] if data is None else _Failures.model_validate(data).values or []

    @property
    def trace_id(self) -> str | None:
        """The trace the event belongs to."""
        trace = (self.contexts or {}).get("trace")
        found = trace.get("trace_id") if isinstance(trace, dict) else None
        return found if isinstance(found, str) else None


class EventPlace(Shape):
    """Where an event id was found."""

    organization_slug: str = ""
    project_slug: str = ""
    group_id: Id | None = None
    event_id: str = ""
    event: Event


class Attachment(Shape):
    """A file that came with an event; ``size`` is bytes."""

    id: Id
    name: str = ""
    type: str = ""
    size: int = 0
    mimetype: str | None = None
    sha1: str | None = None
    date_created: datetime | None = None
