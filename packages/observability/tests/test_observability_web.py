"""One trace from a browser's request through the queue to the worker, in a real web application."""

import asyncio
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
import uvicorn
from fastapi import FastAPI, HTTPException

import observability
from observability_sentry import DEADLINE, Sentry

TRACE = "0af7651916cd43dd8448eb211c80319c"
BROWSER_SPAN = "b7ad6b7169203331"


@dataclass(frozen=True)
class Message:
    """What a job store keeps of a queued job."""

    job_id: str
    headers: dict[str, str]
    enqueued_at: datetime


def _application() -> FastAPI:
    queue: asyncio.Queue[Message] = asyncio.Queue()

    async def work() -> None:
        while True:
            message = await queue.get()
            with observability.queue_process(
                "jobs",
                message_id=message.job_id,
                headers=message.headers,
                enqueued_at=message.enqueued_at,
            ):
                observability.tag_job(message.job_id)
                with observability.ffmpeg_process("thumbnail"):
                    await asyncio.sleep(0)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        worker = asyncio.create_task(work())
        yield
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)

    app = FastAPI(lifespan=lifespan)

    @app.post("/api/workflows/{workflow_id}/execute")
    async def execute(workflow_id: str) -> dict[str, str]:
        job_id = str(uuid4())
        with observability.workflow_prepare(workflow_id):
            pass
        with observability.queue_publish("jobs", message_id=job_id) as headers:
            await queue.put(Message(job_id, headers, datetime.now(UTC)))
        return {"id": job_id}

    @app.get("/api/jobs/{job_id}")
    async def job(job_id: UUID) -> None:
        raise HTTPException(404, f"no job {job_id}")

    @app.post("/api/broken/{name}")
    async def broken(name: str, body: dict[str, str]) -> None:
        raise RuntimeError(f"cannot serve {name}")

    @app.get("/healthz")
    async def healthz() -> None:
        return None

    return app


@contextmanager
def _served(app: FastAPI) -> Iterator[str]:
    config = uvicorn.Config(app, log_level="critical", ws="none", lifespan="on")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(DEADLINE)
            assert not thread.is_alive()


def _request(
    url: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    request = urllib.request.Request(url, body, named, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:  # noqa: S310
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


@pytest.fixture
def url(sentry: Sentry, connect: Callable[..., None]) -> Iterator[str]:
    connect()
    with _served(_application()) as served:
        yield served


def test_one_trace_spans_browser_request_queue_and_worker(sentry: Sentry, url: str) -> None:
    status, body = _request(
        f"{url}/api/workflows/sample-image/execute?token=hunter2",
        "POST",
        sentry_trace=f"{TRACE}-{BROWSER_SPAN}-1",
        baggage=f"sentry-trace_id={TRACE},sentry-sampled=true,sentry-environment=development",
        Authorization="Bearer hunter2",
        Cookie="session=hunter2",
        User_Agent="curl/8.0 ann@example.org",
    )
    assert status == 200
    job_id = json.loads(body)["id"]

    name = "/api/workflows/{workflow_id}/execute"
    request = sentry.wait_for("transaction", lambda each: each["transaction"] == name)
    job = sentry.wait_for("transaction", lambda each: each["transaction"] == "jobs")
    assert request["contexts"]["trace"]["trace_id"] == TRACE
    assert request["contexts"]["trace"]["parent_span_id"] == BROWSER_SPAN
    spans = {span["op"]: span for span in request["spans"]}
    assert {"workflow.prepare", "queue.publish"} <= set(spans)
    assert job["contexts"]["trace"]["trace_id"] == TRACE
    assert job["contexts"]["trace"]["parent_span_id"] == spans["queue.publish"]["span_id"]
    assert job["tags"]["job_id"] == job_id
    assert [span["op"] for span in job["spans"]] == ["ffmpeg.process"]

    raw = b"".join(sentry.raw)
    assert b"hunter2" not in raw
    assert b"ann@example.org" not in raw
    assert job_id.encode() in raw


def test_a_5xx_is_an_error_and_a_404_is_not(sentry: Sentry, url: str) -> None:
    assert _request(f"{url}/api/jobs/{uuid4()}")[0] == 404
    prompt = b'{"prompt": "a cat on the moon"}'
    broken = f"{url}/api/broken/ann@example.org"
    assert _request(broken, "POST", prompt, Content_Type="application/json")[0] == 500
    event = sentry.wait_for("event", lambda _event: True)
    assert event["exception"]["values"][-1]["value"] == "cannot serve [email]"
    assert event["transaction"] == "/api/broken/{name}"
    assert event["request"]["url"].endswith("/api/broken/[email]")
    observability.flush()
    assert len(sentry.of("event")) == 1
    raw = b"".join(sentry.raw)
    assert b"ann@example.org" not in raw
    assert b"a cat on the moon" not in raw  # what people ask for is theirs


def test_probes_send_nothing(sentry: Sentry, url: str) -> None:
    for _ in range(3):
        assert _request(f"{url}/healthz")[0] == 200
    assert _request(f"{url}/api/jobs/{uuid4()}")[0] == 404
    sentry.wait_for("transaction", lambda each: each["transaction"] == "/api/jobs/{job_id}")
    assert len(sentry.of("transaction")) == 1
