"""What a project filters out is counted and not kept; all else arrives."""

import json
from pathlib import Path
from typing import Any

import pytest

from local_sentry.services import inbound_filters
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)

PROJECT = "/api/0/projects/kijko/kijko-api/"
BOT = {"headers": [["User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1)"]]}
BROWSER = {"headers": [["User-Agent", "Mozilla/5.0 (X11; Linux) Firefox/150.0"]]}


def error(message: str = "went wrong", **more: Any) -> dict[str, Any]:
    return {"exception": {"values": [{"type": "ValueError", "value": message}]}} | more


def framed(path: str) -> dict[str, Any]:
    frames = {"frames": [{"abs_path": path}]}
    return {"exception": {"values": [{"type": "E", "value": "v", "stacktrace": frames}]}}


@pytest.mark.parametrize(
    ("name", "unwanted", "wanted"),
    [
        ("web-crawlers", error(request=BOT), error(request=BROWSER)),
        ("browser-extensions", framed("chrome-extension://abc/x.js"), framed("https://a/x.js")),
        ("localhost", error(request={"url": "http://localhost:3000/a"}),
         error(request={"url": "https://kijko.example/localhost"})),
        ("localhost", error(user={"ip_address": "::1"}), error(user={"ip_address": "10.0.0.1"})),
    ],
)  # fmt: skip
def test_a_filter_tells_the_unwanted_from_the_wanted(
    name: str, unwanted: dict[str, Any], wanted: dict[str, Any]
) -> None:
    on = inbound_filters.switched(name, on=True)
    assert inbound_filters.reason(on, "event", unwanted) == name
    assert inbound_filters.reason(on, "event", wanted) is None
    assert inbound_filters.reason({}, "event", unwanted) is None


@pytest.mark.parametrize("name", ["/healthz", "GET /readyz", "/api/health/", "/ping"])
def test_health_checks_are_filtered_transactions(name: str) -> None:
    on = inbound_filters.switched("filtered-transaction", on=True)
    assert inbound_filters.reason(on, "transaction", {"transaction": name})
    for other in ("POST /api/jobs", "/wealth", "/pinged", "/upload"):
        assert inbound_filters.reason(on, "transaction", {"transaction": other}) is None


@pytest.mark.parametrize(
    ("globs", "message", "filtered"),
    [
        ("*ClientDisconnect*", "ClientDisconnect", True),
        ("ValueError: [a]*", "[a] b", True),
        ("ValueError: [a]*", "a b", False),
        ("nothing\nvalueerror: IT?", "its", True),
        ("it*", "its", False),  # the type is part of what is matched
        ("", "", False),
    ],
)
def test_globs_of_messages(globs: str, message: str, filtered: bool) -> None:
    options = {inbound_filters.MESSAGES: globs}
    assert bool(inbound_filters.reason(options, "event", error(message))) is filtered


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"exception": 7},
        {"exception": {"values": [None, "x"]}},
        {"request": {"headers": [1, ["a"], {}]}},
        {"user": []},
    ],
)
def test_broken_events_are_wanted(broken: dict[str, Any]) -> None:
    everything = {inbound_filters.MESSAGES: "x", inbound_filters.RELEASES: "y"}
    for name in inbound_filters.SWITCHES:
        everything |= inbound_filters.switched(name, on=True)
    assert inbound_filters.reason(everything, "event", broken) is None


def filters(server: LocalSentry) -> dict[str, bool]:
    return {each["id"]: each["active"] for each in server.get(f"{PROJECT}filters/")}


def test_what_is_filtered_is_counted_and_not_kept(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        assert not any(filters(server).values())
        address = f"{PROJECT}filters/filtered-transaction/"
        assert server.client.put(address, json={"active": True}).status_code == 204
        options = {"options": {"filters:error_messages": "*quiet*"}}
        answer = server.client.put(PROJECT, json=options)
        assert answer.json()["options"] == options["options"]
        check = {
            "type": "transaction", "transaction": "/healthz", "start_timestamp": 1, "timestamp": 2,
            "contexts": {"trace": {"trace_id": "a" * 32, "span_id": "b" * 16}},
        }  # fmt: skip
        item = ({"type": "transaction"}, json.dumps(check).encode())
        server.send(envelope(item, event_id=event_id()))
        server.send(error_envelope("be quiet"))
        server.send(error_envelope("be loud"))
        titles = eventually(lambda: [issue["title"] for issue in server.issues()], "the issue")
        assert titles == ["ValueError: be loud"]
        spans = server.get("/api/0/organizations/kijko/events/", dataset="spans", field="count()")
        assert spans["data"] == [{"count()": 0}]
        assert server.client.put(address, json={"active": False}).status_code == 204
        nothing = server.client.put(PROJECT, json={"options": {"filters:error_messages": ""}})
        assert nothing.json()["options"] == {}
        server.send(error_envelope("be quiet"))
        eventually(lambda: len(server.issues()) == 2, "the other issue")


def test_an_unknown_filter_or_option_is_refused(server: LocalSentry) -> None:
    unknown = server.client.put(f"{PROJECT}filters/legacy-browsers/", json={"active": True})
    assert unknown.status_code == 404
    answer = server.client.put(PROJECT, json={"options": {"sentry:token": "x"}})
    assert (answer.status_code, list(answer.json())) == (400, ["options"])
