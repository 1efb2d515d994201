"""The one WebSocket to a ComfyUI, reconnected for as long as somebody wants to hear.

Every connection has a client id of its own: ComfyUI forgets the newer of two sockets with the same
id when it notices the death of the older one, and leaves it deaf.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping

import aiohttp
import orjson
import structlog

from comfyui_gateway.clients.comfyui.errors import ComfyUIError, ComfyUIUnavailable
from comfyui_gateway.clients.comfyui.http import Http
from comfyui_gateway.clients.comfyui.limits import Limits

_FIRST_DELAY = 0.05
_LONGEST_DELAY = 2.0

log = structlog.get_logger(__name__)


class Socket:
    """Receives ComfyUI's messages and hands each on as ``(type, data)``.

    Attributes:
        client_id: Of the present connection, or of the one being made.
        connected: ComfyUI has greeted this connection, so what it says reaches us.
    """

    def __init__(
        self,
        http: Http,
        limits: Limits,
        *,
        on_message: Callable[[str, Mapping[str, object]], None],
        on_change: Callable[[], None],
    ) -> None:
        self._http = http
        self._limits = limits
        self._on_message = on_message
        self._on_change = on_change
        self._attempted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.client_id = uuid.uuid4().hex
        self.connected = False

    async def ready(self) -> None:
        """Starts the socket when need be; returns when it is connected or cannot be for now."""
        if self.connected:
            return
        if self._task is None:
            self._task = asyncio.create_task(self._keep_connected(), name="comfyui-socket")
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                await self._attempted.wait()
        except TimeoutError:
            self._attempted.set()

    async def close(self) -> None:
        """Closes the connection and ends its task."""
        if (task := self._task) is not None:
            self._task = None
            task.cancel()
            await asyncio.wait([task])

    async def _keep_connected(self) -> None:
        delay = _FIRST_DELAY
        known_down = False
        while True:
            self.client_id = uuid.uuid4().hex
            began = time.monotonic()
            reason = "ComfyUI closed the connection."
            try:
                await self._listen()
            except ComfyUIError as error:
                reason = error.message
            finally:
                lasted = self.connected and time.monotonic() - began > _LONGEST_DELAY
                self.connected = False
            self._attempted.set()
            self._on_change()
            if lasted:  # one that greets and hangs up at once is not there either
                delay, known_down = _FIRST_DELAY, False
            if not known_down:
                known_down = True
                log.warning("comfyui_socket_lost", comfyui=self._http.name, reason=reason)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    async def _listen(self) -> None:
        """Connects and listens until the connection ends."""
        with self._http.failures():
            async with asyncio.timeout(self._limits.connect_seconds):
                socket = await self._http.session.ws_connect(
                    self._http.url("/ws").with_query(clientId=self.client_id),
                    heartbeat=self._limits.heartbeat_seconds,
                    max_msg_size=self._limits.message_bytes,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
            async with socket:
                while True:
                    message = await socket.receive()
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self._take(message.data)
                    elif message.type is not aiohttp.WSMsgType.BINARY:  # previews are not for us
                        break
        if isinstance(message.data, BaseException):
            raise ComfyUIUnavailable("The WebSocket broke.") from message.data

    def _take(self, text: str) -> None:
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            return
        if not isinstance(message, dict):
            return
        kind, data = message.get("type"), message.get("data")
        if not isinstance(kind, str) or not isinstance(data, dict):
            return
        if not self.connected and kind == "status":
            self.connected = True
            self._attempted.set()
            self._on_change()
        self._on_message(kind, data)
