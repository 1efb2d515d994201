"""Three ways to the same image: ComfyUI itself, `comfy-api-proxy`, and the gateway.

Each contender's `image(n)` sends one prompt, waits until it ran, and returns the PNG's bytes: what
a user of it would do, over connections that stay open. Each uses the quickest way to wait that its
server offers: ComfyUI's WebSocket, the proxy's event stream, the gateway's `Prefer: wait`
with the file as its answer.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol

import aiohttp
import orjson

_POLL = 0.002
WAIT = aiohttp.ClientTimeout(total=60)
PNG = b"\x89PNG"


class Contender(Protocol):
    """One way to get an image."""

    name: str

    async def image(self, number: int) -> bytes:
        """The PNG of prompt `number`; numbers are not repeated, so that nothing is cached."""


def graph(number: int, folder: str, size: int) -> dict[str, Any]:
    """The smallest real prompt: one plain image, saved. Its colour makes it new."""
    colour = {"width": size, "height": size, "batch_size": 1, "color": number % 0x1000000}
    save = {"images": ["1", 0], "filename_prefix": f"{folder}/{number}/image"}
    return {
        "1": {"class_type": "EmptyImage", "inputs": colour},
        "2": {"class_type": "SaveImage", "inputs": save},
    }


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = await response.read()
    if response.status >= 400:
        raise RuntimeError(f"{response.url} answered {response.status}: {body[:300]!r}")
    return body


async def _json(response: aiohttp.ClientResponse) -> Any:
    return orjson.loads(await _body(response))


class Direct:
    """ComfyUI itself: submit, wait on one shared WebSocket, read the history, fetch the file."""

    name = "direct"

    def __init__(self, url: str, session: aiohttp.ClientSession, size: int, client: str) -> None:
        self._url, self._session, self._size, self._client = url, session, size, client
        self._ended: dict[str, asyncio.Future[None]] = {}

    async def listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Resolve what waits for a prompt's end; returns when the socket closes."""
        async for message in socket:
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            event = orjson.loads(message.data)
            if event["type"] in {"execution_success", "execution_error"}:
                ended = self._ended.pop(event["data"]["prompt_id"], None)
                if ended is not None and not ended.done():
                    ended.set_result(None)

    async def image(self, number: int) -> bytes:
        """See `Contender`."""
        prompt = str(uuid.uuid4())
        ended = self._ended[prompt] = asyncio.get_running_loop().create_future()
        body = {
            "prompt": graph(number, "direct", self._size),
            "prompt_id": prompt,
            "client_id": self._client,
        }
        async with self._session.post(f"{self._url}/prompt", json=body) as response:
            await _json(response)
        await asyncio.wait_for(ended, 60)
        history: dict[str, Any] = {}
        while prompt not in history:  # it is written after the event
            async with self._session.get(f"{self._url}/history/{prompt}") as response:
                history = await _json(response)
        (file,) = history[prompt]["outputs"]["2"]["images"]
        async with self._session.get(f"{self._url}/view", params=file) as response:
            return await _body(response)


class Proxy:
    """`comfy-api-proxy`: the official API v2 in front of the same ComfyUI."""

    name = "comfy-api-proxy"

    def __init__(self, url: str, session: aiohttp.ClientSession, size: int) -> None:
        self._url, self._session, self._size = url, session, size

    async def image(self, number: int) -> bytes:
        """See `Contender`."""
        body = {"workflow": graph(number, "proxy", self._size)}
        async with self._session.post(f"{self._url}/api/v2/jobs", json=body) as response:
            job = await _json(response)
        url = f"{self._url}/api/v2/jobs/{job['id']}"
        async with self._session.get(f"{url}/events") as events:
            # The stream ends with the job, but for a rare one that hangs for its heartbeat's 15 s,
            # and it is refused where many are open: "poll instead".
            with suppress(TimeoutError):
                await asyncio.wait_for(events.read(), 0.5)
        while job["status"] != "failed" and not job["outputs"]:  # they may lag behind the status
            async with self._session.get(url) as response:
                job = await _json(response)
            if not job["outputs"]:
                await asyncio.sleep(_POLL)
        (output,) = job["outputs"]
        async with self._session.get(output["url"]) as response:
            return await _body(response)


class Gateway:
    """The gateway: durable job, worker, ComfyUI, output kept, all behind one request."""

    name = "gateway"

    def __init__(self, url: str, session: aiohttp.ClientSession, size: int) -> None:
        self._url, self._session, self._size = url, session, size

    async def image(self, number: int) -> bytes:
        """See `Contender`."""
        url = f"{self._url}/api/workflows/benchmark/execute?answer=output"
        body = {"parameters": {"color": number % 0x1000000, "size": self._size}}
        async with self._session.post(url, json=body, headers={"Prefer": "wait=60"}) as response:
            return await _body(response)


@asynccontextmanager
async def contenders(
    comfyui: str, proxy: str, gateway: str, *, size: int
) -> AsyncIterator[list[Contender]]:
    """The three of them over open connections, for images of `size` pixels a side."""
    client = uuid.uuid4().hex
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=WAIT, json_serialize=_dumps) as session,
        session.ws_connect(f"{comfyui}/ws", params={"clientId": client}) as socket,
    ):
        direct = Direct(comfyui, session, size, client)
        listening = asyncio.create_task(direct.listen(socket))
        try:
            yield [direct, Proxy(proxy, session, size), Gateway(gateway, session, size)]
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


def _dumps(value: Any) -> str:
    return orjson.dumps(value).decode()
