"""The server's end of the worker: starts it, tells it what to process, starts it again."""

import contextlib
import os
import subprocess
import sys
import threading
from pathlib import Path

import structlog

from local_sentry.store.journal import Position
from local_sentry.worker import decode, encode

_STOP_SECONDS = 30.0
_RESTART_SECONDS = 0.5
_log = structlog.get_logger(__name__)


class WorkerProcess:
    """A worker that runs as long as the server does.

    A worker that dies is started again. If it dies at work where it died before, a record may be to
    blame: it then takes one at a time, and in the end keeps that record unprocessed.
    """

    def __init__(self, data: Path, journal: Path, *, stored: Position, quiet: bool) -> None:
        """Starts nothing yet.

        Args:
            data: a data folder whose database is up to date.
            journal: the folder of the journal.
            stored: how far the journal is processed.
            quiet: let it log only what goes wrong.
        """
        self._command = [sys.executable, "-m", "local_sentry.worker", str(data), str(journal)]
        self._command += ["--quiet"] if quiet else []
        self._stored = self._durable = self._asked = stored
        self._was_at_work = False
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)

    @property
    def stored(self) -> Position:
        """The position up to which everything is in the database."""
        return self._stored

    @property
    def known_durable(self) -> Position:
        """The position up to which the journal is on disk, as far as `durable` said."""
        return self._durable

    @property
    def pid(self) -> int | None:
        """The process that works now."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Starts the worker."""
        self._thread.start()

    def durable(self, position: Position) -> None:
        """Says that the journal is on disk up to `position`. Callable from any thread."""
        with self._lock:
            self._durable = max(self._durable, position)
            self._ask()

    def _ask(self) -> None:
        """Asks for what has come, unless the worker is still at what it was asked for."""
        process = self._process
        if process is None or process.stdin is None or self._stored < self._asked:
            return
        if self._durable > self._asked:
            self._asked = self._durable
            # When it has died, the thread that reads from it will see.
            with contextlib.suppress(OSError, ValueError):
                process.stdin.write(encode(self._asked))
                process.stdin.flush()

    def _run(self) -> None:
        crashes = 0
        while not self._stopping.is_set():
            before, self._was_at_work = self._stored, False
            code = self._work(crashes)
            if self._stopping.is_set():
                return
            if self._stored != before:
                crashes = 1
            elif self._was_at_work:
                crashes += 1
            _log.error("worker_ended", exit_code=code, crashes=crashes)
            self._stopping.wait(_RESTART_SECONDS)

    def _work(self, crashes: int) -> int:
        """Runs a worker to its end; returns its exit code."""
        process = subprocess.Popen(
            [*self._command, "--crashes", str(crashes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        assert process.stdin is not None  # noqa: S101 - asked for above
        with self._lock:
            self._process = process
            self._asked = self._stored
            if self._stopping.is_set():
                process.stdin.close()
            else:
                self._ask()
        for line in process.stdout:
            if line.endswith(b"\n"):  # Else it died in the middle of it.
                with self._lock:
                    self._was_at_work = True
                    self._stored = decode(line)
                    self._ask()
        with self._lock:
            self._process = None
            _close_all(process)
        return process.wait()

    def stop(self) -> None:
        """Lets the worker finish its transaction; the rest waits in the journal."""
        self._stopping.set()
        with self._lock:
            process = self._process
            if process is not None and process.stdin is not None:
                with contextlib.suppress(OSError):
                    process.stdin.close()
        if process is not None:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread.ident is not None:
            self._thread.join()


def _close_all(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
