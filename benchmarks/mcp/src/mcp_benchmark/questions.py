"""Equal questions, how each server is asked them, and the facts that an answer must hold."""

from collections.abc import Mapping
from dataclasses import dataclass

import mcp_story
import mcp_traces
from mcp_story import Story

_TIMES = ("count()", "avg(span.duration)", "p95(span.duration)")

Calls = tuple[tuple[str, Mapping[str, object]], ...]


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: what a person asks.
        ours: the call that answers it here.
        theirs: the calls that answer it there.
        facts: what was sent, and has to stand in the answer.
    """

    name: str
    ours: Calls
    theirs: Calls
    facts: tuple[str, ...]


def questions(story: Story) -> tuple[Question, ...]:
    """The questions, about one story."""
    place = {"organizationSlug": "kijko"}
    api = place | {"projectSlugOrId": "kijko-api"}
    failed = story.workflow_failed
    spans = api | {"dataset": "spans"}
    execute = f'transaction:"{mcp_traces.EXECUTE}" is_transaction:true'
    return (
        Question(
            "recent errors of kijko-api",
            (("find_errors", {"project": "api"}),),
            (("search_issues", api | {"query": "is:unresolved"}),),
            (failed.short_id, story.ffmpeg_failed.short_id, story.pool_empty.short_id, "libx266"),
        ),
        Question(
            "most frequent this week",
            (("find_errors", {"project": "api", "sort": "frequent", "period": "7d"}),),
            (("search_issues", api | {"query": "is:unresolved", "sort": "freq"}),),
            (story.ffmpeg_failed.short_id, str(sum(mcp_story.FFMPEG_FAILED))),
        ),
        Question(
            "why does this issue happen",
            (("explain_issue", {"issue": failed.short_id}),),
            (_resource("issue", failed.short_id),),
            ("WorkflowFailedError", "workflow_executor.py", "11", story.second_release),
        ),
        Question(
            "where did the time of this trace go",
            (("explain_trace", {"trace": story.slow_trace}),),
            (_resource("trace", story.slow_trace),),
            ("KSampler",),
        ),
        Question(
            "the last failed workflow execution",
            (("explain_trace", {"which": "failed_workflow"}),),
            (
                ("search_events", api | {
                    "dataset": "errors", "query": "transaction:jobs", "sort": "-timestamp",
                    "fields": ["title", "trace", "timestamp"], "limit": 1,
                }),
                _resource("trace", story.failed_trace),
            ),
            (story.failed_trace[:8],),
        ),
        Question(
            "what did the user do before the crash",
            (("show_replay", {"replay": story.replays[0]}),),
            (_resource("replay", story.replays[0]),),
            (story.replays[0][:8],),
        ),
        Question(
            "average and p95 of the workflow API",
            (("find_slow", {"project": "api", "name": "execute"}),),
            (
                ("search_events", spans | {
                    "query": execute, "sort": "-count()",
                    "fields": ["transaction", *_TIMES],
                }),
            ),
            (mcp_traces.EXECUTE,),
        ),
        Question(
            "the slowest database queries",
            (("find_slow", {"what": "queries", "project": "api"}),),
            (
                ("search_events", spans | {
                    "query": "span.op:db.query", "sort": "-avg(span.duration)",
                    "fields": ["span.description", *_TIMES],
                }),
            ),
            (mcp_traces.SLOW_QUERY,),
        ),
    )  # fmt: skip


def _resource(kind: str, name: str) -> tuple[str, Mapping[str, object]]:
    given = {"organizationSlug": "kijko", "resourceType": kind, "resourceId": name}
    return "get_sentry_resource", given
