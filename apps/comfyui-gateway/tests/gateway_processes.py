"""The real program with its real Postgres, started, killed and stopped by tests."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import httpx
import psutil
import pytest

T = TypeVar("T")

START_SECONDS = 120.0
_PROGRAM = (sys.executable, "-m", "comfyui_gateway")
Json = dict[str, object]


def wait_until(condition: Callable[[], T], *, seconds: float = 60.0, what: str = "") -> T:
    """Return the condition's value once it is true; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}; last {value!r}")
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody reaps counts as ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def descendants(pid: int, named: str) -> list[psutil.Process]:
    """The processes below `pid` that run and have `named` in their command line."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):  # it ended as we looked
            if named in " ".join(process.cmdline()) and not is_gone(process.pid):
                found.append(process)
    return found


class GatewayProcess:
    """`python -m comfyui_gateway serve`, on any port, with its own data folder."""

    def __init__(
        self,
        data: Path,
        *,
        comfyui: str = "http://127.0.0.1:9",
        arguments: tuple[str, ...] = (),
        prefix: tuple[str, ...] = (),
        **variables: str,
    ) -> None:
        self.data = data
        self._arguments = arguments
        self._prefix = prefix
        self._variables = {"COMFYUI_URL": comfyui, **variables}
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.client = httpx.Client(timeout=120, trust_env=False)

    def start(self) -> Self:
        """Start it and wait until it listens."""
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [*self._prefix, *_PROGRAM, "serve", "--port", "0", *self._arguments],
                env=environment(self.data, self._variables),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(START_SECONDS)
            self._process.stdout.close()
            raise AssertionError(f"the gateway did not start: {self.log.read_text()[-3000:]}")
        self.url = json.loads(line)["url"]
        self.client.base_url = httpx.URL(self.url)
        return self

    @property
    def log(self) -> Path:
        """What it wrote to stderr."""
        self.data.mkdir(parents=True, exist_ok=True)
        return self.data / "gateway.log"

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL, as a crash would; its Postgres lives on."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """SIGTERM, and wait for the end."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        self._process = None
        process.send_signal(number)
        process.wait(90)
        assert process.stdout is not None
        process.stdout.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.client.close()
        try:
            self.stop()
        finally:
            stop_postgres(self.data)

    def execute(
        self,
        workflow: str,
        parameters: Mapping[str, object] | None = None,
        *,
        wait: float = 0,
        **headers: str,
    ) -> Json:
        """Run a workflow and return the job document."""
        answer = self.client.post(
            f"/api/workflows/{workflow}/execute",
            json={"parameters": dict(parameters or {})},
            headers={"prefer": f"wait={wait:.0f}", **headers},
        )
        assert answer.status_code in {200, 202}, answer.text
        document: Json = answer.json()
        return document

    def job(self, job_id: object, *, wait: float = 0) -> Json:
        """The job document."""
        answer = self.client.get(f"/api/jobs/{job_id}", params={"wait": wait})
        assert answer.status_code == 200, answer.text
        document: Json = answer.json()
        return document

    def ended(self, job_id: object, *, seconds: float = 120) -> Json:
        """The job document once the job has ended."""

        def look() -> Json | None:
            with suppress(httpx.TransportError):
                document = self.job(job_id, wait=5)
                return document if document["finished_at"] else None
            return None

        found = wait_until(look, seconds=seconds, what=f"job {job_id} ends")
        assert found is not None
        return found


def environment(data: Path, variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a gateway: nothing of the caller's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GATEWAY_", "COMFYUI_", "DATABASE_", "SENTRY_"))
    }
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        "GATEWAY_DATA_DIR": str(data),
        "GATEWAY_SWEEP_SECONDS": "0.2",
        "GATEWAY_HEARTBEAT_SECONDS": "3",
        **(variables or {}),
    }


def on_a_small_disk(folder: Path, size: str) -> tuple[str, ...]:
    """What to put before a command to give it a folder with that little room, and nobody else.

    Skips the test where nobody may mount.
    """
    folder.mkdir(parents=True, exist_ok=True)
    script = 'mount -t tmpfs -o "size=$0,mode=755" none "$1" && shift && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", script, size, str(folder))
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody mount a small disk")
    return prefix


def run_gateway(
    *arguments: str,
    data: Path,
    seconds: float = 240,
    prefix: tuple[str, ...] = (),
    **variables: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [*prefix, *_PROGRAM, *arguments],
        env=environment(data, variables),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


def postgres_pid(data: Path) -> int | None:
    """The process id of the embedded Postgres of a data folder, if it runs."""
    pid_file = data / "postgres" / "data" / "postmaster.pid"
    return int(pid_file.read_text().splitlines()[0]) if pid_file.exists() else None


def stop_postgres(data: Path) -> None:
    """Stop the embedded Postgres that a killed gateway left."""
    pid = postgres_pid(data)
    if pid is None or is_gone(pid):
        return
    os.kill(pid, signal.SIGQUIT)  # the immediate way
    wait_until(lambda: is_gone(pid), what="Postgres ends")
