"""Designed errors: each is one RFC 9457 problem, whether it ends a request or a job."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

PROBLEM_MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One value of the request that was not accepted."""

    where: str = Field(description="Dotted path of the value, for example `parameters.width`.")
    detail: str


class Problem(BaseModel):
    """The one shape of every error this gateway gives (RFC 9457)."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="A stable name of the kind of problem, as a URI.")
    title: str
    status: int = Field(description="The HTTP status, also of a job that failed on its own.")
    detail: str = Field(description="What is wrong, and what to do about it.")
    errors: list[FieldProblem] | None = None

    def as_json(self) -> dict[str, object]:
        """The members that are present, ready to be encoded."""
        return self.model_dump(mode="json", exclude_none=True)


class GatewayError(Exception):
    """A problem somebody can do something about; the base of every designed error here.

    Args:
        detail: one sentence of what is wrong and one of what to do.
        errors: the single values at fault, where there are such.
        headers: response headers that belong to the answer (`Retry-After`, `Allow`, …).
    """

    kind: str = "internal"
    title: str = "The gateway failed"
    status: int = 500

    def __init__(
        self,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def problem(self) -> Problem:
        """This error in the shape that leaves the gateway."""
        return Problem(
            type=problem_type(self.kind),
            title=self.title,
            status=self.status,
            detail=self.detail,
            errors=self.errors or None,
        )


def problem_type(kind: str) -> str:
    """The URI that names a kind of problem."""
    return f"urn:kijko:problem:{kind}"


def http_problem(status: int, detail: str | None = None) -> Problem:
    """A problem for a bare HTTP status, such as the framework's own 404 and 405."""
    try:
        known = HTTPStatus(status)
        title, description = known.phrase, known.description
    except ValueError:
        title, description = f"HTTP status {status}", ""
    return Problem(
        type=problem_type(title.lower().replace(" ", "-")),
        title=title,
        status=status,
        detail=detail
        if detail and detail != title
        else f"{description or title}.".rstrip(".") + ".",
    )


class WorkflowUnknown(GatewayError):
    """The workflow a request names is not installed."""

    kind, title, status = "workflow-unknown", "No such workflow", 404


class ParametersInvalid(GatewayError):
    """Parameters do not fit the workflow's schema."""

    kind, title, status = "parameters-invalid", "The parameters do not fit the workflow", 422


class JobUnknown(GatewayError):
    """No job has this id."""

    kind, title, status = "job-unknown", "No such job", 404


class OutputUnknown(GatewayError):
    """The job has no output of this name."""

    kind, title, status = "output-unknown", "No such output", 404


class OutputMissing(GatewayError):
    """An output is recorded, but its file is gone from the outputs folder."""

    kind, title, status = "output-missing", "The output's file is gone", 410


class IdempotencyKeyReused(GatewayError):
    """An Idempotency-Key came back with a different request."""

    kind, title, status = "idempotency-key-reused", "This Idempotency-Key was used before", 422


class HeaderInvalid(GatewayError):
    """A request header or query value cannot be understood."""

    kind, title, status = "request-invalid", "The request cannot be understood", 400


class BodyTooLarge(GatewayError):
    """The body is larger than the gateway reads."""

    kind, title, status = "body-too-large", "The request body is too large", 413


class TokenRequired(GatewayError):
    """A bearer token is missing or wrong."""

    kind, title, status = "token-required", "A valid bearer token is needed", 401


class RangeUnsatisfiable(GatewayError):
    """The Range header names bytes an output does not have."""

    kind, title, status = "range-unsatisfiable", "The range is outside the output", 416


class DatabaseUnavailable(GatewayError):
    """Postgres does not answer."""

    kind, title, status = "database-unavailable", "The job store does not answer", 503


class TooManyStreams(GatewayError):
    """More event streams are open than the gateway allows."""

    kind, title, status = "too-many-streams", "Too many event streams are open", 503


class StorageFull(GatewayError):
    """An output could not be written: the disk is full."""

    kind, title, status = "storage-full", "The outputs folder is full", 507


class OutputsRejected(GatewayError):
    """ComfyUI finished without the outputs the workflow promises."""

    kind, title, status = "outputs-missing", "The workflow ended without its outputs", 502


class JobTimedOut(GatewayError):
    """A job ran longer than the gateway allows."""

    kind, title, status = "job-timed-out", "The job took too long", 504


class JobAbandoned(GatewayError):
    """A job was picked up too often without ever ending."""

    kind, title, status = "job-abandoned", "The job could not be brought to an end", 500


class StartRefused(GatewayError):
    """The gateway cannot start as it is configured; the detail is the sentence to print."""

    kind: str = "start-refused"
    title: str = "The gateway cannot start"
    status: int = 500


JobStatus = Literal["queued", "running", "succeeded", "failed", "cancelled"]
