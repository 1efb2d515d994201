"""Carries calls to Sentry: one connection pool, tokens, tries, limits, pages, downloads."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import tenacity
from pydantic import BaseModel, TypeAdapter

from sentry_api import _answers, _connections, _reading, _redirects, _regions, _retries, errors
from sentry_api._allowance import Allowance
from sentry_api._call import Call, get
from sentry_api.settings import SentrySettings

_T = TypeVar("_T")
_MOST_REDIRECTS = 3
_LARGEST_ERROR = 64 * 1024
_ORGANIZATION = "organization"


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: its body, and the cursor of the next page if there is one."""

    body: bytes
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A body that is read piece by piece.

    Attributes:
        size: Bytes, when the server says so.
        content_type: The media type, when the server says so.
        chunks: The pieces; the first failure ends them with a ``SentryApiError``.
    """

    size: int | None
    content_type: str | None
    chunks: AsyncIterator[bytes]


class _Region(BaseModel, defer_build=True):
    class Links(BaseModel, defer_build=True):
        regionUrl: str | None = None  # noqa: N815 - the wire's name

    links: Links = Links()


class Transport:
    """Makes calls; knows no subject of the API."""

    def __init__(self, settings: SentrySettings) -> None:
        self.settings = settings
        self._allowance = Allowance(settings.api_patience)
        self._regions: dict[str, str] = {}
        self._region_lock = asyncio.Lock()
        self._connections = _connections.Connections(settings)

    def __repr__(self) -> str:
        return f"Transport({self.settings.url!r})"

    async def __aenter__(self) -> Self:
        await self._connections.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._connections.close()

    async def base_of(self, organization: str | None) -> str:
        """The address that answers for an organization; the server's own for everything else."""
        base = self.settings.url
        if organization is None:
            return base
        async with self._region_lock:
            if organization not in self._regions:
                self._regions[organization] = await self._find_region(organization) or base
            return self._regions[organization]

    async def _find_region(self, organization: str) -> str | None:
        base = self.settings.url
        token = self.settings.auth_token
        region = _regions.region_in_token(token.get_secret_value() if token else None)
        if region is None:
            call = get("/organizations/{organization}/", "org:read", organization=organization)
            try:
                answer = await self._tried(call, base)
            except errors.NotAllowed:
                return None  # a build's token may not look; where there is one region it need not
            region = _reading.parsed(call, TypeAdapter(_Region), answer.body).links.regionUrl
        return _regions.trusted(base, region) if region else None

    async def send(self, call: Call, *, base: str | None = None) -> Answer:
        """Makes a call, again where that is safe and promising.

        Args:
            call: What to ask.
            base: The server's address; that of the call's organization when not given.

        Raises:
            SentryApiError: it did not work; its type says how.
        """
        organization = call.places.get(_ORGANIZATION)
        place = None if organization is None else str(organization)
        return await self._tried(call, base or await self.base_of(place))

    async def fetch(self, call: Call, shape: TypeAdapter[_T], *, base: str | None = None) -> _T:
        """Makes a call and reads its answer.

        Raises:
            UnexpectedAnswer: the answer has another shape.
            SentryApiError: it did not work; its type says how.
        """
        return _reading.parsed(call, shape, (await self.send(call, base=base)).body)

    async def pages(
        self, call: Call, shape: TypeAdapter[_T], *, base: str | None = None
    ) -> AsyncGenerator[_T, None]:
        """The pages of a list, one after another; pages are asked for as they are needed."""
        seen: set[str] = set()
        while True:
            answer = await self.send(call, base=base)
            yield _reading.parsed(call, shape, answer.body)
            cursor = answer.next_cursor
            if cursor is None:
                return
            if cursor in seen:
                raise errors.UnexpectedAnswer(
                    f"The pages of {call.path} lead in a circle.",
                    "Report it to the server's owner.",
                )
            seen.add(cursor)
            call = replace(call, query={**call.query, "cursor": cursor})

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncGenerator[Download, None]:
        """Opens a download; opening is tried again, reading is not.

        Raises:
            SentryApiError: it cannot be opened.
        """
        organization = call.places.get(_ORGANIZATION)
        base = await self.base_of(None if organization is None else str(organization))
        response: aiohttp.ClientResponse = await self._attempts(call)(self._opened, call, base)
        try:
            length = response.headers.get("content-length", "")
            yield Download(
                int(length) if length.isascii() and length.isdigit() else None,
                response.headers.get("content-type"),
                self._chunks(call, response),
            )
        finally:
            response.close()

    async def _opened(self, call: Call, base: str) -> aiohttp.ClientResponse:
        await self._allowance.wait(call)
        limit = self.settings.api_timeout
        try:
            async with asyncio.timeout(limit):
                return await self._open(call, base)
        except TimeoutError as error:
            raise _too_long(call, limit) from error

    async def _chunks(self, call: Call, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        with _reading.translated(call):
            async for chunk in response.content.iter_any():
                yield chunk

    def _attempts(self, call: Call) -> tenacity.AsyncRetrying:
        return _retries.attempts(
            repeatable=call.repeatable,
            most=self.settings.api_tries,
            patience=self.settings.api_patience,
        )

    async def _tried(self, call: Call, base: str) -> Answer:
        attempts = self._attempts(call)
        try:
            answer: Answer = await attempts(self._once, call, base)
        except errors.NotFound:
            # The try before may have removed it, and only its answer was lost.
            if call.method == "DELETE" and attempts.statistics["attempt_number"] > 1:
                return Answer(b"")
            raise
        return answer

    async def _once(self, call: Call, base: str) -> Answer:
        await self._allowance.wait(call)
        limit, largest = self.settings.api_timeout, self.settings.api_largest_answer
        try:
            async with asyncio.timeout(limit):  # a server may also dribble for ever
                response = await self._open(call, base)
                try:
                    with _reading.translated(call):
                        body = await _reading.body_of(call, response, largest)
                finally:
                    response.close()
        except TimeoutError as error:
            raise _too_long(call, limit) from error
        return Answer(body, _reading.next_cursor(response))

    async def _open(self, call: Call, base: str) -> aiohttp.ClientResponse:
        """Sends the call; the answer is good, and its body is not read yet."""
        url = call.url(base)
        for _ in range(_MOST_REDIRECTS + 1):
            with _reading.translated(call):
                response = await self._connections.send(call, url, self._credentials())
            try:
                self._allowance.learn(call, response.headers)
                if response.status >= 400:
                    with _reading.translated(call):
                        body = await _reading.start_of(response, _LARGEST_ERROR)
                    raise _answers.error_of(call, response.status, response.headers, body)
                if response.status < 300:
                    return response
                url = _redirects.followed(call, response)
            except BaseException:
                response.close()
                raise
            response.close()
        raise errors.RedirectRefused(
            f"{call.path} leads from one address to the next without end.",
            "Check SENTRY_URL: it is the address before /api/0.",
        )

    def _credentials(self) -> dict[str, str]:
        token = self.settings.auth_token
        return {} if token is None else {"authorization": f"Bearer {token.get_secret_value()}"}


def _too_long(call: Call, limit: float) -> errors.TookTooLong:
    return errors.TookTooLong(
        f"Sentry had not answered {call.method} {call.path} after {limit:g} s.",
        "Try again, or raise SENTRY_API_TIMEOUT.",
    )
