"""A server that says what a real ComfyUI said, over real HTTP and a real WebSocket.

It keeps queue, history and sockets as ComfyUI's `server.py` and `execution.py` do, quirks included,
and takes every word about a prompt from its recording. It holds where a test tells it to.
"""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import WSCloseCode, web

from gateway_comfyui_recordings import (
    Answer,
    Json,
    Recording,
    as_object,
    frame,
    recording,
    renamed,
)

Point = Callable[[Json], bool]


@dataclass
class _Prompt:
    prompt_id: str
    client_id: str
    number: int
    stopped: asyncio.Event = field(default_factory=asyncio.Event)


class Hold:
    """A place in the recording where the server waits; `reached` and `release` steer a test."""

    def __init__(self, point: Point) -> None:
        self.point = point
        self._reached = asyncio.Event()
        self._released = asyncio.Event()

    async def reached(self) -> None:
        """Wait until the server is there."""
        async with asyncio.timeout(30):
            await self._reached.wait()

    def release(self) -> None:
        """Let the server go on."""
        self._released.set()

    async def stop_here(self) -> None:
        """Wait for the release."""
        self._reached.set()
        await self._released.wait()


class ReplayComfyUI:
    """Plays one recording for every prompt it accepts, one prompt at a time.

    Attributes:
        submissions: The bodies of all `POST /prompt` so far.
        interrupts: The bodies of all `POST /interrupt`.
        deleted: The prompt ids that were taken out of the queue.
        client_ids: Of all WebSockets so far, in order.
        history_polls: How often `/history` was asked.
        queue_polls: How often `/queue` was asked.
        history_lag: So many requests for a finished prompt's history find nothing.
        refusal: Answers `POST /prompt` in place of the recording.
        socket_status: Answers a WebSocket's handshake with this status instead of opening it.
        forgets_answer: Accepts a prompt, then hangs up without an answer.
        forgets_prompt: Hangs up at `POST /prompt`, and accepts nothing.
        answering: While this is not set, submissions are neither accepted nor answered.
        own_ids: Names prompts itself, as ComfyUI before 0.3.45 did.
        extra: Texts sent before each recorded message.
    """

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.submissions: list[Json] = []
        self.interrupts: list[Json] = []
        self.deleted: list[str] = []
        self.client_ids: list[str] = []
        self.history_polls = 0
        self.queue_polls = 0
        self.history_lag = 0
        self.refusal: Answer | None = None
        self.socket_status: int | None = None
        self.forgets_answer = False
        self.forgets_prompt = False
        self.own_ids = False
        self.extra: tuple[str, ...] = ()
        self.pending: list[_Prompt] = []
        self.running: _Prompt | None = None
        self.history: dict[str, Json] = {}
        self._asked: dict[str, int] = {}
        self.answering = asyncio.Event()
        self.answering.set()
        self._holds: list[Hold] = []
        self._held: Hold | None = None
        self._sockets: dict[str, web.WebSocketResponse] = {}
        self._numbers = itertools.count(1)
        self._work = asyncio.Event()
        self._player: asyncio.Task[None] | None = None
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.add_routes(
            [
                web.get("/ws", self._open_socket),
                web.post("/prompt", self._submit),
                web.get("/queue", self._show_queue),
                web.post("/queue", self._change_queue),
                web.post("/interrupt", self._interrupt),
                web.get("/history/{prompt_id}", self._show_history),
                web.get("/object_info/{node_class}", self._show_class),
            ]
        )
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        self._player = asyncio.create_task(self._play(), name="replay")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._player is not None
        assert self._runner is not None
        self._player.cancel()
        with suppress(asyncio.CancelledError):
            await self._player
        await self.hang_up()
        await self._runner.cleanup()

    def hold_before(self, kind: str) -> Hold:
        """Make it wait before the first recorded message of a type."""
        return self.hold_where(lambda message: message.get("type") == kind)

    def hold_where(self, point: Point) -> Hold:
        """Make it wait before the first recorded message like that."""
        hold = Hold(point)
        self._holds.append(hold)
        return hold

    async def hang_up(self) -> None:
        """End every WebSocket."""
        for socket in list(self._sockets.values()):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def fall_silent(self) -> None:
        """Keep every WebSocket open, and say nothing more on any."""
        self._sockets.clear()

    async def restart(self) -> None:
        """Forget everything, as a restarted ComfyUI has."""
        assert self._player is not None
        self._player.cancel()
        with suppress(asyncio.CancelledError):
            await self._player
        self.pending.clear()
        self.history.clear()
        self.running = None
        await self.hang_up()
        self._player = asyncio.create_task(self._play(), name="replay")

    def accept(self, prompt_id: str, *, client_id: str = "") -> None:
        """Queue a prompt, be it one that is already there: ComfyUI does not look."""
        self.pending.append(_Prompt(prompt_id, client_id, next(self._numbers)))
        self._work.set()

    def copies(self, prompt_id: str) -> int:
        """How often a prompt is in the queue."""
        running = [self.running] if self.running is not None else []
        return sum(prompt.prompt_id == prompt_id for prompt in [*running, *self.pending])

    async def _play(self) -> None:
        while True:
            await self._work.wait()
            self._work.clear()
            while self.pending:
                self.running = self.pending.pop(0)
                await self._run(self.running)
                self.running = None

    async def _run(self, prompt: _Prompt) -> None:
        recorded = self.recording
        theirs = {recorded.prompt_id: prompt.prompt_id, recorded.client_id: prompt.client_id}
        for message in recorded.messages:
            if "sid" in as_object(message.get("data", {})) or message.get("type") == (
                "feature_flags"
            ):
                continue  # what greets a socket
            for hold in [hold for hold in self._holds if hold.point(message)]:
                self._holds.remove(hold)
                self._held = hold
                await hold.stop_here()
            if prompt.stopped.is_set():
                await self._stop(prompt)
                return
            for text in self.extra:
                await self._send(prompt, text)
            if message.get("binary"):
                await self._send(prompt, frame(message))
            else:
                await self._say(prompt, as_object(renamed(message, theirs)))
            if message.get("type") == recorded.end:
                entry = as_object(renamed(recorded.entry, theirs))
                self.history[prompt.prompt_id] = entry

    async def _stop(self, prompt: _Prompt) -> None:
        """Ends a prompt as the recorded interruption ended."""
        recorded = recording("interrupted")
        theirs = {recorded.prompt_id: prompt.prompt_id, recorded.client_id: prompt.client_id}
        end = [message.get("type") for message in recorded.messages].index(recorded.end)
        for message in recorded.messages[end:]:
            await self._say(prompt, as_object(renamed(message, theirs)))
        self.history[prompt.prompt_id] = as_object(renamed(recorded.entry, theirs))

    async def _say(self, prompt: _Prompt, message: Json) -> None:
        await self._send(
            prompt, json.dumps({key: message[key] for key in ("type", "data") if key in message})
        )

    async def _send(self, prompt: _Prompt, content: str | bytes) -> None:
        socket = self._sockets.get(prompt.client_id)
        if socket is None or socket.closed:
            return
        with suppress(ConnectionError):
            if isinstance(content, str):
                await socket.send_str(content)
            else:
                await socket.send_bytes(content)

    async def _open_socket(self, request: web.Request) -> web.StreamResponse:
        if self.socket_status is not None:
            return web.Response(status=self.socket_status)
        client_id = request.query.get("clientId", "")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.client_ids.append(client_id)
        self._sockets[client_id] = socket
        try:
            status = {"exec_info": {"queue_remaining": len(self.pending)}}
            greeting = {"type": "status", "data": {"status": status, "sid": client_id}}
            await socket.send_str(json.dumps(greeting))
            async for _ in socket:
                pass
        except ConnectionError:
            pass
        finally:
            # Whichever socket has that id by now: this leaves a newer one deaf.
            self._sockets.pop(client_id, None)
        return socket

    async def _submit(self, request: web.Request) -> web.Response:
        body = as_object(await request.json())
        self.submissions.append(body)
        await self.answering.wait()
        if self.forgets_prompt:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        answer = self.refusal or self.recording.submitted
        if answer.status == 200:
            prompt_id = "of-its-own" if self.own_ids else str(body["prompt_id"])
            self.accept(prompt_id, client_id=str(body["client_id"]))
            answer = Answer(
                200, answer.media, renamed(answer.body, {self.recording.prompt_id: prompt_id})
            )
        if self.forgets_answer:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(
            status=answer.status, body=answer.content, headers={"Content-Type": answer.media}
        )

    async def _show_queue(self, _: web.Request) -> web.Response:
        self.queue_polls += 1
        running = [self.running] if self.running is not None else []
        return web.json_response(
            {
                "queue_running": [self._entry(prompt) for prompt in running],
                "queue_pending": [self._entry(prompt) for prompt in self.pending],
            }
        )

    def _entry(self, prompt: _Prompt) -> list[object]:
        extra = {"client_id": prompt.client_id}
        return [
            prompt.number,
            prompt.prompt_id,
            self.recording.graph,
            extra,
            self.recording.targets,
        ]

    async def _change_queue(self, request: web.Request) -> web.Response:
        ids = as_object(await request.json())["delete"]
        assert isinstance(ids, list)
        for prompt_id in ids:
            for prompt in self.pending:
                if prompt.prompt_id == prompt_id:
                    self.pending.remove(prompt)
                    self.deleted.append(prompt_id)
                    break
        return web.Response()

    async def _interrupt(self, request: web.Request) -> web.Response:
        body = as_object(await request.json())
        self.interrupts.append(body)
        if self.running is not None and self.running.prompt_id == body.get("prompt_id"):
            self.running.stopped.set()
            if self._held is not None:
                self._held.release()
        return web.Response()

    async def _show_history(self, request: web.Request) -> web.Response:
        self.history_polls += 1
        prompt_id = request.match_info["prompt_id"]
        entry = self.history.get(prompt_id)
        if entry is not None:
            self._asked[prompt_id] = self._asked.get(prompt_id, 0) + 1
            if self._asked[prompt_id] <= self.history_lag:
                entry = None
        return web.json_response({} if entry is None else {prompt_id: entry})

    async def _show_class(self, request: web.Request) -> web.Response:
        name = request.match_info["node_class"]
        makes_output = name.startswith(("Save", "Preview"))
        return web.json_response({name: {"output_node": makes_output}})
