"""PgQueuer's queue of jobs: taking from it, holding what was taken, and care for the dead.

Everything here commits without waiting for the disk: what a crash of Postgres takes away is found
again, because the job table remembers which jobs have not ended.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from pgqueuer.adapters.drivers.asyncpg import AsyncpgPoolDriver
from pgqueuer.adapters.persistence.qb import QueryQueueBuilder
from pgqueuer.ports.repository import EntrypointExecutionParameter
from pgqueuer.queries import Queries
from pgqueuer.types import JobId, QueueEntrypoint, QueueManagerId

from comfyui_gateway.store.database import Database
from comfyui_gateway.store.notifications import WORKER_LOCK, NotificationHub
from comfyui_gateway.store.queue_schema import (
    CHANNEL,
    ENTRYPOINT,
    QUEUE,
    QUEUE_LOG,
    QUEUE_SETTINGS,
)

_TAKE_FROM_THE_DEAD = f"""
UPDATE {QUEUE} SET status = 'queued', queue_manager_id = NULL, updated = now()
WHERE status = 'picked' AND queue_manager_id <> $1
    AND NOT EXISTS (
        SELECT FROM pg_locks
        WHERE locktype = 'advisory' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND classid = {WORKER_LOCK}::oid AND objsubid = 2
            AND objid = hashtext(queue_manager_id::text)::oid
    )
"""  # noqa: S608 - the names are constants


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry of the queue that this worker holds."""

    entry: int
    job_id: UUID


class JobQueue:
    """The queue as one worker sees it."""

    def __init__(
        self, database: Database, hub: NotificationHub, worker: UUID, heartbeat: timedelta
    ) -> None:
        """`heartbeat`: an entry whose holder is silent for this long goes to another worker."""
        self._database = database
        self._worker = QueueManagerId(worker)
        self._heartbeat = heartbeat
        self._queries = Queries(
            AsyncpgPoolDriver(database.relaxed), qbq=QueryQueueBuilder(QUEUE_SETTINGS)
        )
        self._listeners: list[Callable[[], None]] = []
        hub.listen(CHANNEL, self._heard)
        hub.on_gap(self.look)

    def on_work(self, listener: Callable[[], None]) -> None:
        """Call `listener` when there may be something to take."""
        self._listeners.append(listener)

    def look(self) -> None:
        """Have this process's worker look now, without waiting for a notification."""
        for listener in self._listeners:
            listener()

    async def take(self, most: int) -> Sequence[Taken]:
        """Take waiting entries, and those whose holder has gone silent."""
        jobs = await self._queries.dequeue(
            batch_size=most,
            entrypoints={QueueEntrypoint(ENTRYPOINT): EntrypointExecutionParameter(0)},
            queue_manager_id=self._worker,
            global_concurrency_limit=None,
            heartbeat_timeout=self._heartbeat,
        )
        return [Taken(job.id, UUID((job.payload or b"").decode())) for job in jobs]

    async def keep(self, entries: Sequence[int]) -> None:
        """Say that this worker still works on these entries."""
        if entries:
            await self._queries.update_heartbeat([JobId(entry) for entry in entries])

    async def drop(self, entry: int) -> None:
        """Remove an entry whose job has ended, if this worker still holds it."""
        await self._database.relaxed.execute(
            f"DELETE FROM {QUEUE} WHERE id = $1 AND queue_manager_id = $2",  # noqa: S608
            entry,
            self._worker,
        )

    async def take_from_the_dead(self) -> int:
        """Let others have what workers hold whose process is gone.

        Returns:
            How many entries that were.
        """
        tag = await self._database.relaxed.execute(_TAKE_FROM_THE_DEAD, self._worker)
        return int(tag.rsplit(" ", 1)[-1])

    async def prune_log(self) -> None:
        """Forget what PgQueuer logged more than a day ago."""
        await self._database.relaxed.execute(
            f"DELETE FROM {QUEUE_LOG} WHERE created < now() - interval '1 day'"  # noqa: S608
        )

    def _heard(self, payload: str, own: bool) -> None:
        # What this process puts on the queue it says itself, sooner than Postgres can.
        if not own and '"insert"' in payload:
            self.look()
