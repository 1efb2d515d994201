"""What is wrong around the gateway: its templates, ComfyUI, the disk. No accepted job is lost."""

import json
from pathlib import Path

import pytest

from gateway_comfyui_server import ComfyUIServer, find_comfyui
from gateway_processes import GatewayProcess, Json, on_a_small_disk, run_gateway, wait_until
from gateway_rubbish_server import RubbishServer
from gateway_templates import write_workflow


def _error(job: Json) -> Json:
    error = job["error"]
    assert isinstance(error, dict)
    assert {"type", "title", "status", "detail"} <= error.keys()
    return error


def _waits_for(gateway: GatewayProcess, job_id: object, why: str) -> bool:
    progress = gateway.job(job_id)["progress"]
    assert isinstance(progress, dict)
    return (progress["stage"], progress["detail"]) == ("waiting", why)


CIRCLE = {
    "1": {"class_type": "ImageInvert", "inputs": {"image": ["2", 0]}},
    "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
    "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "x"}},
}
EDITOR = {"nodes": [{"id": 1, "type": "EmptyImage"}], "links": [], "version": 0.4}


@pytest.mark.parametrize(
    ("graph", "named"),
    [
        (CIRCLE, "in a circle: 1 ← 2 ← 1"),
        (EDITOR, "editor's own format"),
        ([], "not an object of nodes"),
        ({}, "no nodes"),
        ({"1": {"class_type": "A", "inputs": {"x": ["9", 0]}}}, "linked to node 9"),
    ],
    ids=["circle", "editor", "list", "empty", "dangling"],
)
def test_a_template_that_comfyui_could_not_judge_stops_the_start_with_a_problem(
    tmp_path: Path, graph: object, named: str
) -> None:
    write_workflow(tmp_path / "workflows" / "broken", graph, outputs=["3"])
    refused = run_gateway(
        "doctor",
        "--json",
        data=tmp_path / "data",
        GATEWAY_WORKFLOW_DIRS=str(tmp_path / "workflows"),
    )

    problem = json.loads(refused.stdout)
    assert refused.returncode == 1
    assert (problem["type"], problem["status"]) == ("urn:kijko:problem:start-refused", 500)
    assert named in problem["detail"]
    assert str(tmp_path / "workflows" / "broken" / "graph.json") in problem["detail"]
    assert refused.stderr == f"gateway: {problem['detail']}\n"


def test_a_job_outlives_a_comfyui_that_is_down_and_one_that_is_something_else(
    tmp_path: Path, workflow_dir: Path
) -> None:
    comfyui = ComfyUIServer(find_comfyui(), tmp_path / "comfyui")
    with GatewayProcess(
        tmp_path / "data", comfyui=comfyui.url, GATEWAY_WORKFLOW_DIRS=str(workflow_dir)
    ) as gateway:
        job_id = gateway.execute("still")["id"]
        wait_until(
            lambda: _waits_for(gateway, job_id, "ComfyUI does not answer"), what="the job waits"
        )
        with RubbishServer(int(comfyui.url.rsplit(":", 1)[1])):
            ready = gateway.client.get("/readyz")
            assert ready.status_code == 503
            assert [check["ok"] for check in ready.json()["checks"]] == [True, False]
            other_id = gateway.execute("still")["id"]
            assert gateway.job(other_id, wait=2)["finished_at"] is None
        with comfyui:
            assert gateway.ended(job_id)["status"] == "succeeded"
            assert gateway.ended(other_id)["status"] == "succeeded"


def test_a_comfyui_that_looks_right_and_answers_rubbish_fails_the_job_in_the_end(
    tmp_path: Path, workflow_dir: Path
) -> None:
    stats = {"/system_stats": b'{"system": {"comfyui_version": "0.3.75"}, "devices": []}'}
    with (
        RubbishServer(answers=stats) as rubbish,
        GatewayProcess(
            tmp_path / "data",
            comfyui=rubbish.url,
            GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
            GATEWAY_RETRY_SECONDS="0.05",
        ) as gateway,
    ):
        job = gateway.ended(gateway.execute("still")["id"])

    assert job["status"] == "failed"
    assert _error(job)["type"] == "urn:kijko:problem:comfyui-answers-rubbish"


@pytest.fixture
def small_outputs(tmp_path: Path) -> tuple[str, ...]:
    """A prefix that gives a gateway an outputs folder of a quarter of a megabyte."""
    return on_a_small_disk(tmp_path / "data" / "outputs", "256k")


NOISE = {"width": 1024, "height": 1024, "grain": 0.5}
"""Makes a picture of more than a megabyte."""


def test_a_job_whose_result_does_not_fit_fails_and_leaves_the_room_to_others(
    tmp_path: Path,
    comfyui: ComfyUIServer,
    workflow_dir: Path,
    small_outputs: tuple[str, ...],
) -> None:
    with GatewayProcess(
        tmp_path / "data",
        comfyui=comfyui.url,
        prefix=small_outputs,
        GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
        GATEWAY_RETRY_SECONDS="0.05",
    ) as gateway:
        job = gateway.ended(gateway.execute("gradient-backdrop", NOISE)["id"])
        assert job["status"] == "failed"
        assert job["outputs"] == []
        assert _error(job)["type"] == "urn:kijko:problem:storage-full"
        assert _error(job)["status"] == 507
        assert gateway.ended(gateway.execute("still")["id"])["status"] == "succeeded"


def test_a_job_waits_for_room_on_a_full_disk_and_succeeds_when_there_is_some(
    tmp_path: Path,
    comfyui: ComfyUIServer,
    workflow_dir: Path,
    small_outputs: tuple[str, ...],
) -> None:
    with GatewayProcess(
        tmp_path / "data",
        comfyui=comfyui.url,
        prefix=small_outputs,
        GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
        GATEWAY_RETRY_SECONDS="0.2",
        GATEWAY_MAX_FAILURES="1000",
    ) as gateway:
        # Only the gateway sees its disk.
        filler = Path(f"/proc/{gateway.pid}/root{gateway.data}/outputs/filler")
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(1024 * 1024))
        job_id = gateway.execute("still")["id"]
        wait_until(
            lambda: _waits_for(gateway, job_id, "The outputs folder is full"),
            seconds=60,
            what="the job waits",
        )
        filler.unlink()
        job = gateway.ended(job_id)

    assert job["status"] == "succeeded"
