"""Calls other people's addresses: only public ones, unless the server was started otherwise."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from local_sentry.protocol.lenient_json import Document, dump

_TIMEOUT_SECONDS = 10.0
_ATTEMPTS = 3
_PAUSE_SECONDS = 1.0


class ForbiddenAddressError(ValueError):
    """The address is no web address, or leads into a private network."""


class UndeliveredError(Exception):
    """The other side did not take the call."""


def check_url(url: str) -> None:
    """Returns if the text is a web address that could be called at all.

    Raises:
        ForbiddenAddressError: it is none.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ForbiddenAddressError(f"{url!r} is no address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ForbiddenAddressError("A webhook's address begins with http:// or https://.")
    if parts.username is not None or parts.password is not None:
        raise ForbiddenAddressError("A webhook's address carries no user name and no password.")


async def _resolve(host: str, port: int) -> str:
    """The first address of a host name."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UndeliveredError(f"{host} is not known: {error}") from error
    return str(found[0][4][0])


class Webhooks:
    """Posts JSON."""

    def __init__(self, *, allow_private: bool) -> None:
        """Prepares.

        Args:
            allow_private: also call loopback and private networks.
        """
        self._allow_private = allow_private

    async def post(self, url: str, body: Document) -> None:
        """Posts to an address, a few times if need be.

        The name is resolved once and the call goes to the address that was checked, so that a
        name which changes its mind leads nowhere else. Redirects are not followed.

        Raises:
            ForbiddenAddressError: see there.
            UndeliveredError: it was not taken, for this reason.
        """
        check_url(url)
        problem = ""
        for attempt in range(_ATTEMPTS):
            if attempt:
                await asyncio.sleep(_PAUSE_SECONDS * attempt)
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    status = await self._post(url, body)
            except (httpx.HTTPError, TimeoutError, UndeliveredError) as error:
                problem = str(error) or type(error).__name__
                continue
            if status < 300:
                return
            problem = f"it answered {status}"
            if status < 500 and status != 429:
                break
        raise UndeliveredError(problem)

    async def _post(self, url: str, body: Document) -> int:
        address = httpx.URL(url)
        port = address.port or (443 if address.scheme == "https" else 80)
        resolved = await _resolve(address.host, port)
        if not self._allow_private and not ipaddress.ip_address(resolved).is_global:
            raise ForbiddenAddressError(
                f"{address.host} is in a private network. Start the server with"
                " --allow-private-webhooks to call it."
            )
        headers = {
            "host": address.netloc.decode("ascii"),
            "content-type": "application/json",
            "user-agent": "local-sentry",
        }
        async with (
            httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT_SECONDS) as client,
            client.stream(
                "POST",
                address.copy_with(host=resolved),
                content=dump(body),
                headers=headers,
                extensions={"sni_hostname": address.host},
            ) as answer,
        ):
            return answer.status_code
