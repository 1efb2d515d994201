"""Keeps every followed prompt moving: by WebSocket messages, or by the queue where they fail."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from comfyui_gateway.clients.comfyui.answers import QueueSnapshot, read_queue
from comfyui_gateway.clients.comfyui.errors import ComfyUIError, PromptBusy
from comfyui_gateway.clients.comfyui.http import Http, closed
from comfyui_gateway.clients.comfyui.limits import Limits
from comfyui_gateway.clients.comfyui.socket import Socket
from comfyui_gateway.clients.comfyui.watch import Watch

_FIRST_DELAY = 0.05
_LONGEST_DELAY = 2.0
_SHORTEST_DELAY = 0.02


class Follower:
    """All prompts followed on one ComfyUI.

    A prompt is *deaf* when ComfyUI's messages about it do not reach us: it was submitted over an
    earlier connection or by an earlier process, or nothing was heard of it for long. One task asks
    ``/queue`` on behalf of all the deaf, and wakes those that are no longer there.
    """

    def __init__(self, http: Http, limits: Limits) -> None:
        self._http = http
        self._limits = limits
        self._watches: dict[str, Watch] = {}
        self._hint = asyncio.Event()
        self._listening_for_status = False
        self._task: asyncio.Task[None] | None = None
        self.socket = Socket(http, limits, on_message=self._dispatch, on_change=self._hint.set)

    async def close(self) -> None:
        """Ends the socket, the task and every run."""
        for watch in self._watches.values():
            watch.fail(closed(self._http.name))
        await self.socket.close()
        if (task := self._task) is not None:
            self._task = None
            task.cancel()
            await asyncio.wait([task])

    def watch_of(self, prompt_id: str) -> Watch | None:
        """The prompt, when it is being followed."""
        return self._watches.get(prompt_id)

    @contextmanager
    def following(self, watch: Watch) -> Iterator[None]:
        """Feeds ``watch`` within the block.

        Raises:
            PromptBusy: That prompt is already being followed here.
        """
        if watch.prompt_id in self._watches:
            raise PromptBusy(f"Prompt {watch.prompt_id} is already running through this client.")
        self._watches[watch.prompt_id] = watch
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._attend(), name="comfyui-follower")
        elif len(self._watches) == 1:
            self._hint.set()
        try:
            yield
        finally:
            del self._watches[watch.prompt_id]

    def doubt(self, watch: Watch) -> None:
        """Lets the queue decide about ``watch``, soon."""
        watch.doubt()
        self._hint.set()

    async def queue(self) -> QueueSnapshot:
        """What ComfyUI runs and will run.

        Raises:
            ComfyUIUnavailable: No answer.
            ComfyUIProtocolError: An answer that is not ComfyUI's.
        """
        return read_queue(await self._http.get("/queue"))

    def _dispatch(self, kind: str, data: Mapping[str, object]) -> None:
        prompt_id = data.get("prompt_id")
        if isinstance(prompt_id, str):
            if (watch := self._watches.get(prompt_id)) is not None:
                watch.feed(kind, data)
        elif kind == "status" and self._listening_for_status:
            self._hint.set()

    async def _attend(self) -> None:
        delay = _FIRST_DELAY
        silent_since: float | None = None
        while True:
            deaf = [watch for watch in self._watches.values() if self._is_deaf(watch)]
            self._listening_for_status = bool(deaf)
            if not deaf:
                delay, silent_since = _FIRST_DELAY, None
                await self._hinted(self._limits.quiet_seconds / 2 if self._watches else None)
                continue
            try:
                queue = await self.queue()
            except ComfyUIError as error:
                now = time.monotonic()
                silent_since = now if silent_since is None else silent_since
                if now - silent_since >= self._limits.patience_seconds:
                    for watch in deaf:
                        watch.fail(error)
            else:
                silent_since = None
                for watch in deaf:
                    if watch.prompt_id in queue:
                        watch.heard = time.monotonic()
                    elif watch.waiting:
                        watch.vanish()
            await asyncio.sleep(_SHORTEST_DELAY)
            await self._hinted(delay)
            delay = min(delay * 1.5, _LONGEST_DELAY)

    def _is_deaf(self, watch: Watch) -> bool:
        if not watch.waiting:
            return False
        if not self.socket.connected or watch.client_id != self.socket.client_id:
            return True
        return time.monotonic() - watch.heard >= self._limits.quiet_seconds

    async def _hinted(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._hint.wait()
        except TimeoutError:
            pass
        self._hint.clear()
