"""The client and a real ComfyUI: submit, follow, view, upload, cancel, and the traps for real."""

import io
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import httpx
import pytest
from PIL import Image

from comfyui_gateway.clients.comfyui import (
    Asset,
    AssetMissing,
    ComfyUI,
    ExecutionFailed,
    GraphInvalid,
    Interrupted,
    PromptRejected,
    UploadRejected,
)
from gateway_comfyui_graphs import ApiGraph, new_colour, node, picture, slow_picture, video
from gateway_comfyui_runs import Run, until
from gateway_comfyui_server import ComfyUIServer

# A machine with much else to do may take minutes to start a ComfyUI.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture
async def client(comfyui: ComfyUIServer) -> AsyncIterator[ComfyUI]:
    async with ComfyUI(comfyui.url) as client:
        yield client


@pytest.fixture
def prompt_id() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def prefix(prompt_id: str) -> str:
    """As the gateway has it: a folder of each prompt's own."""
    return f"jobs/{prompt_id}/x"


def png(colour: int, size: int = 32) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (size, size), f"#{colour:06x}").save(content, "PNG")
    return content.getvalue()


async def content_of(client: ComfyUI, asset: Asset) -> bytes:
    async with client.view(asset) as body:
        return await body.read()


def post(comfyui: ComfyUIServer, path: str, body: object) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{comfyui.url}{path}", content=content, timeout=60, trust_env=False)


def history(comfyui: ComfyUIServer, prompt_id: str) -> dict[str, dict[str, object]]:
    answer = httpx.get(f"{comfyui.url}/history/{prompt_id}", timeout=60, trust_env=False)
    entries: dict[str, dict[str, object]] = answer.json()
    return entries


# Submit, follow, view.


async def test_it_says_what_it_is(client: ComfyUI) -> None:
    stats = await client.ready()
    assert stats.system.comfyui_version == "0.3.75"
    assert [device.type for device in stats.devices] == ["cpu"]


async def test_a_picture_is_made_followed_and_fetched(
    client: ComfyUI, prompt_id: str, prefix: str
) -> None:
    colour = new_colour()
    run = Run(client, prompt_id, picture(prefix, colour=colour))
    execution = await run.ended()
    (asset,) = execution.outputs
    assert (asset.node_id, asset.subfolder, asset.kind) == ("2", f"jobs/{prompt_id}", "output")
    assert not asset.cached
    async with client.view(asset) as body:
        assert body.media == asset.media == "image/png"
        content = await body.read()
        assert body.size == len(content)
    image = Image.open(io.BytesIO(content))
    assert image.getpixel((5, 5)) == ((colour >> 16) & 255, (colour >> 8) & 255, colour & 255)
    assert run.kinds[:2] == ["submitted", "started"]
    assert run.kinds[-1] == "finished"
    assert [event.assets for event in run.events if event.kind == "files"] == [execution.outputs]
    assert [run.node_id for run in execution.nodes if not run.cached] == ["1", "2"]


async def test_a_video_is_made_and_fetched(client: ComfyUI, prompt_id: str, prefix: str) -> None:
    (asset,) = (await Run(client, prompt_id, video(prefix)).ended()).outputs
    assert asset.media == "video/mp4"
    assert asset.animated
    assert (await content_of(client, asset))[4:8] == b"ftyp"


async def test_what_travels_beside_the_graph_is_not_written_into_pictures(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    secret = {"sentry-trace": uuid.uuid4().hex}
    execution = await client.run(
        prompt_id, picture(prefix), on_event=lambda _: None, extra_data=secret
    )
    assert secret["sentry-trace"].encode() not in await content_of(client, execution.outputs[0])
    prompt = history(comfyui, prompt_id)[prompt_id]["prompt"]
    assert isinstance(prompt, list)
    assert prompt[3]["sentry-trace"] == secret["sentry-trace"]


async def test_many_prompts_at_once_each_get_their_own_files(client: ComfyUI) -> None:
    ids = [str(uuid.uuid4()) for _ in range(16)]
    runs = [Run(client, prompt_id, picture(f"jobs/{prompt_id}/x")) for prompt_id in ids]
    for prompt_id, run in zip(ids, runs, strict=True):
        (asset,) = (await run.ended()).outputs
        assert asset.subfolder == f"jobs/{prompt_id}"


async def test_a_second_client_takes_up_what_a_first_left(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    graph = slow_picture(prefix)
    async with ComfyUI(comfyui.url) as first:
        run = Run(first, prompt_id, graph)
        await until(lambda: "node_started" in run.kinds)
        run.task.cancel()
        await until(run.task.done)
    assert prompt_id in comfyui.queue()[0]
    execution = await Run(client, prompt_id, graph, resume=True).ended()
    assert [asset.filename for asset in execution.outputs] == ["x_00001_.png"]
    again = await Run(client, prompt_id, graph, resume=True).ended()
    assert again.outputs == execution.outputs


# Identical prompts.


async def test_an_identical_prompt_returns_old_files_and_says_so(
    client: ComfyUI, prefix: str
) -> None:
    graph = picture(prefix)
    (first,) = (await Run(client, str(uuid.uuid4()), graph).ended()).outputs
    run = Run(client, str(uuid.uuid4()), graph)
    execution = await run.ended()
    (second,) = execution.outputs
    assert second.filename == first.filename
    assert second.cached
    assert not first.cached
    assert all(node.cached for node in execution.nodes)
    assert "node_started" not in run.kinds


async def test_a_prefix_of_its_own_gives_each_prompt_its_own_file(client: ComfyUI) -> None:
    colour = new_colour()
    made = []
    for _ in range(2):
        prompt_id = str(uuid.uuid4())
        graph = picture(f"jobs/{prompt_id}/x", colour=colour)
        (asset,) = (await Run(client, prompt_id, graph).ended()).outputs
        assert (asset.subfolder, asset.filename) == (f"jobs/{prompt_id}", "x_00001_.png")
        assert not asset.cached
        made.append(await content_of(client, asset))
    assert [Image.open(io.BytesIO(content)).size for content in made] == [(64, 64), (64, 64)]


# What ComfyUI refuses, and what fails in it.


async def test_a_value_out_of_range_is_refused_by_name(client: ComfyUI, prompt_id: str) -> None:
    graph = picture("x", size=-5)
    refused = await Run(client, prompt_id, graph).failed(PromptRejected)
    assert {problem.input_name for problem in refused.problems} == {"width", "height"}
    assert all(problem.class_type == "EmptyImage" for problem in refused.problems)
    assert not refused.partial


async def test_a_node_that_is_not_there_is_refused_by_name(client: ComfyUI, prompt_id: str) -> None:
    graph = picture("x") | {"1": node("NoSuchNode")}
    refused = await Run(client, prompt_id, graph).failed(PromptRejected)
    assert "NoSuchNode" in refused.message


async def test_a_bad_output_beside_a_good_one_leaves_nothing_running(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    graph = slow_picture(prefix)
    graph["bad"] = node("LoadImage", image=f"{prompt_id}.png")
    graph["seen"] = node("PreviewImage", images=["bad", 0])
    refused = await Run(client, prompt_id, graph).failed(PromptRejected)
    assert refused.partial
    assert [problem.node_id for problem in refused.problems] == ["bad"]
    assert comfyui.queue() == ([], [])


async def test_resuming_a_prompt_of_which_only_a_part_was_taken_refuses_it(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    graph = picture(prefix)
    graph["bad"] = node("LoadImage", image=f"{prompt_id}.png")
    graph["seen"] = node("PreviewImage", images=["bad", 0])
    accepted = post(comfyui, "/prompt", {"prompt": graph, "prompt_id": prompt_id})
    assert accepted.status_code == 200
    assert accepted.json()["node_errors"]
    refused = await Run(client, prompt_id, graph, resume=True).failed(PromptRejected)
    assert refused.partial
    assert [problem.node_id for problem in refused.problems] == ["seen"]


async def test_a_node_that_raises_is_named(client: ComfyUI, prompt_id: str, prefix: str) -> None:
    failed = await Run(client, prompt_id, video(prefix, size=63)).failed(ExecutionFailed)
    assert (failed.node_id, failed.class_type) == ("3", "SaveVideo")
    assert failed.exception_type
    assert failed.traceback
    assert [run.node_id for run in failed.nodes if run.error] == ["3"]


@pytest.mark.parametrize("body", [b"not json", b'{"prompt": [1, 2]}'])
async def test_what_comfyui_answers_with_a_bare_500_is_never_sent(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, body: bytes
) -> None:
    answer = post(comfyui, "/prompt", body)
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    shapes: list[object] = [[1, 2], "x", None, {"1": "x"}, {"1": {"class_type": 3}}, {}]
    for shape in shapes:
        graph: ApiGraph = shape  # type: ignore[assignment]
        await Run(client, prompt_id, graph).failed(GraphInvalid)
    unwritable: ApiGraph = {"1": node("EmptyImage", width=1 << 70)}
    await Run(client, prompt_id, unwritable).failed(GraphInvalid)
    assert history(comfyui, prompt_id) == {}


async def test_a_node_is_looked_up_by_any_name(client: ComfyUI) -> None:
    save = (await client.object_info("SaveImage"))["SaveImage"]
    assert isinstance(save, dict)
    assert save["output_node"] is True
    for unknown in ("NoSuchNode", "a/b", "a b?c#d%", "Ünïcode"):
        assert await client.object_info(unknown) == {}


# Duplicates.


async def test_surplus_copies_of_a_prompt_do_not_run(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    before = Run(client, str(uuid.uuid4()), slow_picture(f"{prefix}-before"))
    await until(lambda: "node_started" in before.kinds)
    graph = picture(prefix)
    for _ in range(3):
        submission = {"prompt": graph, "prompt_id": prompt_id}
        assert post(comfyui, "/prompt", submission).status_code == 200
    assert comfyui.queue()[1] == [prompt_id] * 3
    run = Run(client, prompt_id, graph, resume=True)
    await until(lambda: comfyui.queue()[1].count(prompt_id) <= 1)
    (asset,) = (await run.ended()).outputs
    assert (asset.filename, asset.cached) == ("x_00001_.png", False)
    await before.ended()
    assert comfyui.queue() == ([], [])


# Cancel.


async def test_a_running_prompt_is_stopped(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    run = Run(client, prompt_id, slow_picture(prefix, steps=40))
    await until(lambda: "node_started" in run.kinds)
    assert await client.cancel(prompt_id)
    stopped = await run.failed(Interrupted)
    assert stopped.requested
    assert stopped.node_id is not None
    status = history(comfyui, prompt_id)[prompt_id]["status"]
    assert isinstance(status, dict)
    assert status["status_str"] == "error"
    assert comfyui.queue() == ([], [])


async def test_a_prompt_that_somebody_else_stopped_is_no_failure_of_its_own(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    run = Run(client, prompt_id, slow_picture(prefix, steps=40))
    await until(lambda: "node_started" in run.kinds)
    async with ComfyUI(comfyui.url) as other:
        assert await other.cancel(prompt_id)
    assert not (await run.failed(Interrupted)).requested


async def test_a_pending_prompt_is_taken_out_where_interrupting_does_nothing(
    client: ComfyUI, comfyui: ComfyUIServer, prompt_id: str, prefix: str
) -> None:
    before_id = str(uuid.uuid4())
    before = Run(client, before_id, slow_picture(f"{prefix}-before", steps=40))
    await until(lambda: "node_started" in before.kinds)
    run = Run(client, prompt_id, picture(prefix))
    await until(lambda: prompt_id in comfyui.queue()[1])
    assert post(comfyui, "/interrupt", {"prompt_id": prompt_id}).status_code == 200
    assert comfyui.queue() == ([before_id], [prompt_id])
    assert await client.cancel(prompt_id)
    stopped = await run.failed(Interrupted)
    assert stopped.requested
    assert stopped.node_id is None
    assert comfyui.queue() == ([before_id], [])
    assert history(comfyui, prompt_id) == {}
    assert await client.cancel(before_id)
    await before.failed(Interrupted)


async def test_a_prompt_is_stopped_at_whatever_moment(client: ComfyUI, prefix: str) -> None:
    for seen in (0, 0, 1, 1, 2, 3, 4):
        prompt_id = str(uuid.uuid4())
        run = Run(client, prompt_id, slow_picture(f"{prefix}-{prompt_id}", steps=40))
        await until(lambda: len(run.events) >= seen)  # noqa: B023
        assert await client.cancel(prompt_id)
        assert (await run.failed(Interrupted)).requested


async def test_cancelling_what_has_ended_changes_nothing(
    client: ComfyUI, prompt_id: str, prefix: str
) -> None:
    graph = picture(prefix)
    execution = await Run(client, prompt_id, graph).ended()
    assert await client.cancel(prompt_id)
    assert (await Run(client, prompt_id, graph, resume=True).ended()).outputs == execution.outputs


# Upload, and view again.


async def test_an_uploaded_picture_can_be_loaded(
    client: ComfyUI, prompt_id: str, prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "source.png"
    file.write_bytes(png(0x123456))
    put = await client.upload(file, filename='ä "quoted" name.png', subfolder=f"jobs/{prompt_id}")
    assert put.reference == f'jobs/{prompt_id}/ä "quoted" name.png'
    graph = {
        "1": node("LoadImage", image=put.reference),
        "2": node("SaveImage", images=["1", 0], filename_prefix=prefix),
    }
    (asset,) = (await Run(client, prompt_id, graph).ended()).outputs
    image = Image.open(io.BytesIO(await content_of(client, asset)))
    assert image.getpixel((1, 1)) == (0x12, 0x34, 0x56)


async def test_an_upload_may_get_another_name(client: ComfyUI, prompt_id: str) -> None:
    folder, name = f"jobs/{prompt_id}", "a.png"
    first = await client.upload(png(1), filename=name, subfolder=folder)
    same = await client.upload(png(1), filename=name, subfolder=folder)
    other = await client.upload(png(2), filename=name, subfolder=folder)
    assert (first.filename, same.filename, other.filename) == (name, name, "a (1).png")
    over = await client.upload(png(3), filename=name, subfolder=folder, overwrite=True)
    assert over.filename == name
    stored = Asset("", name, folder, "input", "image/png")
    assert await content_of(client, stored) == png(3)


async def test_a_large_upload_arrives_whole(
    client: ComfyUI, prompt_id: str, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 20_000
    file = tmp_path / "large"
    file.write_bytes(content)
    for source, name in ((file, "file.bin"), (content, "bytes.bin")):
        put = await client.upload(source, filename=name, subfolder=prompt_id)
        stored = Asset("", put.filename, put.subfolder, "input", "application/octet-stream")
        async with client.view(stored) as body:
            assert b"".join([chunk async for chunk in body]) == content


async def test_more_than_comfyui_takes_is_refused(client: ComfyUI, tmp_path: Path) -> None:
    file = tmp_path / "giant"
    with file.open("wb") as giant:
        giant.truncate(101 * 1024 * 1024)
    with pytest.raises(UploadRejected, match="larger"):
        await client.upload(file, filename="giant.bin")


@pytest.mark.parametrize(
    "asset",
    [
        Asset("", "missing.png", "", "output", "image/png"),
        Asset("", "missing.png", "no/such/folder", "output", "image/png"),
        Asset("", "../../etc/passwd", "", "output", "image/png"),
        Asset("", "passwd", "../../../etc", "output", "image/png"),
        Asset("", "x.png", "", "no such kind", "image/png"),
    ],
)
async def test_what_comfyui_does_not_have_is_missing(client: ComfyUI, asset: Asset) -> None:
    with pytest.raises(AssetMissing):
        await content_of(client, asset)


# The trap of the deaf socket, for real.


async def test_a_second_socket_with_the_same_id_goes_deaf_in_comfyui(
    comfyui: ComfyUIServer, client: ComfyUI, prefix: str
) -> None:
    name = uuid.uuid4().hex
    async with aiohttp.ClientSession() as session:
        older = await session.ws_connect(f"{comfyui.url}/ws?clientId={name}")
        await older.receive(timeout=60)
        newer = await session.ws_connect(f"{comfyui.url}/ws?clientId={name}")
        greeting = await newer.receive_json(timeout=60)
        assert greeting["data"]["sid"] == name
        await older.close()
        prompt_id = str(uuid.uuid4())
        submission = {"prompt": picture(prefix), "prompt_id": prompt_id, "client_id": name}
        assert post(comfyui, "/prompt", submission).status_code == 200
        await until(lambda: history(comfyui, prompt_id))
        heard = []
        while True:
            try:
                heard.append((await newer.receive_json(timeout=0.5))["type"])
            except (TimeoutError, TypeError):
                break
        await newer.close()
    assert "execution_success" not in heard
    # Ours hears, whoever else has been there.
    run = Run(client, str(uuid.uuid4()), picture(f"{prefix}-2"))
    await run.ended()
    assert "node_started" in run.kinds
