"""Files from ComfyUI come whole or not at all, and go there only by a plain name."""

import asyncio
import errno
import gzip
import hashlib
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest

from comfyui_gateway.clients.comfyui import (
    Asset,
    AssetMissing,
    AssetTooLarge,
    ComfyUI,
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    Limits,
    UploadRejected,
)
from gateway_comfyui_impostor import Impostor, Reply, chunked, http
from gateway_comfyui_recordings import as_object, document

PICTURE = bytes(number * number % 251 for number in range(300_000))
HALF = PICTURE[: len(PICTURE) // 2]
ASSET = Asset("2", "x_00001_.png", "jobs/1", "output", "image/png")
LIMIT = 1_000_000

Way = Callable[..., Awaitable[bytes]]


def picture(body: bytes = PICTURE, fields: Mapping[str, str] | None = None) -> bytes:
    return http(body, media="image/png", fields=fields)


WHOLE = {
    "with its size": Reply(picture()),
    "and the connection ends": Reply(picture(), "close"),
    "in chunks": Reply(chunked(PICTURE[:1000], PICTURE[1000:])),
    "and more than it said": Reply(picture() + b"more", "close"),
}
HALVES = {
    "closed": Reply(http(HALF, media="image/png", length=len(PICTURE)), "close"),
    "reset": Reply(http(HALF, media="image/png", length=len(PICTURE)), "reset"),
    "closed before its body": Reply(http(media="image/png", length=len(PICTURE)), "close"),
    "closed between chunks": Reply(chunked(HALF, whole=False), "close"),
    "reset between chunks": Reply(chunked(HALF, whole=False), "reset"),
    "closed within a chunk": Reply(
        http(media="image/png", length=None, fields={"Transfer-Encoding": "chunked"})
        + b"fff\r\nabc",
        "close",
    ),
    "bad gateway": Reply(http(status="502 Bad Gateway")),
    "unavailable": Reply(http(status="503 Service Unavailable")),
}
NOT_FILES = {
    "without its size": Reply(http(HALF, media="image/png", length=None), "close"),
    "a web page": Reply(http(b"<html></html>", media="text/html; charset=utf-8")),
    "compressed": Reply(picture(gzip.compress(PICTURE), fields={"Content-Encoding": "gzip"})),
    "a bomb": Reply(
        picture(gzip.compress(b"\0" * 50_000_000), fields={"Content-Encoding": "gzip"})
    ),
    "a chunk of no size": Reply(
        http(media="image/png", length=None, fields={"Transfer-Encoding": "chunked"})
        + b"zz\r\nabc\r\n",
        "close",
    ),
    "a fault": Reply(http(status="500 Internal Server Error")),
    "no content": Reply(http(status="204 No Content")),
    "a part": Reply(picture(HALF).replace(b"200 OK", b"206 Partial Content")),
    "a login": Reply(http(status="401 Unauthorized")),
    "not HTTP": Reply(b"\x89PNG\r\n\x1a\n" + PICTURE, "close"),
}


async def streamed(client: ComfyUI, asset: Asset = ASSET, *, limit: int | None = LIMIT) -> bytes:
    received = b""
    async with client.view(asset, limit=limit) as body:
        async for chunk in body:
            received += chunk
    return received


async def read(client: ComfyUI, asset: Asset = ASSET, *, limit: int | None = LIMIT) -> bytes:
    async with client.view(asset, limit=limit) as body:
        return await body.read()


# View.


@pytest.mark.parametrize("way", [streamed, read])
@pytest.mark.parametrize("reply", WHOLE)
async def test_a_whole_file_is_read(reply: str, way: Way) -> None:
    async with Impostor({"/view": WHOLE[reply]}) as there, ComfyUI(there.url) as client:
        assert hashlib.sha256(await way(client)).digest() == hashlib.sha256(PICTURE).digest()
    (request,) = there.requests
    assert "filename=x_00001_.png&subfolder=jobs/1&type=output" in request


@pytest.mark.parametrize("way", [streamed, read])
@pytest.mark.parametrize("reply", HALVES)
async def test_half_a_file_does_not_count(reply: str, way: Way) -> None:
    async with Impostor({"/view": HALVES[reply]}) as there, ComfyUI(there.url) as client:
        with pytest.raises(ComfyUIUnavailable):
            await way(client)


@pytest.mark.parametrize("way", [streamed, read])
@pytest.mark.parametrize("reply", NOT_FILES)
async def test_what_comfyui_does_not_serve_is_no_file(reply: str, way: Way) -> None:
    async with Impostor({"/view": NOT_FILES[reply]}) as there, ComfyUI(there.url) as client:
        with pytest.raises(ComfyUIProtocolError):
            await way(client)


@pytest.mark.parametrize("way", [streamed, read])
async def test_a_file_that_stops_coming_is_given_up(way: Way) -> None:
    reply = Reply(http(HALF, media="image/png", length=len(PICTURE)), "hang")
    limits = Limits(silence_seconds=0.3)
    async with Impostor({"/view": reply}) as there, ComfyUI(there.url, limits=limits) as client:
        with pytest.raises(ComfyUIUnavailable):
            await way(client)


async def test_a_file_may_take_longer_than_an_answer_as_long_as_it_comes() -> None:
    reply = Reply(picture(PICTURE[:40]), drip=0.005)
    limits = Limits(request_seconds=0.2, silence_seconds=30)
    async with Impostor({"/view": reply}) as there, ComfyUI(there.url, limits=limits) as client:
        assert await streamed(client) == PICTURE[:40]


@pytest.mark.parametrize("way", [streamed, read])
@pytest.mark.parametrize("limit", [0, 1, len(PICTURE) - 1])
@pytest.mark.parametrize("reply", ["with its size", "in chunks"])
async def test_a_file_over_the_limit_is_not_taken(reply: str, limit: int, way: Way) -> None:
    async with Impostor({"/view": WHOLE[reply]}) as there, ComfyUI(there.url) as client:
        with pytest.raises(AssetTooLarge):
            await way(client, limit=limit)
        assert await way(client, limit=len(PICTURE)) == PICTURE


@pytest.mark.parametrize("way", [streamed, read])
async def test_a_file_without_end_stops_at_the_limit(way: Way) -> None:
    chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
    head = http(media="image/png", length=None, fields={"Transfer-Encoding": "chunked"})
    reply = Reply(head, endless=chunk)
    limits = Limits(asset_bytes=LIMIT)
    async with Impostor({"/view": reply}) as there, ComfyUI(there.url, limits=limits) as client:
        with pytest.raises(AssetTooLarge):
            await way(client, limit=None)


async def test_a_file_is_not_fetched_from_another_host() -> None:
    async with Impostor(other=WHOLE["with its size"]) as elsewhere:
        moved = Reply(http(status="302 Found", fields={"Location": f"{elsewhere.url}/view"}))
        async with Impostor({"/view": moved}) as there, ComfyUI(there.url) as client:
            with pytest.raises(ComfyUIProtocolError, match="redirection"):
                await streamed(client)
        assert elsewhere.requests == []


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), TimeoutError(), KeyError("mine")]
)
async def test_an_error_of_the_reader_stays_its_own(error: Exception) -> None:
    async with Impostor({"/view": WHOLE["in chunks"]}) as there, ComfyUI(there.url) as client:
        with pytest.raises(type(error)) as caught:  # noqa: PT012
            async with client.view(ASSET) as body:
                async for _ in body:
                    raise error
        assert caught.value is error
        assert await streamed(client) == PICTURE


async def test_a_reader_may_leave_early() -> None:
    async with Impostor({"/view": WHOLE["with its size"]}) as there, ComfyUI(there.url) as client:
        for _ in range(3):
            async with client.view(ASSET):
                pass
        assert await streamed(client) == PICTURE


async def test_many_readers_wait_for_a_connection_instead_of_failing() -> None:
    limits = Limits(connections=1, connect_seconds=0.05, silence_seconds=30)
    reply = Reply(picture(PICTURE[:20]), drip=0.002)
    async with Impostor({"/view": reply}) as there, ComfyUI(there.url, limits=limits) as client:
        async with client.view(ASSET) as slow:
            waiting = asyncio.create_task(streamed(client))
            assert await slow.read() == PICTURE[:20]
        assert await waiting == PICTURE[:20]


@pytest.mark.parametrize("name", sorted(set(document("view")) - {"range"}))
async def test_recorded_heads_of_files_are_understood(name: str) -> None:
    recorded = as_object(document("view")[name])
    fields = as_object(recorded["headers"])
    size = int(str(fields["content-length"]))
    lines = [f"HTTP/1.1 {recorded['status']} x", *(f"{key}: {fields[key]}" for key in fields)]
    reply = Reply("\r\n".join([*lines, "", ""]).encode() + PICTURE[:size])
    async with Impostor({"/view": reply}) as there, ComfyUI(there.url) as client:
        if recorded["status"] == 200:
            async with client.view(ASSET) as body:
                assert body.media == fields["content-type"]
                assert body.size == size
                assert await body.read() == PICTURE[:size]
        else:
            with pytest.raises(AssetMissing, match=ASSET.filename):
                await streamed(client)


# Upload.


async def sent(
    reply: Reply, source: bytes | Path = b"pixels", filename: str = "a.png", subfolder: str = ""
) -> tuple[Impostor, str]:
    async with Impostor({"/upload/image": reply}) as there, ComfyUI(there.url) as client:
        put = await client.upload(source, filename=filename, subfolder=subfolder)
    return there, put.reference


def uploaded(body: object) -> Reply:
    return Reply(http(json.dumps(body).encode()))


@pytest.mark.parametrize("name", document("upload"))
async def test_recorded_answers_to_uploads_are_understood(name: str) -> None:
    recorded = as_object(document("upload")[name])
    if recorded["status"] != 200:
        with pytest.raises(UploadRejected):
            await sent(Reply(http(status=f"{recorded['status']} x")))
        return
    body = as_object(recorded["body"])
    _, reference = await sent(uploaded(body))
    assert reference == f"{body['subfolder']}/{body['name']}".lstrip("/")


async def test_an_upload_says_its_name_and_folder(tmp_path: Path) -> None:
    file = tmp_path / "source"
    file.write_bytes(PICTURE)
    answer = uploaded({"name": 'my "b" ü.png', "subfolder": "jobs/1", "type": "input"})
    for source in (file, PICTURE):
        there, reference = await sent(answer, source, 'my "b" ü.png', "jobs/1")
        assert reference == 'jobs/1/my "b" ü.png'
        (body,) = there.bodies
        assert PICTURE in body
        assert 'filename="my \\"b\\" ü.png"'.encode() in body
        assert b'name="subfolder"\r\n\r\njobs/1\r\n' in body
        assert b"overwrite" not in body


@pytest.mark.parametrize(
    ("filename", "subfolder"),
    [
        ("", ""),
        ("..", ""),
        ("../x.png", ""),
        ("/etc/passwd", ""),
        ("a\\b.png", ""),
        ('x.png"\r\nContent-Type: text/html\r\n\r\n', ""),
        ("x\0.png", ""),
        ("x.png", ".."),
        ("x.png", "a/../../b"),
        ("x.png", "a\r\nb"),
        ("x.png", "..\\.."),
    ],
)
async def test_a_name_that_is_a_path_is_not_sent(filename: str, subfolder: str) -> None:
    async with Impostor() as there, ComfyUI(there.url) as client:
        with pytest.raises(UploadRejected):
            await client.upload(b"x", filename=filename, subfolder=subfolder)
    assert there.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        {},
        "a.png",
        {"name": ""},
        {"name": 7},
        {"name": ["a.png"]},
        {"name": "../a.png"},
        {"name": "a/b.png"},
        {"name": "a.png", "subfolder": None},
        {"name": "a.png", "subfolder": "../.."},
        {"name": "a.png", "subfolder": 3},
        {"name": "a.png\n", "subfolder": ""},
    ],
)
async def test_an_upload_that_went_nobody_knows_where_is_refused(answer: object) -> None:
    with pytest.raises(ComfyUIProtocolError):
        await sent(uploaded(answer))


UPLOAD_ERRORS: dict[str, tuple[Reply, type[ComfyUIError]]] = {
    "too large": (Reply(http(status="413 Payload Too Large")), UploadRejected),
    "refused": (Reply(http(status="400 Bad Request")), UploadRejected),
    "forbidden": (Reply(http(status="403 Forbidden")), UploadRejected),
    "a fault": (Reply(http(status="500 x")), ComfyUIProtocolError),
    "not found": (Reply(http(status="404 x")), ComfyUIProtocolError),
    "a web page": (Reply(http(b"<html>", media="text/html")), ComfyUIProtocolError),
    "half": (Reply(http(b'{"name": "a.p')), ComfyUIProtocolError),
    "a giant": (Reply(http(length=None), endless=b" " * 65536), ComfyUIProtocolError),
    "compressed": (
        Reply(http(gzip.compress(b'{"name": "a.png"}'), fields={"Content-Encoding": "gzip"})),
        ComfyUIProtocolError,
    ),
    "moved": (
        Reply(http(status="307 x", fields={"Location": "http://127.0.0.1:9/"})),
        ComfyUIProtocolError,
    ),
    "bad gateway": (Reply(http(status="502 x")), ComfyUIUnavailable),
    "reset": (Reply(b"", "reset", deaf=True), ComfyUIUnavailable),
    "closed": (Reply(b"", "close"), ComfyUIUnavailable),
    "silent": (Reply(b"", "hang"), ComfyUIUnavailable),
    "dead": (Reply(b"", "hang", deaf=True), ComfyUIUnavailable),
}


@pytest.mark.parametrize("case", UPLOAD_ERRORS)
async def test_an_upload_that_fails_says_why(case: str, tmp_path: Path) -> None:
    reply, kind = UPLOAD_ERRORS[case]
    large, hasty = reply.deaf, reply.then == "hang"
    file = tmp_path / "source"
    file.write_bytes(bytes(16_000_000 if large else 3_000_000))  # more than buffers on the way hold
    limits = Limits(
        silence_seconds=0.2 if hasty else 60, slowest_upload=32_000_000, answer_bytes=1_000_000
    )
    async with Impostor({"/upload/image": reply}) as there:
        for source in (file, file.read_bytes()):
            async with ComfyUI(there.url, limits=limits) as client:
                with pytest.raises(kind):
                    await client.upload(source, filename="a.png")


async def test_a_local_file_that_is_not_there_is_no_failure_of_comfyui(tmp_path: Path) -> None:
    async with Impostor() as there, ComfyUI(there.url) as client:
        with pytest.raises(FileNotFoundError):
            await client.upload(tmp_path / "missing", filename="a.png")
    assert there.requests == []
