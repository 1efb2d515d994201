"""The two servers, each started over stdio as an editor starts it."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import TextContent

OFFICIAL, VERSION = "@sentry/mcp-server", "0.39.0"
_INSTALL_SECONDS = 600
_ANSWER_SECONDS = 120.0
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


class BenchmarkError(Exception):
    """What is measured cannot be had, or does not answer what is asked."""


@dataclass(frozen=True)
class Contender:
    """A server: how it is started, where, and with what in its environment."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Client]:
        """Starts it and shakes hands; ends it afterwards."""
        program, *arguments = self.command
        given = StdioServerParameters(
            command=program,
            args=arguments,
            cwd=self.folder,
            env=dict(self.environment),
        )
        with tempfile.TemporaryFile("w") as log:
            started = stdio_client(given, errlog=log)
            async with Client(started, read_timeout_seconds=_ANSWER_SECONDS) as client:
                yield client


def ours(url: str, checkout: Path, runtime: Path) -> Contender:
    """The server of this repository, in the checkout that the story is about.

    Args:
        url: where its Sentry is.
        checkout: where it is started.
        runtime: where its resident is found.
    """
    runtime.mkdir(mode=0o700, exist_ok=True)
    # It is started in the checkout, from which relative folders would be others.
    modules = os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path if entry)
    return Contender(
        "ours",
        (sys.executable, "-m", "kijko_mcp", "serve"),
        checkout,
        _environment()
        | {"PYTHONPATH": modules, "SENTRY_URL": url, "SENTRY_ORG": "kijko"}
        | {"XDG_RUNTIME_DIR": str(runtime)},
    )


def theirs(url: str, program: str, folder: Path) -> Contender:
    """Sentry's own server, with all its skills, as for a self-hosted Sentry without TLS."""
    node = shutil.which("node")
    if node is None:
        raise BenchmarkError("There is no node. Install Node.js 20 or newer.")
    options = (
        f"--host={url.removeprefix('http://')}",
        "--insecure-http",
        "--all-skills",
        "--sentry-dsn=",
        f"--access-token=sntryu_{'0' * 64}",
    )
    return Contender(OFFICIAL, (node, program, *options), folder, _environment())


def installed(folder: Path) -> str:
    """Installs the official server with npm; returns its program.

    Raises:
        BenchmarkError: there is no npm, or it cannot install.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise BenchmarkError("There is no npm. Install Node.js 20 or newer.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}')
    done = subprocess.run(
        [npm, "install", f"{OFFICIAL}@{VERSION}", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        raise BenchmarkError(f"npm cannot install {OFFICIAL}: {done.stderr.strip()[-300:]}")
    return str(folder / "node_modules" / OFFICIAL / "dist" / "index.js")


async def asked(client: Client, tool: str, arguments: Mapping[str, object]) -> str:
    """The text of an answer.

    Raises:
        BenchmarkError: it is a refusal.
    """
    result = await client.call_tool(tool, dict(arguments))
    text = "\n".join(each.text for each in result.content if isinstance(each, TextContent))
    if result.is_error or "**Error**" in text:
        raise BenchmarkError(f"{tool} refuses: {text[:300]}")
    return text


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in _KEPT if name in os.environ}
