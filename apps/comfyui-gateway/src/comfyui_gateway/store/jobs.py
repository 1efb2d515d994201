"""The job table, the system of record: every change of a job is one statement here."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TypedDict, Unpack, cast
from uuid import UUID

from pydantic import JsonValue

from comfyui_gateway.models import ClaimedJob, Job, JobChange, NewJob, StoredOutput
from comfyui_gateway.problems import IdempotencyKeyReused, JobStatus, JobUnknown, Problem
from comfyui_gateway.store.database import Database, database_errors
from comfyui_gateway.store.notifications import JOBS_CHANNEL, encode_change
from comfyui_gateway.store.postgres_types import Row
from comfyui_gateway.store.queue_schema import ENTRYPOINT, QUEUE, QUEUE_STATUS

_COLUMNS = """id, workflow_id, status, attempt, failures, outputs, error, trace_id,
    cancel_requested_at, created_at, started_at, finished_at"""

# With a worker to begin at once ($10), the job is born running and its entry taken: accepting it
# and starting it are one commit.
_ACCEPT = f"""
WITH accepted AS (
    INSERT INTO jobs (id, workflow_id, parameters, plan, prompt_id, trace, trace_id,
                      idempotency_key, request_digest, worker, backend, status, attempt, started_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,
            CASE WHEN $10::uuid IS NULL THEN 'queued' ELSE 'running' END,
            CASE WHEN $10::uuid IS NULL THEN 0 ELSE 1 END,
            CASE WHEN $10::uuid IS NULL THEN NULL ELSE now() END)
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING {_COLUMNS}
), enqueued AS (
    INSERT INTO {QUEUE} (priority, entrypoint, payload, dedupe_key, queue_manager_id, status)
    SELECT 0, '{ENTRYPOINT}', convert_to(id::text, 'UTF8'), id::text, $10,
        CASE WHEN $10::uuid IS NULL THEN 'queued'::{QUEUE_STATUS} ELSE 'picked'::{QUEUE_STATUS} END
    FROM accepted
    RETURNING id AS entry
)
SELECT accepted.*, enqueued.entry FROM accepted, enqueued
"""  # noqa: S608 - the names are constants

_CLAIM = f"""
UPDATE jobs SET status = 'running', attempt = attempt + 1, worker = $2, backend = $3,
    started_at = coalesce(started_at, now())
WHERE id = $1 AND finished_at IS NULL
RETURNING {_COLUMNS}, prompt_id, plan, trace, (SELECT backend FROM jobs WHERE id = $1) AS previous
"""  # noqa: S608

# The queue's row goes in the same commit that ends the job: no moment exists in which an ended
# job could be picked up, or an unended one has nobody to run it.
_FINISH = f"""
WITH ended AS (
    UPDATE jobs SET status = $3, outputs = $4, error = $5, finished_at = now()
    WHERE id = $1 AND attempt = $2 AND status = 'running'
        AND ($3 = 'cancelled' OR cancel_requested_at IS NULL)
    RETURNING {_COLUMNS}
), dequeued AS (
    DELETE FROM {QUEUE} WHERE dedupe_key = $1::text AND EXISTS (SELECT FROM ended)
)
SELECT ended.*, pg_notify('{JOBS_CHANNEL}', $6) FROM ended
"""  # noqa: S608

_RELEASE = f"""
WITH released AS (
    UPDATE jobs SET status = 'queued', worker = NULL, failures = failures + $3
    WHERE id = $1 AND attempt = $2 AND status = 'running' AND cancel_requested_at IS NULL
    RETURNING {_COLUMNS}
), requeued AS (
    UPDATE {QUEUE} SET status = 'queued', queue_manager_id = NULL, updated = now(),
        attempts = attempts + 1, execute_after = now() + $4
    WHERE dedupe_key = $1::text AND EXISTS (SELECT FROM released)
)
SELECT * FROM released
"""  # noqa: S608

_CANCEL = f"""
UPDATE jobs SET cancel_requested_at = now(), status = $2,
    finished_at = CASE WHEN $3 THEN now() END
WHERE id = $1
RETURNING {_COLUMNS}
"""  # noqa: S608

_REQUEUE_MISSING = f"""
INSERT INTO {QUEUE} (priority, entrypoint, payload, dedupe_key, status)
SELECT 0, '{ENTRYPOINT}', convert_to(id::text, 'UTF8'), id::text, 'queued' FROM jobs
WHERE finished_at IS NULL
    AND NOT EXISTS (SELECT FROM {QUEUE} WHERE dedupe_key = jobs.id::text)
ON CONFLICT DO NOTHING
"""  # noqa: S608


_REMEMBERED = 2000


class JobFilter(TypedDict, total=False):
    """What `JobStore.list` may be narrowed by."""

    status: JobStatus | None
    limit: int


class JobStore:
    """Accepts, claims, ends and shows jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._ended: OrderedDict[UUID, Job] = OrderedDict()

    async def accept(
        self, new: NewJob, *, worker: UUID | None = None, backend: str | None = None
    ) -> tuple[Job, int | None]:
        """Store and enqueue a job in one commit; it is on disk when this returns.

        Args:
            new: The job.
            worker: A worker that begins with it at once, on `backend`.
            backend: Where that worker runs it.

        Returns:
            The job and its entry in the queue. There is none when the job is not new: its
            idempotency key was used before.

        Raises:
            IdempotencyKeyReused: the key belongs to a different request.
            DatabaseUnavailable: nothing was stored.
        """
        with database_errors():
            row = await self._database.durable.fetchrow(
                _ACCEPT,
                new.id,
                new.workflow_id,
                new.parameters,
                new.plan,
                new.prompt_id,
                new.trace,
                new.trace_id,
                new.idempotency_key,
                new.request_digest,
                worker,
                backend,
            )
            if row is not None:
                return _job(row), row["entry"]
            row = await self._database.durable.fetchrow(
                f"SELECT {_COLUMNS}, request_digest FROM jobs WHERE idempotency_key = $1",  # noqa: S608
                new.idempotency_key,
            )
        if row is None or row["request_digest"] != new.request_digest:
            raise IdempotencyKeyReused(
                "The key was sent before with another workflow or other parameters; "
                "use a new key for a new request."
            )
        return _job(row), None

    async def get(self, job_id: UUID) -> Job:
        """The job as it stands.

        Raises:
            JobUnknown: there is none of this id.
        """
        if (ended := self._ended.get(job_id)) is not None:
            return ended
        with database_errors():
            row = await self._database.relaxed.fetchrow(
                f"SELECT {_COLUMNS} FROM jobs WHERE id = $1",  # noqa: S608
                job_id,
            )
        if row is None:
            raise job_unknown(job_id)
        return self._remember(_job(row))

    async def request_of(self, job_id: UUID) -> tuple[str, dict[str, JsonValue]]:
        """The workflow that a job runs, and every parameter's value.

        Raises:
            JobUnknown: there is none of this id.
        """
        with database_errors():
            row = await self._database.relaxed.fetchrow(
                "SELECT workflow_id, parameters FROM jobs WHERE id = $1", job_id
            )
        if row is None:
            raise job_unknown(job_id)
        return row["workflow_id"], row["parameters"]

    async def list(self, **only: Unpack[JobFilter]) -> Sequence[Job]:
        """Jobs, newest first."""
        with database_errors():
            rows = await self._database.relaxed.fetch(
                f"SELECT {_COLUMNS} FROM jobs WHERE $1::text IS NULL OR status = $1 "  # noqa: S608
                "ORDER BY created_at DESC, id LIMIT $2",
                only.get("status"),
                only.get("limit", 50),
            )
        return [_job(row) for row in rows]

    async def cancelled_among(self, job_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Those of the jobs whose end somebody has asked for, or that have been cancelled."""
        if not job_ids:
            return []
        rows = await self._database.relaxed.fetch(
            "SELECT id FROM jobs WHERE id = ANY($1) "
            "AND (cancel_requested_at IS NOT NULL OR status = 'cancelled')",
            job_ids,
        )
        return [row["id"] for row in rows]

    async def claim(self, job_id: UUID, worker: UUID, backend: str) -> ClaimedJob | None:
        """Take a job over for a new attempt; whoever held it before can no longer write to it.

        On disk when this returns: were an attempt forgotten, the next would have its number and
        its folder, and would send the prompt again without looking for it.

        Returns:
            The job with all that is needed to run it, or None when it has ended.
        """
        row = await self._database.durable.fetchrow(_CLAIM, job_id, worker, backend)
        if row is None:
            return None
        return ClaimedJob(
            job=_job(row),
            prompt_id=row["prompt_id"],
            plan=cast("Mapping[str, JsonValue]", row["plan"]),
            trace=cast("Mapping[str, str]", row["trace"]),
            backend=row["previous"],
        )

    async def finish(
        self,
        held: Job,
        status: JobStatus,
        *,
        outputs: Sequence[StoredOutput] = (),
        error: Problem | None = None,
    ) -> Job | None:
        """End a job that this attempt still holds; on disk when this returns.

        Returns:
            The ended job, or None when the attempt is no longer the job's, or a cancellation came
            first and `status` is not `cancelled`.
        """
        change = JobChange(id=held.id, status=status, attempt=held.attempt)
        row = await self._database.durable.fetchrow(
            _FINISH,
            held.id,
            held.attempt,
            status,
            [output.model_dump() for output in outputs],
            None if error is None else error.as_json(),
            encode_change(change),
        )
        return None if row is None else self._remember(_job(row))

    async def release(
        self, held: Job, *, failed: bool = False, pause: timedelta = timedelta()
    ) -> Job | None:
        """Give a job back to the queue, from which it is taken after `pause` at the earliest.

        Args:
            held: The job, with the attempt that gives it back.
            failed: Count a failure.
            pause: How long nobody is to take it.

        Returns:
            The queued job, or None when the attempt no longer holds it or its end is asked for.
        """
        row = await self._database.relaxed.fetchrow(
            _RELEASE, held.id, held.attempt, 1 if failed else 0, pause
        )
        return None if row is None else _job(row)

    async def cancel(self, job_id: UUID) -> Job:
        """End a job that waits, or ask for the end of one that runs; an ended one stays as it is.

        Raises:
            JobUnknown: there is no such job.
        """
        with database_errors():
            async with self._database.durable.acquire() as connection, connection.transaction():
                row = await connection.fetchrow(
                    f"SELECT {_COLUMNS} FROM jobs WHERE id = $1 FOR UPDATE",  # noqa: S608
                    job_id,
                )
                if row is None:
                    raise job_unknown(job_id)
                job = _job(row)
                if job.finished or job.cancel_requested:
                    return job
                ends_now = job.status == "queued"
                (row,) = await connection.fetch(
                    _CANCEL, job_id, "cancelled" if ends_now else job.status, ends_now
                )
                if ends_now:
                    await connection.execute(
                        f"DELETE FROM {QUEUE} WHERE dedupe_key = $1",  # noqa: S608
                        str(job_id),
                    )
                cancelled = _job(row)
                await connection.execute(
                    "SELECT pg_notify($1, $2)", JOBS_CHANNEL, encode_change(change_of(cancelled))
                )
                return cancelled

    async def tell(self, changes: Sequence[JobChange]) -> None:
        """Send progress to the other processes; it is kept nowhere."""
        await self._database.relaxed.execute(
            "SELECT pg_notify($1, told) FROM unnest($2::text[]) AS told",
            JOBS_CHANNEL,
            [encode_change(change) for change in changes],
        )

    def _remember(self, job: Job) -> Job:
        """An ended job never changes, so the newest are kept at hand."""
        if job.finished:
            self._ended[job.id] = job
            if len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)
        return job

    async def requeue_missing(self) -> int:
        """Enqueue every unended job the queue does not hold, whatever lost it there.

        Returns:
            How many there were.
        """
        tag = await self._database.relaxed.execute(_REQUEUE_MISSING)
        return int(tag.rsplit(" ", 1)[-1])


def change_of(job: Job) -> JobChange:
    """What there is to tell about a job as it stands."""
    return JobChange(
        id=job.id,
        status=job.status,
        attempt=job.attempt,
        cancel_requested=job.cancel_requested,
        job=job,
    )


def job_unknown(job_id: object) -> JobUnknown:
    """The problem of a job id that names nothing."""
    return JobUnknown(f"No job has the id {job_id}; ids come from the answer of execute.")


def _job(row: Row) -> Job:
    error = row["error"]
    return Job(
        id=row["id"],
        workflow_id=row["workflow_id"],
        status=row["status"],
        attempt=row["attempt"],
        failures=row["failures"],
        outputs=tuple(StoredOutput.model_validate(output) for output in row["outputs"]),
        error=None if error is None else Problem.model_validate(error),
        trace_id=row["trace_id"],
        cancel_requested=row["cancel_requested_at"] is not None,
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
    )
