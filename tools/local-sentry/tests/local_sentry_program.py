"""Starts the real program, for every project whose tests need a Sentry."""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_PROGRAM = (sys.executable, "-m", "local_sentry")


@contextlib.contextmanager
def serving(
    data: Path,
    *options: str,
    deadline: float,
    environment: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    **popen: Any,
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Runs `local-sentry serve` on a free port, and gives its address and its process.

    Args:
        data: its folder.
        options: further ones of the command.
        deadline: seconds that it may take to start, and to stop.
        environment: what differs from ours.
        prefix: a command that becomes the program.
        popen: what else `subprocess.Popen` is to know.
    """
    process = subprocess.Popen(
        [*prefix, *_PROGRAM, "serve", "--port", "0", "--data", str(data), "--quiet", *options],
        stdout=subprocess.PIPE,
        text=True,
        env=_environment() | dict(environment or {}),
        **popen,
    )
    assert process.stdout is not None
    try:
        yield json.loads(_first_line(process, deadline))["url"], process
    finally:
        process.terminate()
        process.wait(deadline)
        process.stdout.close()


def make_token(data: Path, *scopes: str, deadline: float) -> str:
    """A token of a server that asks for one."""
    given = [part for scope in scopes for part in ("--scope", scope)]
    made = subprocess.run(
        [*_PROGRAM, "token", "--data", str(data), "--name", "test", *given],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=deadline,
        env=_environment(),
    )
    return made.stdout.split()[-1]


def _environment() -> dict[str, str]:
    # In Pants' sandbox the folders are relative, and a program may be started in another one.
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}


def _first_line(process: subprocess.Popen[str], deadline: float) -> str:
    assert process.stdout is not None
    lines: queue.Queue[str] = queue.Queue()
    readline = process.stdout.readline
    reader = threading.Thread(target=lambda: lines.put(readline()))
    reader.start()
    line = lines.get(timeout=deadline)
    reader.join()
    assert line, f"local-sentry did not start (exit code {process.wait(deadline)})"
    return line
