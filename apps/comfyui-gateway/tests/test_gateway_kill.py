"""`kill -9` of the gateway, of ComfyUI, and of both, while jobs run: none is lost, none ends twice.

The moments are drawn from seeds that stay the same, so what is found once is found again.
"""

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from gateway_comfyui_server import ComfyUIServer, find_comfyui
from gateway_processes import GatewayProcess, Json, descendants, is_gone, run_gateway, wait_until
from gateway_videos import script

STILL, VIDEO = "still", "gradient-loop"
PARAMETERS: dict[str, dict[str, object]] = {
    STILL: {},
    VIDEO: {"width": 64, "height": 64, "loops": 1},
}
FILES = {STILL: 1, VIDEO: 3}

pytestmark = pytest.mark.timeout(900)  # many starts: a minute here, many on a busy machine


@dataclass
class Asked:
    """A request with a key of its own, and the job once somebody has accepted it."""

    workflow: str
    key: str
    job_id: object = None


@pytest.fixture
def fragile(tmp_path: Path, comfyui: ComfyUIServer, workflow_dir: Path) -> Iterator[GatewayProcess]:
    """A gateway of this test's own."""
    with GatewayProcess(
        tmp_path / "data", comfyui=comfyui.url, GATEWAY_WORKFLOW_DIRS=str(workflow_dir)
    ) as process:
        yield process


@pytest.mark.parametrize("seed", [1, 2])
def test_a_gateway_that_is_killed_again_and_again_has_comfyui_run_each_job_once(
    fragile: GatewayProcess, comfyui: ComfyUIServer, seed: int
) -> None:
    moments = random.Random(seed)  # noqa: S311 - no secrets
    asked: list[Asked] = []
    for number in range(4):
        new = [Asked(STILL, f"{number}-{key}") for key in range(4)] + [Asked(VIDEO, f"{number}-v")]
        asked += new
        killer = threading.Thread(target=_kill_in, args=(moments.uniform(0, 0.8), fragile.pid))
        killer.start()
        _ask(fragile, new)
        killer.join()
        fragile.kill()
        fragile.start()
        _ask(fragile, [one for one in new if one.job_id is None])

    _all_have_ended_once(fragile, asked)
    assert {one.key: len(comfyui.made_for(one.job_id)) for one in asked} == {
        one.key: 1 for one in asked
    }


def test_a_comfyui_that_is_killed_with_and_without_the_gateway_loses_no_job(
    tmp_path: Path, workflow_dir: Path
) -> None:
    moments = random.Random(3)  # noqa: S311 - no secrets
    asked: list[Asked] = []
    kills = 2
    with (
        ComfyUIServer(find_comfyui(), tmp_path / "comfyui") as comfyui,
        GatewayProcess(
            tmp_path / "data",
            comfyui=comfyui.url,
            GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
            GATEWAY_RETRY_SECONDS="0.1",
        ) as gateway,
    ):
        for number in range(kills):
            new = [Asked(STILL, f"{number}-{key}") for key in range(4)]
            new.append(Asked(VIDEO, f"{number}-video"))
            asked += new
            _ask(gateway, new)
            time.sleep(moments.uniform(0, 0.8))
            comfyui.kill()
            if number == 0:
                time.sleep(moments.uniform(0, 0.3))
                gateway.kill()
                gateway.start()
            comfyui.start(ready=number == 0)

        _all_have_ended_once(gateway, asked)
        for one in asked:
            assert 1 <= len(comfyui.made_for(one.job_id)) <= 1 + kills


def test_ffmpeg_ends_with_a_killed_gateway_and_leaves_nothing_to_the_next(
    tmp_path: Path, comfyui: ComfyUIServer
) -> None:
    first_slow = script(
        tmp_path / "ffmpeg",
        '[ "$1" != -version ] && mkdir "$0.ran" 2>/dev/null && exec "$FFMPEG" -readrate 0.01 "$@"',
        'exec "$FFMPEG" "$@"',
    )
    with GatewayProcess(
        tmp_path / "data", comfyui=comfyui.url, FFMPEG_BIN=str(first_slow)
    ) as gateway:
        asked = Asked(VIDEO, "a-video")
        _ask(gateway, [asked])
        folder = gateway.data / "outputs" / str(asked.job_id)
        unfinished = "*.ffmpeg/*.part"
        wait_until(lambda: list(folder.rglob(unfinished)), seconds=120, what="FFmpeg writes")
        (ffmpeg,) = descendants(gateway.pid, "-readrate")
        gateway.kill()
        wait_until(lambda: is_gone(ffmpeg.pid), what="FFmpeg has ended")
        assert list(folder.rglob(unfinished))

        gateway.start()
        _all_have_ended_once(gateway, [asked])
        assert len(comfyui.made_for(asked.job_id)) == 1


def _kill_in(seconds: float, pid: int) -> None:
    time.sleep(seconds)
    os.kill(pid, signal.SIGKILL)


def _ask(gateway: GatewayProcess, wanted: list[Asked]) -> None:
    """Send each request until the gateway is killed; what got no answer stays without a job."""
    for one in wanted:
        try:
            key = {"idempotency-key": one.key}
            job = gateway.execute(one.workflow, PARAMETERS[one.workflow], wait=0, **key)
        except httpx.TransportError:
            return
        one.job_id = job["id"]


def _all_have_ended_once(gateway: GatewayProcess, asked: list[Asked]) -> None:
    ended = {one.key: gateway.ended(one.job_id, seconds=300) for one in asked}
    for one in asked:
        _ended_whole(gateway, one, ended[one.key])
        assert gateway.job(one.job_id) == ended[one.key]
    listed = run_gateway("jobs", "list", "--json", "--limit", "1000", data=gateway.data)
    assert sorted(listed.stdout.count(f'"id": "{one.job_id}"') for one in asked) == [1] * len(asked)
    assert listed.stdout.count('"workflow_id"') == len(asked)


def _ended_whole(gateway: GatewayProcess, one: Asked, job: Json) -> None:
    """It succeeded; each of its files is there, and no other file of any attempt."""
    assert job["status"] == "succeeded", job["error"]
    outputs = job["outputs"]
    assert isinstance(outputs, list)
    assert len(outputs) == len({output["name"] for output in outputs}) == FILES[one.workflow]
    for output in outputs:
        content = gateway.client.get(output["url"]).content
        assert sha256(content).hexdigest() == output["sha256"]

    def files() -> list[str]:
        folder = gateway.data / "outputs" / str(one.job_id)
        return sorted(path.name for path in folder.rglob("*") if path.is_file())

    names = sorted(output["name"] for output in outputs)
    wait_until(lambda: files() == names, what=f"{names} and nothing else, not {files()}")
