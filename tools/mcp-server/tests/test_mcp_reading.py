"""Resources by their address, names that complete themselves, prompts, progress, budget."""

from pathlib import Path

import pytest
from mcp import MCPError
from mcp.types import (
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)

from kijko_mcp.settings import McpSettings
from mcp_asking import DEADLINE, Editor, client_of, said
from mcp_story import Story
from mcp_tokens import tokens


@pytest.fixture
def editor(story: Story, tmp_path: Path) -> Editor:
    return Editor.open(story, tmp_path)


async def test_resources_are_read_by_their_addresses(editor: Editor) -> None:
    story = editor.story
    wanted = {
        f"sentry://issue/{story.crash.short_id}": story.crash.short_id,
        f"sentry://trace/{story.failed_trace}": story.failed_trace,
        f"sentry://replay/{story.replays[0]}": story.replays[0],
        f"sentry://release/{story.second_release.replace('@', '%40').replace('+', '%2B')}": (
            story.second_release
        ),
    }
    async with client_of(story.server.settings(), editor.settings) as client:
        templates = await client.list_resource_templates()
        for address, expected in wanted.items():
            read = (await client.read_resource(address)).contents[0]
            assert isinstance(read, TextResourceContents)
            assert expected in read.text
        with pytest.raises(MCPError, match="no such issue"):
            await client.read_resource("sentry://issue/KIJKO-API-999")
    assert {each.uri_template.split("/")[2] for each in templates.resource_templates} == {
        "issue",
        "trace",
        "replay",
        "release",
    }


async def test_names_complete_themselves(editor: Editor) -> None:
    story = editor.story
    async with client_of(story.server.settings(), editor.settings) as client:
        for kind, typed, expected in (
            ("issue", "kijko-w", story.crash.short_id),
            ("release", "0.2", story.second_release),
            ("replay", story.replays[0][:6], story.replays[0]),
        ):
            reference = ResourceTemplateReference(
                type="ref/resource", uri=f"sentry://{kind}/{{{kind}}}"
            )
            found = await client.complete(reference, {"name": kind, "value": typed})
            assert expected in found.completion.values
        prompt = PromptReference(type="ref/prompt", name="triage")
        found = await client.complete(prompt, {"name": "project", "value": "we"})
    assert found.completion.values == ["kijko-web"]


async def test_prompts_name_the_calls(editor: Editor) -> None:
    async with client_of(editor.story.server.settings(), editor.settings) as client:
        listed = {each.name for each in (await client.list_prompts()).prompts}
        got = await client.get_prompt("investigate_issue", {"issue": "KIJKO-WEB-1"})
    assert listed == {"triage", "investigate_issue", "post_release_check"}
    content = got.messages[0].content
    assert isinstance(content, TextContent)
    assert 'explain_issue(issue="KIJKO-WEB-1")' in content.text


async def test_long_calls_say_how_far_they_are(editor: Editor) -> None:
    heard: list[tuple[float, float | None, str | None]] = []

    async def listen(progress: float, total: float | None, message: str | None) -> None:
        heard.append((progress, total, message))

    async with client_of(editor.story.server.settings(), editor.settings) as client:
        await client.call_tool("find_bottleneck", {"period": "24h"}, progress_callback=listen)
    assert heard
    assert all(total for _, total, _ in heard)
    assert heard[0][2] == "reading traces"


async def test_an_answer_keeps_to_its_budget_and_says_what_is_left_out(
    editor: Editor,
) -> None:
    small = McpSettings.model_validate(
        {"workspace": editor.settings.workspace, "tokens": 400, "call_timeout": DEADLINE}
    )
    async with client_of(editor.story.server.settings(), small) as client:
        given = {"replay": editor.story.replays[0]}
        answer = said(await client.call_tool("show_replay", given))
    assert "Left out for brevity" in answer.text
    assert answer.structured["left_out"]
    assert tokens(answer.text) <= 400


async def test_a_list_goes_on_with_its_cursor(editor: Editor) -> None:
    first = await editor.ask("find_errors", resolved=True, limit=2)
    second = await editor.ask(
        "find_errors", resolved=True, limit=2, cursor=first.structured["cursor"]
    )
    shown = [each["id"] for answer in (first, second) for each in answer.facts["issues"]]
    assert len(shown) == len(set(shown)) == 4


async def test_the_only_organization_need_not_be_named(editor: Editor) -> None:
    nameless = editor.story.server.settings(org="")
    async with client_of(nameless, editor.settings) as client:
        answer = said(await client.call_tool("find_bottleneck", {"period": "24h"}))
    assert "KSampler" in answer.conclusion
