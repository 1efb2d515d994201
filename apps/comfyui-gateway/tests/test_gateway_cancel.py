"""Stopping a job at every stage: it ends as cancelled, once, everywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_comfyui_server import ComfyUIServer
from gateway_processes import GatewayProcess, Json, descendants, is_gone, wait_until


def _cancel(gateway: GatewayProcess, job_id: object, *, wait: float = 20) -> Json:
    answer = gateway.client.post(f"/api/jobs/{job_id}/cancel", params={"wait": wait})
    assert answer.status_code in {200, 202}, answer.text
    job: Json = answer.json()
    return job


def _stage(gateway: GatewayProcess, job_id: object) -> str:
    progress = gateway.job(job_id)["progress"]
    assert isinstance(progress, dict)
    return str(progress["stage"])


def _is_idle(comfyui: ComfyUIServer) -> bool:
    return comfyui.queue() == ([], [])


def test_a_job_that_runs_in_comfyui_is_stopped_there(
    gateway: GatewayProcess, comfyui: ComfyUIServer
) -> None:
    job = gateway.execute("slow", {"color": 21})
    wait_until(lambda: comfyui.queue()[0], what="ComfyUI runs it")
    cancelled = _cancel(gateway, job["id"])

    assert cancelled["status"] == "cancelled"
    assert cancelled["outputs"] == []
    wait_until(lambda: _is_idle(comfyui), what="ComfyUI is idle")


def test_a_job_that_waits_in_comfyui_is_taken_out(
    gateway: GatewayProcess, comfyui: ComfyUIServer
) -> None:
    running = gateway.execute("slow", {"color": 22})
    waiting = gateway.execute("slow", {"color": 23})
    wait_until(lambda: comfyui.queue()[1], what="the second waits in ComfyUI")

    assert _cancel(gateway, waiting["id"])["status"] == "cancelled"
    assert comfyui.queue()[1] == []
    assert gateway.ended(running["id"])["status"] == "succeeded"


def test_a_job_in_ffmpeg_is_stopped_and_ffmpeg_with_it(
    slow_ffmpeg_gateway: GatewayProcess,
) -> None:
    gateway = slow_ffmpeg_gateway
    job = gateway.execute("gradient-loop", {"width": 64, "height": 64, "loops": 1})
    (ffmpeg, *_) = wait_until(
        lambda: descendants(gateway.pid, "slow-ffmpeg"), seconds=60, what="FFmpeg runs"
    )
    (sleep,) = wait_until(lambda: descendants(ffmpeg.pid, "sleep 600"), what="its child runs")
    assert _cancel(gateway, job["id"])["status"] == "cancelled"
    wait_until(lambda: is_gone(ffmpeg.pid) and is_gone(sleep.pid), what="both have ended")
    folder = Path(gateway.data, "outputs", str(job["id"]))
    wait_until(lambda: not folder.exists(), what="nothing is left of the job")


@pytest.fixture
def slow_ffmpeg_gateway(tmp_path: Path, comfyui: ComfyUIServer) -> Iterator[GatewayProcess]:
    """A gateway whose FFmpeg never gets done; only its slowness is made up."""
    program = tmp_path / "slow-ffmpeg"
    program.write_text("#!/bin/sh\nsleep 600 & wait\n")
    program.chmod(0o755)
    with GatewayProcess(tmp_path / "data", comfyui=comfyui.url, FFMPEG_BIN=str(program)) as process:
        yield process


def test_a_job_that_waits_for_comfyui_ends_at_once(lonely_gateway: GatewayProcess) -> None:
    job = lonely_gateway.execute("still")
    answer = lonely_gateway.client.post(f"/api/jobs/{job['id']}/cancel", params={"wait": 10})

    assert answer.status_code == 200
    assert answer.json()["status"] == "cancelled"


def test_cancelling_again_changes_nothing(lonely_gateway: GatewayProcess) -> None:
    job = lonely_gateway.execute("still")
    first = _cancel(lonely_gateway, job["id"])
    again = _cancel(lonely_gateway, job["id"])

    assert first == again


def test_a_job_that_has_succeeded_stays_so(gateway: GatewayProcess) -> None:
    job = gateway.execute("still", {"color": 24}, wait=30)

    assert _cancel(gateway, job["id"]) == job


def test_a_cancellation_at_any_moment_is_exact(
    gateway: GatewayProcess, comfyui: ComfyUIServer
) -> None:
    """Whatever the moment: succeeded with files, or cancelled without, and never both."""
    for number in range(40):
        job = gateway.execute("still", {"color": 3000 + number}, wait=number * 0.0005)
        asked = gateway.client.post(f"/api/jobs/{job['id']}/cancel").json()
        ended = gateway.ended(job["id"])
        if asked["status"] == "succeeded":
            assert ended == asked
        else:
            assert (ended["status"], ended["outputs"]) == ("cancelled", [])
    wait_until(lambda: _is_idle(comfyui), what="ComfyUI is idle")
