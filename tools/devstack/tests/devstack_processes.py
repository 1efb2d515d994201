"""What tests here need to start programs and look at processes from the outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil


def is_gone(pid: int) -> bool:
    """Say whether a process is gone; a zombie that nobody reaps counts as gone."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def eventually(condition: Callable[[], bool], *, within: float = 60.0) -> bool:
    """Wait for a condition; the deadline is for failures, not a measurement."""
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def environment(**extra: str) -> Mapping[str, str]:
    """Return ours with our import path, without a ComfyUI or settings of the person's own."""
    kept = {name: v for name, v in os.environ.items() if not name.startswith("DEVSTACK_")}
    kept.pop("COMFYUI_URL", None)
    return kept | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)} | extra


@contextmanager
def python(
    *arguments: str | Path, stdout: Path, stderr: Path, **extra: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run our Python with the output in files, and kill it where the test forgot to."""
    with (
        stdout.open("wb") as out,
        stderr.open("wb") as err,
        subprocess.Popen(
            [sys.executable, *arguments], stdout=out, stderr=err, env=environment(**extra)
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def everything_below(pid: int) -> list[int]:
    """Return the ids of all that descends from a process now."""
    return [process.pid for process in psutil.Process(pid).children(recursive=True)]
