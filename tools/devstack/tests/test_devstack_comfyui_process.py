"""A real ComfyUI runs while the block lasts, and says why where it cannot."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack import comfyui
from devstack.comfyui import ComfyUIProcess
from devstack.comfyui.testing import comfyui_for_tests
from devstack.errors import ChildEndedError, NotReadyError, PortTakenError
from devstack.ports import free_port
from devstack_processes import is_gone

NODE = """
class Greet:
    RETURN_TYPES = ("STRING",)
    FUNCTION = "greet"
    CATEGORY = "test"
    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {}}
    def greet(self):
        return ("hello",)
NODE_CLASS_MAPPINGS = {"Greet": Greet}
"""


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyUIProcess]:
    nodes = tmp_path_factory.mktemp("custom nodes")
    (nodes / "greeting").mkdir()
    (nodes / "greeting" / "__init__.py").write_text(NODE)
    with comfyui_for_tests(tmp_path_factory.mktemp("base"), custom_nodes=nodes) as process:
        yield process
    assert is_gone(process.pid)


def test_it_answers_and_has_the_nodes_that_need_no_models(real: ComfyUIProcess) -> None:
    nodes = httpx.get(f"{real.url}/object_info", timeout=30).json()
    wanted = {"EmptyImage", "LoadImage", "ImageScale", "CreateVideo", "SaveImage", "SaveVideo"}
    assert wanted <= nodes.keys()
    assert "Greet" in nodes


def test_it_serves_an_index_page(real: ComfyUIProcess) -> None:
    assert "ComfyUI" in httpx.get(real.url, timeout=30).text


def test_it_listens_on_the_loopback_interface_only(real: ComfyUIProcess) -> None:
    assert real.url.startswith("http://127.0.0.1:")
    assert "0.0.0.0" not in real.log.read_text()  # noqa: S104


async def test_its_end_is_noticed_and_it_starts_again_in_the_same_place(tmp_path: Path) -> None:
    installation = await comfyui.installed()
    async with comfyui.running(installation, base_directory=tmp_path) as first:
        os.kill(first.pid, signal.SIGKILL)
        assert await asyncio.wait_for(first.wait(), 30) == 128 + signal.SIGKILL
        port = httpx.URL(first.url).port
        assert port
        async with comfyui.running(installation, base_directory=tmp_path, port=port) as second:
            assert second.url == first.url
            assert second.pid != first.pid
    assert is_gone(second.pid)


async def test_a_taken_port_is_refused(tmp_path: Path) -> None:
    installation = await comfyui.installed()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError):
            async with comfyui.running(installation, base_directory=tmp_path, port=port):
                pytest.fail("the port is taken")


async def test_a_lost_race_for_a_port_is_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation = await comfyui.installed()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        ports = iter([taken, free_port()])
        monkeypatch.setattr("devstack.comfyui.process.free_port", lambda: next(ports))
        async with comfyui.running(installation, base_directory=tmp_path) as process:
            assert httpx.URL(process.url).port != taken


async def test_an_early_end_comes_with_its_last_words(tmp_path: Path) -> None:
    installation = await comfyui.installed()
    nodes = tmp_path / "custom_nodes" / "fatal"
    nodes.mkdir(parents=True)
    (nodes / "prestartup_script.py").write_text(
        "import os; print('no way', flush=True); os._exit(3)"
    )
    with pytest.raises(ChildEndedError, match=r"(?s)ended with exit status 3\..*no way"):
        async with comfyui.running(installation, base_directory=tmp_path):
            pytest.fail("it cannot have started")


async def test_what_never_answers_is_ended_at_the_deadline(tmp_path: Path) -> None:
    installation = await comfyui.installed()
    nodes = tmp_path / "custom_nodes" / "endless"
    nodes.mkdir(parents=True)
    (nodes / "prestartup_script.py").write_text(
        "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    )
    log = tmp_path / "log"
    with pytest.raises(NotReadyError, match=r"did not answer .* within"):
        async with comfyui.running(
            installation, base_directory=tmp_path, log=log, ready_within=2.0
        ):
            pytest.fail("it cannot have started")
    pids = [int(line) for line in log.read_text().splitlines() if line.isdecimal()]
    assert all(is_gone(pid) for pid in pids)
