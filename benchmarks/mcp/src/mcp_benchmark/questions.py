"""Equal questions, how each server is asked them, and the facts that an answer must hold.

Equal is what both can answer in full from what they offer; where the other needs two calls for it,
it gets them. Questions that only one of them answers are not compared.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import mcp_checkout
import mcp_traces
from mcp_benchmark import expected
from mcp_benchmark.facts import Fact, fact, took
from mcp_story import Story

_TIMES = ("count()", "avg(span.duration)", "p95(span.duration)")
_PLACE = {"organizationSlug": "kijko"}
_API = _PLACE | {"projectSlugOrId": "kijko-api"}

Calls = tuple[tuple[str, Mapping[str, object]], ...]


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        name: what a person asks.
        ours: the call that answers it here.
        theirs: the calls that answer it there.
        facts: what was sent, and has to stand in the answer.
        in_order: whether they have to stand there in this order.
    """

    name: str
    ours: Calls
    theirs: Calls
    facts: tuple[Fact, ...]
    in_order: bool = False


def questions(story: Story) -> tuple[Question, ...]:
    """The questions, about one story."""
    return (*_errors(story), *_one_error(story), *_traces(story), *_sessions(story), *_slow(story))


def _errors(story: Story) -> list[Question]:
    failed, ffmpeg, pool, key = map(
        expected.listed,
        (story.workflow_failed, story.ffmpeg_failed, story.pool_empty, story.key_error),
    )
    unresolved = (failed, ffmpeg, pool, fact("3 unresolved errors", "kijko-api"))
    second = story.second_release
    return [
        Question(
            "recent errors of kijko-api",
            (("find_errors", {"project": "api"}),),
            (_issues("is:unresolved"),),
            unresolved,
        ),
        Question(
            "most frequent this week",
            (("find_errors", {"project": "api", "sort": "frequent", "period": "7d"}),),
            (_issues("is:unresolved", sort="freq"),),
            (ffmpeg, failed, pool),
            in_order=True,
        ),
        Question(
            "FFmpeg errors",
            (("find_errors", {"about": "ffmpeg"}),),
            (("search_issues", _PLACE | {"query": "is:unresolved FFmpeg"}),),
            (ffmpeg, fact("1 unresolved error")),
        ),
        Question(
            "errors of a release",
            (("find_errors", {"project": "api", "release": second}),),
            (_issues(f'is:unresolved release:"{second}"'),),
            (*unresolved, fact(second)),
        ),
        Question(
            "introduced by a release",
            (("find_errors", {"project": "api", "release": second, "introduced": True}),),
            (_issues(f'is:unresolved firstRelease:"{second}"'),),
            (failed, fact("1 unresolved error", "introduced by", second)),
        ),
        Question(
            "resolved errors",
            (("find_errors", {"project": "api", "resolved": True, "query": "is:resolved"}),),
            (_issues("is:resolved"),),
            (key, fact(story.key_error.short_id, "resolved")),
        ),
    ]


def _one_error(story: Story) -> list[Question]:
    failed, ffmpeg = story.workflow_failed, story.ffmpeg_failed
    address = f"{story.server.url}/organizations/kijko/issues"
    why = expected.explained(
        story, failed, mcp_checkout.EXECUTOR, "execute_workflow", "raise Workflow", story.failed_job
    )
    encoding = expected.explained(
        story, ffmpeg, mcp_checkout.FFMPEG, "process_video", "raise FFmpeg", story.failed_encode
    )
    return [
        Question(
            "why does this issue happen",
            (("explain_issue", {"issue": failed.short_id}),),
            (_resource("issue", failed.short_id),),
            (*why, fact(story.failed_trace)),
        ),
        Question(
            "the issue of a pasted address",
            (("explain_issue", {"issue": f"{address}/{ffmpeg.id}/"}),),
            (("get_sentry_resource", {"url": f"{address}/{ffmpeg.id}/"}),),
            tuple(encoding),
        ),
        Question(
            "the crash in the browser",
            (("explain_issue", {"issue": story.crash.short_id}),),
            (_resource("issue", story.crash.short_id),),
            tuple(expected.crashed(story)),
        ),
    ]


def _traces(story: Story) -> list[Question]:
    found = {"sort": "-timestamp", "limit": 1}
    failed = f"{story.server.url}/organizations/kijko/traces/trace/{story.failed_trace}/"
    called = {
        "query": "span.op:http.server span.status:internal_error",
        "fields": ["transaction", "trace", "timestamp", "span.duration"],
    }
    of_job = {
        "query": f"job_id:{story.failed_job}",
        "fields": ["title", "trace", "timestamp"],
    }
    last = {"query": "transaction:jobs", "fields": ["title", "trace", "timestamp"]}
    seconds = mcp_traces.FAILED_SECONDS
    of_last_call = (
        fact("last failed API call", mcp_traces.FAILED_CALL, "kijko-api", took(seconds)),
        fact("http.server", mcp_traces.FAILED_CALL, took(seconds), "FAILED"),
        fact("1 span"),
        fact(story.failed_call),
    )
    of_failed = tuple(expected.failed_flow(story))
    return [
        Question(
            "where did the time of this trace go",
            (("explain_trace", {"trace": story.slow_trace}),),
            (_resource("trace", story.slow_trace),),
            (*expected.slow_flow(), fact(story.slow_trace)),
        ),
        Question(
            "the trace of a pasted address",
            (("explain_trace", {"trace": failed}),),
            (("get_sentry_resource", {"url": failed}),),
            of_failed,
        ),
        Question(
            "the last failed workflow execution",
            (("explain_trace", {"which": "failed_workflow"}),),
            (_events("errors", last | found), _resource("trace", story.failed_trace)),
            (*of_failed, fact(story.failed_job)),
        ),
        Question(
            "the trace of a job",
            (("explain_trace", {"job": story.failed_job}),),
            (_events("errors", of_job | found), _resource("trace", story.failed_trace)),
            (*of_failed, fact(story.failed_job)),
        ),
        Question(
            "the last failed API call",
            (("explain_trace", {"which": "failed_api_call"}),),
            (_events("spans", called | found),),
            of_last_call,
        ),
    ]


def _sessions(story: Story) -> list[Question]:
    recorded, again = story.replays
    met = _PLACE | {"dataset": "replays", "query": f"issue.id:{story.crash.id}"}
    moments = tuple(expected.session(story))
    return [
        Question(
            "what did the user do before the crash",
            (("show_replay", {"replay": recorded}),),
            (_resource("replay", recorded),),
            (*expected.about_session(story, recorded), *moments),
            in_order=True,
        ),
        Question(
            "the replay of this error",
            (("show_replay", {"issue": story.crash.short_id}),),
            (("search_events", met | {"limit": 1}), _resource("replay", again)),
            (*expected.about_session(story, again), *moments),
            in_order=True,
        ),
        Question(
            "all sessions that met this error",
            (("show_replay", {"issue": story.crash.short_id, "all_sessions": True}),),
            (("search_events", met),),
            (
                fact("2 recorded sessions", story.crash.short_id),
                *(
                    fact(each, "6 s", "2 errors", story.web_release, "development", "127.0.0.1")
                    for each in story.replays
                ),
            ),
        ),
    ]


def _slow(story: Story) -> list[Question]:
    execute = f'transaction:"{mcp_traces.EXECUTE}" is_transaction:true'
    editor = f'transaction:"{mcp_traces.EDITOR}" is_transaction:true'
    flows = mcp_traces.SLOW_TRACES + 1
    repeated = [mcp_traces.REPEATED_SECONDS] * mcp_traces.REPEATED
    return [
        Question(
            "average and p95 of the workflow API",
            (("find_slow", {"project": "api", "name": "execute"}),),
            (_times("transaction", execute, "-count()"),),
            (
                expected.times(
                    mcp_traces.EXECUTE, [*mcp_traces.EXECUTE_SECONDS, *[mcp_traces.CALL] * flows]
                ),
            ),
        ),
        Question(
            "slow transactions in the timeline editor",
            (("find_slow", {"project": "web", "name": "timeline editor"}),),
            (_times("transaction", editor, "-p95(span.duration)", project="kijko-web"),),
            (expected.times(mcp_traces.EDITOR, [*mcp_traces.EDITOR_SECONDS]),),
        ),
        Question(
            "the slowest database queries",
            (("find_slow", {"what": "queries", "project": "api"}),),
            (_times("span.description", "span.op:db.query", "-avg(span.duration)"),),
            (
                expected.times(mcp_traces.SLOW_QUERY, [*mcp_traces.SLOW_QUERY_SECONDS]),
                expected.times(mcp_traces.REPEATED_QUERY, repeated),
                expected.times(mcp_traces.KEPT[1], [mcp_traces.KEPT[3]] * flows),
            ),
            in_order=True,
        ),
        Question(
            "the newest log lines",
            (("search", {"dataset": "logs", "project": "api", "period": "7d"}),),
            (_events("logs", {"query": "", "sort": "-timestamp"}),),
            (
                fact("2 rows", "logs"),
                fact("warn", f"job {story.failed_job} failed its first try", story.failed_trace),
                fact("warn", f"job {story.failed_encode} failed its first try"),
            ),
        ),
    ]


def _issues(query: str, **more: object) -> tuple[str, Mapping[str, object]]:
    return "search_issues", _API | {"query": query, **more}


def _events(dataset: str, given: Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    return "search_events", {**_PLACE, "projectSlug": "kijko-api", "dataset": dataset, **given}


def _times(
    by: str, query: str, sort: str, *, project: str = "kijko-api"
) -> tuple[str, Mapping[str, object]]:
    given = {"query": query, "sort": sort, "fields": [by, *_TIMES], "projectSlug": project}
    return _events("spans", given)


def _resource(kind: str, name: str) -> tuple[str, Mapping[str, object]]:
    return "get_sentry_resource", _PLACE | {"resourceType": kind, "resourceId": name}
