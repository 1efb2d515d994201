"""One pool of connections: how a call travels, by which proxy, whose certificates are believed."""

import os
import ssl
import urllib.request
from collections.abc import Mapping

import aiohttp
import certifi
from yarl import URL

from sentry_api._call import Call
from sentry_api.settings import SentrySettings

_USER_AGENT = "kijko-sentry-api"
_KEPT = 30.0  # seconds that an idle connection is kept


class Connections:
    """The connections of one client, between ``open`` and ``close``."""

    def __init__(self, settings: SentrySettings) -> None:
        """Prepares; connects nowhere.

        Args:
            settings: How long one try may take.
        """
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=settings.api_timeout, sock_read=settings.api_timeout
        )
        self._session: aiohttp.ClientSession | None = None
        self._trusted: ssl.SSLContext | None = None
        self._proxies: dict[URL, str | None] = {}

    async def open(self) -> None:
        """Makes calls possible."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(keepalive_timeout=_KEPT),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=self._timeout,
            headers={"user-agent": _USER_AGENT, "accept": "application/json"},
            middlewares=(_sent_once,),
        )

    async def close(self) -> None:
        """Ends all connections."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self, call: Call, url: URL, headers: Mapping[str, str]
    ) -> aiohttp.ClientResponse:
        """Sends a call; the body of the answer is not read yet.

        Raises:
            aiohttp.ClientError: there is no answer.
        """
        if self._session is None:
            raise RuntimeError("The client is used outside of its `async with`.")
        return await self._session.request(
            call.method,
            url,
            data=_form(call) if call.files else None,
            json=call.body,
            headers=headers,
            allow_redirects=False,
            ssl=self._certificates() if url.scheme == "https" else True,
            proxy=self._proxy(url.origin()),
        )

    def _certificates(self) -> ssl.SSLContext:
        """Whom we believe: those that the environment names, else the ones that certifi keeps."""
        if self._trusted is None:
            named = os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")
            self._trusted = ssl.create_default_context(cafile=None if named else certifi.where())
        return self._trusted

    def _proxy(self, origin: URL) -> str | None:
        """The proxy that the environment or the system names for a server."""
        if origin not in self._proxies:
            named = urllib.request.getproxies()
            passed = urllib.request.proxy_bypass(origin.host or "")
            found = None if passed else named.get(origin.scheme, named.get("all"))
            self._proxies[origin] = found or None
        return self._proxies[origin]


def _form(call: Call) -> aiohttp.FormData:
    form = aiohttp.FormData()
    for part, name, content in call.files:
        form.add_field(part, content, filename=name, content_type="application/octet-stream")
    return form


async def _sent_once(
    request: aiohttp.ClientRequest, send: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending again by itself: whether that is safe, only the call knows."""
    try:
        return await send(request)
    except aiohttp.ServerTimeoutError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from error
