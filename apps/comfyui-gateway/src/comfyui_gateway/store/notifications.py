"""One LISTEN connection per process: what happens to jobs and to the queue, wherever it happens.

The connection also holds a lock that says this worker is alive. Postgres drops it the moment the
process dies, which is how other workers know at once whose jobs to take over.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # see postgres_types
import orjson
import structlog

from comfyui_gateway.models import JobChange, Progress
from comfyui_gateway.store.database import DATABASE_ERRORS, Database
from comfyui_gateway.store.postgres_types import Connection

log = structlog.get_logger(__name__)

JOBS_CHANNEL = "gateway_jobs"
WORKER_LOCK = 0x6B6A6F62  # "kjob"
_KEEPALIVE = 10.0
_DETAIL_LIMIT = 300

Listener = Callable[[str, bool], None]
"""Takes a payload, and whether this very process sent it."""


class NotificationHub:
    """Keeps the connection, reconnects it, and hands every payload to whoever asked."""

    def __init__(self, database: Database, worker: UUID) -> None:
        self._database = database
        self._worker = worker
        self._listeners: dict[str, list[Listener]] = {}
        self._gap_listeners: list[Callable[[], None]] = []
        self._lost = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def listen(self, channel: str, listener: Listener) -> None:
        """Hand every payload on a channel to `listener`; only before `start`."""
        self._listeners.setdefault(channel, []).append(listener)

    def on_gap(self, listener: Callable[[], None]) -> None:
        """Call `listener` when notifications may have been missed."""
        self._gap_listeners.append(listener)

    async def start(self) -> None:
        """Connect, and stay connected until `stop`."""
        connection = await self._connect()
        self._task = asyncio.create_task(self._stay_connected(connection), name="notifications")

    async def stop(self) -> None:
        """Close the connection; the worker's lock goes with it."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _connect(self) -> Connection:
        connection: Connection = await asyncpg.connect(
            self._database.dsn,
            timeout=10,
            command_timeout=10,
            server_settings={"application_name": "gateway notifications"},
        )
        try:
            self._lost.clear()
            connection.add_termination_listener(lambda _: self._lost.set())
            await connection.execute(
                "SELECT pg_advisory_lock($1, hashtext($2))", WORKER_LOCK, str(self._worker)
            )
            for channel in self._listeners:
                await connection.add_listener(channel, self._heard)
        except BaseException:
            connection.terminate()
            raise
        return connection

    def _heard(self, _: object, pid: int, channel: str, payload: object) -> None:
        own = self._database.is_own(pid)
        for listener in self._listeners.get(channel, ()):
            try:
                listener(str(payload), own)
            except Exception:
                log.exception("notification_not_understood", channel=channel)

    async def _stay_connected(self, connection: Connection) -> None:
        try:
            while True:
                await self._watch(connection)
                log.warning("notifications_lost")
                connection.terminate()
                connection = await self._reconnect()
                log.info("notifications_back")
                for listener in self._gap_listeners:
                    listener()
        finally:
            connection.terminate()

    async def _watch(self, connection: Connection) -> None:
        """Return when the connection no longer works."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_KEEPALIVE):
                    await self._lost.wait()
                    return
            try:
                await connection.fetchval("SELECT 1", timeout=5)
            except DATABASE_ERRORS:
                return

    async def _reconnect(self) -> Connection:
        pause = 0.05
        while True:
            try:
                return await self._connect()
            except DATABASE_ERRORS:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)


def encode_change(change: JobChange) -> str:
    """A change as a NOTIFY payload, which Postgres limits to 8000 bytes."""
    progress = change.progress
    return orjson.dumps(
        {
            "id": str(change.id),
            "status": change.status,
            "attempt": change.attempt,
            "sequence": change.sequence,
            "cancel": change.cancel_requested,
            "progress": None
            if progress is None
            else [progress.fraction, progress.stage, progress.detail[:_DETAIL_LIMIT]],
        }
    ).decode()


def decode_change(payload: str) -> JobChange:
    """The change a NOTIFY payload carries."""
    told = orjson.loads(payload)
    progress = told["progress"]
    return JobChange(
        id=UUID(told["id"]),
        status=told["status"],
        attempt=told["attempt"],
        sequence=told["sequence"],
        cancel_requested=told["cancel"],
        progress=None
        if progress is None
        else Progress(fraction=progress[0], stage=progress[1], detail=progress[2]),
    )
