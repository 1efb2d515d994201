"""Queries over spans, errors and logs: functions, grouping, conditions and values over time."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)

EVENTS = "/api/0/organizations/kijko/events/"


def transaction(name: str, milliseconds: int, status: str, tier: str) -> bytes:
    now = time.time()
    body = {
        "type": "transaction", "transaction": name, "start_timestamp": now - milliseconds / 1000,
        "timestamp": now, "tags": {"tier": tier}, "release": "kijko-api@1.0.0",
        "contexts": {"trace": {"trace_id": event_id(), "span_id": event_id()[:16],
                               "op": "http.server", "status": status,
                               "data": {"http.size": milliseconds}}},
    }  # fmt: skip
    return envelope(({"type": "transaction"}, json.dumps(body).encode()), event_id=event_id())


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("explore")) as server:
        for number in range(1, 11):
            status = "internal_error" if number > 8 else "ok"
            server.send(transaction("GET /a", number * 100, status, "gold"))
        server.send(transaction("GET /b", 50, "ok", "basic"))
        for user in range(3):
            server.send(error_envelope("too late", user={"id": str(user)}, tags={"shop": "red"}))
        server.send(error_envelope("another", level="warning"))
        eventually(lambda: rows(server, "spans", "count()")[0]["count()"] == 11, "the spans")
        eventually(lambda: rows(server, "errors", "count()")[0]["count()"] == 4, "the errors")
        yield server


def rows(server: LocalSentry, dataset: str, *fields: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get(EVENTS, dataset=dataset, field=list(fields), **more)[
        "data"
    ]
    return found


def test_functions_are_computed_for_each_group(filled: LocalSentry) -> None:
    functions = (
        "count()", "p50()", "p95(span.duration)", "avg(span.duration)", "max(span.duration)",
        "failure_rate()", "failure_count()", "count_if(span.status,equals,ok)", "sum(http.size)",
        "count_unique(span.status)",
    )  # fmt: skip
    a, b = rows(filled, "spans", "transaction", *functions, sort="-count()")
    assert (a["transaction"], b["transaction"]) == ("GET /a", "GET /b")
    assert a["count()"] == 10
    assert a["p50()"] == pytest.approx(550, abs=1)
    assert a["p95(span.duration)"] == pytest.approx(955, abs=1)
    assert a["avg(span.duration)"] == pytest.approx(550, abs=1)
    assert a["max(span.duration)"] == pytest.approx(1000, abs=1)
    assert a["failure_rate()"] == pytest.approx(0.2)
    assert (a["failure_count()"], a["count_if(span.status,equals,ok)"]) == (2, 8)
    assert (a["sum(http.size)"], a["count_unique(span.status)"]) == (5500, 2)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("transaction:\"GET /a\"", 10),
        ("!transaction:\"GET /a\"", 1),
        ("transaction:*a", 10),
        ("span.duration:>850ms", 2),
        ("span.duration:<=0.1s", 2),
        ("tier:gold", 10),
        ("tier:[gold,basic]", 11),
        ("!has:tier", 0),
        ("http.size:>=900", 2),
        ("span.status:internal_error OR tier:basic", 3),
        ("(span.status:internal_error OR tier:basic) is_transaction:true", 3),
        ("release:kijko-api@1.0.0 span.op:http.server", 11),
        ("timestamp:-1h", 11),
        ("timestamp:+1h", 0),
        ("GET", 11),
        ("nothing.of.the.kind:x", 0),
    ],
)  # fmt: skip
def test_conditions_choose_exactly(filled: LocalSentry, query: str, expected: int) -> None:
    assert rows(filled, "spans", "count()", query=query)[0]["count()"] == expected


def test_conditions_on_functions_choose_groups(filled: LocalSentry) -> None:
    fields = ("transaction", "count()", "p95(span.duration)")
    found = rows(filled, "spans", *fields, query="count():>5 p95(span.duration):>0.5s")
    assert [row["transaction"] for row in found] == ["GET /a"]


def test_errors_are_grouped_by_issue(filled: LocalSentry) -> None:
    fields = ("issue", "title", "count()", "count_unique(user)", "last_seen()")
    first, second = rows(filled, "errors", *fields, sort="-count")
    assert (first["title"], first["count()"], first["count_unique(user)"]) == (
        "ValueError: too late", 3, 3,
    )  # fmt: skip
    assert first["issue"].startswith("KIJKO-API-")
    assert second["count()"] == 1
    assert len(rows(filled, "errors", "id", "shop", query="shop:red level:error")) == 3


def test_pages_are_turned(filled: LocalSentry) -> None:
    first = filled.client.get(EVENTS, params={"dataset": "spans", "field": "id", "per_page": 6})
    second = filled.client.get(first.links["next"]["url"])
    assert (len(first.json()["data"]), len(second.json()["data"])) == (6, 5)
    assert second.links["next"]["results"] == "false"


def test_values_over_time_add_up(filled: LocalSentry) -> None:
    base = "/api/0/organizations/kijko/events-timeseries/"
    answer = filled.get(
        base, dataset="spans", yAxis=["count()", "p95(span.duration)"], statsPeriod="1h",
        interval=300_000,
    )  # fmt: skip
    counts, percentiles = answer["timeSeries"]
    assert sum(value["value"] for value in counts["values"]) == 11
    assert percentiles["meta"]["valueUnit"] == "millisecond"
    grouped = filled.get(
        base, dataset="spans", yAxis="count()", groupBy="transaction", topEvents=2,
        sort="-count()", statsPeriod="1h",
    )["timeSeries"]  # fmt: skip
    assert [one["groupBy"][0]["value"] for one in grouped] == ["GET /a", "GET /b"]
    stats = filled.get("/api/0/organizations/kijko/events-stats/", yAxis="count()")
    assert sum(point[1][0]["count"] for point in stats["data"]) == 4


@pytest.mark.parametrize(
    "bad",
    [
        {"dataset": "nonsense", "field": "id"},
        {"dataset": "spans"},
        {"dataset": "spans", "field": "nonsense()"},
        {"dataset": "errors", "field": "p95()"},
        {"dataset": "spans", "field": ["id", "x"], "sort": "-count()"},
        {"dataset": "spans", "field": "count()", "query": "span.duration:>x"},
        {"dataset": "spans", "field": "count()", "query": "count():>1 OR tier:gold"},
        {"dataset": "spans", "field": 'a"b'},
        {"dataset": "spans", "field": "id", "start": "yesterday"},
    ],
)
def test_what_makes_no_sense_is_said(filled: LocalSentry, bad: dict[str, Any]) -> None:
    answer = filled.client.get(EVENTS, params=bad)
    assert answer.status_code == 400, answer.text
    assert answer.json()["detail"]


def test_a_query_is_validated_part_by_part(filled: LocalSentry) -> None:
    address = "/api/0/organizations/kijko/events/validate/"
    good = {"dataset": "spans", "field": ["span.op", "count()"], "query": "tier:gold",
            "orderby": "-count()"}  # fmt: skip
    assert filled.get(address, **good)["valid"] is True
    bad = filled.client.get(address, params=good | {"field": ["span.op", "nonsense()"]})
    assert bad.status_code == 400
    assert [field["valid"] for field in bad.json()["field"]] == [True, False]
