"""Serves the application: says where it listens, ends cleanly, refuses to start with a sentence."""

import asyncio
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
import uvloop
from sse_starlette.sse import AppStatus

import observability
from comfyui_gateway.app import create_app
from comfyui_gateway.problems import StartRefused
from comfyui_gateway.services.gateway import SENTRY_PROJECT, open_gateway
from comfyui_gateway.settings import Settings

_SHUTDOWN_SECONDS = 5


def serve(settings: Settings, *, worker: bool) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        StartRefused: it cannot start; the sentence says why.
    """
    observability.init(SENTRY_PROJECT)
    uvloop.run(_serve(settings, worker=worker))
    observability.close()


def work(settings: Settings) -> None:
    """Run a worker without HTTP until SIGINT or SIGTERM.

    Raises:
        StartRefused: it cannot start; the sentence says why.
    """
    observability.init(SENTRY_PROJECT)
    uvloop.run(_work(settings))
    observability.close()


async def _serve(settings: Settings, *, worker: bool) -> None:
    listening = _listen(settings.host, settings.port)
    with listening:
        app = create_app(settings, worker=worker)
        lifespan = app.router.lifespan_context
        # Streams and waits end by the feed's closing, each with a whole answer.
        AppStatus.disable_automatic_graceful_drain()  # type: ignore[no-untyped-call]  # it is
        # The gateway starts before uvicorn does, so that a refusal is a sentence, not a traceback.
        async with lifespan(app):
            server = _Server(
                uvicorn.Config(
                    app,
                    lifespan="off",
                    loop="none",
                    http="httptools",
                    ws="none",
                    access_log=False,
                    log_config=None,
                    server_header=False,
                    date_header=False,
                    timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
                    timeout_keep_alive=75,
                ),
                on_started=lambda: _announce(listening),
                on_stopping=lambda: app.state.gateway.feed.close(),
            )
            await server.serve(sockets=[listening])


async def _work(settings: Settings) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with open_gateway(settings, worker=True):
        _say({"event": "working"})
        await ended.wait()


class _Server(uvicorn.Server):
    """uvicorn, telling when it begins and ceases to accept, and ending without a signal."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        on_started: Callable[[], None],
        on_stopping: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._on_started = on_started
        self._on_stopping = on_stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stopping()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop serving on a signal. uvicorn's own way kills the process before we can clean up."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGINT, signal.SIGTERM)
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        raise StartRefused(
            f"The gateway cannot listen on {host}:{port}: {error.strerror or error}. "
            "Give another one with --port, or --port 0 for any that is free."
        ) from error
    listening.setblocking(False)
    return listening


def _announce(listening: socket.socket) -> None:
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    _say({"event": "listening", "url": f"http://{shown}:{port}"})


def _say(event: dict[str, str]) -> None:
    with suppress(BrokenPipeError):
        sys.stdout.write(json.dumps(event) + "\n")
        sys.stdout.flush()
