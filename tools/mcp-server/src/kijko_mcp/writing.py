"""The one tool that changes something; a person says yes first, where the client can ask one."""

from typing import Annotated

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, ToolAnnotations
from pydantic import BaseModel, Field

from kijko_mcp.answers.answer import Answer
from kijko_mcp.calling import Call, Calls
from kijko_mcp.desk import Desk
from kijko_mcp.errors import Trouble
from kijko_mcp.questions.change import Action, ChangeWanted, asked_about, change
from sentry_api import SentryApiError

_WRITES = ToolAnnotations(
    read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
)


class Yes(BaseModel):
    """What a person answers."""

    confirm: bool = Field(description="Do it?")


def writing_tool(desk: Desk, calls: Calls) -> Tool:
    """The tool, for servers that were started with --allow-write."""

    async def _asked(
        call: Context, issue: str, action: Action, to: str, text: str, in_next_release: bool
    ) -> Yes | Elicit[Yes]:
        capabilities = call.client_capabilities
        if capabilities is None or capabilities.elicitation is None:
            return Yes(confirm=True)  # it asks before calling a tool that writes, or never
        try:
            wanted = ChangeWanted(issue, action, to, text, in_next_release)
            _, question = await asked_about(desk, wanted)
        except (Trouble, SentryApiError):
            return Yes(confirm=True)  # the tool itself says what is wrong
        return Elicit(question, Yes)

    async def _update_issue(
        call: Call,
        issue: Annotated[str, Field(description="KIJKO-API-1 or URL")],
        action: Action,
        said: Annotated[ElicitationResult[Yes], Resolve(_asked)],
        to: Annotated[str, Field(description="assign: user or #team")] = "",
        text: Annotated[str, Field(description="comment")] = "",
        in_next_release: bool = False,
    ) -> CallToolResult:
        agreed = isinstance(said, AcceptedElicitation) and said.data.confirm
        wanted = ChangeWanted(issue, action, to, text, in_next_release)
        return await calls.answer("update_issue", _change(desk, wanted, agreed=agreed), call)

    return Tool.from_function(
        _update_issue,
        name="update_issue",
        description="Resolves, assigns or comments on an issue; asks the user first.",
        annotations=_WRITES,
        structured_output=False,
    )


async def _change(desk: Desk, wanted: ChangeWanted, *, agreed: bool) -> Answer:
    found, _ = await asked_about(desk, wanted)
    if not agreed:
        answer = Answer(f"Nothing was changed: the user did not agree to change {found.short_id}.")
        answer.facts = {"issue": found.short_id, "changed": False}
        return answer
    return await change(desk, found, wanted)
