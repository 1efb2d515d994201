"""Issues and what people and Sentry did to them."""

from datetime import datetime

from pydantic import Field

from sentry_api.models.base import Id, Json, Shape
from sentry_api.models.catalog import Person, ProjectName


class Assignee(Shape):
    """Who is to look at an issue: ``type`` is user or team."""

    id: Id | None = None
    type: str = ""
    name: str | None = None
    email: str | None = None


class ReleaseName(Shape):
    """A release as an issue names it."""

    version: str


class Activity(Shape):
    """Something that happened to an issue, such as ``set_resolved``; ``data`` goes by ``type``."""

    id: Id
    type: str
    date_created: datetime
    user: Person | None = None
    data: dict[str, Json] | None = None


class Comment(Activity):
    """What somebody wrote on an issue."""

    @property
    def text(self) -> str:
        """The words."""
        return str((self.data or {}).get("text", ""))


class Issue(Shape):
    """An issue. ``count`` is text on the wire."""

    id: Id
    short_id: str = ""
    title: str = ""
    culprit: str | None = None
    permalink: str | None = None
    level: str | None = None
    status: str = ""
    substatus: str | None = None
    status_details: dict[str, Json] = Field(default_factory=dict)
    priority: str | None = None
    platform: str | None = None
    project: ProjectName | None = None
    type: str = ""
    issue_type: str | None = None
    issue_category: str | None = None
    metadata: dict[str, Json] = Field(default_factory=dict)
    assigned_to: Assignee | None = None
    is_unhandled: bool | None = None
    count: int = 0
    user_count: int = 0
    num_comments: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    first_release: ReleaseName | None = None
    last_release: ReleaseName | None = None
    activity: tuple[Activity, ...] = ()


class ActivityList(Shape):
    """The answer that lists an issue's history."""

    activity: list[Activity]


class TagValue(Shape):
    """A value of a tag and how often it was seen."""

    value: str | None = None
    name: str | None = None
    count: int = 0
    first_seen: datetime | None = None
    last_seen: datetime | None = None


class TagValues(Shape):
    """A tag of an issue and its commonest values."""

    key: str
    name: str = ""
    total_values: int = 0
    unique_values: int | None = None
    top_values: tuple[TagValue, ...] = ()


class TagKey(Shape):
    """A tag that events have."""

    key: str
    name: str = ""
    unique_values: int | None = None
    total_values: int | None = None


class UserReport(Shape):
    """What a user said of an issue."""

    id: Id
    name: str | None = None
    email: str | None = None
    comments: str = ""
    date_created: datetime | None = None
