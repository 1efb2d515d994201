"""Serves MCP over streamable HTTP on this machine: a token, and only pages of this machine.

A browser can be made to send requests to a loopback address by any page; the token, which no page
knows, and the checks of Host and Origin keep those out.
"""

import asyncio
import hmac
import os
import secrets
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import platformdirs
import uvicorn
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from kijko_mcp.desk import open_desk
from kijko_mcp.errors import BadSettings
from kijko_mcp.server import build_server
from kijko_mcp.settings import McpSettings

_HOST = "127.0.0.1"
_STOPPING = 5  # seconds for open streams once it is told to stop
_OWN = ("http://127.0.0.1:", "http://localhost:", "http://[::1]:")


class Guarded:
    """Lets only requests through that know the token and come from no other site."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one connection, as ASGI has it."""
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            origin = headers.get("origin")
            if origin is not None and not origin.startswith(_OWN):
                return await _no(403, "Pages of other sites may not ask.", scope, receive, send)
            given = headers.get("authorization", "").encode()
            if not hmac.compare_digest(given, self._expected):
                problem = "The token is missing or wrong: send Authorization: Bearer TOKEN."
                return await _no(401, problem, scope, receive, send)
        return await self._app(scope, receive, send)


async def _no(status: int, problem: str, scope: Scope, receive: Receive, send: Send) -> None:
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    await JSONResponse({"error": problem}, status, headers)(scope, receive, send)


class _Uvicorn(uvicorn.Server):
    """Uvicorn that leaves signals to us and says when it listens."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


async def serve_http(
    settings: McpSettings, port: int, announce: Callable[[dict[str, str]], None]
) -> None:
    """Serves until it is told to stop.

    Args:
        settings: the knobs.
        port: where; 0 takes a free one.
        announce: is told the address, and where the token is when one was made.

    Raises:
        BadSettings: the port is taken, or the token cannot be kept.
    """
    token, kept_in = _token(settings)
    async with open_desk(settings) as desk:
        app = Guarded(build_server(desk).streamable_http_app(host=_HOST), token)
        with closing(_listener(port)) as listener:
            said = {
                "event": "listening",
                "url": f"http://{_HOST}:{listener.getsockname()[1]}/mcp",
                **({"token_file": str(kept_in)} if kept_in else {}),
            }
            server = _Uvicorn(
                uvicorn.Config(
                    app,
                    log_config=None,
                    access_log=False,
                    server_header=False,
                    ws="none",
                    timeout_graceful_shutdown=_STOPPING,
                ),
                lambda: announce(said),
            )
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, setattr, server, "should_exit", True)
            await server.serve(sockets=[listener])


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise BadSettings(
            f"Cannot listen on port {port}: {error.strerror}.",
            "Choose another with --port; 0 is any.",
        ) from error
    listener.setblocking(False)
    return listener


def _token(settings: McpSettings) -> tuple[str, Path | None]:
    """The token, and the file it is kept in when this program made it."""
    if settings.http_token is not None:
        return settings.http_token.get_secret_value(), None
    file = platformdirs.user_state_path("kijko") / "mcp-http-token"
    try:
        if file.is_file() and (known := file.read_text().strip()):
            return known, file
        token = secrets.token_urlsafe(32)
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as written:
            written.write(token + "\n")
    except OSError as error:
        raise BadSettings(
            f"The token cannot be kept in {file}: {error.strerror}.", "Set MCP_HTTP_TOKEN."
        ) from error
    return token, file
