"""Replays: what somebody saw and did in the browser."""

from datetime import datetime
from typing import TypeAlias

from sentry_api.models.base import Id, Json, SnakeShape


class Replay(SnakeShape):
    """A replay; ``duration`` is seconds. Fields are absent where they were not asked for."""

    id: Id
    project_id: Id | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    duration: float | None = None
    is_archived: bool | None = None
    environment: str | None = None
    platform: str | None = None
    activity: int | None = None
    count_errors: int | None = None
    count_warnings: int | None = None
    count_infos: int | None = None
    count_dead_clicks: int | None = None
    count_rage_clicks: int | None = None
    count_segments: int | None = None
    count_urls: int | None = None
    urls: list[str] | None = None
    trace_ids: list[str] | None = None
    error_ids: list[str] | None = None
    releases: list[str] | None = None
    browser: dict[str, Json] | None = None
    os: dict[str, Json] | None = None
    device: dict[str, Json] | None = None
    sdk: dict[str, Json] | None = None
    user: dict[str, Json] | None = None
    tags: dict[str, list[str]] | None = None


class ReplayAnswer(SnakeShape):
    """The answer that holds one."""

    data: Replay


class ReplayList(SnakeShape):
    """The answer that holds several."""

    data: list[Replay]


Segment: TypeAlias = list[dict[str, Json]]
"""The rrweb events of one segment of a recording, in their order."""
