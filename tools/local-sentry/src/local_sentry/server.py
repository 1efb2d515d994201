"""Runs the server: binds the socket, says where it listens, stops cleanly on a signal."""

import asyncio
import contextlib
import gc
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial

import uvicorn

from local_sentry.app import running
from local_sentry.routes.access import is_loopback
from local_sentry.settings import Settings

_SHUTDOWN_SECONDS = 10


class CannotListenError(Exception):
    """The address is not to be had, or may not be used this way."""


class _Uvicorn(uvicorn.Server):
    """Uvicorn that leaves signals to us: it would end the process before the store is closed."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()


def bind(settings: Settings) -> socket.socket:
    """A listening socket on the address of the settings; port 0 takes a free one.

    Raises:
        CannotListenError: the address is taken or unknown, or open to others without --auth.
    """
    if not settings.require_auth and not is_loopback(settings.host):
        raise CannotListenError(
            f"--no-auth is for this machine only, and {settings.host} can be reached from others."
            " Listen on 127.0.0.1, or leave --no-auth out and make a token: local-sentry token."
        )
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise CannotListenError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}."
            " Choose another port with --port; 0 takes any free one."
        ) from error
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """The address of a listening socket, for a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announce(url: str, *, as_json: bool) -> None:
    line = json.dumps({"event": "listening", "url": url}) if as_json else f"Local Sentry: {url}"
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def serve(settings: Settings, listener: socket.socket, *, announce_json: bool) -> None:
    """Serves until SIGINT or SIGTERM, then finishes requests and closes the store.

    Raises:
        DataInUseError: another server has the data folder open.
        IncompatibleDatabaseError: a later version of the program has written the folder.
        OSError: the data folder cannot be used.
    """
    async with running(settings) as parts:
        server = _Uvicorn(
            uvicorn.Config(
                parts.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
            ),
            partial(_announce, url_of(listener), as_json=announce_json),
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, setattr, server, "should_exit", True)
        await server.serve(sockets=[listener])


def run(settings: Settings, *, announce_json: bool) -> None:
    """`bind` and `serve` on an event loop of their own. Raises what these raise."""
    # A thread that reads must not keep the event loop waiting for 5 ms at a time.
    sys.setswitchinterval(0.0005)
    # What is imported stays: no collection need look at it while a sender waits.
    gc.freeze()
    with (
        contextlib.closing(bind(settings)) as listener,
        asyncio.Runner(loop_factory=_loop) as runner,
    ):
        runner.run(serve(settings, listener, announce_json=announce_json))


def _loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # There is none for Windows.
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
