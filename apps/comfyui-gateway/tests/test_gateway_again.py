"""Running a job again: the same workflow with the same parameters, for whoever repairs it."""

import io
import json
from pathlib import Path
from subprocess import CompletedProcess
from uuid import uuid4

from PIL import Image

from gateway_processes import GatewayProcess, run_gateway


def _again(
    gateway: GatewayProcess, templates: Path, job: object, *options: str
) -> CompletedProcess[str]:
    return run_gateway(
        *("jobs", "again", str(job), "--json", *options),
        data=gateway.data,
        GATEWAY_WORKFLOW_DIRS=str(templates),
    )


def test_a_job_is_run_again_with_its_parameters(
    gateway: GatewayProcess, workflow_dir: Path
) -> None:
    first = gateway.execute("gradient-backdrop", {"width": 128, "height": 64}, wait=60)
    done = _again(gateway, workflow_dir, first["id"])
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)
    assert second["id"] != first["id"]
    assert second["status"] == "succeeded"
    assert f"gradient-backdrop runs again as {second['id']}" in done.stderr
    content = gateway.client.get(second["outputs"][0]["url"]).content
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (128, 64)


def test_what_fails_again_says_so_by_its_exit_status(
    gateway: GatewayProcess, workflow_dir: Path
) -> None:
    failed = gateway.execute("unknown-node", {}, wait=60)
    assert failed["status"] == "failed"
    done = _again(gateway, workflow_dir, failed["id"])
    assert done.returncode == 1
    again = json.loads(done.stdout)
    assert (again["status"], again["error"]) == ("failed", failed["error"])


def test_a_job_that_nobody_runs_is_told_as_it_stands(
    lonely_gateway: GatewayProcess, workflow_dir: Path
) -> None:
    waiting = lonely_gateway.client.post("/api/workflows/still/execute", json={}).json()
    done = _again(lonely_gateway, workflow_dir, waiting["id"], "--wait", "0")
    assert done.returncode == 1
    assert "is a gateway or worker running?" in done.stderr


def test_a_job_that_is_not_there_is_named(gateway: GatewayProcess, workflow_dir: Path) -> None:
    unknown = uuid4()
    done = _again(gateway, workflow_dir, unknown)
    assert done.returncode == 1
    assert str(unknown) in done.stderr
    assert "Traceback" not in done.stderr


def test_over_http_it_is_a_job_of_its_own(gateway: GatewayProcess) -> None:
    first = gateway.execute("gradient-backdrop", {"width": 192, "height": 64}, wait=60)
    answer = gateway.client.post(f"/api/jobs/{first['id']}/again", headers={"prefer": "wait=60"})
    second = answer.json()
    assert (answer.status_code, second["status"]) == (200, "succeeded")
    assert answer.headers["location"] == f"/api/jobs/{second['id']}"
    assert second["id"] != first["id"]
    content = gateway.client.get(second["outputs"][0]["url"]).content
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.size == (192, 64)


def test_over_http_it_need_not_be_waited_for(lonely_gateway: GatewayProcess) -> None:
    waiting = lonely_gateway.client.post("/api/workflows/still/execute", json={}).json()
    answer = lonely_gateway.client.post(f"/api/jobs/{waiting['id']}/again")
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    missing = lonely_gateway.client.post(f"/api/jobs/{uuid4()}/again")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"
