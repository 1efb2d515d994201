"""Watching a job: every state is told, the end always, and nobody is kept who has gone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from gateway_comfyui_server import ComfyUIServer
from gateway_processes import GatewayProcess, Json


@contextmanager
def _events(
    gateway: GatewayProcess, job_id: object, **headers: str
) -> Iterator[Iterator[tuple[str, Json]]]:
    path = f"/api/jobs/{job_id}/events"
    with gateway.client.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _parsed(answer.iter_lines())


def _parsed(lines: Iterator[str]) -> Iterator[tuple[str, Json]]:
    event_id = ""
    for line in lines:
        if line.startswith("id: "):
            event_id = line[4:]
        elif line.startswith("data: "):
            yield event_id, json.loads(line[6:])


def _fraction(job: Json) -> float:
    progress = job["progress"]
    assert isinstance(progress, dict)
    return float(progress["fraction"])


def test_a_job_is_told_from_its_beginning_to_its_end(gateway: GatewayProcess) -> None:
    job = gateway.execute("slow", {"color": 11})
    with _events(gateway, job["id"]) as events:
        told = list(events)

    statuses = [job["status"] for _, job in told]
    fractions = [_fraction(job) for _, job in told]
    assert statuses[-1] == "succeeded"
    assert statuses.count("succeeded") == 1
    assert fractions == sorted(fractions)
    assert sum(0 < fraction < 1 for fraction in fractions) >= 3
    assert told[-1][0] == "end"
    assert told[-1][1]["outputs"]


def test_another_gateway_on_the_same_database_tells_the_same(
    gateway: GatewayProcess, comfyui: ComfyUIServer
) -> None:
    other = GatewayProcess(gateway.data, comfyui=comfyui.url, arguments=("--no-worker",)).start()
    try:
        job = gateway.execute("slow", {"color": 12})
        with _events(other, job["id"]) as events:
            told = [job for _, job in events]
    finally:
        other.client.close()
        other.stop()

    assert told[-1]["status"] == "succeeded"
    assert any(0 < _fraction(job) < 1 for job in told)


def test_a_job_accepted_by_a_gateway_without_a_worker_runs_on_the_other(
    gateway: GatewayProcess, comfyui: ComfyUIServer, workflow_dir: object
) -> None:
    other = GatewayProcess(
        gateway.data,
        comfyui=comfyui.url,
        arguments=("--no-worker",),
        GATEWAY_WORKFLOW_DIRS=str(workflow_dir),
    ).start()
    try:
        job = other.execute("still", {"color": 13}, wait=30)
    finally:
        other.client.close()
        other.stop()

    assert job["status"] == "succeeded"


def test_a_watcher_that_reconnects_is_not_told_what_it_has_seen(gateway: GatewayProcess) -> None:
    job = gateway.execute("slow", {"color": 14})
    with _events(gateway, job["id"]) as events:
        seen, _ = next(events)
    with _events(gateway, job["id"], **{"last-event-id": seen}) as events:
        following, _ = next(events)
    assert following != seen

    gateway.ended(job["id"])
    with _events(gateway, job["id"], **{"last-event-id": following}) as events:
        assert [event_id for event_id, _ in events] == ["end"]
    path = f"/api/jobs/{job['id']}/events"
    assert gateway.client.get(path, headers={"last-event-id": "end"}).status_code == 204
