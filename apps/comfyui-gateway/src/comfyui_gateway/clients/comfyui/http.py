"""Plain requests to one ComfyUI over one pooled session, with its failures given a type."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
import orjson
import yarl

from comfyui_gateway.clients.comfyui.errors import ComfyUIProtocolError, ComfyUIUnavailable
from comfyui_gateway.clients.comfyui.limits import Limits

_JSON_HEADERS = {"Content-Type": "application/json"}


class Http:
    """Requests to one ComfyUI. Use within a running event loop; close it at the end."""

    def __init__(self, url: str, limits: Limits) -> None:
        self._base = _parsed(url)
        self._limits = limits
        self._urls: dict[str, yarl.URL] = {}
        self._session: aiohttp.ClientSession | None = None
        self.name = str(self._base.with_user(None).with_query(None)).rstrip("/")

    @property
    def session(self) -> aiohttp.ClientSession:
        """The one session, opened at first use."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # ComfyUI is beside us or on a fast net: compressing would only cost its core.
                headers={"Accept-Encoding": "identity"},
                connector=aiohttp.TCPConnector(
                    limit=self._limits.connections, keepalive_timeout=30
                ),
                timeout=aiohttp.ClientTimeout(
                    total=self._limits.request_seconds, connect=self._limits.connect_seconds
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                raise_for_status=False,
            )
        return self._session

    async def close(self) -> None:
        """Closes every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def url(self, path: str) -> yarl.URL:
        """``path`` below this ComfyUI's address, which may itself have a path."""
        if (url := self._urls.get(path)) is None:
            url = self._base.with_path(self._base.path.rstrip("/") + path)
            if len(self._urls) < 32:
                self._urls[path] = url
        return url

    async def get(self, path: str) -> object:
        """The JSON answer to ``GET path``.

        Raises:
            ComfyUIUnavailable: No answer, or a gateway's in its place.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        status, body = await self._request("GET", path, None)
        if status != 200:
            raise self._unexpected("GET", path, status)
        return self._parsed("GET", path, body)

    async def post(self, path: str, document: object) -> tuple[int, object]:
        """Status (200 or 400) and JSON answer of ``POST path``; ``None`` for an empty body.

        Raises:
            ComfyUIUnavailable: No answer, or a gateway's in its place.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        status, body = await self._request("POST", path, orjson.dumps(document))
        if status not in {200, 400}:
            raise self._unexpected("POST", path, status)
        return status, self._parsed("POST", path, body) if body else None

    @asynccontextmanager
    async def stream(
        self, path: str, params: Mapping[str, str]
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The response to ``GET path``, its body unread; timed by silence, not in all."""
        timeout = aiohttp.ClientTimeout(
            total=None,
            connect=self._limits.connect_seconds,
            sock_read=self._limits.silence_seconds,
        )
        async with (
            self.failures(),
            self.session.get(self.url(path), params=params, timeout=timeout) as response,
        ):
            yield response

    @asynccontextmanager
    async def failures(self) -> AsyncIterator[None]:
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

    async def _request(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        async with (
            self.failures(),
            self.session.request(
                method, self.url(path), data=body, headers=_JSON_HEADERS if body else None
            ) as response,
        ):
            limit = self._limits.answer_bytes
            if (
                response.content_length or 0
            ) <= limit and "Transfer-Encoding" not in response.headers:
                return response.status, await response.read()
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.content.iter_any():
                size += len(chunk)
                if size > limit:
                    raise ComfyUIProtocolError(
                        f"ComfyUI at {self.name} answers {method} {path} "
                        f"with more than {limit} bytes."
                    )
                chunks.append(chunk)
            return response.status, b"".join(chunks)

    def _parsed(self, method: str, path: str, body: bytes) -> object:
        try:
            answer: object = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ComfyUIProtocolError(
                f"What answers {method} {path} at {self.name} does not speak JSON."
            ) from error
        return answer

    def _unexpected(self, method: str, path: str, status: int) -> Exception:
        message = f"{self.name} answers {method} {path} with status {status}."
        if status in {408, 425, 429, 502, 503, 504}:
            return ComfyUIUnavailable(message)
        return ComfyUIProtocolError(message)


def _parsed(url: str) -> yarl.URL:
    try:
        parsed = yarl.URL(url)
    except ValueError as error:
        raise ValueError(f"{url!r} is not a URL of a ComfyUI: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise ValueError(f"{url!r} is not a URL of a ComfyUI: write http://HOST:PORT.")
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
