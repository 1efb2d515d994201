"""Takes a request to run a workflow: checks it, binds it, stores it, and has it looked at."""

import hashlib
from typing import Protocol
from uuid import UUID, uuid4

import orjson

import observability
from comfyui_gateway.models import ClaimedJob, ExecuteRequest, Job, NewJob
from comfyui_gateway.problems import ParametersInvalid
from comfyui_gateway.services.comfyui_backends import Backend
from comfyui_gateway.services.job_run import QUEUE_NAME
from comfyui_gateway.services.workflow_parameters import ParametersRefused
from comfyui_gateway.services.workflow_templates import WorkflowCatalog
from comfyui_gateway.store.jobs import JobStore


class Place(Protocol):
    """Room for one more job in a worker of this process, reserved until begun or freed."""

    worker: UUID
    backend: Backend

    def begin(self, claimed: ClaimedJob, entry: int) -> None:
        """Run the job here; it was claimed for `worker` as it was accepted."""

    def free(self) -> None:
        """Give the room back."""


class JobStarter(Protocol):
    """Whoever may begin with a job at once."""

    def reserve(self) -> Place | None:
        """Room for one more job, if there is any and nobody waits for it."""

    def look(self) -> None:
        """Look at the queue soon: there is a new job on it."""


class NoWorkerHere:
    """A process that only accepts jobs: PgQueuer's notification tells the workers elsewhere."""

    def reserve(self) -> None:
        """Never any room."""

    def look(self) -> None:
        """Nobody to look."""


class JobIntake:
    """The way in for jobs."""

    def __init__(self, catalog: WorkflowCatalog, store: JobStore, starter: JobStarter) -> None:
        """`starter` is whoever may begin with a job at once."""
        self._catalog = catalog
        self._store = store
        self._starter = starter

    async def accept(
        self, workflow_id: str, request: ExecuteRequest, *, idempotency_key: str | None
    ) -> tuple[Job, bool]:
        """Store a job to run; it cannot be lost once this has returned.

        Returns:
            The job, and whether it is new: it is not when its idempotency key was used before.

        Raises:
            WorkflowUnknown: there is no such workflow.
            ParametersInvalid: with every parameter that does not fit.
            IdempotencyKeyReused: the key belongs to a different request.
            DatabaseUnavailable: nothing was stored.
        """
        with observability.workflow_prepare(workflow_id):
            template = self._catalog.get(workflow_id)
            try:
                values = template.parameters.accept(request.parameters)
            except ParametersRefused as refused:
                raise ParametersInvalid(
                    f"{len(refused.errors)} of the values do not fit; `errors` names each. "
                    f"GET /api/workflows/{workflow_id} shows what is allowed.",
                    errors=refused.errors,
                ) from None
            job_id, prompt_id = uuid4(), uuid4()
            plan = template.plan(values, str(job_id))
        place = self._starter.reserve()
        try:
            with observability.queue_publish(QUEUE_NAME, message_id=str(job_id)) as trace:
                new = NewJob(
                    id=job_id,
                    workflow_id=workflow_id,
                    prompt_id=prompt_id,
                    parameters=values,
                    plan=plan,
                    trace=trace,
                    trace_id=observability.current_trace_id(),
                    idempotency_key=idempotency_key,
                    request_digest=_digest(workflow_id, values) if idempotency_key else b"",
                )
                job, entry = await self._store.accept(
                    new,
                    worker=None if place is None else place.worker,
                    backend=None if place is None else place.backend.name,
                )
        except BaseException:
            if place is not None:
                place.free()
            raise
        if place is None:
            self._starter.look()
        elif entry is None:
            place.free()
        else:
            place.begin(ClaimedJob(job, prompt_id, plan, trace, None), entry)
        return job, entry is not None


def _digest(workflow_id: str, values: object) -> bytes:
    content = orjson.dumps([workflow_id, values], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).digest()
