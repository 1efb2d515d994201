"""Files to and from ComfyUI: ``/view`` streamed under a size limit, ``/upload/image``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import orjson

from comfyui_gateway.clients.comfyui.answers import mapping, text_or_none
from comfyui_gateway.clients.comfyui.errors import (
    AssetMissing,
    AssetTooLarge,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    UploadRejected,
)
from comfyui_gateway.clients.comfyui.execution import Asset, UploadedInput
from comfyui_gateway.clients.comfyui.http import Http

Source = bytes | Path

_CHUNK = 256 * 1024


class AssetBody:
    """The body of a file, to be read once: ``async for chunk in body`` or ``await body.read()``.

    Attributes:
        media: Media type that ComfyUI gives.
        size: In bytes; ``None`` when ComfyUI does not say.
    """

    def __init__(
        self, response: aiohttp.ClientResponse, http: Http, asset: Asset, limit: int
    ) -> None:
        self._response = response
        self._http = http
        self._asset = asset
        self._limit = limit
        self.media = response.content_type
        self.size = response.content_length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async with self._http.failures():
            async for chunk in self._response.content.iter_chunked(_CHUNK):
                received += len(chunk)
                if received > self._limit:
                    raise _too_large(self._asset, self._limit)
                yield chunk
        if self.size is not None and received != self.size:
            raise ComfyUIUnavailable(f"{self._asset.filename} was cut short.")

    async def read(self) -> bytes:
        """All of it, in memory."""
        if self.size is not None and self.size <= self._limit:
            async with self._http.failures():
                return await self._response.read()
        return b"".join([chunk async for chunk in self])


@asynccontextmanager
async def opened(http: Http, asset: Asset, limit: int) -> AsyncIterator[AssetBody]:
    """The body of ``asset``; see ``ComfyUI.view``."""
    params = {"filename": asset.filename, "subfolder": asset.subfolder, "type": asset.kind}
    async with http.stream("/view", params) as response:
        if response.status in {400, 403, 404}:
            raise AssetMissing(f"ComfyUI at {http.name} does not have {asset.filename}.")
        if response.status in {502, 503, 504}:
            raise ComfyUIUnavailable(f"{http.name} answers with status {response.status}.")
        if response.status != 200:
            raise ComfyUIProtocolError(f"{http.name} answers GET /view with {response.status}.")
        if (response.content_length or 0) > limit:
            raise _too_large(asset, limit)
        yield AssetBody(response, http, asset, limit)


async def upload(
    http: Http, source: Source, *, filename: str, subfolder: str, overwrite: bool
) -> UploadedInput:
    """Sends ``source`` to ComfyUI's input folder; see ``ComfyUI.upload``."""
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("type", "input")
    form.add_field("subfolder", subfolder)
    if overwrite:
        form.add_field("overwrite", "true")
    file = source.open("rb") if isinstance(source, Path) else None
    try:
        form.add_field("image", file or source, filename=filename)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=5.0, sock_read=60.0)
        async with (
            http.failures(),
            http.session.post(http.url("/upload/image"), data=form, timeout=timeout) as response,
        ):
            body = await response.read()
    finally:
        if file is not None:
            file.close()
    if response.status == 413:
        raise UploadRejected(f"{filename} is larger than ComfyUI accepts.")
    if response.status in {400, 403}:
        raise UploadRejected(f"ComfyUI does not accept {filename!r} in folder {subfolder!r}.")
    if response.status != 200:
        raise ComfyUIProtocolError(f"{http.name} answers an upload with {response.status}.")
    return _uploaded(http, body)


def _uploaded(http: Http, body: bytes) -> UploadedInput:
    try:
        answer = mapping(orjson.loads(body), "answer to an upload")
    except orjson.JSONDecodeError as error:
        raise ComfyUIProtocolError(f"{http.name} answers an upload with no JSON.") from error
    name = text_or_none(answer.get("name"))
    subfolder = answer.get("subfolder", "")
    if name is None or not isinstance(subfolder, str):
        raise ComfyUIProtocolError(f"{http.name} does not say where it put the upload.")
    return UploadedInput(filename=name, subfolder=subfolder)


def _too_large(asset: Asset, limit: int) -> AssetTooLarge:
    return AssetTooLarge(f"{asset.filename} is larger than the {limit} bytes allowed.")
