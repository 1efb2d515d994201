"""Runs workflows through the gateway, as any client would."""

from typing import Literal, Self, TypeVar

import httpx
from pydantic import BaseModel, JsonValue, ValidationError

from devstack.errors import DevstackError

_SECONDS_PER_WAIT = 20.0
_SECONDS_BEYOND_WAIT = 10.0
M = TypeVar("M", bound=BaseModel)


class GatewayError(DevstackError):
    """The gateway does not answer as its API says."""


class Output(BaseModel):
    """A file that a job made."""

    name: str
    media_type: str
    bytes: int
    sha256: str
    url: str


class Problem(BaseModel):
    """Why a job failed (RFC 9457)."""

    type: str
    title: str
    detail: str = ""


class Job(BaseModel):
    """A job."""

    id: str
    workflow_id: str
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    outputs: list[Output] = []
    error: Problem | None = None
    trace_id: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether it will not change again."""
        return self.status in {"succeeded", "failed", "cancelled"}

    def last_output(self, media: str) -> Output | None:
        """Return the last output whose media type starts so, None where there is none.

        What a later step makes comes after what it was made from.
        """
        return next(
            (out for out in reversed(self.outputs) if out.media_type.startswith(media)), None
        )


class _Health(BaseModel):
    status: str
    release: str | None = None


class GatewayClient:
    """A client of the gateway. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.AsyncClient(
            base_url=url, trust_env=False, timeout=_SECONDS_PER_WAIT + _SECONDS_BEYOND_WAIT
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def status(self, path: str) -> tuple[int, str]:
        """Return the HTTP status of a path and the `status` in its answer."""
        answer = await self._request("GET", path)
        return answer.status_code, self._read(answer, _Health).status

    async def start(self, workflow_id: str, parameters: dict[str, JsonValue]) -> Job:
        """Start a workflow; the job may have ended by the time this returns."""
        answer = await self._request(
            "POST",
            f"/api/workflows/{workflow_id}/execute",
            json={"parameters": parameters},
            headers={"Prefer": f"wait={_SECONDS_PER_WAIT:.0f}"},
        )
        self._require_success(answer)
        return self._read(answer, Job)

    async def when_ended(self, job: Job) -> Job:
        """Return the job once it has ended; the caller sets the deadline."""
        while not job.has_ended:
            answer = await self._request(
                "GET", f"/api/jobs/{job.id}", params={"wait": f"{_SECONDS_PER_WAIT:.0f}"}
            )
            self._require_success(answer)
            job = self._read(answer, Job)
        return job

    async def content(self, output: Output) -> bytes:
        """Return a file."""
        answer = await self._request("GET", output.url)
        self._require_success(answer)
        return answer.content

    def address(self, output: Output) -> str:
        """Return where a person looks at a file."""
        return str(httpx.URL(self.url).join(output.url))

    async def _request(self, method: str, path: str, **options: object) -> httpx.Response:
        try:
            return await self._http.request(method, path, **options)  # type: ignore[arg-type]
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise GatewayError(
                f"The gateway did not answer {method} {path}: {reason}.", "Look at its log."
            ) from error

    def _require_success(self, answer: httpx.Response) -> None:
        if not answer.is_success:
            problem = self._read(answer, Problem)
            raise GatewayError(f"The gateway refused: {problem.title}.", problem.detail)

    def _read(self, answer: httpx.Response, model: type[M]) -> M:
        try:
            return model.model_validate_json(answer.content)
        except ValidationError as error:
            raise GatewayError(
                f"The gateway's answer to {answer.request.url.path} is not what its API promises: "
                f"HTTP {answer.status_code}, {error.error_count()} fields are wrong.",
                "Look at its log.",
            ) from error
