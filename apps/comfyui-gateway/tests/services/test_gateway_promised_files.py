"""Files fetched as their nodes announce them, from a server that counts what it is asked."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import pytest

from comfyui_gateway.clients.comfyui import Asset, AssetMissing
from comfyui_gateway.services.comfyui_backends import Backend
from comfyui_gateway.services.job_outputs import OutputStore
from comfyui_gateway.services.promised_files import PromisedFiles
from comfyui_gateway.services.workflow_templates import Plan
from gateway_comfyui_impostor import NOT_FOUND, Impostor, Reply, http
from gateway_comfyui_runs import until

CONTENT = b"\x89PNG of some size"
PICTURE = Reply(http(CONTENT, media="image/png"))

Promise = Callable[[], PromisedFiles]


def asset(name: str = "a.png", *, node: str = "9", kind: str = "output") -> Asset:
    return Asset(node_id=node, filename=name, subfolder="x", kind=kind, media="image/png")


@pytest.fixture
async def comfyui() -> AsyncIterator[Impostor]:
    async with Impostor({"/view": PICTURE}) as server:
        yield server


@pytest.fixture
async def promise(comfyui: Impostor, tmp_path: Path) -> AsyncIterator[Promise]:
    backend, outputs = Backend(comfyui.url), OutputStore(tmp_path / "outputs")
    outputs.prepare()
    async with backend.comfy:
        plan = Plan(graph={}, outputs=("9",))
        yield lambda: PromisedFiles(backend, plan, outputs.attempt(uuid4(), 1))


async def test_an_announced_file_is_fetched_at_once_and_only_once(
    comfyui: Impostor, promise: Promise
) -> None:
    async with promise() as files:
        files.announce([asset()])
        files.announce([asset()])
        await until(lambda: comfyui.requests)
        output = await files.take(asset())
        assert output.sha256 == hashlib.sha256(CONTENT).hexdigest()
        folder = await files.folder()
        assert (folder.path / output.name).read_bytes() == CONTENT
    assert len(comfyui.requests) == 1


async def test_a_file_that_nobody_announced_is_fetched(promise: Promise) -> None:
    async with promise() as files:
        assert (await files.take(asset())).bytes == len(CONTENT)


async def test_what_the_workflow_does_not_promise_is_left_where_it_is(
    comfyui: Impostor, promise: Promise
) -> None:
    async with promise() as files:
        files.announce([asset(node="8"), asset(kind="temp")])
        await files.take(asset("wanted.png"))
    assert [request.partition("filename=")[2][:10] for request in comfyui.requests] == [
        "wanted.png"
    ]


async def test_a_file_that_was_announced_too_early_is_asked_for_again(
    comfyui: Impostor, promise: Promise
) -> None:
    comfyui.replies["/view"] = NOT_FOUND
    async with promise() as files:
        files.announce([asset()])
        await until(lambda: comfyui.requests)
        comfyui.replies["/view"] = PICTURE
        assert (await files.take(asset())).bytes == len(CONTENT)


async def test_a_file_that_is_gone_is_an_error(comfyui: Impostor, promise: Promise) -> None:
    comfyui.replies["/view"] = NOT_FOUND
    async with promise() as files:
        files.announce([asset()])
        with pytest.raises(AssetMissing):
            await files.take(asset())


async def test_nothing_is_being_fetched_after_the_end(comfyui: Impostor, promise: Promise) -> None:
    head = http(CONTENT, media="image/png", length=10_000)
    comfyui.replies["/view"] = Reply(head, then="hang")
    before = asyncio.all_tasks()
    async with promise() as files:
        files.announce([asset(), asset("b.png")])
        await until(lambda: comfyui.requests)
    ours = {task for task in asyncio.all_tasks() - before if "PromisedFiles" in repr(task)}
    assert not ours
