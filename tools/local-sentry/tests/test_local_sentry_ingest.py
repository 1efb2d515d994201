"""Ingest over real HTTP: authentication, CORS, encodings, and what is refused."""

import base64
import contextlib
import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import httpx
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_sentry.app import prepare_data
from local_sentry.services.processing import STORE
from local_sentry.store import outcomes
from local_sentry.store.database import FILE_NAME, connect
from local_sentry.store.items import UNPROCESSED, counts_by_type
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    error_event,
    event_id,
    eventually,
    local_sentry,
)


def key_and_project(server: LocalSentry, project: str = "kijko-api") -> tuple[str, str]:
    dsn = httpx.URL(server.dsn(project))
    return dsn.username, dsn.path.strip("/")


def arrived(server: LocalSentry, message: str) -> dict[str, Any]:
    issue: dict[str, Any] = eventually(
        lambda: next(iter(server.issues(query=f'"{message}"')), None), f"issue {message!r}"
    )
    return issue


@pytest.mark.parametrize("way", ["query", "header", "authorization", "dsn"])
def test_the_key_may_come_in_four_ways(server: LocalSentry, way: str) -> None:
    key, project = key_and_project(server)
    own = event_id()
    url, headers, extra = f"/api/{project}/envelope/", {}, {}
    match way:
        case "query":
            url += f"?sentry_version=7&sentry_key={key}&sentry_client=x"
        case "header":
            headers["X-Sentry-Auth"] = f"Sentry sentry_version=7, sentry_key={key}"
        case "authorization":
            headers["Authorization"] = f"Sentry sentry_key={key},sentry_version=7"
        case "dsn":
            extra["dsn"] = server.dsn("kijko-api")
    body = envelope(
        ({"type": "event"}, json.dumps(error_event(f"by the {way}")).encode()),
        event_id=own, **extra,
    )  # fmt: skip
    answer = server.client.post(url, content=body, headers=headers)
    assert (answer.status_code, answer.json()) == (200, {"id": own})
    assert arrived(server, f"by the {way}")["count"] == "1"


def test_senders_without_the_right_key_are_refused(server: LocalSentry) -> None:
    key, project = key_and_project(server)
    body = error_envelope("never stored")
    post = server.client.post
    assert post(f"/api/{project}/envelope/", content=body).status_code == 401
    wrong = post(f"/api/{project}/envelope/?sentry_key={'0' * 32}", content=body)
    assert wrong.status_code == 403
    assert "ProjectId" in wrong.json()["detail"]
    assert post(f"/api/999/envelope/?sentry_key={key}", content=body).status_code == 403
    assert post(f"/api/{project}/envelope/?sentry_key=a%00b", content=body).status_code == 400
    other = envelope(dsn=server.dsn("kijko-web"))
    mismatch = post(f"/api/{project}/envelope/", content=other)
    assert mismatch.json()["causes"] == ["project id header mismatch between envelope and request"]


def test_browsers_may_send_from_anywhere(server: LocalSentry) -> None:
    key, project = key_and_project(server)
    preflight = server.client.options(
        f"/api/{project}/envelope/?sentry_key={key}",
        headers={
            "Origin": "https://kijko.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type, sentry-trace",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert "x-sentry-auth" in preflight.headers["access-control-allow-headers"]
    sent = server.send(error_envelope("cors"))
    assert sent.headers["access-control-allow-origin"] == "*"
    assert "x-sentry-rate-limits" in sent.headers["access-control-expose-headers"]


ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("encoding", list(ENCODERS))
def test_compressed_bodies_are_understood(server: LocalSentry, encoding: str) -> None:
    body = ENCODERS[encoding](error_envelope(f"packed by {encoding}"))
    answer = server.send(body, headers={"Content-Encoding": encoding})
    assert answer.status_code == 200
    arrived(server, f"packed by {encoding}")


@pytest.mark.parametrize("encoding", list(ENCODERS))
def test_bombs_are_refused(server: LocalSentry, encoding: str) -> None:
    bomb = ENCODERS[encoding](b'{}\n{"type":"event"}\n' + b" " * 200_000_000)
    answer = server.send(bomb, headers={"Content-Encoding": encoding})
    assert answer.status_code == 413
    assert "size limits" in answer.json()["detail"]


def test_lying_and_truncated_envelopes_get_sentrys_kind_of_error(server: LocalSentry) -> None:
    truncated = server.send(error_envelope()[:-20])
    assert truncated.status_code == 400
    assert truncated.json() == {
        "detail": "invalid event envelope",
        "causes": ["unexpected end of file"],
    }
    assert truncated.headers["x-sentry-error"] == "invalid event envelope"
    assert server.send(b"").json() == {"detail": "empty request body"}
    assert server.send(b"[]").status_code == 400


def test_an_event_over_the_limit_is_refused(server: LocalSentry) -> None:
    answer = server.send(error_envelope("x", extra={"blob": "y" * 1_100_000}))
    assert answer.status_code == 413
    assert "'event'" in answer.json()["detail"]


def test_the_legacy_store_route_takes_bare_events(server: LocalSentry) -> None:
    key, project = key_and_project(server)
    event = error_event("by the old road", event_id=event_id())
    url = f"/api/{project}/store/?sentry_key={key}"
    answer = server.client.post(url, content=json.dumps(event))
    assert answer.json() == {"id": event["event_id"]}
    arrived(server, "by the old road")
    bad = server.client.post(url, content=b"{nonsense")
    assert (bad.status_code, bad.json()["detail"]) == (400, "invalid JSON data")


def test_other_methods_are_refused(server: LocalSentry) -> None:
    key, project = key_and_project(server)
    assert server.client.get(f"/api/{project}/envelope/?sentry_key={key}").status_code == 405


def test_an_event_id_counts_once_per_project(server: LocalSentry) -> None:
    own = event_id()
    for _ in range(3):
        assert server.send(error_envelope("only once", id=own)).json() == {"id": own}
    assert server.send(error_envelope("only once", id=own), "kijko-web").status_code == 200
    server.send(error_envelope("after the repeats"))
    arrived(server, "after the repeats")
    assert [i["count"] for i in server.issues(query='"only once"')] == ["1", "1"]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_envelope_makes_the_server_fail(server: LocalSentry, data: st.DataObject) -> None:
    json_values = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
    names = (
        "exception", "message", "logentry", "tags", "user", "contexts", "breadcrumbs", "spans",
        "timestamp", "start_timestamp", "fingerprint", "level", "release", "environment", "items",
        "request", "threads", "platform", "transaction", "sdk", "extra", "modules", "stacktrace",
    )  # fmt: skip
    event = data.draw(st.dictionaries(st.sampled_from(names), json_values, max_size=8))
    kind = data.draw(st.sampled_from([*STORE, "new"]))
    headers = {"type": kind, "content_type": "application/vnd.sentry.items.span.v2+json"}
    body = bytearray(
        envelope((headers, json.dumps(event).encode()), event_id=event_id(), sent_at=data.draw(
            json_values
        ))
    )  # fmt: skip
    for _ in range(data.draw(st.integers(0, 3))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert server.send(bytes(body)).status_code < 500


def test_nothing_that_was_fuzzed_is_left_unprocessed(server: LocalSentry) -> None:
    server.send(error_envelope("behind the fuzz"))
    arrived(server, "behind the fuzz")
    with contextlib.closing(connect(server.data / FILE_NAME)) as connection:
        assert UNPROCESSED not in counts_by_type(connection)
    for issue in server.issues(limit=100, query=""):
        page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/")
        assert page.status_code == 200
        server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/")


def test_the_legacy_store_route_takes_what_old_sdks_packed(server: LocalSentry) -> None:
    key, project = key_and_project(server)
    url = f"/api/{project}/store/?sentry_key={key}"
    plain = json.dumps(error_event("packed in base64")).encode()
    packed = json.dumps(error_event("packed in zlib")).encode()
    assert server.client.post(url, content=base64.b64encode(plain)).status_code == 200
    content = base64.b64encode(zlib.compress(packed))
    assert server.client.post(url, content=content).status_code == 200
    arrived(server, "packed in base64")
    arrived(server, "packed in zlib")
    bomb = base64.b64encode(zlib.compress(b"{" + b" " * 50_000_000))
    assert server.client.post(url, content=bomb).status_code == 413


@pytest.mark.parametrize(
    ("kind", "size"),
    [("session", 110_000), ("check_in", 110_000), ("log", 5_000_000), ("replay_recording", 2**24)],
)
def test_items_over_the_limit_of_their_kind_are_refused(
    server: LocalSentry, kind: str, size: int
) -> None:
    answer = server.send(envelope(({"type": kind}, b" " * size), event_id=event_id()))
    assert answer.status_code == 413
    assert f"'{kind}'" in answer.json()["detail"]


def test_a_key_that_has_sent_all_it_may_is_told_when_to_come_again(tmp_path: Path) -> None:
    with contextlib.closing(connect(prepare_data(tmp_path))) as connection:
        connection.execute(
            "UPDATE project_keys SET rate_limit_window = 3600, rate_limit_count = 2"
            " WHERE project_id = (SELECT id FROM projects WHERE slug = 'kijko-api')"
        )
    with local_sentry(tmp_path) as server:
        for _ in range(2):
            assert server.send(error_envelope("within the limit")).status_code == 200
        for extra in ({}, {"dsn": server.dsn("kijko-api")}):
            body = envelope(
                ({"type": "event"}, json.dumps(error_event("too many")).encode()),
                event_id=event_id(), **extra,
            )  # fmt: skip
            answer = server.send(body)
            assert answer.status_code == 429
            seconds = int(answer.headers["retry-after"])
            assert 0 < seconds <= 3600
            assert answer.headers["x-sentry-rate-limits"] == f"{seconds}::key:key_quota"
        assert server.send(error_envelope("of another key"), "kijko-web").status_code == 200
        arrived(server, "of another key")
        assert not server.issues(query='"too many"')
    with contextlib.closing(connect(tmp_path / FILE_NAME)) as connection:
        counted = {
            (outcome.outcome, outcome.reason): outcome.quantity
            for outcome in outcomes.since(connection, 0)
            if outcome.outcome != "accepted"
        }
    assert counted == {("rate_limited", "key_quota"): 2}
