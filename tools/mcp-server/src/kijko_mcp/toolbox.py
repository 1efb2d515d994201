"""The tools: what a client may ask, with typed inputs. Each is a line of translation."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from kijko_mcp.calling import Call, Calls
from kijko_mcp.desk import Desk
from kijko_mcp.questions.bottleneck import find_bottleneck
from kijko_mcp.questions.errors import About, ErrorsWanted, find_errors
from kijko_mcp.questions.issue import explain_issue
from kijko_mcp.questions.releases import ReleaseWanted, release_status
from kijko_mcp.questions.replay import ReplayWanted, show_replay
from kijko_mcp.questions.search import Dataset, SearchWanted, search
from kijko_mcp.questions.slow import SlowWanted, find_slow
from kijko_mcp.questions.trace import Which, explain_trace
from kijko_mcp.questions.workspace import WorkspaceWanted, ask_workspace
from kijko_mcp.writing import writing_tool

READS = ToolAnnotations(read_only_hint=True, open_world_hint=True)
Project = Annotated[str, Field(description="short or full; empty = all")]
PeriodText = Annotated[str, Field(description="24h, 7d, this week, since 2026-11-01")]
ReleaseText = Annotated[
    str, Field(description="latest, previous, current (checked-out commit), or name")
]


def tools(desk: Desk, calls: Calls) -> list[Tool]:
    """The tools that this server offers: nine that read, and one that writes where that is on."""
    reading = [*_about_errors(desk, calls), *_about_time(desk, calls), *_about_code(desk, calls)]
    return [*reading, *([writing_tool(desk, calls)] if desk.settings.allow_write else [])]


def _about_errors(desk: Desk, calls: Calls) -> list[Tool]:
    async def _find_errors(
        call: Call,
        project: Project = "",
        sort: Literal["recent", "frequent", "new"] = "recent",
        about: About = "",
        release: ReleaseText = "",
        introduced: Annotated[bool, Field(description="first seen in that release")] = False,
        resolved: Annotated[bool, Field(description="resolved ones too")] = False,
        query: Annotated[str, Field(description="Sentry search")] = "",
        period: PeriodText = "14d",
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
        cursor: str = "",
    ) -> CallToolResult:
        wanted = ErrorsWanted(
            project, sort, about, release, introduced, resolved, query, period, limit, cursor
        )
        return await calls.answer("find_errors", find_errors(desk, wanted), call)

    async def _explain_issue(
        call: Call,
        issue: Annotated[str, Field(description="KIJKO-API-1, URL, event id, or last")] = "last",
        project: Project = "",
    ) -> CallToolResult:
        return await calls.answer("explain_issue", explain_issue(desk, issue, project), call)

    async def _show_replay(
        call: Call,
        replay: Annotated[str, Field(description="id or URL; empty = last with an error")] = "",
        issue: Annotated[str, Field(description="the session of this error")] = "",
        project: Project = "",
        all_sessions: Annotated[bool, Field(description="list all that met the issue")] = False,
        period: PeriodText = "14d",
    ) -> CallToolResult:
        wanted = ReplayWanted(replay, issue, project, all_sessions, period)
        return await calls.answer("show_replay", show_replay(desk, wanted), call)

    return [
        reading_tool(
            _find_errors,
            "Lists errors: recent, most frequent, of a release or this commit, introduced by a"
            " release, in workflow execution, from FFmpeg.",
        ),
        reading_tool(
            _explain_issue,
            "Explains one error, or the last: code in this checkout, suspect commit, owner,"
            " trace, replay, how to reproduce.",
        ),
        reading_tool(
            _show_replay,
            "Shows a recorded session as a timeline of the user's actions, with a link that plays"
            " it; or lists all sessions that met an issue.",
        ),
    ]


def _about_time(desk: Desk, calls: Calls) -> list[Tool]:
    async def _explain_trace(
        call: Call,
        trace: Annotated[str, Field(description="id or URL")] = "",
        job: Annotated[str, Field(description="job id")] = "",
        which: Which = "",
        project: Project = "",
        period: PeriodText = "14d",
    ) -> CallToolResult:
        question = explain_trace(desk, trace, job, which, project, period)
        return await calls.answer("explain_trace", question, call)

    async def _find_bottleneck(
        call: Call,
        flow: Annotated[str, Field(description="part of a transaction's name; empty = jobs")] = "",
        period: PeriodText = "7d",
    ) -> CallToolResult:
        return await calls.answer("find_bottleneck", find_bottleneck(desk, flow, period), call)

    async def _find_slow(
        call: Call,
        what: Literal["transactions", "queries"] = "transactions",
        project: Project = "",
        name: Annotated[str, Field(description="part of it: timeline, workflows")] = "",
        period: PeriodText = "7d",
        limit: Annotated[int, Field(ge=1, le=50)] = 10,
    ) -> CallToolResult:
        wanted = SlowWanted(what, project, name, period, limit)
        return await calls.answer("find_slow", find_slow(desk, wanted), call)

    return [
        reading_tool(
            _explain_trace,
            "Explains one trace (id, URL, job, or the last failed): what failed, where its time"
            " went (hop, queue wait, node), what is unusual against last week.",
        ),
        reading_tool(
            _find_bottleneck,
            "Where the time of many traces goes, browser to ComfyUI: hop, queue wait, node;"
            " unusual against last week.",
        ),
        reading_tool(
            _find_slow,
            "Slow transactions or database queries: average, p95, calls, N+1, against the period"
            " before.",
        ),
    ]


def _about_code(desk: Desk, calls: Calls) -> list[Tool]:
    async def _release_status(
        call: Call,
        project: Project = "",
        release: ReleaseText = "latest",
        compared_to: Annotated[str, Field(description="what changed since this release")] = "",
        issue: Annotated[str, Field(description="is its fix released, did it stop")] = "",
    ) -> CallToolResult:
        wanted = ReleaseWanted(project, release, compared_to, issue)
        return await calls.answer("release_status", release_status(desk, wanted), call)

    async def _ask_workspace(
        call: Call,
        path: Annotated[str, Field(description="file or project: who owns it")] = "",
        affected_by: Annotated[str, Field(description="file or project that changes")] = "",
        unreleased: Annotated[bool, Field(description="what would be released")] = False,
        job: Annotated[str, Field(description="command that reproduces this job")] = "",
    ) -> CallToolResult:
        wanted = WorkspaceWanted(path, affected_by, unreleased, job)
        return await calls.answer("ask_workspace", ask_workspace(desk, wanted), call)

    async def _search(
        call: Call,
        dataset: Dataset,
        query: Annotated[str, Field(description="Sentry search")] = "",
        fields: Annotated[list[str], Field(description="columns, functions")] = [],  # noqa: B006 - pydantic copies it
        sort: str = "",
        project: Project = "",
        period: PeriodText = "24h",
        limit: Annotated[int, Field(ge=1, le=100)] = 20,
        cursor: str = "",
    ) -> CallToolResult:
        wanted = SearchWanted(dataset, query, tuple(fields), sort, project, period, limit, cursor)
        return await calls.answer("search", search(desk, wanted), call)

    return [
        reading_tool(
            _release_status,
            "Checks a release, what changed between two, or whether an issue's fix is released"
            " and the error stopped.",
        ),
        reading_tool(
            _ask_workspace,
            "Asks this checkout: which project owns a file, is one affected by another, what"
            " would be released, how to reproduce a job.",
        ),
        reading_tool(_search, "Any other query over Sentry's events."),
    ]


def reading_tool(function: Callable[..., Any], description: str) -> Tool:
    """A tool that changes nothing."""
    return Tool.from_function(
        function,
        name=function.__name__.lstrip("_"),
        description=description,
        annotations=READS,
        structured_output=False,
    )
