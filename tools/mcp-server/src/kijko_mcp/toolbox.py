"""The tools: what a client may ask, with typed inputs. Each is a line of translation."""

from typing import Annotated, Literal

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import Field

from kijko_mcp.calling import Call, Calls
from kijko_mcp.desk import Desk
from kijko_mcp.questions.errors import About, ErrorsWanted, find_errors
from kijko_mcp.questions.issue import explain_issue
from kijko_mcp.questions.replay import ReplayWanted, show_replay
from kijko_mcp.questions.trace import Which, explain_trace

_READS = ToolAnnotations(read_only_hint=True, open_world_hint=True)
Project = Annotated[str, Field(description="Short or full; empty = all")]
PeriodText = Annotated[str, Field(description="24h, 7d, this week, since 2026-11-01")]


def tools(desk: Desk, calls: Calls) -> list[Tool]:
    """All tools that this server offers."""

    async def _find_errors(
        call: Call,
        project: Project = "",
        sort: Literal["recent", "frequent", "new"] = "recent",
        about: About = "",
        release: Annotated[
            str, Field(description="latest, previous, current (checked-out commit), or name")
        ] = "",
        introduced: Annotated[
            bool, Field(description="only those first seen in that release")
        ] = False,
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
        _tool(
            _find_errors,
            "Lists errors: recent, most frequent, of a release or this commit, introduced by a"
            " release, in workflow execution, from FFmpeg.",
        ),
        _tool(
            _explain_issue,
            "Explains one error, or the last one: code in this checkout, suspect commit, owner,"
            " trace, replay, how to reproduce.",
        ),
        _tool(
            _explain_trace,
            "Explains one trace (by id, URL, job, or the last failed): what failed, where its time"
            " went (hop, queue wait, node), what is unusual against last week.",
        ),
        _tool(
            _show_replay,
            "Shows a recorded session as a timeline of the user's actions, with a link that plays"
            " it; or lists all sessions that met an issue.",
        ),
    ]


def _tool(function: object, description: str, annotations: ToolAnnotations = _READS) -> Tool:
    return Tool.from_function(
        function,  # type: ignore[arg-type]
        name=function.__name__.lstrip("_"),  # type: ignore[attr-defined]
        description=description,
        annotations=annotations,
        structured_output=False,
    )
