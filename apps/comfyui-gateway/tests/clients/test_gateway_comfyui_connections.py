"""A real ComfyUI behind a bad network, killed and started again: no prompt is lost or run twice."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest

from comfyui_gateway.clients.comfyui import (
    Asset,
    ComfyUI,
    ComfyUIUnavailable,
    Execution,
    Graph,
    Limits,
    PromptLost,
    UploadedInput,
)
from gateway_comfyui_graphs import picture, slow_picture
from gateway_comfyui_runs import SECONDS, Run, files, until
from gateway_comfyui_server import ComfyUIServer, find_comfyui
from gateway_tcp_proxy import TcpProxy

# What goes quiet is asked about soon; how long anything may take is no matter here.
LIMITS = Limits(quiet_seconds=0.5, patience_seconds=240, silence_seconds=240)

# A machine with much else to do may take minutes to start a ComfyUI.
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyUIServer]:
    """A ComfyUI that a test may kill, if it starts it again."""
    with ComfyUIServer(find_comfyui(), tmp_path_factory.mktemp("mortal")) as server:
        yield server


@pytest.fixture
async def proxy(server: ComfyUIServer) -> AsyncIterator[TcpProxy]:
    async with TcpProxy(server.url) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: TcpProxy) -> AsyncIterator[ComfyUI]:
    async with ComfyUI(proxy.url, limits=LIMITS) as client:
        yield client


@pytest.fixture
def prompt_id() -> str:
    return str(uuid.uuid4())


def graph_of(prompt_id: str, *, slow: bool = True) -> Graph:
    prefix = f"jobs/{prompt_id}/x"
    return slow_picture(prefix, steps=3) if slow else picture(prefix)


async def persistently(client: ComfyUI, prompt_id: str, graph: Graph) -> Execution:
    """As the gateway does: again, with `resume`, for as long as the network is bad."""
    async with asyncio.timeout(SECONDS):
        resume = False
        while True:
            try:
                return await Run(client, prompt_id, graph, resume=resume).ended()
            except ComfyUIUnavailable:
                resume = True


def ran_once(execution: Execution, prompt_id: str) -> None:
    """Its only file is the first that was ever written to the folder of its own."""
    ((_, filename, subfolder, kind),) = files(execution)
    assert (filename, subfolder, kind) == ("x_00001_.png", f"jobs/{prompt_id}", "output")
    assert not any(asset.cached for asset in execution.outputs)


# Cut.


@pytest.mark.parametrize("by_reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("events", [1, 2, 3, 4, 6])
async def test_all_connections_cut_while_a_prompt_runs(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str, events: int, by_reset: bool
) -> None:
    run = Run(client, prompt_id, graph_of(prompt_id))
    await until(lambda: len(run.events) >= events)
    proxy.cut(by_reset=by_reset)
    ran_once(await run.ended(), prompt_id)
    assert run.kinds[-1] == "finished"


@pytest.mark.parametrize("after", [0, 1, 60, 130, 200, 260, 330, 500, 900, 2000])
async def test_connections_cut_after_some_bytes(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str, after: int
) -> None:
    proxy.cut_next(4, after=after)
    graph = graph_of(prompt_id, slow=False)
    ran_once(await persistently(client, prompt_id, graph), prompt_id)


async def test_connections_cut_again_and_again(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str
) -> None:
    running = asyncio.create_task(persistently(client, prompt_id, graph_of(prompt_id)))
    cuts = 0
    while not running.done():
        before = proxy.connections
        proxy.cut(by_reset=cuts % 2 == 0)
        cuts += 1
        await until(lambda: proxy.connections > before or running.done())  # noqa: B023
    ran_once(await running, prompt_id)
    assert cuts > 1


# Slow.


async def test_a_slow_network_only_takes_longer(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str
) -> None:
    proxy.piece, proxy.pause = 200, 0.005
    execution = await Run(client, prompt_id, graph_of(prompt_id)).ended()
    ran_once(execution, prompt_id)
    async with client.view(execution.outputs[0]) as body:
        content = await body.read()
    assert content[:4] == b"\x89PNG"
    assert len(content) == body.size


# Dead.


async def test_a_peer_that_is_dead_for_longer_than_our_patience_is_given_up_and_taken_up_again(
    proxy: TcpProxy, prompt_id: str
) -> None:
    limits = Limits(
        connect_seconds=0.5, request_seconds=0.5, quiet_seconds=0.3, patience_seconds=1.0
    )
    graph = slow_picture(f"jobs/{prompt_id}/x", steps=3)
    async with ComfyUI(proxy.url, limits=LIMITS) as patient:
        first = Run(patient, prompt_id, graph)
        await until(lambda: "node_started" in first.kinds)
        first.task.cancel()
        await until(first.task.done)
        proxy.stop()
        async with ComfyUI(proxy.url, limits=limits) as hasty:
            await Run(hasty, prompt_id, graph, resume=True).failed(ComfyUIUnavailable)
        proxy.go_on()
        ran_once(await Run(patient, prompt_id, graph, resume=True).ended(), prompt_id)


async def test_a_peer_that_dies_while_we_wait_is_noticed(proxy: TcpProxy, prompt_id: str) -> None:
    limits = Limits(request_seconds=15, quiet_seconds=0.3, patience_seconds=0.5)
    async with ComfyUI(proxy.url, limits=limits) as client:
        run = Run(client, prompt_id, slow_picture(f"jobs/{prompt_id}/x", steps=40))
        await until(lambda: "node_started" in run.kinds)
        proxy.stop()
        await run.failed(ComfyUIUnavailable)
        proxy.go_on()
    async with ComfyUI(proxy.url, limits=LIMITS) as client:
        assert await client.cancel(prompt_id)


async def test_a_peer_that_is_dead_for_a_while_costs_nothing(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str
) -> None:
    run = Run(client, prompt_id, graph_of(prompt_id))
    await until(lambda: "node_started" in run.kinds)
    proxy.stop()
    await until(lambda: proxy.swallowed)
    proxy.go_on()
    ran_once(await run.ended(), prompt_id)


# Files.


async def uploaded(client: ComfyUI, content: bytes, prompt_id: str) -> Asset:
    put: UploadedInput = await client.upload(content, filename="noise.bin", subfolder=prompt_id)
    return Asset("", put.filename, put.subfolder, "input", "application/octet-stream")


@pytest.mark.parametrize("after", [1, 1000, 2_000_000])
async def test_a_download_cut_half_way_does_not_count(
    proxy: TcpProxy, prompt_id: str, after: int
) -> None:
    content = bytes(range(256)) * 12_000
    async with ComfyUI(proxy.url, limits=LIMITS) as first:
        asset = await uploaded(first, content, prompt_id)
    async with ComfyUI(proxy.url, limits=LIMITS) as client:
        proxy.cut_next(2, after=after)  # one that brings no answer at all is tried twice
        received = []
        with pytest.raises(ComfyUIUnavailable):
            async with client.view(asset) as body:
                received = [chunk async for chunk in body]
        assert received == []
        proxy.cuts_left = 0
        async with client.view(asset) as body:
            assert await body.read() == content


@pytest.mark.parametrize("by_reset", [False, True], ids=["closed", "reset"])
async def test_an_upload_cut_half_way_is_reported_and_can_be_repeated(
    client: ComfyUI, proxy: TcpProxy, prompt_id: str, by_reset: bool
) -> None:
    content = bytes(range(256)) * 60_000
    proxy.stop()
    sending = asyncio.create_task(uploaded(client, content, prompt_id))
    await until(lambda: proxy.swallowed)
    proxy.cut(by_reset=by_reset)
    with pytest.raises(ComfyUIUnavailable):
        await sending
    proxy.go_on()
    asset = await uploaded(client, content, prompt_id)
    assert asset.filename == "noise.bin"
    async with client.view(asset) as body:
        assert await body.read() == content


# Killed.


async def test_a_prompt_in_a_comfyui_that_is_killed_and_started_again_is_lost_and_runs_again(
    client: ComfyUI, server: ComfyUIServer, prompt_id: str
) -> None:
    run = Run(client, prompt_id, slow_picture(f"jobs/{prompt_id}/x", steps=40))
    waiting = Run(client, f"{prompt_id}-2", picture(f"jobs/{prompt_id}-2/x"))
    await until(lambda: "node_started" in run.kinds and waiting.kinds)
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.start)
    for lost in (run, waiting):
        assert (await lost.failed(PromptLost)).retryable
    graph = graph_of(prompt_id, slow=False)
    ran_once(await Run(client, prompt_id, graph, resume=True).ended(), prompt_id)


async def test_a_comfyui_that_stays_dead_is_given_up_and_one_that_comes_back_is_used(
    server: ComfyUIServer, prompt_id: str
) -> None:
    limits = Limits(quiet_seconds=0.3, patience_seconds=0.5)
    async with ComfyUI(server.url, limits=limits) as client:
        run = Run(client, prompt_id, slow_picture(f"jobs/{prompt_id}/x", steps=40))
        await until(lambda: "node_started" in run.kinds)
        await asyncio.to_thread(server.kill)
        try:
            await run.failed(ComfyUIUnavailable)
            with pytest.raises(ComfyUIUnavailable):
                await client.cancel(prompt_id)
        finally:
            await asyncio.to_thread(server.start)
        graph = graph_of(prompt_id, slow=False)
        ran_once(await Run(client, prompt_id, graph, resume=True).ended(), prompt_id)


async def test_a_restart_between_prompts_is_not_noticed(
    client: ComfyUI, server: ComfyUIServer, prompt_id: str
) -> None:
    await Run(client, f"{prompt_id}-1", graph_of(f"{prompt_id}-1", slow=False)).ended()
    await asyncio.to_thread(server.stop)
    await asyncio.to_thread(server.start)
    graph = graph_of(prompt_id, slow=False)
    ran_once(await Run(client, prompt_id, graph).ended(), prompt_id)
