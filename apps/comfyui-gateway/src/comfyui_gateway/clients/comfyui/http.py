"""Plain requests to one ComfyUI over one pooled session, with its failures given a type."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from urllib.parse import quote

import aiohttp
import orjson
import yarl

import observability
from comfyui_gateway.clients.comfyui.errors import (
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
)
from comfyui_gateway.clients.comfyui.limits import Limits

_JSON_HEADERS = {"Content-Type": "application/json"}
_PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""What a proxy answers for a ComfyUI that is not there or busy, and what it asks us to repeat."""


class Http:
    """Requests to one ComfyUI. Use within a running event loop; close it at the end."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._base = _parsed(url)
        self._limits = limits
        self._urls: dict[str, yarl.URL] = {}
        self._session: aiohttp.ClientSession | None = None
        self._closed = False
        self.name = str(self._base.with_user(None).with_query(None)).rstrip("/")

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one session, opened at first use.

        Raises:
            ComfyUIUnavailable: It has been closed.
        """
        if self._closed:
            raise closed(self.name)
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # ComfyUI is beside us or on a fast net: compressing would only cost its core.
                headers={"Accept-Encoding": "identity"},
                auto_decompress=False,
                connector=aiohttp.TCPConnector(
                    limit=self._limits.connections, keepalive_timeout=30
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._limits.request_seconds, sock_connect=self._limits.connect_seconds
                ),
                middlewares=(self._stay,),
                cookie_jar=aiohttp.DummyCookieJar(),
                raise_for_status=False,
            )
        return self._session

    async def close(self) -> None:
        """Closes every connection, for good."""
        self._closed = True
        if self._session is not None:
            await self._session.close()
            self._session = None

    def url(self, path: str, name: str | None = None) -> yarl.URL:
        """``path`` below this ComfyUI's address, which may itself have a path.

        ``name`` is one more segment, of any characters.
        """
        if (url := self._urls.get(path)) is None:
            url = self._urls[path] = self._base.with_path(self._base.path.rstrip("/") + path)
        if name is None:
            return url
        return yarl.URL(f"{url}/{quote(name, safe='')}", encoded=True)

    async def get(self, path: str, name: str | None = None) -> object:
        """The JSON answer to ``GET path``, or ``path/name``.

        Raises:
            ComfyUIUnavailable: No answer, or a gateway's in its place.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        status, body = await self._request("GET", path, name=name)
        if status != HTTPStatus.OK:
            raise self.unexpected("GET", path, status)
        return self.parsed("GET", path, body)

    async def ask(self, path: str, document: object) -> tuple[int, object]:
        """Status (200, 400 or 413) and JSON answer of ``POST path``; ``None`` with a 413.

        Raises:
            ComfyUIUnavailable: No answer, or a gateway's in its place.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        status, body = await self._request("POST", path, orjson.dumps(document))
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return status, None
        if status not in {HTTPStatus.OK, HTTPStatus.BAD_REQUEST}:
            raise self.unexpected("POST", path, status)
        return status, self.parsed("POST", path, body)

    async def tell(self, path: str, document: object) -> None:
        """``POST path`` where ComfyUI has nothing to answer.

        Raises:
            ComfyUIUnavailable: No answer, or a gateway's in its place.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        status, _ = await self._request("POST", path, orjson.dumps(document))
        if status != HTTPStatus.OK:
            raise self.unexpected("POST", path, status)

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response to ``GET path``, its body unread; timed by silence, not in all."""
        timeout = aiohttp.ClientTimeout(
            connect=self._limits.request_seconds,
            sock_connect=self._limits.connect_seconds,
            sock_read=self._limits.silence_seconds,
        )
        with observability.comfyui_api_call("GET", path), self.failures():
            response = await self.session.get(self.url(path), params=params, timeout=timeout)
        async with response:  # what happens to its reader is no failure of ours
            self._refuse_compressed(response)
            yield response

    def time_for(self, size: int) -> aiohttp.ClientTimeout:
        """For sending ``size`` bytes: nothing tells whether they arrive but that it ends."""
        return aiohttp.ClientTimeout(
            total=self._limits.silence_seconds + size / self._limits.slowest_upload,
            sock_connect=self._limits.connect_seconds,
        )

    @contextmanager
    def failures(self) -> Iterator[None]:
        """Gives aiohttp's errors within this block our types."""
        try:
            yield
        except TimeoutError as error:
            raise ComfyUIUnavailable(f"ComfyUI at {self.name} did not answer in time.") from error
        except (aiohttp.ClientResponseError, aiohttp.InvalidURL) as error:
            raise ComfyUIProtocolError(f"What answers at {self.name} is not ComfyUI.") from error
        except (aiohttp.ClientError, OSError) as error:
            reason = _reason(error)
            raise ComfyUIUnavailable(
                f"ComfyUI at {self.name} cannot be reached: {reason}."
            ) from error

    async def read(self, response: aiohttp.ClientResponse) -> bytes:
        """The whole body of an answer that is not a file.

        Raises:
            ComfyUIProtocolError: It is larger than ``limits.answer_bytes``, or compressed.
        """
        self._refuse_compressed(response)
        limit = self._limits.answer_bytes
        too_large = ComfyUIProtocolError(
            f"{self.name} answers {response.method} {response.url.path} "
            f"with more than {limit} bytes."
        )
        size = response.content_length
        if size is not None and size > limit:
            raise too_large
        if size is not None and "Transfer-Encoding" not in response.headers:
            return await response.read()
        chunks: list[bytes] = []
        received = 0
        async for chunk in response.content.iter_any():
            received += len(chunk)
            if received > limit:
                raise too_large
            chunks.append(chunk)
        return b"".join(chunks)

    def parsed(self, method: str, path: str, body: bytes) -> object:
        """``body`` as JSON.

        Raises:
            ComfyUIProtocolError: It is not JSON.
        """
        try:
            answer: object = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ComfyUIProtocolError(
                f"What answers {method} {path} at {self.name} does not speak JSON."
            ) from error
        return answer

    def unexpected(self, method: str, path: str, status: int) -> ComfyUIError:
        """The error for a status that ComfyUI does not give there."""
        message = f"{self.name} answers {method} {path} with status {status}."
        if status in _PASSING:
            return ComfyUIUnavailable(message)
        return ComfyUIProtocolError(message)

    async def _request(
        self, method: str, path: str, body: bytes | None = None, *, name: str | None = None
    ) -> tuple[int, bytes]:
        route = path if name is None else f"{path}/{{name}}"
        with observability.comfyui_api_call(method, route), self.failures():
            async with self.session.request(
                method, self.url(path, name), data=body, headers=_JSON_HEADERS if body else None
            ) as response:
                return response.status, await self.read(response)

    async def _stay(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Follows no redirection: whoever answers must not send our requests to other hosts."""
        response = await handler(request)
        if "Location" in response.headers and 300 <= response.status < 400:
            response.close()
            raise ComfyUIProtocolError(
                f"{self.name} answers {request.method} {request.url.path} with a redirection.",
                advice="Let COMFYUI_URL name the address of ComfyUI itself.",
            )
        return response

    def _refuse_compressed(self, response: aiohttp.ClientResponse) -> None:
        """Nobody asked for compression, and a small answer may unfold to more than our memory."""
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ComfyUIProtocolError(
                f"{self.name} answers {response.method} {response.url.path} "
                "with a compression that was not asked for."
            )


def closed(name: str) -> ComfyUIUnavailable:
    """The error of a client that is used after its end."""
    return ComfyUIUnavailable(f"The client of ComfyUI at {name} is closed.", advice="")


def _parsed(url: str) -> yarl.URL:
    """The address of a ComfyUI; it may hold a password, so that no error repeats it."""
    wrong = ValueError("The URL of a ComfyUI is written http://HOST:PORT.")
    try:
        parsed = yarl.URL(url)
    except ValueError:
        raise wrong from None
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise wrong
    return parsed


def _reason(error: BaseException) -> str:
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host is not known"
    if isinstance(error, ConnectionRefusedError) or isinstance(
        getattr(error, "os_error", None), ConnectionRefusedError
    ):
        return "nothing listens there"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "the answer was cut short"
    return "the connection failed"
