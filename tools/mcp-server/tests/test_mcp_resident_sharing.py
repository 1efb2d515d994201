"""Who shares a resident: all sessions of a user with the same settings and the same program."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import kijko_mcp
from mcp_asking import said
from mcp_checkout import EXECUTOR
from mcp_resident import DEADLINE, Desktop, desktop, is_running, process_file
from mcp_story import Story


@pytest.fixture
def desk(story: Story, tmp_path: Path) -> Iterator[Desktop]:
    where = story.server.environment()
    with desktop(tmp_path / "run", story.checkout.folder, **where) as made:
        yield made


async def test_the_second_session_meets_the_resident_of_the_first(
    story: Story, desk: Desktop
) -> None:
    async with desk.client() as client:
        first = said(await client.call_tool("explain_issue", {"issue": story.crash.short_id}))
        pid = desk.only_resident().pid
    async with desk.client() as client:
        second = said(await client.call_tool("explain_issue", {"issue": story.crash.short_id}))
        assert desk.only_resident().sessions == 1
    assert desk.only_resident().pid == pid
    assert first.facts == second.facts


async def test_ten_starts_at_once_make_one_resident(story: Story, desk: Desktop) -> None:
    everyone_is_there = asyncio.Barrier(10)

    async def session() -> str:
        async with desk.client() as client:
            answer = said(await client.call_tool("find_errors", {"project": "web"}))
            async with asyncio.timeout(DEADLINE):
                await everyone_is_there.wait()
            assert desk.only_resident().sessions == 10
            async with asyncio.timeout(DEADLINE):
                await everyone_is_there.wait()
            return answer.text

    answers = await asyncio.gather(*(session() for _ in range(10)))
    assert all(story.crash.short_id in each for each in answers)


async def test_sessions_answer_about_their_own_folder(
    story: Story, desk: Desktop, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path = EXECUTOR
    async with desk.client() as here, desk.client(MCP_WORKSPACE=str(elsewhere)) as there:
        owned = said(await here.call_tool("ask_workspace", {"path": path}))
        unknown = said(await there.call_tool("ask_workspace", {"path": path}))
        assert desk.only_resident().sessions == 2
    assert not owned.refused
    assert unknown.refused


async def test_only_the_session_that_may_write_is_offered_to(desk: Desktop) -> None:
    async with desk.client("--allow-write") as writer, desk.client() as reader:
        offered = {each.name for each in (await writer.list_tools()).tools}
        others = {each.name for each in (await reader.list_tools()).tools}
        assert desk.only_resident().sessions == 2
    assert offered - others == {"update_issue"}


async def test_another_token_is_another_resident(desk: Desktop) -> None:
    one, other = (f"sntryu_{digit * 64}" for digit in "12")
    async with desk.client(SENTRY_AUTH_TOKEN=one), desk.client(SENTRY_AUTH_TOKEN=other):
        assert [each.sessions for each in desk.residents()] == [1, 1]


async def test_what_an_editor_sets_for_itself_makes_no_difference(desk: Desktop) -> None:
    async with desk.client(TERM_PROGRAM="one"), desk.client(TERM_PROGRAM="two"):
        resident = desk.only_resident()
        given = process_file(resident.pid, "environ")
    assert resident.sessions == 2
    assert "TERM_PROGRAM" not in given


async def test_a_token_stands_in_no_command_line_and_no_name(desk: Desktop) -> None:
    secret = "sntryu_" + "3" * 64
    async with desk.client(SENTRY_AUTH_TOKEN=secret):
        resident = desk.only_resident()
        command = process_file(resident.pid, "cmdline")
        kept = [each.name for each in resident.log.parent.iterdir()]
        logged = resident.log.read_text()
    assert secret not in command + logged + str(kept)


async def test_a_changed_program_never_meets_the_resident_of_the_old(
    story: Story, tmp_path: Path
) -> None:
    copy = tmp_path / "program"
    shutil.copytree(Path(kijko_mcp.__file__).parent, copy / "kijko_mcp")
    where = story.server.environment()
    with desktop(tmp_path / "run", story.checkout.folder, **where) as desk:
        desk.modules = f"{copy}:{desk.modules}"
        async with desk.editor():
            old = desk.only_resident()
            with (copy / "kijko_mcp" / "server.py").open("a") as file:
                file.write("# changed\n")
            async with desk.editor():
                pids = {each.pid for each in desk.residents()}
            assert len(pids) == 2
            assert is_running(old.pid)
