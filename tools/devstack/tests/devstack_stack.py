"""Starts the whole command as a person does, and reads what it says."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack_processes import environment, eventually, everything_below, python


@dataclass(frozen=True)
class Up:
    """A `devstack` that runs."""

    process: subprocess.Popen[bytes]
    data: Path
    out: Path
    err: Path

    def said(self, event: str) -> dict[str, str] | None:
        """Return what it has said of an event, None where it has not yet."""
        lines = [json.loads(line) for line in self.out.read_text().splitlines()]
        return next((line for line in lines if line["event"] == event), None)

    def until_ready(self) -> dict[str, str]:
        """Wait until it has shown what there is to see."""
        ready = eventually(
            lambda: self.said("ready") is not None or self.process.poll() is not None, within=240
        )
        said = self.said("ready")
        assert ready, "it took too long"
        assert said is not None, self.out.read_text() + self.err.read_text()
        return said

    def below(self) -> list[int]:
        """Return the ids of all that it has started and that still runs."""
        return everything_below(self.process.pid)

    def ended_by(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(90)


@contextmanager
def up(folder: Path, *arguments: str, **variables: str) -> Iterator[Up]:
    """Run `devstack` on free ports with its data in a folder."""
    out, err, data = folder / "out", folder / "err", folder / "data"
    ports = ("--gateway-port", "0", "--sentry-port", "0", "--comfyui-port", "0")
    command = ("-m", "devstack", "--json", "--data", str(data), *ports, *arguments)
    with python(*command, stdout=out, stderr=err, **variables) as process:
        yield Up(process, data, out, err)


def devstack(*arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run `devstack` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "devstack", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
        env=environment(**variables),
    )
