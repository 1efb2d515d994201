"""Resources (`sentry://…`) and what completes their names; prompts for the recurring workflows."""

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError
from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

from kijko_mcp.calling import Calls
from kijko_mcp.desk import Desk
from kijko_mcp.questions.issue import explain_issue
from kijko_mcp.questions.releases import ReleaseWanted, release_status
from kijko_mcp.questions.replay import ReplayWanted, show_replay
from kijko_mcp.questions.targets import hex_id
from kijko_mcp.questions.trace import explain_trace
from sentry_api import Period, SentryApiError

_MOST_VALUES = 50


def add_resources(server: MCPServer[Any], desk: Desk, calls: Calls) -> None:
    """What a client may read by its address."""

    async def shown(kind: str, answer: Any) -> str:
        result = await calls.answer(f"read {kind}", answer, None)
        text = "\n".join(each.text for each in result.content if each.type == "text")
        if result.is_error:
            raise ResourceError(text)
        return text

    @server.resource("sentry://issue/{issue}", mime_type="text/plain")
    async def issue(issue: str) -> str:
        """An issue, explained."""
        return await shown("issue", explain_issue(desk, issue, ""))

    @server.resource("sentry://trace/{trace}", mime_type="text/plain")
    async def trace(trace: str) -> str:
        """A trace, explained."""
        return await shown("trace", explain_trace(desk, trace, "", "", "", "90d"))

    @server.resource("sentry://replay/{replay}", mime_type="text/plain")
    async def replay(replay: str) -> str:
        """A session as a timeline."""
        return await shown("replay", show_replay(desk, ReplayWanted(replay=replay)))

    @server.resource("sentry://release/{release}", mime_type="text/plain")
    async def release(release: str) -> str:
        """A release, checked."""
        return await shown("release", release_status(desk, ReleaseWanted(release=release)))


def add_prompts(server: MCPServer[Any]) -> None:
    """What people do again and again, with the calls that it takes."""

    @server.prompt()
    def triage(project: str = "") -> str:
        """Decide what to look at first among new errors."""
        of = f', project="{project}"' if project else ""
        return (
            f'Call find_errors(sort="frequent", period="this week"{of}) and'
            f' find_errors(sort="new", period="24h"{of}). For the three that matter most (events,'
            " users, new in the latest release) call explain_issue. Then list them: what breaks,"
            " for how many, the likely cause as file:line, whose it is, and what to do first."
        )

    @server.prompt()
    def investigate_issue(issue: str = "last", project: str = "") -> str:
        """Find out why an error happens, and what would fix it."""
        of = f', project="{project}"' if project else ""
        return (
            f'Call explain_issue(issue="{issue}"{of}). If it names a replay, call show_replay; if a'
            " trace, explain_trace. Open the file:line it names in this checkout. Say the cause,"
            " what the user did, the smallest fix, and a test that would have caught it."
        )

    @server.prompt()
    def post_release_check(project: str = "") -> str:
        """Decide whether the newest release may stay."""
        of = f'project="{project}"' if project else ""
        return (
            f'Call release_status({of}) and find_bottleneck(period="24h"). For each new error'
            " call explain_issue. Say whether the release may stay, with the evidence, and what"
            " is to be done now."
        )


def add_completion(server: MCPServer[Any], desk: Desk) -> None:
    """Names that begin as what was typed."""

    @server.completion()  # type: ignore[no-untyped-call, untyped-decorator]
    async def complete(
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        context: CompletionContext | None,
    ) -> Completion | None:
        try:
            names = await _names(desk, argument.name)
        except SentryApiError:
            return None  # somebody is typing: no suggestions are better than an error
        typed = argument.value.lower()
        found = [each for each in names if typed in each.lower()]
        return Completion(
            values=found[:_MOST_VALUES], total=len(found), has_more=len(found) > _MOST_VALUES
        )


async def _names(desk: Desk, argument: str) -> list[str]:
    projects = await desk.projects()
    sentry = desk.sentry
    if argument == "project":
        return [each.slug for each in projects]
    if argument == "issue":
        search = sentry.issues.search("is:unresolved", period="14d", limit=100)
        return [each.short_id async for each in search]
    if argument == "release":
        return [each.version async for each in sentry.releases.list(limit=100)]
    if argument == "replay":
        return [each.id async for each in sentry.replays.search(period=Period("14d"), limit=100)]
    if argument == "trace":
        table = await sentry.explore.table(
            "spans",
            ["trace", "timestamp"],
            query="is_transaction:true",
            sort="-timestamp",
            limit=100,
        )
        found = [hex_id(str(row.get("trace") or "")) for row in table.data]
        return list(dict.fromkeys(filter(None, found)))
    return []
