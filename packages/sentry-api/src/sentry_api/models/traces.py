"""Traces: spans of all projects as one tree, with the errors that happened in them."""

from collections.abc import Iterator
from datetime import datetime

from pydantic import AliasChoices, Field

from sentry_api.models.base import Id, Json, SnakeShape


class TraceNode(SnakeShape):
    """A span, a transaction of an older server, or an error that hangs below no span.

    ``duration`` is milliseconds; times are Unix times or text, as the server writes them.
    """

    event_id: Id = Field("", validation_alias=AliasChoices("event_id", "id"))
    span_id: str | None = None
    event_type: str | None = None
    transaction_id: str | None = None
    transaction: str | None = None
    parent_span_id: str | None = None
    project_id: Id | None = None
    project_slug: str | None = None
    op: str | None = None
    name: str | None = None
    title: str | None = None
    description: str | None = None
    status: str | None = None
    issue_id: Id | None = None
    level: str | None = None
    start_timestamp: datetime | None = None
    end_timestamp: datetime | None = None
    duration: float | None = None
    is_transaction: bool | None = None
    tags: Json = None
    data: Json = None
    measurements: Json = None
    additional_attributes: dict[str, Json] = Field(default_factory=dict)
    errors: tuple["TraceNode", ...] = ()
    occurrences: tuple[Json, ...] = ()
    children: tuple["TraceNode", ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether it is an error; servers that do not say so give it an issue and no duration."""
        if self.event_type is not None:
            return self.event_type == "error"
        return self.issue_id is not None and self.start_timestamp is None

    def walk(self) -> Iterator["TraceNode"]:
        """This node and all below it, parents first; deep traces do not exhaust the stack."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))


class TraceMeta(SnakeShape):
    """What a trace holds, in numbers; newer servers write camelCase, older ones snake_case."""

    errors: int = Field(0, validation_alias=AliasChoices("errorsCount", "errors"))
    logs: int = Field(0, validation_alias=AliasChoices("logsCount", "logs"))
    metrics: int = Field(0, validation_alias=AliasChoices("metricsCount", "metrics"))
    performance_issues: int = Field(
        0, validation_alias=AliasChoices("performanceIssuesCount", "performance_issues")
    )
    spans: int = Field(0, validation_alias=AliasChoices("spansCount", "span_count"))
    spans_by_op: dict[str, int] = Field(
        {}, validation_alias=AliasChoices("spansCountMap", "span_count_map")
    )
