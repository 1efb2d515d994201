"""What answers in ComfyUI's place may be anything: it ends in a typed error and does no harm."""

import gzip
import json
import uuid
import zlib
from collections.abc import Awaitable, Callable

import pytest

from comfyui_gateway.clients.comfyui import (
    ComfyUI,
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    Limits,
)
from gateway_comfyui_impostor import Impostor, Reply, http
from gateway_comfyui_recordings import as_object, document, recording

SIMPLE = recording("ok_emptyimage_saveimage")
LIMIT = 64 * 1024
LIMITS = Limits(
    request_seconds=30,
    quiet_seconds=0.2,
    patience_seconds=0.2,
    cancel_seconds=0.2,
    answer_bytes=LIMIT,
)
HASTY = Limits(request_seconds=0.3, patience_seconds=0.2)

Call = Callable[[ComfyUI], Awaitable[object]]


async def _run(client: ComfyUI) -> object:
    return await client.run(str(uuid.uuid4()), SIMPLE.graph, on_event=lambda _: None)


async def _resume(client: ComfyUI) -> object:
    return await client.run(str(uuid.uuid4()), SIMPLE.graph, on_event=lambda _: None, resume=True)


CALLS: dict[str, Call] = {
    "ready": lambda client: client.ready(),
    "object_info": lambda client: client.object_info(),
    "cancel": lambda client: client.cancel("x"),
    "run": _run,
    "resume": _resume,
}
HTML = b"<!doctype html><title>Welcome to nginx!</title>"
STATS = json.dumps(as_object(document("misc")["system_stats"])["body"]).encode()
BOMB = gzip.compress(b" " * 50_000_000)

NOT_COMFYUI = {
    "a web page": Reply(http(HTML, media="text/html")),
    "a page in place of an error": Reply(http(HTML, media="text/html", status="404 Not Found")),
    "nothing": Reply(http()),
    "no content": Reply(http(status="204 No Content")),
    "not modified": Reply(http(status="304 Not Modified")),
    "half a document": Reply(http(STATS[: len(STATS) // 2])),
    "a document and more": Reply(http(STATS + b"}")),
    "not a number": Reply(http(b'{"system": NaN}')),
    "no UTF-8": Reply(http(b'{"system": "\xff\xfe"}')),
    "a byte order mark": Reply(http(b"\xef\xbb\xbf{}")),
    "a text": Reply(http(b'"system"')),
    "null": Reply(http(b"null")),
    "a deep document": Reply(http(b"[" * 30_000 + b"]" * 30_000)),
    "not HTTP": Reply(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", "close"),
    "HTTP of its own": Reply(b"HTTP/1.1 20x OK\r\n\r\n", "close"),
    "a header without end": Reply(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "close"),
    "a length that is none": Reply(
        http(b"{}", length=None, fields={"Content-Length": "-7"}), "close"
    ),
    "two lengths": Reply(http(b"{}", fields={"Content-Length": "9"}), "close"),
    "a stranger": Reply(http(status="401 Unauthorized")),
    "a fault": Reply(http(b"500 Internal Server Error", status="500 Internal Server Error")),
    "a giant with its size": Reply(http(b"[]", length=LIMIT + 1), "hang"),
    "a giant without its size": Reply(http(length=None), endless=b" " * 65536),
    "a giant in chunks": Reply(
        http(length=None, fields={"Transfer-Encoding": "chunked"}),
        endless=b"1000\r\n" + b" " * 4096 + b"\r\n",
    ),
    "a compressed document": Reply(http(gzip.compress(STATS), fields={"Content-Encoding": "gzip"})),
    "a deflated document": Reply(
        http(zlib.compress(STATS), fields={"Content-Encoding": "deflate"})
    ),
    "a bomb": Reply(http(BOMB, fields={"Content-Encoding": "gzip"})),
    "a bomb in chunks": Reply(
        http(length=None, fields={"Transfer-Encoding": "chunked", "Content-Encoding": "gzip"})
        + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BOMB), BOMB)
    ),
}
NOT_THERE = {
    "no answer": Reply(b"", "close"),
    "a reset": Reply(b"", "reset"),
    "half a head": Reply(b"HTTP/1.1 200 OK\r\nContent-Le", "reset"),
    "half a body": Reply(http(STATS[:20], length=len(STATS)), "close"),
    "half a body and a reset": Reply(http(STATS[:20], length=len(STATS)), "reset"),
    "half of the chunks": Reply(
        http(length=None, fields={"Transfer-Encoding": "chunked"}) + b"5\r\n{    \r\n", "close"
    ),
    "bad gateway": Reply(http(HTML, media="text/html", status="502 Bad Gateway")),
    "unavailable": Reply(http(status="503 Service Unavailable")),
    "gateway timeout": Reply(http(status="504 Gateway Timeout")),
    "too many requests": Reply(http(status="429 Too Many Requests")),
}


async def fails(call: Call, client: ComfyUI, kind: type[ComfyUIError]) -> None:
    with pytest.raises(kind) as caught:
        await call(client)
    assert caught.value.message.endswith(".")
    assert caught.value.advice
    assert caught.value.retryable


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("reply", NOT_COMFYUI)
async def test_what_is_not_comfyui_is_said_not_to_be(reply: str, call: str) -> None:
    other = NOT_COMFYUI[reply]
    async with Impostor(other=other) as there, ComfyUI(there.url, limits=LIMITS) as client:
        await fails(CALLS[call], client, ComfyUIProtocolError)


@pytest.mark.parametrize("call", [name for name in CALLS if name != "run"])
@pytest.mark.parametrize("reply", NOT_THERE)
async def test_what_breaks_off_is_said_not_to_answer(reply: str, call: str) -> None:
    other = NOT_THERE[reply]
    async with Impostor(other=other) as there, ComfyUI(there.url, limits=LIMITS) as client:
        await fails(CALLS[call], client, ComfyUIUnavailable)


@pytest.mark.parametrize("reply", NOT_THERE)
async def test_a_submission_that_breaks_off_is_looked_for_before_it_is_given_up(reply: str) -> None:
    replies = {"/prompt": NOT_THERE[reply]}
    async with Impostor(replies) as there, ComfyUI(there.url, limits=LIMITS) as client:
        await fails(_run, client, ComfyUIUnavailable)
    asked = [line for line in there.requests if not line.startswith("GET /ws")]
    assert asked == ["POST /prompt", "GET /queue"]


@pytest.mark.parametrize("call", CALLS)
async def test_silence_has_an_end(call: str) -> None:
    other = Reply(b"", "hang")
    async with Impostor(other=other) as there, ComfyUI(there.url, limits=HASTY) as client:
        await fails(CALLS[call], client, ComfyUIUnavailable)


async def test_an_answer_in_drips_has_an_end() -> None:
    other = Reply(http(STATS), drip=0.05)
    async with Impostor(other=other) as there, ComfyUI(there.url, limits=HASTY) as client:
        await fails(CALLS["ready"], client, ComfyUIUnavailable)


async def test_nobody_there_is_said() -> None:
    async with ComfyUI("http://127.0.0.1:9", limits=LIMITS) as client:
        for call in CALLS.values():
            with pytest.raises(ComfyUIUnavailable, match="nothing listens there"):
                await call(client)


async def test_an_unknown_host_is_said() -> None:
    async with ComfyUI("http://comfyui.invalid:8188", limits=LIMITS) as client:
        with pytest.raises(ComfyUIUnavailable, match=r"comfyui\.invalid"):
            await client.ready()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("call", CALLS)
async def test_a_redirection_to_another_host_is_not_followed(call: str, status: int) -> None:
    async with Impostor(other=Reply(http(STATS))) as elsewhere:
        there_now = Reply(
            http(status=f"{status} Moved", fields={"Location": f"{elsewhere.url}/queue"})
        )
        async with Impostor(other=there_now) as there, ComfyUI(there.url, limits=LIMITS) as client:
            await fails(CALLS[call], client, ComfyUIProtocolError)
        assert "GET /ws" in " ".join(there.requests) or call not in {"run", "resume"}
        assert elsewhere.requests == []


async def test_what_comes_after_an_answer_is_not_the_next_one() -> None:
    smuggled = http(b'{"system": {"comfyui_version": "smuggled"}}')
    replies = {
        "/object_info": Reply(http(b"{}") + smuggled),
        "/system_stats": Reply(http(STATS)),
    }
    async with Impostor(replies) as there, ComfyUI(there.url, limits=LIMITS) as client:
        assert await client.object_info() == {}
        assert (await client.ready()).system.comfyui_version == "0.3.75"


@pytest.mark.parametrize(
    "stats",
    [
        {"system": None},
        {"system": []},
        {"system": {"comfyui_version": 5}},
        {"system": {}, "devices": {}},
        {"system": {}, "devices": [{}]},
        {"system": {"ram_total": "much"}},
        {"devices": []},
        {"name": "another program"},
    ],
)
async def test_statistics_of_another_program_are_not_comfyuis(stats: object) -> None:
    reply = Reply(http(json.dumps(stats).encode()))
    async with (
        Impostor({"/system_stats": reply}) as there,
        ComfyUI(there.url, limits=LIMITS) as client,
    ):
        await fails(CALLS["ready"], client, ComfyUIProtocolError)


async def test_the_recorded_statistics_are_read() -> None:
    replies = {"/comfy/system_stats": Reply(http(STATS))}
    async with Impostor(replies) as there, ComfyUI(f"{there.url}/comfy/") as client:
        stats = await client.ready()
    assert stats.system.comfyui_version == "0.3.75"
    assert [device.type for device in stats.devices] == ["cpu"]


@pytest.mark.parametrize(
    "node_class", ["SaveImage", "Save Image", "a/b", "../queue", "a?b=c", "a#b", "50%", "Ünïcode"]
)
async def test_any_name_of_a_node_stays_below_its_path(node_class: str) -> None:
    async with Impostor(other=Reply(http(b"{}"))) as there, ComfyUI(there.url) as client:
        assert await client.object_info(node_class) == {}
    (request,) = there.requests
    assert request.startswith("GET /object_info/")
    assert request.count("/") == 2
    assert "?" not in request


@pytest.mark.parametrize("wrong", ["", "127.0.0.1:8188", "ftp://host", "http://", "http://[", "x"])
def test_what_is_no_address_is_refused_at_once(wrong: str) -> None:
    with pytest.raises(ValueError, match="URL"):
        ComfyUI(wrong)


async def test_a_password_in_the_address_is_not_told() -> None:
    async with ComfyUI("http://user:s3cret@127.0.0.1:9") as client:
        assert client.name == "http://127.0.0.1:9"
        with pytest.raises(ComfyUIUnavailable) as caught:
            await client.ready()
    assert "s3cret" not in caught.value.message
    with pytest.raises(ValueError, match="URL") as refused:
        ComfyUI("ftp://user:s3cret@127.0.0.1")
    assert "s3cret" not in str(refused.value)
