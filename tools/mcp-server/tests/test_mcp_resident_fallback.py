"""Where no resident can be had or is wanted, the process that was started serves the session."""

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import mcp_program
from mcp_resident import COMMAND, DEADLINE, HELLO, Desktop, desktop

OTHER_USER = 65_534


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desktop]:
    with desktop(tmp_path / "run", tmp_path, SENTRY_URL="http://127.0.0.1:1") as made:
        yield made


async def _tools(desk: Desktop, **more: str) -> int:
    async with desk.editor(**more) as editor:
        editor.send({"id": 2, "method": "tools/list"})
        answer = await editor.answer()
        assert editor.front.stdin is not None
        editor.front.stdin.close()
        status, _ = await editor.gone()
    assert answer["id"] == 2
    return status


async def test_no_resident_where_none_is_wanted(desk: Desktop) -> None:
    assert await _tools(desk, MCP_RESIDENT_SECONDS="0") == 0
    assert not (desk.runtime / "kijko-mcp").exists()


async def test_a_folder_that_others_may_look_into_is_not_used(
    desk: Desktop, tmp_path: Path
) -> None:
    folder = desk.runtime / "kijko-mcp"
    folder.mkdir(mode=0o750)
    assert await _tools(desk) == 0
    assert not list(folder.iterdir())
    done = mcp_program.run(tmp_path, tmp_path, "doctor", "--json", more=desk.environment())
    (check,) = [each for each in json.loads(done.output) if each["name"] == "resident"]
    assert not check["ok"]
    assert "chmod 700" in check["todo"]
    folder.chmod(0o700)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
async def test_a_folder_of_somebody_else_is_not_used(desk: Desktop) -> None:
    folder = desk.runtime / "kijko-mcp"
    folder.mkdir(mode=0o700)
    os.chown(folder, OTHER_USER, OTHER_USER)
    assert await _tools(desk) == 0
    assert not list(folder.iterdir())
    os.chown(folder, os.geteuid(), os.getegid())


async def test_a_link_in_place_of_the_folder_is_not_used(desk: Desktop, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir(mode=0o700)
    folder = desk.runtime / "kijko-mcp"
    folder.symlink_to(target)
    assert await _tools(desk) == 0
    assert not list(target.iterdir())
    folder.unlink()


async def test_a_path_that_is_too_long_for_a_socket_is_none_for_a_resident(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-rather-long-name"] * 5)
    with desktop(deep, tmp_path, SENTRY_URL="http://127.0.0.1:1") as desk:
        async with desk.editor():
            first = desk.only_resident().pid
        async with desk.editor():
            assert desk.only_resident().pid == first


async def test_a_file_is_answered_without_a_resident(desk: Desktop, tmp_path: Path) -> None:
    said = tmp_path / "said"
    said.write_text(json.dumps({"jsonrpc": "2.0", **HELLO}) + "\n")
    with said.open() as given:
        done = await asyncio.to_thread(
            subprocess.run,
            [*COMMAND, "serve"],
            stdin=given,
            capture_output=True,
            text=True,
            env=desk.environment(),
            timeout=DEADLINE,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["id"] == 1
    assert not desk.residents()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MCP_RESIDENT_SECONDS", "soon"),
        ("MCP_TOKENS", "many"),
        ("SENTRY_URL", "ftp://x"),
        ("SENTRY_RELEASE", "not-a-release"),
    ],
)
async def test_a_wrong_value_is_named_by_whoever_serves(
    desk: Desktop, name: str, value: str
) -> None:
    more = {"SENTRY_DSN": "http://key@127.0.0.1:1/1"} | {name: value}
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "serve"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=desk.environment(**more),
    )
    async with asyncio.timeout(DEADLINE):
        out, complaint = await process.communicate()
    assert process.returncode == 2
    assert out == b""
    assert name.encode() in complaint or value.encode() in complaint
    assert b"Traceback" not in complaint


async def test_a_resident_that_is_stuck_is_named_with_what_to_do(
    desk: Desktop, tmp_path: Path
) -> None:
    async with desk.editor():
        resident = desk.only_resident()
    os.kill(resident.pid, signal.SIGSTOP)
    try:
        done = await asyncio.to_thread(
            mcp_program.run, tmp_path, tmp_path, "stop", more=desk.environment()
        )
    finally:
        os.kill(resident.pid, signal.SIGCONT)
    assert done.status == 2
    assert f"kill -9 {resident.pid}" in done.errors


async def test_stop_ends_residents_and_doctor_tells_of_them(desk: Desktop, tmp_path: Path) -> None:
    def run(*arguments: str) -> mcp_program.Done:
        return mcp_program.run(tmp_path, tmp_path, *arguments, more=desk.environment())

    async with desk.editor():
        resident = desk.only_resident()
        seen = await asyncio.to_thread(run, "doctor")
        stopped = await asyncio.to_thread(run, "stop", "--json")
    assert f"process {resident.pid} holds 1 session" in seen.output
    assert str(resident.log) in seen.output
    assert json.loads(stopped.output) == [resident.pid]
    assert (await asyncio.to_thread(run, "stop")).output == "No resident server runs.\n"
