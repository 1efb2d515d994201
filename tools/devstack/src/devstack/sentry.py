"""Reads back from Sentry's web API what the stack has reported to it."""

from collections.abc import Iterator
from typing import Self, TypeVar

import httpx
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from devstack.errors import DevstackError

ORGANIZATION = "kijko"
_SECONDS_FOR_AN_ANSWER = 15.0
T = TypeVar("T")


class SentryError(DevstackError):
    """Sentry does not answer as its API says."""


class _Dsn(BaseModel):
    public: str


class _Key(BaseModel):
    dsn: _Dsn


class Issue(BaseModel):
    """An issue as the list has it."""

    id: str
    short_id: str = Field(alias="shortId")
    title: str
    culprit: str | None = None


class _Tag(BaseModel):
    key: str
    value: str | None


class _TraceContext(BaseModel):
    trace_id: str | None = None


class _Contexts(BaseModel):
    trace: _TraceContext = _TraceContext()


class Event(BaseModel):
    """An event as far as it is looked at here."""

    tags: list[_Tag] = []
    contexts: _Contexts = _Contexts()

    def tag(self, key: str) -> str | None:
        """Return the value of a tag, None where it is not set."""
        return next((tag.value for tag in self.tags if tag.key == key), None)


class TraceNode(BaseModel):
    """A span, or an error that belongs to no span, with what is below it."""

    event_type: str
    op: str | None = None
    description: str | None = None
    project_slug: str | None = None
    children: list["TraceNode"] = []

    def walk(self) -> Iterator["TraceNode"]:
        """Yield this node and all below it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += node.children


class Trace(BaseModel):
    """Everything one trace has."""

    trace_id: str
    roots: list[TraceNode]

    def spans(self, op: str) -> list[TraceNode]:
        """Return the spans of an operation."""
        return [n for root in self.roots for n in root.walk() if n.op == op]

    def __len__(self) -> int:
        return sum(1 for root in self.roots for _ in root.walk())


class SentryClient:
    """A reader of one organization. Use it as a context manager."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = httpx.AsyncClient(
            base_url=f"{url}/api/0", trust_env=False, timeout=_SECONDS_FOR_AN_ANSWER
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def dsn(self, project: str) -> str:
        """Return the address to which a project's programs report."""
        keys = await self._get(f"/projects/{ORGANIZATION}/{project}/keys/", TypeAdapter(list[_Key]))
        if not keys:
            raise SentryError(f"The project {project} has no client key.", "Make one in Sentry.")
        return keys[0].dsn.public

    async def issues_of_job(self, job_id: str) -> list[Issue]:
        """Return the issues with an event of a job, the newest first."""
        return await self._get(
            f"/organizations/{ORGANIZATION}/issues/",
            TypeAdapter(list[Issue]),
            query=f"job_id:{job_id}",
        )

    async def latest_event(self, issue: Issue) -> Event:
        """Return the newest event of an issue."""
        path = f"/organizations/{ORGANIZATION}/issues/{issue.id}/events/latest/"
        return await self._get(path, TypeAdapter(Event))

    async def trace(self, trace_id: str) -> Trace:
        """Return a trace; an empty one where Sentry knows nothing of it."""
        path = f"/organizations/{ORGANIZATION}/trace/{trace_id}/"
        roots = await self._get(path, TypeAdapter(list[TraceNode]), missing=[])
        return Trace(trace_id=trace_id, roots=roots)

    def issue_page(self, issue: Issue) -> str:
        """Return where a person looks at an issue."""
        return f"{self._url}/organizations/{ORGANIZATION}/issues/{issue.id}/"

    def trace_page(self, trace_id: str) -> str:
        """Return where a person looks at a trace."""
        return f"{self._url}/explore/traces/trace/{trace_id}/"

    async def _get(
        self, path: str, shape: TypeAdapter[T], *, missing: T | None = None, **query: str
    ) -> T:
        try:
            answer = await self._http.get(path, params=query)
            if answer.status_code == httpx.codes.NOT_FOUND and missing is not None:
                return missing
            answer.raise_for_status()
            return shape.validate_json(answer.content)
        except (httpx.HTTPError, ValidationError) as error:
            raise SentryError(
                f"Sentry's answer to {path} is not what its API promises: {error}.",
                f"Look at its log, and whether {self._url} is the server you mean.",
            ) from error
