"""Changes: only where writing was allowed, and only after a person said yes."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp.client.context import ClientRequestContext
from mcp.types import ElicitRequestParams, ElicitResult

from kijko_mcp.settings import McpSettings
from mcp_asking import DEADLINE, client_of, said
from mcp_envelopes import ago, error, event
from mcp_local_sentry import LocalSentry, local_sentry
from sentry_api import SentryClient
from sentry_api.models.issues import Issue

WRITING = McpSettings.model_validate({"allow_write": True, "call_timeout": DEADLINE})


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path) as server:
        sent = error("ValueError", "to be changed", at=ago(60), release="kijko-api@1.0.0+abc1234")
        server.send("kijko-api", event(sent))
        yield server


async def _issue(server: LocalSentry) -> Issue:
    """The issue, once what was sent has been taken in."""
    async with SentryClient(server.settings()) as sentry, asyncio.timeout(DEADLINE):
        while True:
            async for each in sentry.issues.search(""):
                return await sentry.issues.get(each.id)
            await asyncio.sleep(0.05)


class Person:
    """Answers what they are asked."""

    def __init__(self, *, agrees: bool) -> None:
        self.asked: list[str] = []
        self._agrees = agrees

    async def answer(
        self, context: ClientRequestContext, params: ElicitRequestParams
    ) -> ElicitResult:
        """Says yes or no."""
        self.asked.append(params.message)
        if not self._agrees:
            return ElicitResult(action="decline")
        return ElicitResult(action="accept", content={"confirm": True})


async def test_without_permission_there_is_no_such_tool(own: LocalSentry) -> None:
    async with client_of(own.settings(), McpSettings()) as client:
        tools = (await client.list_tools()).tools
    assert len(tools) == 9
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_resolving_asks_a_person_first(own: LocalSentry, mode: str) -> None:
    person = Person(agrees=True)
    async with client_of(
        own.settings(), WRITING, mode=mode, elicitation_callback=person.answer
    ) as client:
        given = {"issue": (await _issue(own)).short_id, "action": "resolve"}
        answer = said(await client.call_tool("update_issue", given))
    assert "to be changed" in person.asked[0]
    assert answer.facts["status"] == "resolved"
    assert (await _issue(own)).status == "resolved"


async def test_a_no_changes_nothing(own: LocalSentry) -> None:
    person = Person(agrees=False)
    async with client_of(own.settings(), WRITING, elicitation_callback=person.answer) as client:
        given = {"issue": (await _issue(own)).short_id, "action": "resolve"}
        answer = said(await client.call_tool("update_issue", given))
    assert person.asked
    assert answer.facts["changed"] is False
    assert (await _issue(own)).status == "unresolved"


async def test_assigning_and_commenting(own: LocalSentry) -> None:
    person = Person(agrees=True)
    async with client_of(own.settings(), WRITING, elicitation_callback=person.answer) as client:
        short = (await _issue(own)).short_id
        assigned = said(
            await client.call_tool(
                "update_issue", {"issue": short, "action": "assign", "to": "#kijko"}
            )
        )
        said_so = said(
            await client.call_tool(
                "update_issue", {"issue": short, "action": "comment", "text": "Looking at it."}
            )
        )
        nobody = said(
            await client.call_tool(
                "update_issue", {"issue": short, "action": "assign", "to": "#nobody"}
            )
        )
    assert assigned.facts["assigned_to"]
    assert said_so.facts["comment"]
    assert nobody.refused
    assert "#kijko" in nobody.text
    async with SentryClient(own.settings()) as sentry:
        comments = [each.text async for each in sentry.issues.comments((await _issue(own)).id)]
    assert comments == ["Looking at it."]
