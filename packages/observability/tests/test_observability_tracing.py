"""Spans and traces, as a Sentry that receives them sees them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

import observability
from observability_sentry import Sentry


def _op(transaction: dict[str, Any]) -> str:
    op = transaction["contexts"]["trace"]["op"]
    assert isinstance(op, str)
    return op


def test_a_job_continues_the_trace_that_published_it(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    job = str(uuid4())
    enqueued = datetime.now(UTC) - timedelta(seconds=3)
    with (
        observability.continued_trace({}, name="request", op="http.server"),
        observability.queue_publish("jobs", message_id=job, body_size=12) as headers,
    ):
        published = observability.current_trace_id()
    assert set(headers) == {"sentry-trace", "baggage"}

    with observability.queue_process(
        "jobs", message_id=job, headers=headers, enqueued_at=enqueued, retry_count=2, body_size=12
    ):
        observability.tag_job(job)
        assert observability.current_trace_id() == published
    assert observability.current_trace_id() != published

    observability.flush()
    request, process = sentry.of("transaction")
    publish = request["spans"][0]
    assert publish["op"] == "queue.publish"
    assert publish["data"]["messaging.message.id"] == job
    trace = process["contexts"]["trace"]
    assert trace["op"] == "queue.process"
    assert trace["trace_id"] == published == request["contexts"]["trace"]["trace_id"]
    assert trace["parent_span_id"] == publish["span_id"]
    assert trace["status"] == "ok"
    assert process["transaction"] == "jobs"
    assert process["tags"]["job_id"] == job
    assert "job_id" not in request.get("tags", {})
    data = trace["data"]
    assert data["messaging.message.id"] == job
    assert data["messaging.destination.name"] == "jobs"
    assert data["messaging.message.retry.count"] == 2
    assert data["messaging.message.body.size"] == 12
    assert 3000 <= data["messaging.message.receive.latency"] < 60_000
    assert process["release"] == "kijko-api@0.1.0+abc1234"


def test_every_kind_of_work_is_a_child_of_the_job(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    prompt = str(uuid4())
    started = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)
    with observability.queue_process(
        "jobs", message_id="1", headers=None, enqueued_at=datetime.now(UTC)
    ):
        with observability.workflow_prepare("sample-image"):
            pass
        with observability.comfyui_api_call("POST", "/prompt", prompt_id=prompt):
            pass
        observability.comfyui_node(
            prompt_id=prompt,
            node_id="3",
            class_type="SaveImage",
            started=started,
            ended=started + timedelta(milliseconds=1500),
        )
        observability.comfyui_node(
            prompt_id=prompt,
            node_id="4",
            class_type="LoadImage",
            started=started.replace(tzinfo=None),
            ended=started - timedelta(seconds=1),
            cached=True,
            error="no image of ann@example.org",
        )
        with observability.ffmpeg_process("transcode", input_bytes=99) as span:
            span.set_data("ffmpeg.frames", 24)
    observability.flush()
    (job,) = sentry.of("transaction")
    spans = {(span["op"], span["description"]): span for span in job["spans"]}
    assert list(spans) == [
        ("workflow.prepare", "sample-image"),
        ("comfyui.api_call", "POST /prompt"),
        ("comfyui.node", "SaveImage"),
        ("comfyui.node", "LoadImage"),
        ("ffmpeg.process", "transcode"),
    ]
    root = job["contexts"]["trace"]["span_id"]
    assert {span["parent_span_id"] for span in spans.values()} == {root}
    saved, loaded = spans["comfyui.node", "SaveImage"], spans["comfyui.node", "LoadImage"]
    assert saved["start_timestamp"] == "2026-11-24T12:00:00.000000Z"
    assert saved["timestamp"] == "2026-11-24T12:00:01.500000Z"
    assert saved["data"]["comfyui.prompt_id"] == prompt
    assert saved["status"] == "ok"
    assert loaded["start_timestamp"] == loaded["timestamp"] == "2026-11-24T12:00:00.000000Z"
    assert loaded["data"]["comfyui.node.cached"] is True
    assert loaded["data"]["comfyui.node.error"] == "no image of [email]"
    assert loaded["status"] == "internal_error"
    ffmpeg = spans["ffmpeg.process", "transcode"]["data"]
    assert (ffmpeg["ffmpeg.input.bytes"], ffmpeg["ffmpeg.frames"]) == (99, 24)


def test_a_job_that_fails_or_is_cancelled_says_so(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    for error in (ValueError("broken"), asyncio.CancelledError()):
        with (
            pytest.raises(type(error)) as raised,
            observability.continued_trace({}, name="job", op="queue.process"),
            observability.ffmpeg_process("transcode"),
        ):
            raise error
        assert raised.value is error
    observability.flush()
    statuses = [
        (each["contexts"]["trace"]["status"], each["spans"][0]["status"])
        for each in sentry.of("transaction")
    ]
    assert statuses == [("internal_error",) * 2, ("cancelled",) * 2]


@pytest.mark.parametrize(
    "headers",
    [
        None,
        {},
        {"sentry-trace": "rubbish", "baggage": "a=b;;=,"},
        {"sentry-trace": "", "baggage": ""},
        {"sentry-trace": 5, "baggage": None},
        {"sentry-trace": "0" * 5000},
    ],
)
def test_damaged_headers_start_a_new_trace(
    sentry: Sentry, connect: Callable[..., None], headers: Any
) -> None:
    connect()
    with observability.continued_trace(headers, name="job", op="queue.process"):
        trace_id = observability.current_trace_id()
    observability.flush()
    (job,) = sentry.of("transaction")
    assert job["contexts"]["trace"]["trace_id"] == trace_id
    assert trace_id is not None
    assert len(trace_id) == 32


def test_header_names_are_read_in_any_case(sentry: Sentry, connect: Callable[..., None]) -> None:
    connect()
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"Sentry-Trace": f"{trace}-b7ad6b7169203331-1"}
    with observability.continued_trace(headers, name="job", op="queue.process"):
        assert observability.current_trace_id() == trace


def test_the_publishers_sampling_decision_rules_the_job(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect(traces_sample_rate=0.0)
    trace = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
    with observability.continued_trace({"sentry-trace": f"{trace}-0"}, name="no", op="x"):
        pass
    with observability.continued_trace({"sentry-trace": f"{trace}-1"}, name="yes", op="x"):
        pass
    observability.flush()
    assert [each["transaction"] for each in sentry.of("transaction")] == ["yes"]


def test_an_error_carries_its_job_and_trace(sentry: Sentry, connect: Callable[..., None]) -> None:
    connect()
    job = str(uuid4())
    with observability.queue_process(
        "jobs", message_id=job, headers=None, enqueued_at=datetime.now(UTC)
    ):
        observability.tag_job(job)
        trace_id = observability.current_trace_id()
        event_id = observability.capture_exception(ValueError("broken"))
    observability.flush()
    (event,) = sentry.of("event")
    assert event["event_id"] == event_id
    assert event["tags"]["job_id"] == job
    assert event["contexts"]["trace"]["trace_id"] == trace_id


async def test_jobs_side_by_side_keep_their_tags_and_traces_apart(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    all_started = asyncio.Barrier(5)

    async def work(job: str) -> None:
        with observability.queue_process(
            "jobs", message_id=job, headers=None, enqueued_at=datetime.now(UTC)
        ):
            observability.tag_job(job)
            await all_started.wait()
            observability.capture_exception(ValueError(job))

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(work(f"job-{number}"))
    await asyncio.to_thread(observability.flush)
    events = sentry.of("event")
    jobs = {event["tags"]["job_id"]: event for event in events}
    assert len(jobs) == 5
    assert all(jobs[job]["exception"]["values"][0]["value"] == job for job in jobs)
    assert len({event["contexts"]["trace"]["trace_id"] for event in events}) == 5
    assert {_op(each) for each in sentry.of("transaction")} == {"queue.process"}


def test_stopping_a_program_is_no_error(sentry: Sentry, connect: Callable[..., None]) -> None:
    connect()
    for stop in (KeyboardInterrupt(), asyncio.CancelledError()):
        observability.capture_exception(stop)
    observability.flush()
    assert sentry.of("event") == []


def test_a_node_outside_any_trace_is_not_recorded(
    sentry: Sentry, connect: Callable[..., None]
) -> None:
    connect()
    now = datetime.now(UTC)
    observability.comfyui_node(prompt_id="p", node_id="1", class_type="A", started=now, ended=now)
    observability.flush()
    assert sentry.items == []
