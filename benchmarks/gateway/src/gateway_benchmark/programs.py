"""Starts what is measured: one ComfyUI, the proxy and the gateway in front of it."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import httpx
import psutil

from devstack import comfyui
from devstack.children import child
from devstack.comfyui import InstallProgress
from devstack.listening import server
from devstack.ports import LOOPBACK, free_port

_START = 120.0
_STOP = 10.0


@dataclass(frozen=True)
class Programs:
    """Where each answers, and the gateway's process."""

    comfyui: str
    proxy: str
    gateway: str
    gateway_pid: int


@asynccontextmanager
async def programs(folder: Path, progress: InstallProgress) -> AsyncIterator[Programs]:
    """Run the three on free ports while the block lasts.

    Args:
        folder: where they keep their files.
        progress: told what is installed.

    Raises:
        DevstackError: one cannot be had or does not start; the sentence says why.
    """
    installation = await comfyui.installed(progress=progress)
    async with (
        comfyui.running(installation, base_directory=folder / "comfyui") as comfy,
        _proxy(comfy.url, folder) as proxy,
    ):
        with as_file(files("gateway_benchmark") / "workflows") as workflows:
            environment = {
                "COMFYUI_URL": comfy.url,
                "GATEWAY_DATA_DIR": str(folder / "gateway"),
                "GATEWAY_WORKFLOW_DIRS": str(workflows),
                "GATEWAY_LOG_LEVEL": "warning",
            }
            async with server(
                *("Gateway", "comfyui_gateway"),
                [],
                port=0,
                log=folder / "gateway.log",
                environment=environment,
                answers_at="/readyz",
                ready_within=_START,
                grace=_STOP,
            ) as gateway:
                yield Programs(comfy.url, proxy, gateway.url, gateway.child.pid)


@asynccontextmanager
async def _proxy(comfyui_url: str, folder: Path) -> AsyncIterator[str]:
    """Run `comfy-api-proxy` as its documentation says, with its own defaults."""
    port = free_port()
    url = f"http://{LOOPBACK}:{port}"
    command = [sys.executable, "-m", "comfy_api_proxy.cli", "run"]
    command += ["--comfyui", comfyui_url, "--port", str(port), "--state-dir", str(folder / "proxy")]
    async with child("comfy-api-proxy", command, log=folder / "proxy.log") as running:
        async with asyncio.timeout(_START), httpx.AsyncClient(trust_env=False) as client:
            while True:
                if running.has_ended:
                    raise running.ended_error()
                try:
                    await client.get(f"{url}/api/v2/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
        yield url


def resident_bytes(folder: Path, gateway_pid: int) -> int:
    """What the gateway and its embedded Postgres hold in memory, shared pages counted once.

    Postgres is not the gateway's child: it is found by its working folder.
    """
    processes = [psutil.Process(gateway_pid)]
    for process in psutil.process_iter():
        try:
            if folder in Path(process.cwd()).parents:
                processes.append(process)
        except psutil.Error:
            continue
    return sum(process.memory_full_info().pss for process in set(processes))
