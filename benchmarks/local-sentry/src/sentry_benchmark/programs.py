"""Starts what is measured: local-sentry from this workspace, Bugsink from a venv of its own."""

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

BUGSINK = "bugsink==2.6.1"
_PATIENCE = 300.0
# Bugsink's own default is 1000 errors in five minutes, less than two seconds of this benchmark.
_NO_QUOTAS = """
BUGSINK.update({
    f"MAX_EVENTS_{whose}{period}": 10**9
    for whose in ("PER_PROJECT_", "") for period in ("PER_5_MINUTES", "PER_HOUR", "PER_MONTH")
})
"""
_PROJECT = (
    "from projects.models import Project;"
    "p = Project.objects.create(name='benchmark'); print(p.id, p.sentry_key.hex)"
)


class BenchmarkError(Exception):
    """A program cannot be had or does not start."""


@dataclass(frozen=True)
class Peer:
    """A server that takes errors: where, which processes it is, and where it keeps them.

    Attributes:
        ingest: the address that envelopes are sent to.
        pids: its processes; those that they started are found.
        database: its SQLite file.
        events: the table of that file which gets a row for each event.
    """

    name: str
    ingest: str
    pids: tuple[int, ...]
    database: Path
    events: str

    @property
    def url(self) -> str:
        """The server's address."""
        return str(httpx.URL(self.ingest).copy_with(path="/", query=None)).rstrip("/")

    def _processes(self) -> Iterator[psutil.Process]:
        for pid in self.pids:
            process = psutil.Process(pid)
            yield from (process, *process.children(recursive=True))

    @property
    def resident_bytes(self) -> int:
        """Resident memory of its processes; what two of them share counts twice."""
        return sum(each.memory_info().rss for each in self._processes())

    @property
    def cpu_seconds(self) -> float:
        """Processor time that its processes have used so far."""
        times = [each.cpu_times() for each in self._processes()]
        return float(sum(each.user + each.system for each in times))

    @property
    def stored(self) -> int:
        """How many events it has stored so far: the last id, as nothing is deleted."""
        uri = f"{self.database.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True, timeout=_PATIENCE)) as connection:
            sql = f"SELECT coalesce(max(rowid), 0) FROM {self.events}"  # noqa: S608 - a constant
            return int(connection.execute(sql).fetchone()[0])

    def wait_until_stored(self, events: int) -> None:
        """Waits until so many events are stored.

        Raises:
            BenchmarkError: for long nothing more was.
        """
        seen, deadline = -1, time.monotonic() + _PATIENCE
        while (now := self.stored) < events:
            if now > seen:
                seen, deadline = now, time.monotonic() + _PATIENCE
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.name} stored {now} of {events} events and no more.")
            time.sleep(0.02)


@contextlib.contextmanager
def _running(command: list[str], log: Path, cwd: Path) -> Iterator[subprocess.Popen[bytes]]:
    path = os.pathsep.join(str(Path(each).absolute()) for each in sys.path if each)
    environment = os.environ | ({"PYTHONPATH": path} if command[0] == sys.executable else {})
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, env=environment
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def local_sentry(folder: Path) -> Iterator[Peer]:
    """Runs local-sentry with its defaults while the block lasts.

    Raises:
        BenchmarkError: it does not start.
    """
    folder.mkdir(parents=True)
    log = folder / "local-sentry.log"
    command = [sys.executable, "-m", "local_sentry", "serve", "--no-auth", "--quiet"]
    with _running([*command, "--port", "0", "--data", str(folder / "data")], log, folder) as server:
        url = _url(log, server)
        with httpx.Client(base_url=url, trust_env=False, timeout=_PATIENCE) as client:
            keys = client.get("/api/0/projects/kijko/kijko-api/keys/").json()
        dsn = httpx.URL(keys[0]["dsn"]["public"])
        project = dsn.path.strip("/")
        yield Peer(
            "local-sentry",
            f"{url}/api/{project}/envelope/?sentry_key={dsn.username}",
            (server.pid,),
            folder / "data" / "local-sentry.sqlite3",
            "events",
        )


def _url(log: Path, server: subprocess.Popen[bytes]) -> str:
    """Where local-sentry says that it listens; other lines of its log are passed over."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        text = log.read_text(encoding="utf-8")
        for line in text.splitlines(keepends=True):
            if line.startswith('{"event": "listening"') and line.endswith("\n"):
                return str(json.loads(line)["url"])
        if server.poll() is not None or time.monotonic() > deadline:
            raise BenchmarkError(f"local-sentry did not start: {text[-500:]}")
        time.sleep(0.05)


def install_bugsink(folder: Path) -> Path:
    """Installs Bugsink into a venv; returns the folder of its commands.

    Raises:
        BenchmarkError: the index does not have it or cannot be reached.
    """
    commands = folder / "venv" / "bin"
    venv.create(folder / "venv", with_pip=True)
    install = [str(commands / "python"), "-m", "pip", "install", "--quiet", BUGSINK]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"{BUGSINK} cannot be installed: {done.stderr.strip()[-500:]}")
    return commands


@contextlib.contextmanager
def bugsink(commands: Path, folder: Path, port: int) -> Iterator[Peer]:
    """Runs Bugsink as its "single server" template says, quotas lifted.

    Raises:
        BenchmarkError: it does not start.
    """
    folder.mkdir(parents=True)

    def run(name: str, *arguments: str) -> str:
        done = subprocess.run(
            [str(commands / name), *arguments], cwd=folder, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            raise BenchmarkError(f"{name} failed: {done.stderr.strip()[-500:]}")
        return done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""

    template = ["--template=singleserver", "--host=127.0.0.1", f"--base-dir={folder}"]
    run("bugsink-create-conf", *template)
    with (folder / "bugsink_conf.py").open("a", encoding="utf-8") as configuration:
        configuration.write(_NO_QUOTAS)
    run("bugsink-manage", "migrate")
    run("bugsink-manage", "migrate", "snappea", "--database=snappea")
    project, key = run("bugsink-manage", "shell", "-c", _PROJECT).split()
    url = f"http://127.0.0.1:{port}"
    gunicorn = [str(commands / "gunicorn"), f"--bind=127.0.0.1:{port}", "--workers=2"]
    with (
        _running([str(commands / "bugsink-runsnappea")], folder / "snappea.log", folder) as snappea,
        _running([*gunicorn, "bugsink.wsgi"], folder / "gunicorn.log", folder) as server,
    ):
        _answers(url, server, folder / "gunicorn.log")
        yield Peer(
            "bugsink",
            f"{url}/api/{project}/envelope/?sentry_key={key}",
            (server.pid, snappea.pid),
            folder / "db.sqlite3",
            "events_event",
        )


def _answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    with httpx.Client(trust_env=False, timeout=_PATIENCE) as client:
        while True:
            if server.poll() is not None or time.monotonic() > deadline:
                raise BenchmarkError(f"Bugsink did not start: {log.read_text()[-500:]}")
            try:
                client.get(url)
                return
            except httpx.TransportError:
                time.sleep(0.1)
