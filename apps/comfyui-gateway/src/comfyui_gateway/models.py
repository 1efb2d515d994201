"""The types the layers share: jobs as they are stored and as they are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from comfyui_gateway.problems import JobStatus, Problem

FINISHED: frozenset[JobStatus] = frozenset({"succeeded", "failed", "cancelled"})

Stage = Literal["queued", "waiting", "comfyui", "saving", "ffmpeg", "done"]


class Progress(BaseModel):
    """How far a job is."""

    model_config = ConfigDict(frozen=True)

    fraction: float = Field(ge=0, le=1, description="Done, from 0 to 1.")
    stage: Stage
    detail: str = Field(default="", description="A few words for a person.")


class StoredOutput(BaseModel):
    """A finished file as the job row records it."""

    model_config = ConfigDict(frozen=True)

    name: str
    media_type: str
    bytes: int = Field(ge=0)
    sha256: str
    path: str = Field(description="Relative to the outputs folder.")


class OutputDocument(BaseModel):
    """A finished file as a client sees it."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    url: str = Field(description="Where the file is served, relative to the gateway.")


class JobDocument(BaseModel):
    """A job as a client sees it."""

    id: UUID
    workflow_id: str
    status: JobStatus
    progress: Progress
    outputs: list[OutputDocument]
    error: Problem | None
    trace_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ExecuteRequest(BaseModel):
    """What to run a workflow with."""

    model_config = ConfigDict(extra="forbid")

    parameters: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Values by parameter name; what is left out has a default.",
    )


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"]
    release: str | None


class ReadyCheck(BaseModel):
    """One thing the gateway needs, and whether it is there."""

    name: str
    ok: bool
    detail: str


class Readiness(BaseModel):
    """Whether a job that is sent now would run now."""

    status: Literal["ready", "waiting"]
    checks: list[ReadyCheck]


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job as it is accepted; everything a worker needs to run it is in it."""

    id: UUID
    workflow_id: str
    prompt_id: UUID
    parameters: Mapping[str, JsonValue]
    plan: Mapping[str, JsonValue]
    trace: Mapping[str, str] = field(default_factory=dict)
    trace_id: str | None = None
    idempotency_key: str | None = None
    request_digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Job:
    """A job row without its plan."""

    id: UUID
    workflow_id: str
    status: JobStatus
    attempt: int
    failures: int
    outputs: tuple[StoredOutput, ...]
    error: Problem | None
    trace_id: str | None
    cancel_requested: bool
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def finished(self) -> bool:
        """Whether the job has ended, one way or another; it never changes again."""
        return self.status in FINISHED


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """A job a worker holds: its attempt number is the token that lets it write."""

    job: Job
    prompt_id: UUID
    plan: Mapping[str, JsonValue]
    trace: Mapping[str, str]
    backend: str | None


@dataclass(frozen=True, slots=True)
class JobChange:
    """Something happened to a job; what NOTIFY carries between processes."""

    id: UUID
    status: JobStatus
    attempt: int
    sequence: int = 0
    progress: Progress | None = None
    cancel_requested: bool = False
    job: Job | None = None
