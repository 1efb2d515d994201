"""What every request passes before a route sees it: a size limit, and a token where one is set."""

import asyncio
import hmac
from collections.abc import Sequence
from contextlib import suppress

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from comfyui_gateway.problems import BodyTooLarge, TokenRequired
from comfyui_gateway.routes.problem_answers import problem_response

_OPEN_PATHS = frozenset({"/healthz"})
_LINGER_SECONDS = 5.0


class BodyLimit:
    """Answers 413 as soon as a body is known to be too large; the rest of it is thrown away."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting its bytes."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdigit() and int(declared) > self._max_bytes:
            await self._refuse(scope, receive, send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        received = 0
        refused = started = False

        async def counted() -> Message:
            nonlocal received, refused
            message = await receive()
            if message["type"] == "http.request":
                received += len(message.get("body", b""))
                if received > self._max_bytes:
                    refused = True
            # To the application the client is gone; the client itself gets the answer below.
            return {"type": "http.disconnect"} if refused else message

        async def noted(message: Message) -> None:
            nonlocal started
            if not refused or started:
                started = True
                await send(message)

        try:
            await self._app(scope, counted, noted)
        except ClientDisconnect:
            if not refused:
                raise
        if refused and not started:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        error = BodyTooLarge(
            f"A body may have {self._max_bytes} bytes; send less, or raise GATEWAY_MAX_BODY_BYTES.",
            headers={"Connection": "close"},
        )

        async def lingering(message: Message) -> None:
            # A connection that is closed on a client that still sends may lose it the answer.
            if message["type"] == "http.response.body":
                await send({**message, "more_body": True})
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LINGER_SECONDS):
                        while (await receive()).get("more_body"):
                            pass
                message = {"type": "http.response.body", "body": b""}
            await send(message)

        await problem_response(error.problem(), error.headers)(scope, receive, lingering)


class BearerToken:
    """Lets in only requests that carry one of the tokens, compared in constant time."""

    def __init__(self, app: ASGIApp, tokens: Sequence[str]) -> None:
        self._app = app
        self._tokens = [token.encode() for token in tokens]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 401."""
        if scope["type"] != "http" or scope["path"] in _OPEN_PATHS or self._admits(scope):
            await self._app(scope, receive, send)
            return
        error = TokenRequired(
            "Send one of the gateway's tokens as `Authorization: Bearer TOKEN`.",
            headers={"WWW-Authenticate": 'Bearer realm="gateway"'},
        )
        await problem_response(error.problem(), error.headers)(scope, receive, send)

    def _admits(self, scope: Scope) -> bool:
        scheme, _, given = Headers(scope=scope).get("authorization", "").partition(" ")
        offered = given.strip().encode()
        matches = [hmac.compare_digest(offered, token) for token in self._tokens]
        return scheme.lower() == "bearer" and any(matches)
