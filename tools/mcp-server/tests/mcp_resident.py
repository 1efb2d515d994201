"""Starts `serve` as an editor does, in a runtime folder of its own, and looks at residents."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from mcp import Client, StdioServerParameters

from kijko_mcp.resident import residents
from kijko_mcp.resident.residents import Running

DEADLINE = 240.0
COMMAND = (sys.executable, "-m", "kijko_mcp")
HELLO = {
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    },
}
READY = {"method": "notifications/initialized"}


@dataclass
class Desktop:
    """A user's runtime folder and workspace, with what editors there set.

    Attributes:
        modules: the folders that Python imports from.
    """

    runtime: Path
    workspace: Path
    more: Mapping[str, str] = field(default_factory=dict)
    modules: str = os.pathsep.join(map(os.path.abspath, sys.path))

    def environment(self, **more: str) -> dict[str, str]:
        """What a program gets."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SENTRY_", "MCP_"))}
        return (
            kept
            | {"XDG_RUNTIME_DIR": str(self.runtime), "PYTHONPATH": self.modules}
            | {"MCP_CALL_TIMEOUT": str(DEADLINE)}
            | dict(self.more)
            | more
        )

    def parameters(self, *options: str, **more: str) -> StdioServerParameters:
        """How the SDK's client starts the server."""
        program, *arguments = COMMAND
        return StdioServerParameters(
            command=program,
            args=[*arguments, "serve", *options],
            cwd=self.workspace,
            env=self.environment(**more),
        )

    @asynccontextmanager
    async def client(self, *options: str, **more: str) -> AsyncIterator[Client]:
        """The SDK's own client, shaken hands."""
        given = self.parameters(*options, **more)
        async with Client(given, read_timeout_seconds=DEADLINE) as client:
            yield client

    @asynccontextmanager
    async def editor(self, **more: str) -> AsyncIterator["Editor"]:
        """A front whose pipes are ours, shaken hands; it is gone afterwards."""
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "serve"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.workspace,
            env=self.environment(**more),
        )
        editor = Editor(process)
        try:
            editor.send(HELLO)
            assert (await editor.answer())["id"] == 1
            editor.send(READY)
            yield editor
        finally:
            if process.returncode is None:
                process.kill()
            await editor.gone()

    def residents(self) -> list[Running]:
        """Those that run."""
        return residents.running(self.environment())

    def only_resident(self) -> Running:
        """The one that runs."""
        found = self.residents()
        assert len(found) == 1, found
        return found[0]


@dataclass
class Editor:
    """A client that speaks the protocol by hand."""

    front: asyncio.subprocess.Process

    def send(self, message: Mapping[str, object]) -> None:
        """Sends a message; nothing is waited for."""
        assert self.front.stdin is not None
        self.front.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def ask(self, number: int, tool: str, **arguments: object) -> None:
        """Calls a tool; the answer is not waited for."""
        params = {"name": tool, "arguments": arguments}
        self.send({"id": number, "method": "tools/call", "params": params})

    async def answer(self) -> dict[str, object]:
        """The next message of the server."""
        assert self.front.stdout is not None
        async with asyncio.timeout(DEADLINE):
            found = json.loads(await self.front.stdout.readline())
        assert isinstance(found, dict)
        return found

    async def gone(self) -> tuple[int, str]:
        """The exit status and the complaints, once it has ended and its pipes are closed."""
        async with asyncio.timeout(DEADLINE):
            _, complaint = await self.front.communicate()
        assert self.front.returncode is not None
        return self.front.returncode, complaint.decode()


@contextmanager
def desktop(
    runtime: Path, workspace: Path, modules: str | None = None, **more: str
) -> Iterator[Desktop]:
    """A desktop whose residents end with it."""
    runtime.mkdir(parents=True, exist_ok=True)
    made = Desktop(runtime, workspace, more)
    if modules is not None:
        made.modules = modules
    try:
        yield made
    finally:
        for each in residents.stop(made.environment()):
            wait_for_the_end_of(each.pid)


def is_running(pid: int) -> bool:
    """Whether a process is there and is no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def process_file(pid: int, name: str) -> str:
    """What the system says of a process."""
    return Path(f"/proc/{pid}/{name}").read_text()


def kill(pid: int) -> None:
    """Ends a process without asking it."""
    os.kill(pid, signal.SIGKILL)
    wait_for_the_end_of(pid)


def wait_for_the_end_of(pid: int) -> None:
    """Waits until a process is gone; fails when it stays."""
    end = time.monotonic() + DEADLINE
    while is_running(pid):
        assert time.monotonic() < end, f"{pid} did not end in {DEADLINE} s"
        time.sleep(0.02)


async def eventually(true: Callable[[], bool], what: str) -> None:
    """Waits for what must come; fails when it does not."""
    end = time.monotonic() + DEADLINE
    while not true():
        assert time.monotonic() < end, f"{what} did not come in {DEADLINE} s"
        await asyncio.sleep(0.02)


def children(pid: int) -> list[str]:
    """The processes that a process started, and that are not over."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for each in found if is_running(int(each))]


def descriptors(pid: int) -> int:
    """How many a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - links that vanish while one looks
