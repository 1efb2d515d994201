"""Every kind of item ends in its own table, read back through the store."""

import json
import sqlite3
import time
import zlib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local_sentry.store import (
    attachments,
    attribute_keys,
    catalog,
    feedback,
    logs,
    metrics,
    monitors,
    outcomes,
    profiles,
    replays,
    spans,
)
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect_readonly
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    recorded_envelopes,
)


def read(data: Path, query: Callable[[sqlite3.Connection], Any]) -> Any:
    connection = connect_readonly(data / FILE_NAME)
    try:
        return query(connection)
    finally:
        connection.close()


def send(server: LocalSentry, kind: str, payload: Any, **headers: Any) -> str:
    own = event_id()
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    answer = server.send(envelope(({"type": kind} | headers, body), event_id=own))
    assert answer.status_code == 200, answer.text
    return own


def container(**item: Any) -> dict[str, Any]:
    return {"items": [item]}


def text(value: Any) -> dict[str, Any]:
    return {"value": value, "type": "string"}


def test_logs_are_found_by_their_trace(server: LocalSentry) -> None:
    trace_id = event_id()
    payload = container(
        timestamp=time.time(), trace_id=trace_id, span_id="a" * 16, level="warn",
        body="low on space",
        attributes={"sentry.release": text("api@1"), "sentry.environment": text("prod"),
                    "disk.free": {"value": 7, "type": "integer"}},
    )  # fmt: skip
    for _ in range(2):  # Sent again, as after a lost answer: stored once.
        send(server, "log", payload, content_type="application/vnd.sentry.items.log+json")
    found = eventually(
        lambda: read(server.data, lambda c: logs.of_trace(c, bytes.fromhex(trace_id), 10))
    )
    send(server, "log", container(body="next", trace_id=event_id()))
    assert len(found) == 1
    log = found[0].log
    assert (log.severity, log.severity_number, log.body) == ("warn", 13, "low on space")
    assert (log.release, log.environment) == ("api@1", "prod")
    assert log.attributes["disk.free"] == 7
    project_id = found[0].project_id
    keys = read(server.data, lambda c: attribute_keys.listed(c, [project_id], "log"))
    assert attribute_keys.AttributeKey("disk.free", "number") in keys


def test_equal_logs_of_one_container_are_all_kept(server: LocalSentry) -> None:
    trace_id = event_id()
    line = {"timestamp": time.time(), "trace_id": trace_id, "level": "info", "body": "tick"}
    send(server, "log", {"items": [line, line, line]})
    assert eventually(
        lambda: len(read(server.data, lambda c: logs.of_trace(c, bytes.fromhex(trace_id), 10))) == 3
    )


def test_metrics_keep_type_unit_and_value(server: LocalSentry) -> None:
    trace_id = event_id()
    send(
        server,
        "trace_metric",
        container(
            timestamp=time.time(), trace_id=trace_id, name="render.time", type="distribution",
            value=12.5, unit="millisecond", attributes={"codec": text("h264")},
        ),
    )  # fmt: skip
    (metric,) = eventually(
        lambda: read(server.data, lambda c: metrics.of_trace(c, bytes.fromhex(trace_id), 10))
    )
    assert (metric.name, metric.type, metric.value, metric.unit) == (
        "render.time", "distribution", 12.5, "millisecond",
    )  # fmt: skip
    assert metric.attributes == {"codec": "h264"}


@pytest.mark.parametrize("recording", ["browser-static.jsonl", "browser-stream-and-replay.jsonl"])
def test_recorded_replays_are_linked_to_errors_and_traces(
    server: LocalSentry, recording: str
) -> None:
    sent = []
    for kind, body in recorded_envelopes(recording):
        assert server.send(body, "kijko-web").status_code == 200, kind
        if kind == "replay_event":
            sent.append(json.loads(body.split(b"\n")[2]))
    assert sent
    (replay_id,) = {replay_event["replay_id"] for replay_event in sent}
    key = bytes.fromhex(replay_id)
    replay = eventually(lambda: replay_with_segments(server.data, key, len(sent)))
    for replay_event in sent:
        check_recorded_replay(server.data, replay, replay_event)


def replay_with_segments(data: Path, replay_id: bytes, count: int) -> replays.Replay | None:
    replay: replays.Replay | None = read(data, lambda c: replays.get(c, replay_id))
    return replay if replay is not None and replay.segments == count else None


def check_recorded_replay(data: Path, replay: replays.Replay, sent: dict[str, Any]) -> None:
    replay_id = bytes.fromhex(sent["replay_id"])
    assert (replay.release, replay.environment) == ("web@0.0.1", "development")
    assert 0 < replay.duration < 3600e6
    assert set(sent["urls"]) <= set(replay.urls)
    segments = read(data, lambda c: replays.segments(c, replay.row))
    assert [segment.segment_id for segment in segments] == list(range(len(segments)))
    events = json.loads(Blobs(data).get(segments[0].blob))
    assert {4, 2} <= {event["type"] for event in events}
    error_ids = {bytes.fromhex(each) for each in sent["error_ids"]}
    assert error_ids <= set(read(data, lambda c: replays.error_ids(c, replay.row)))
    assert replay.errors >= len(error_ids)
    for trace_id in map(bytes.fromhex, sent["trace_ids"]):
        assert replay_id in read(data, partial(replays.of_trace, trace_id=trace_id))
    for error_id in error_ids:
        assert read(data, partial(replays.of_event, event_id=error_id)) == replay_id


def replay_envelope(replay_id: str, segment: int, events: list[dict[str, Any]]) -> bytes:
    now = time.time()
    event = {
        "replay_id": replay_id, "segment_id": segment, "timestamp": now, "platform": "javascript",
        "replay_start_timestamp": now - 10, "replay_type": "session", "urls": ["http://x/"],
        "trace_ids": [], "error_ids": [], "user": {"id": "7", "email": "a@b.example"},
    }  # fmt: skip
    recording = json.dumps({"segment_id": segment}).encode() + b"\n"
    recording += zlib.compress(json.dumps(events).encode())
    return envelope(
        ({"type": "replay_event"}, json.dumps(event).encode()),
        ({"type": "replay_recording"}, recording),
        event_id=replay_id,
    )


def breadcrumb(category: str, **data: Any) -> dict[str, Any]:
    payload = {"category": category, "data": data}
    at = time.time() * 1000
    return {"type": 5, "timestamp": at, "data": {"tag": "breadcrumb", "payload": payload}}


def test_a_replay_counts_clicks_and_what_they_did_not_do(server: LocalSentry) -> None:
    replay_id = event_id()
    dead = {"endReason": "timeout", "timeAfterClickMs": 7000, "node": {"tagName": "button"}}
    first = [breadcrumb("ui.click"), breadcrumb("ui.click")]
    second = [breadcrumb("ui.slowClickDetected", **dead, clickCount=6), breadcrumb("ui.click")]
    for number, events in enumerate((first, second)):
        server.send(replay_envelope(replay_id, number, events), "kijko-web")
        server.send(replay_envelope(replay_id, number, events), "kijko-web")
    error = error_event("inside the replay", contexts={"replay": {"replay_id": replay_id}})
    error_id = event_id()
    server.send(
        envelope(({"type": "event"}, json.dumps(error).encode()), event_id=error_id), "kijko-web"
    )
    key = bytes.fromhex(replay_id)
    replay = eventually(
        lambda: (r := read(server.data, lambda c: replays.get(c, key))) and r.errors == 1 and r
    )
    assert (replay.segments, replay.clicks) == (2, 3)
    assert (replay.dead_clicks, replay.rage_clicks) == (1, 1)
    assert replay.urls == ["http://x/"]
    assert replay.user == {"id": "7", "email": "a@b.example"}
    assert read(server.data, lambda c: replays.error_ids(c, replay.row)) == [
        bytes.fromhex(error_id)
    ]
    issue = eventually(lambda: next(iter(server.issues(query='"inside the replay"')), None))
    counted = read(server.data, lambda c: replays.of_issues(c, [int(issue["id"])]))
    assert counted == {int(issue["id"]): [key]}


def test_a_recording_that_is_a_bomb_or_no_recording_stays_raw(server: LocalSentry) -> None:
    header = b'{"segment_id":0}\n'
    bomb = header + zlib.compress(b"[" + b" " * 64 * 1024 * 1024 + b"]")
    own = send(server, "replay_recording", bomb)
    other = send(server, "replay_recording", b"\x00\x01 nothing")

    def problems(connection: sqlite3.Connection) -> dict[str, str]:
        rows = connection.execute("SELECT event_id, problem FROM items WHERE problem IS NOT NULL")
        return {row[0].hex(): row[1] for row in rows}

    found = eventually(lambda: (p := read(server.data, problems)) and {own, other} <= set(p) and p)
    assert found[own] == "recording truncated or too large"


def test_sessions_of_both_kinds_are_counted_by_release(server: LocalSentry) -> None:
    release = f"web@{event_id()}"
    attrs = {"release": release, "environment": "production"}
    started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def session(status: str, user: str, errors: int = 0, init: bool = True) -> dict[str, Any]:
        return {
            "sid": event_id(), "did": user, "init": init, "started": started, "timestamp": started,
            "status": status, "errors": errors, "attrs": attrs,
        }  # fmt: skip

    crashing = session("ok", "u1")
    for payload in (
        crashing,
        crashing | {"init": False, "status": "crashed", "errors": 1},
        session("exited", "u2"),
        session("ok", "u2", errors=2),
    ):
        send(server, "session", payload)
    aggregates = [{"started": started, "exited": 6, "errored": 1, "crashed": 1}]
    send(server, "sessions", {"aggregates": aggregates, "attrs": attrs})

    single = """
        SELECT count(*), sum(status = 'crashed'), sum(errors > 0), count(DISTINCT user_hash)
        FROM sessions s JOIN releases r ON r.id = s.release_id WHERE r.version = ?
    """
    counted = """
        SELECT exited, errored, crashed, v.name FROM session_counts s
        JOIN releases r ON r.id = s.release_id JOIN environments v ON v.id = s.environment_id
        WHERE r.version = ?
    """

    def row(sql: str) -> Any:
        found = read(server.data, lambda c: c.execute(sql, (release,)).fetchone())
        return tuple(found or ())

    eventually(lambda: row(counted) == (6, 1, 1, "production"))
    assert row(single) == (3, 1, 2, 2)


def test_check_ins_keep_their_monitor_and_their_duration(server: LocalSentry) -> None:
    slug, own = f"nightly-{event_id()[:8]}", event_id()
    config = {"schedule": {"type": "crontab", "value": "0 3 * * *"}, "timezone": "UTC"}
    check_in = {"check_in_id": own, "monitor_slug": slug, "status": "in_progress"}
    send(server, "check_in", check_in | {"monitor_config": config})
    send(server, "check_in", check_in | {"status": "ok", "duration": 1.5})

    def of_slug(connection: sqlite3.Connection) -> Any:
        return next((m for m in monitors.listed(connection) if m.slug == slug), None)

    monitor = eventually(
        lambda: (m := read(server.data, of_slug)) and m.environments[0].status == "ok" and m
    )
    assert monitor.config == config
    (found,) = read(server.data, lambda c: monitors.check_ins(c, monitor.id, 10))
    assert (found.check_in_id.hex(), found.duration) == (own, 1_500_000)


def test_feedback_of_both_kinds_is_kept_with_what_it_is_about(server: LocalSentry) -> None:
    error_id = event_id()
    server.send(
        envelope(
            ({"type": "event"}, json.dumps(error_event("annoying")).encode()), event_id=error_id
        )
    )
    issue = eventually(lambda: next(iter(server.issues(query='"annoying"')), None))
    report = {"event_id": error_id, "name": "Ann", "email": "a@b.example", "comments": "it broke"}
    send(server, "user_report", report)
    said = {
        "message": "nicer colours", "contact_email": "c@d.example", "url": "http://x/",
        "associated_event_id": error_id,
    }  # fmt: skip
    send(server, "feedback", {"contexts": {"feedback": said}, "timestamp": time.time()})
    found = eventually(
        lambda: (
            (f := read(server.data, lambda c: feedback.of_issue(c, int(issue["id"]), 10)))
            and len(f) == 2
            and f
        )
    )
    assert {each.message for each in found} == {"it broke", "nicer colours"}
    assert {each.source for each in found} == {"user_report", "feedback"}


def test_attachments_and_profiles_are_kept_whole(server: LocalSentry) -> None:
    content = bytes(range(256)) * 300
    own = send(server, "attachment", content, filename="../../etc/passwd", content_type="image/png")
    project = read(server.data, lambda c: catalog.project(c, 1, "kijko-api"))
    (found,) = eventually(
        lambda: read(server.data, lambda c: attachments.of_event(c, project.id, bytes.fromhex(own)))
    )
    assert (found.name, found.size) == ("../../etc/passwd", len(content))
    assert Blobs(server.data).get(found.blob) == content

    profile_id, transaction_id = event_id(), event_id()
    profile = {
        "event_id": profile_id, "platform": "python", "version": "1", "timestamp": "2026-01-01",
        "transaction": {"id": transaction_id, "name": "GET /", "trace_id": event_id()},
        "profile": {"samples": []},
    }  # fmt: skip
    send(server, "profile", profile)
    of_event = eventually(
        lambda: read(server.data, lambda c: profiles.of_event(c, bytes.fromhex(transaction_id)))
    )
    assert [each.hex() for each in of_event] == [profile_id]
    blob = read(server.data, lambda c: profiles.blob_of(c, project.id, bytes.fromhex(profile_id)))
    assert json.loads(Blobs(server.data).get(blob)) == profile


def test_client_reports_are_counted(server: LocalSentry) -> None:
    reason = f"sample_rate-{event_id()}"
    discarded = [{"reason": reason, "category": "transaction", "quantity": 3}]
    for _ in range(2):
        send(server, "client_report", {"timestamp": time.time(), "discarded_events": discarded})

    def counted(connection: sqlite3.Connection) -> int:
        return sum(o.quantity for o in outcomes.since(connection, 0) if o.reason == reason)

    eventually(lambda: read(server.data, counted) == 6)


def test_streamed_spans_are_in_their_trace(server: LocalSentry) -> None:
    trace_id = event_id()
    now = time.time()
    span = {
        "trace_id": trace_id, "span_id": "1" * 16, "name": "GET /", "is_segment": True,
        "start_timestamp": now - 1, "end_timestamp": now, "status": "ok",
        "attributes": {"sentry.op": text("http.server")},
    }  # fmt: skip
    send(
        server, "span", container(**span), content_type="application/vnd.sentry.items.span.v2+json"
    )
    (found,) = eventually(
        lambda: read(server.data, lambda c: spans.of_trace(c, bytes.fromhex(trace_id), 10))
    )
    assert (found.op, found.transaction) == ("http.server", "GET /")
    assert found.duration == pytest.approx(1e6, abs=1000)


def test_unknown_items_stay_raw(server: LocalSentry) -> None:
    own = send(server, "something_new", b"\x00whatever")

    def kept(connection: sqlite3.Connection) -> list[str]:
        rows = connection.execute(
            "SELECT type FROM items WHERE event_id = ?", (bytes.fromhex(own),)
        )
        return [row[0] for row in rows]

    assert eventually(lambda: read(server.data, kept)) == ["something_new"]
