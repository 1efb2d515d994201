"""A real ComfyUI for the gateway's tests: started once, or killed and started again on its port."""

import asyncio
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

import httpx

from devstack.comfyui import Installation, installed
from devstack.comfyui.command import command_line, environment, make_base
from devstack.ports import free_port

START_SECONDS = 240.0


def find_comfyui() -> Installation:
    """The managed ComfyUI, which is installed first where it is missing."""
    return asyncio.run(installed())


class ComfyUIServer:
    """One ComfyUI on one port for as long as the tests like."""

    def __init__(self, installation: Installation, folder: Path) -> None:
        self._installation = installation
        self._base = make_base(folder)
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self, *, ready: bool = True) -> Self:
        """Start it, and wait until it answers."""
        log = (self._base / "comfyui.log").open("ab")
        self._process = subprocess.Popen(
            command_line(self._installation, self._base, port=self._port, custom_nodes=None),
            env=environment(self._installation),
            cwd=self._installation.source,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        log.close()
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self) -> None:
        """Wait until it answers."""
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self._base / "comfyui.log").read_text()[-2000:]
            try:
                httpx.get(f"{self.url}/system_stats", timeout=2, trust_env=False)
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("ComfyUI did not start")

    def kill(self) -> None:
        """SIGKILL, as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM."""
        self._end(signal.SIGTERM)

    def queue(self) -> tuple[list[str], list[str]]:
        """The ids of the prompts that run and that wait."""
        answer = httpx.get(f"{self.url}/queue", timeout=10, trust_env=False).json()
        return (
            [entry[1] for entry in answer["queue_running"]],
            [entry[1] for entry in answer["queue_pending"]],
        )

    def made_for(self, job_id: object) -> list[Path]:
        """The files it has saved for a job, also before it was killed: one for each execution."""
        return sorted((self._base / "output" / "jobs" / str(job_id)).glob("*"))

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(15)
            self._process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
