"""Files to and from ComfyUI: ``/view`` streamed under a size limit, ``/upload/image``."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

import aiohttp

import observability
from comfyui_gateway.clients.comfyui.answers import folders, is_plain, mapping, text_or_none
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
_MISSING = frozenset({400, 403, 404})
_REFUSED = frozenset({400, 403})


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
        with self._http.failures():
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
            with self._http.failures():
                return await self._response.read()
        return b"".join([chunk async for chunk in self])


@asynccontextmanager
async def opened(http: Http, asset: Asset, limit: int) -> AsyncIterator[AssetBody]:
    """The body of ``asset``; see ``ComfyUI.view``."""
    params = {"filename": asset.filename, "subfolder": asset.subfolder, "type": asset.kind}
    async with http.stream("/view", params) as response:
        if response.status in _MISSING:
            raise AssetMissing(f"ComfyUI at {http.name} does not have {asset.filename}.")
        if response.status != HTTPStatus.OK:
            raise http.unexpected("GET", "/view", response.status)
        if response.content_type == "text/html":  # which ComfyUI never serves from /view
            raise ComfyUIProtocolError(f"{http.name} answers GET /view with a web page.")
        size = response.content_length
        if size is None and "Transfer-Encoding" not in response.headers:
            raise ComfyUIProtocolError(
                f"{http.name} does not say where {asset.filename} ends, so nobody can tell half "
                "of it from the whole."
            )
        if size is not None and size > limit:
            raise _too_large(asset, limit)
        yield AssetBody(response, http, asset, limit)


async def upload(
    http: Http, source: Source, *, filename: str, subfolder: str, overwrite: bool
) -> UploadedInput:
    """Sends ``source`` to ComfyUI's input folder; see ``ComfyUI.upload``."""
    if not all(map(is_plain, [filename, *folders(subfolder)])):
        raise _refused(filename, subfolder)
    form = aiohttp.FormData(quote_fields=False)
    form.add_field("type", "input")
    form.add_field("subfolder", subfolder)
    if overwrite:
        form.add_field("overwrite", "true")
    with source.open("rb") if isinstance(source, Path) else BytesIO(source) as content:
        size = source.stat().st_size if isinstance(source, Path) else len(source)
        form.add_field("image", content, filename=filename)
        with observability.comfyui_api_call("POST", "/upload/image"), http.failures():
            async with http.session.post(
                http.url("/upload/image"), data=form, timeout=http.time_for(size)
            ) as response:
                body = await http.read(response)
    if response.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        raise UploadRejected(f"{filename} is larger than ComfyUI accepts.")
    if response.status in _REFUSED:
        raise _refused(filename, subfolder)
    if response.status != HTTPStatus.OK:
        raise http.unexpected("POST", "/upload/image", response.status)
    answer = mapping(http.parsed("POST", "/upload/image", body), "answer to an upload")
    name, folder = text_or_none(answer.get("name")), answer.get("subfolder", "")
    if (
        name is None
        or not isinstance(folder, str)
        or not all(map(is_plain, [name, *folders(folder)]))
    ):
        raise ComfyUIProtocolError(f"{http.name} does not say where it put the upload.")
    return UploadedInput(filename=name, subfolder="/".join(folders(folder)))


def _too_large(asset: Asset, limit: int) -> AssetTooLarge:
    return AssetTooLarge(f"{asset.filename} is larger than the {limit} bytes allowed.")


def _refused(filename: str, subfolder: str) -> UploadRejected:
    return UploadRejected(f"ComfyUI does not accept {filename!r} in folder {subfolder!r}.")
