"""How little a question asks of git and of Sentry; what is new is in its answer all the same.

Counts, not times: those are for the benchmark.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

import mcp_checkout
from kijko_mcp.settings import McpSettings
from mcp_asking import DEADLINE, Editor, client_of, said
from mcp_counting import noted_git, noted_way
from mcp_envelopes import DAY, HOUR, ago, error, event, new_id
from mcp_local_sentry import local_sentry
from mcp_story import API, Story
from mcp_traces import EXECUTE
from mcp_waiting import eventually
from sentry_api import SentryClient

# How often Sentry is asked, at most, for what a question is about: no question may grow unseen.
_SETTINGS = ("/projects/", "/code-mappings/", "/ownership/", "/organizations/kijko/")
_REQUESTS: dict[str, tuple[str, Mapping[str, object], int]] = {
    "recent errors": ("find_errors", {"project": "api"}, 1),
    "why": ("explain_issue", {"issue": "WORKFLOW"}, 4),
    "the time of a trace": ("explain_trace", {"trace": "SLOW"}, 1),
    "the last failed workflow": ("explain_trace", {"which": "failed_workflow"}, 2),
    "a replay": ("show_replay", {"replay": "REPLAY"}, 3),
    "the workflow API": ("find_slow", {"project": "api", "name": EXECUTE.split("/")[-1]}, 2),
    "the slowest queries": ("find_slow", {"what": "queries", "project": "api"}, 3),
}


def _given(story: Story, arguments: Mapping[str, object]) -> dict[str, object]:
    known = {
        "WORKFLOW": story.workflow_failed.short_id,
        "SLOW": story.slow_trace,
        "REPLAY": story.replays[0],
    }
    return {key: known.get(str(value), value) for key, value in arguments.items()}


def _of_now(asked: Sequence[str]) -> list[str]:
    """What is no project's setting, and no table of a week that is over: those are remembered."""
    return [
        each
        for each in asked
        if not each.split("?")[0].endswith(_SETTINGS) and "start=" not in each
    ]


async def test_each_question_asks_sentry_no_more_than_it_needs(
    story: Story, tmp_path: Path
) -> None:
    editor = Editor.open(story, tmp_path)
    asked: dict[str, int] = {}
    async with noted_way(story.server.url) as way:
        settings = story.server.settings().model_copy(update={"url": way.url})
        async with client_of(settings, editor.settings) as client:
            for name, (tool, arguments, _) in _REQUESTS.items():
                for _ in range(2):
                    before = len(way.asked)
                    answer = said(await client.call_tool(tool, _given(story, arguments)))
                    assert not answer.refused, answer.text
                asked[name] = len(_of_now(way.asked[before:]))
    assert {name: count for name, count in asked.items() if count > _REQUESTS[name][2]} == {}


async def test_what_was_usual_is_asked_for_once_and_what_is_new_each_time(
    story: Story, tmp_path: Path
) -> None:
    editor = Editor.open(story, tmp_path)
    async with noted_way(story.server.url) as way:
        settings = story.server.settings().model_copy(update={"url": way.url})
        async with client_of(settings, editor.settings) as client:
            for _ in range(3):
                given = {"trace": story.slow_trace}
                answer = said(await client.call_tool("explain_trace", given))
                assert "UNUSUAL" in answer.text
        assert len([each for each in way.asked if "start=" in each]) == 1
        assert len([each for each in way.asked if f"/trace/{story.slow_trace}/" in each]) == 3


async def test_explaining_an_issue_again_starts_no_git(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = Editor.open(story, tmp_path)
    gits = noted_git(tmp_path, monkeypatch)
    async with client_of(story.server.settings(), editor.settings) as client:
        given = {"issue": story.workflow_failed.short_id}
        first = said(await client.call_tool("explain_issue", given))
        # Which checkout, its files, and the git that stays.
        assert len(gits.started) <= 3, gits.started
        before = len(gits.started)
        again = said(await client.call_tool("explain_issue", given))
    assert gits.started[before:] == []
    assert again.facts == first.facts


async def test_the_checkout_of_now_is_in_the_answer(story: Story, tmp_path: Path) -> None:
    """One server; in between somebody edits, commits and goes back."""
    folder = tmp_path / "clone"
    story.checkout.git("clone", "-q", ".", str(folder))
    clone = mcp_checkout.Checkout(folder, story.checkout.home)
    settings = Editor.open(story, tmp_path).settings.model_copy(update={"workspace": folder})
    at = story.checkout.line(mcp_checkout.FFMPEG, "raise FFmpeg", story.checkout.second)
    text = (folder / mcp_checkout.FFMPEG).read_text()
    async with client_of(story.server.settings(), settings) as client:

        async def place() -> tuple[object, object]:
            given = {"issue": story.ffmpeg_failed.short_id}
            answer = said(await client.call_tool("explain_issue", given))
            return answer.facts["place"], answer.facts["unchanged"]

        async def note() -> str:
            given = {"project": "api", "release": "current"}
            return said(await client.call_tool("find_errors", given)).text

        assert await place() == (f"{mcp_checkout.FFMPEG}:{at}", True)
        assert "that is checked out is this release" in await note()
        clone.commit("docs: a first line", {mcp_checkout.FFMPEG: f"# new\n{text}"})
        assert await place() == (f"{mcp_checkout.FFMPEG}:{at + 1}", False)
        assert "1 commits after this release" in await note()
        clone.git("checkout", "-q", story.checkout.second)
        assert await place() == (f"{mcp_checkout.FFMPEG}:{at}", True)
        assert "that is checked out is this release" in await note()
        clone.git("checkout", "-q", story.checkout.first)
        assert story.first_release in await note()


async def test_an_error_that_just_came_is_in_the_answer(tmp_path: Path) -> None:
    with local_sentry(tmp_path / "sentry") as server:
        empty = tmp_path / "no-checkout"
        empty.mkdir()
        settings = McpSettings.model_validate({"workspace": empty, "call_timeout": DEADLINE})
        async with (
            SentryClient(server.settings()) as sentry,
            client_of(server.settings(), settings) as client,
        ):
            for number in range(1, 4):
                kind = f"Burning{number}Error"
                server.send(API, event(_burning(kind)))

                async def came(kind: str = kind) -> bool:
                    search = sentry.issues.search(f"error.type:{kind}", period="14d")
                    return bool([each async for each in search])

                await eventually(came, kind)
                listed = await _said(client, "find_errors", project="api")
                assert kind in listed
                last = await _said(client, "explain_issue", project="api")
                assert kind in last


def _burning(kind: str) -> dict[str, Any]:
    trace = {"trace_id": new_id(), "span_id": new_id()[:16]}
    return error(kind, "it burns", at=ago(HOUR / 60), contexts={"trace": trace})


async def test_events_before_the_period_do_not_count_whatever_was_so_the_last_time(
    tmp_path: Path,
) -> None:
    with local_sentry(tmp_path / "sentry") as server:
        settings = McpSettings.model_validate({"workspace": tmp_path, "call_timeout": DEADLINE})
        async with (
            SentryClient(server.settings()) as sentry,
            client_of(server.settings(), settings) as client,
        ):

            async def sent(kind: str, *days: float) -> None:
                for each in days:
                    server.send(API, event(error(kind, "again", at=ago(each * DAY))))

                async def came() -> bool:
                    search = sentry.issues.search(f"error.type:{kind}", period="90d")
                    return sum([each.count async for each in search]) == len(days)

                await eventually(came, kind)

            async def counts() -> dict[str, int]:
                given = {"project": "api", "period": "2d", "sort": "frequent"}
                answer = said(await client.call_tool("find_errors", given))
                return {each["id"]: each["events"] for each in answer.facts["issues"]}

            await sent("YoungError", 1, 1.5)
            assert list((await counts()).values()) == [2]
            assert list((await counts()).values()) == [2]  # asked for without the counts
            await sent("OldError", 5, 4, 3, 1)
            for _ in range(2):
                assert sorted((await counts()).values()) == [1, 2]


async def _said(client: Client, tool: str, **arguments: object) -> str:
    return said(await client.call_tool(tool, arguments)).text
