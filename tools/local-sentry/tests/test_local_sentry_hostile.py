"""Hostile content: SQL and HTML in every field, deep JSON, invalid UTF-8, ten thousand tags."""

import json
import re
import time
from typing import Any

import pytest

from local_sentry_process import LocalSentry, envelope, error_envelope, event_id, eventually

EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>\"'`{{7*7}}{% x %}'; DROP TABLE issues;--"
)


def poisoned(value: Any) -> Any:
    """The same structure with every text and every free key poisoned."""
    if isinstance(value, dict):
        return {key: poisoned(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner) for inner in value]
    return EVIL if value is Ellipsis else value


def hostile_event(trace_id: str) -> dict[str, Any]:
    any_ = Ellipsis
    frame = {
        "function": any_, "module": any_, "filename": any_, "abs_path": any_, "lineno": 3,
        "context_line": any_, "pre_context": [any_], "post_context": [any_], "in_app": True,
        "vars": {EVIL: any_},
    }  # fmt: skip
    event: dict[str, Any] = poisoned(
        {
            "platform": any_, "level": "error", "logger": any_, "transaction": any_,
            "release": any_, "environment": any_, "dist": any_, "server_name": any_,
            "message": any_, "tags": {EVIL: any_, "plain": any_}, "fingerprint": [any_],
            "user": {"id": any_, "email": any_, "username": any_, "ip_address": any_},
            "request": {"url": any_, "method": any_, "headers": {EVIL: any_}, "data": any_},
            "exception": {"values": [{"type": any_, "value": any_, "module": any_,
                          "mechanism": {"type": any_}, "stacktrace": {"frames": [frame]}}]},
            "breadcrumbs": [{"category": any_, "message": any_, "data": {EVIL: any_},
                             "level": any_, "type": any_}],
            "contexts": {EVIL: {EVIL: any_}, "os": {"name": any_}}, "extra": {EVIL: any_},
            "modules": {EVIL: any_}, "sdk": {"name": any_, "version": any_},
        }
    )  # fmt: skip
    event["contexts"]["trace"] = {"trace_id": trace_id, "span_id": "b" * 16}
    return event


def assert_inert(page: str) -> None:
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    scripts = re.findall(r"<script[^>]*>", page)
    assert all('src="/static/' in script for script in scripts)
    assert not re.search(r"\son\w+=(?![^<>]*&)", re.sub(r'"[^"]*"', '""', page))


def test_sql_and_html_are_inert_everywhere(server: LocalSentry) -> None:
    trace_id = event_id()
    body = json.dumps(hostile_event(trace_id)).encode()
    server.send(envelope(({"type": "event"}, body), event_id=event_id()))
    span = poisoned(
        {
            "type": "transaction", "transaction": ..., "start_timestamp": time.time() - 1,
            "timestamp": time.time(), "release": ..., "environment": ...,
            "contexts": {"trace": {"trace_id": trace_id, "span_id": "b" * 16, "op": ...,
                         "status": ..., "data": {EVIL: ...}}},
            "spans": [{"span_id": "c" * 16, "parent_span_id": "b" * 16, "trace_id": trace_id,
                       "op": ..., "description": ..., "start_timestamp": time.time() - 0.5,
                       "timestamp": time.time(), "status": ..., "data": {EVIL: ...}}],
        }
    )  # fmt: skip
    server.send(envelope(({"type": "transaction"}, json.dumps(span).encode()), event_id=event_id()))
    issue = eventually(lambda: next(iter(server.issues(query="plain:*DROP*")), None))
    eventually(lambda: server.get(f"/api/0/organizations/kijko/trace/{trace_id}/")[0]["children"])
    for path in (
        "/organizations/kijko/issues/",
        f"/organizations/kijko/issues/{issue['id']}/",
        "/explore/traces/",
        f"/explore/traces/trace/{trace_id}/?node=span-{'b' * 16}",
        f"/explore/traces/trace/{trace_id}/span/{'c' * 16}/",
    ):
        answer = server.client.get(path)
        assert answer.status_code == 200, path
        assert "DROP TABLE" in answer.text, path
        assert_inert(answer.text)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
    search = server.client.get("/organizations/kijko/issues/", params={"query": f'"{EVIL[:20]}"'})
    assert_inert(search.text)
    assert server.issues(query="")


@pytest.mark.parametrize("depth", [60, 300, 900, 100_000])
def test_deep_json_neither_fails_nor_stops_what_follows(server: LocalSentry, depth: int) -> None:
    nested = b'{"a":' * depth + b"1" + b"}" * depth
    body = b'{"message":"deep %d","extra":{"x":%s}}' % (depth, nested)
    assert server.send(envelope(({"type": "event"}, body), event_id=event_id())).status_code == 200
    marker = f"after depth {depth}"
    server.send(error_envelope(marker))
    eventually(lambda: server.issues(query=f'"{marker}"'))
    for issue in server.issues(query='message:"deep <int>"', limit=10) + server.issues(
        query="deep"
    ):
        server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/")
        assert server.client.get(f"/organizations/kijko/issues/{issue['id']}/").status_code == 200


def test_deep_traces_are_answered(server: LocalSentry) -> None:
    trace_id = event_id()
    now = time.time()
    spans = [
        {"span_id": f"{n + 2:016x}", "parent_span_id": f"{n + 1:016x}", "op": "deep",
         "start_timestamp": now - 1 + n / 1000, "timestamp": now}
        for n in range(900)
    ]  # fmt: skip
    event = {
        "type": "transaction", "transaction": "deep", "start_timestamp": now - 1,
        "timestamp": now, "spans": spans,
        "contexts": {"trace": {"trace_id": trace_id, "span_id": f"{1:016x}", "op": "root"}},
    }  # fmt: skip
    server.send(
        envelope(({"type": "transaction"}, json.dumps(event).encode()), event_id=event_id())
    )
    path = f"/api/0/organizations/kijko/trace/{trace_id}/"
    answer = eventually(lambda: (a := server.client.get(path)).content != b"[]" and a)
    assert answer.content.count(b'"op":"deep"') == 900
    assert server.client.get(f"/explore/traces/trace/{trace_id}/").status_code == 200


def test_invalid_utf8_nan_and_lone_surrogates_are_read_with_goodwill(server: LocalSentry) -> None:
    body = b'{"message":"odd \xff bytes","extra":{"n":NaN,"s":"\\ud800"},"level":"warning"}'
    server.send(envelope(({"type": "event"}, body), event_id=event_id()))
    issue = eventually(lambda: next(iter(server.issues(query='"odd"')), None))
    assert issue["level"] == "warning"
    server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/")
    assert server.client.get(f"/organizations/kijko/issues/{issue['id']}/").status_code == 200


def test_an_event_with_ten_thousand_tags_keeps_a_bounded_number(server: LocalSentry) -> None:
    tags = {f"tag{n}": "x" for n in range(10_000)}
    server.send(error_envelope("many tags", tags=tags))
    issue = eventually(lambda: next(iter(server.issues(query='"many tags"')), None))
    event = server.get(f"/api/0/organizations/kijko/issues/{issue['id']}/events/latest/")
    assert 200 <= len(event["tags"]) < 250
