"""How a resident and its sessions end: asked, killed, left alone; nothing of them stays."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from mcp_resident import (
    DEADLINE,
    Desktop,
    children,
    descriptors,
    desktop,
    eventually,
    is_running,
    kill,
)

AGAIN = 75


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desktop]:
    """A desktop whose Sentry cannot be reached, unless a test has one."""
    with desktop(tmp_path / "run", tmp_path, SENTRY_URL="http://127.0.0.1:1") as made:
        yield made


@dataclass
class Silent:
    """A Sentry that takes questions and never answers."""

    url: str
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    given_up: asyncio.Event = field(default_factory=asyncio.Event)


@contextlib.asynccontextmanager
async def silent() -> AsyncIterator[Silent]:
    handlers: set[asyncio.Task[None]] = set()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            sentry.asked.set()
            await reader.read()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            sentry.given_up.set()
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        handlers.add(asyncio.get_running_loop().create_task(hear(reader, writer)))

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    sentry = Silent(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server:
        yield sentry
        async with asyncio.timeout(DEADLINE):
            await asyncio.gather(*handlers)


async def _in_time(event: asyncio.Event) -> None:
    async with asyncio.timeout(DEADLINE):
        await event.wait()


async def test_a_killed_resident_ends_its_sessions_with_a_sentence(desk: Desktop) -> None:
    async with silent() as sentry, desk.editor(SENTRY_URL=sentry.url, SENTRY_ORG="kijko") as editor:
        editor.ask(2, "find_errors")
        await _in_time(sentry.asked)
        (resident,) = desk.residents()
        kill(resident.pid)
        status, complaint = await editor.gone()
    assert status == AGAIN
    assert "ended unexpectedly" in complaint
    assert "Start the session again" in complaint


async def test_what_a_killed_resident_left_is_no_obstacle(desk: Desktop) -> None:
    async with desk.editor():
        old = desk.only_resident()
        kill(old.pid)
    assert old.log.with_suffix(".sock").exists()
    async with desk.editor():
        assert desk.only_resident().pid != old.pid


async def test_a_killed_front_ends_its_session_and_nothing_stays(desk: Desktop) -> None:
    async with silent() as sentry:
        where = {"SENTRY_URL": sentry.url, "SENTRY_ORG": "kijko"}
        async with desk.editor(**where) as editor:
            resident = desk.only_resident()
        await eventually(lambda: desk.only_resident().sessions == 0, "the end of the session")
        before = descriptors(resident.pid)
        async with desk.editor(**where) as editor:
            editor.ask(2, "find_errors")
            await _in_time(sentry.asked)
            assert desk.only_resident().sessions == 1
            editor.front.kill()
            # The client still has its ends of the pipes.
            await eventually(lambda: desk.only_resident().sessions == 0, "the end of the session")
            await _in_time(sentry.given_up)
        await eventually(lambda: descriptors(resident.pid) <= before, "the end of its files")
        await eventually(lambda: not children(resident.pid), "the end of its processes")
    assert desk.only_resident().pid == resident.pid


async def test_a_client_that_disappears_ends_its_session(desk: Desktop) -> None:
    async with silent() as sentry, desk.editor(SENTRY_URL=sentry.url, SENTRY_ORG="kijko") as editor:
        editor.ask(2, "find_errors")
        await _in_time(sentry.asked)
        assert editor.front.stdin is not None
        editor.front.stdin.close()
        status, complaint = await editor.gone()
        await _in_time(sentry.given_up)
    assert (status, complaint) == (0, "")
    await eventually(lambda: desk.only_resident().sessions == 0, "the end of the session")


async def test_a_client_that_does_not_read_harms_nobody_else(desk: Desktop) -> None:
    async with desk.editor() as deaf, desk.editor() as other:
        for number in range(2, 500):
            deaf.send({"id": number, "method": "tools/list"})
        other.send({"id": 2, "method": "tools/list"})
        assert (await other.answer())["id"] == 2
        assert desk.only_resident().sessions == 2


async def test_a_client_that_sends_nonsense_harms_nobody_else(desk: Desktop) -> None:
    async with desk.editor() as mad, desk.editor() as other:
        assert mad.front.stdin is not None
        mad.front.stdin.write(b'\xff\xfe{"not json\n\n[]\n' + b"x" * 300_000 + b"\n")
        mad.send({"id": 2, "method": "tools/list"})
        other.send({"id": 2, "method": "tools/list"})
        assert (await other.answer())["id"] == 2
        while (await mad.answer()).get("id") != 2:
            pass
        assert desk.only_resident().sessions == 2


async def test_a_resident_that_is_told_to_stop_says_so_to_its_sessions(desk: Desktop) -> None:
    async with desk.editor() as editor:
        resident = desk.only_resident()
        os.kill(resident.pid, signal.SIGTERM)
        status, complaint = await editor.gone()
        await eventually(lambda: not is_running(resident.pid), "its end")
    assert status == AGAIN
    assert "was stopped" in complaint
    assert not resident.log.with_suffix(".sock").exists()
    assert "It ended." in resident.log.read_text()


async def test_a_resident_ends_when_nobody_needs_it(desk: Desktop) -> None:
    async with desk.editor(MCP_RESIDENT_SECONDS="1"):
        resident = desk.only_resident()
    await eventually(lambda: not is_running(resident.pid), "its end")
    assert not resident.log.with_suffix(".sock").exists()


async def test_a_resident_that_cannot_be_reached_any_more_ends(desk: Desktop) -> None:
    async with desk.editor(MCP_RESIDENT_SECONDS="2"):
        lost = desk.only_resident()
        lost.log.with_suffix(".sock").unlink()
        async with desk.editor(MCP_RESIDENT_SECONDS="2"):
            assert desk.only_resident().pid != lost.pid
    await eventually(lambda: not is_running(lost.pid), "its end")


async def test_a_resident_is_no_child_of_what_an_editor_started(desk: Desktop) -> None:
    async with desk.editor() as editor:
        resident = desk.only_resident()
        assert not children(editor.front.pid)
        assert os.getsid(resident.pid) != os.getsid(editor.front.pid)
        assert os.getpgid(resident.pid) != os.getpgid(editor.front.pid)
