"""Watching a job: every state is told, the end always, and nobody is kept who has gone."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager

import httpx
import pytest

from gateway_comfyui_server import ComfyUIServer
from gateway_processes import GatewayProcess, Json, is_gone, postgres_pid, run_gateway, wait_until


@pytest.fixture(scope="module")
def narrow_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayProcess]:
    """A gateway that keeps three streams and says often that they live; its jobs never end."""
    with GatewayProcess(
        tmp_path_factory.mktemp("narrow"),
        GATEWAY_MAX_EVENT_STREAMS="3",
        GATEWAY_EVENT_HEARTBEAT_SECONDS="0.2",
    ) as process:
        yield process


def _stream(
    gateway: GatewayProcess, job_id: object, **headers: str
) -> AbstractContextManager[httpx.Response]:
    return gateway.client.stream("GET", f"/api/jobs/{job_id}/events", headers=headers)


@contextmanager
def _events(
    gateway: GatewayProcess, job_id: object, **headers: str
) -> Iterator[Iterator[tuple[str, Json]]]:
    with _stream(gateway, job_id, **headers) as answer:
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


def test_more_streams_than_allowed_are_refused_until_one_closes(
    narrow_gateway: GatewayProcess,
) -> None:
    job_id = narrow_gateway.execute("gradient-backdrop")["id"]

    def is_let_in() -> bool:
        with _stream(narrow_gateway, job_id) as answer:
            return answer.status_code == 200

    with ExitStack() as opened:
        first, *others = (opened.enter_context(_stream(narrow_gateway, job_id)) for _ in range(3))
        with _stream(narrow_gateway, job_id) as refused:
            problem = json.loads(refused.read())
        assert [answer.status_code for answer in (first, *others)] == [200, 200, 200]
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.headers["content-type"] == "application/problem+json"
        assert problem["type"] == "urn:kijko:problem:too-many-streams"

        first.close()
        wait_until(is_let_in, what="the closed stream has made room")


def test_a_quiet_stream_is_kept_alive(narrow_gateway: GatewayProcess) -> None:
    job_id = narrow_gateway.execute("gradient-backdrop")["id"]
    with _stream(narrow_gateway, job_id) as answer:
        lines = answer.iter_lines()
        for _ in range(3):
            assert any(line.startswith(": ping") for line in lines)


def test_a_gateway_that_is_told_to_stop_ends_its_streams_and_its_postgres(
    narrow_gateway: GatewayProcess,
) -> None:
    postgres = postgres_pid(narrow_gateway.data)
    job_id = narrow_gateway.execute("gradient-backdrop")["id"]
    with _events(narrow_gateway, job_id) as one, _events(narrow_gateway, job_id) as two:
        seen, _ = next(one)
        next(two)
        narrow_gateway.stop()
        # The streams end in order, as httpx would say otherwise: a watcher reconnects elsewhere.
        assert "end" not in [seen, *(event_id for event_id, _ in [*one, *two])]
    assert postgres is not None
    assert is_gone(postgres)
    narrow_gateway.start()


def test_a_gateway_that_is_told_to_stop_answers_whoever_waits(
    narrow_gateway: GatewayProcess,
) -> None:
    def jobs() -> int:
        listed = run_gateway("jobs", "list", "--json", data=narrow_gateway.data)
        return len(json.loads(listed.stdout))

    before = jobs()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(narrow_gateway.execute, "gradient-backdrop", wait=60)
        wait_until(lambda: jobs() > before, what="the request has been accepted")
        narrow_gateway.stop()
        job = waiting.result(60)
    narrow_gateway.start()

    assert job["status"] in {"queued", "running"}
    assert narrow_gateway.job(job["id"])["id"] == job["id"]
