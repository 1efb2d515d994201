"""Numbers that cross a threshold make an issue, rules tell it, and it ends when they are back."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest

from local_sentry.services.alert_rules import FIRST_SEEN, REGRESSION, WEBHOOK
from local_sentry.store.database import FILE_NAME
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)
from local_sentry_receiver import receiving

ORGANIZATION = "/api/0/organizations/kijko"
MAKE = f"{ORGANIZATION}/projects/kijko-api/detectors/"
DEADLINE = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    options = ("--no-auth", "--allow-private-webhooks")
    with local_sentry(tmp_path_factory.mktemp("metrics"), *options) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    with receiving() as found:
        yield found


def threshold(comparison: float, result: int = 75, kind: str = "gt") -> dict[str, Any]:
    return {"type": kind, "comparison": comparison, "conditionResult": result}


def detector(name: str, aggregate: str, *conditions: dict[str, Any], **source: Any) -> Any:
    query = {"aggregate": aggregate, "dataset": "events", "query": "", "timeWindow": 3600,
             "queryType": 0, "eventTypes": ["error"]} | source  # fmt: skip
    return {
        "name": name,
        "type": "metric_issue",
        "data_sources": [query],
        "condition_group": {"logicType": "any", "conditions": list(conditions), "actions": []},
        "config": {"detectionType": "static"},
    }


def make(server: LocalSentry, body: dict[str, Any]) -> Any:
    answer = server.client.post(MAKE, json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def issue_of(server: LocalSentry, made: dict[str, Any]) -> Any:
    found = server.issues(query=f"detector.id:{made['id']}")
    return found[0] if found else None


def look_again(server: LocalSentry, made: dict[str, Any]) -> None:
    """Makes the monitor due at once, unless it is."""
    database = server.data / FILE_NAME
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        (checked,) = connection.execute(
            "SELECT checked FROM detectors WHERE id = ?", (made["id"],)
        ).fetchone()
        if checked:
            connection.execute("UPDATE detectors SET checked = 0 WHERE id = ?", (made["id"],))


def sooner(server: LocalSentry, made: dict[str, Any]) -> Any:
    """The issue of a monitor, which need not wait for its turn."""
    look_again(server, made)
    return issue_of(server, made)


def test_a_count_over_a_window_fires_and_resolves(
    server: LocalSentry, receiver: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, taken = receiver
    rule = {
        "name": "tell me", "frequency": 5, "actionMatch": "any", "conditions":
        [{"id": FIRST_SEEN}, {"id": REGRESSION}], "actions": [{"id": WEBHOOK, "url": url}],
        "filters": [{"id": "sentry.rules.filters.tagged_event.TaggedEventFilter",
                     "key": "detector.id", "match": "is"}],
    }  # fmt: skip
    rules = "/api/0/projects/kijko/kijko-api/rules/"
    assert server.client.post(rules, json=rule).status_code == 201
    body = detector(
        "Too many orders fail", "count()", threshold(2), threshold(1, 50), threshold(1, 0, "lte"),
        query="shop:orders", environment="prod",
    )  # fmt: skip
    made = make(server, body | {"owner": "team:1", "description": "Look at the till"})
    for environment in ("dev", "dev", "dev", "prod", "prod", "prod"):
        server.send(error_envelope("order", tags={"shop": "orders"}, environment=environment))
    told = taken.get(timeout=DEADLINE)
    assert told["message"] == "Too many orders fail"
    issue = issue_of(server, made)
    assert (issue["issueType"], issue["issueCategory"]) == ("metric_issue", "metric")
    assert issue["assignedTo"]["name"] == "kijko"
    event = server.get(f"{ORGANIZATION}/issues/{issue['id']}/events/latest/")
    said = event["occurrence"]["subtitle"]
    assert said == "Critical: count() in the last 60 minutes above 2. It was 3."
    # What is past the window does not count: the number is back.
    database = server.data / FILE_NAME
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute("UPDATE events SET timestamp = timestamp - 7200000000")

    def is_over() -> bool:
        look_again(server, made)
        return _status(server, issue) == "resolved"

    eventually(is_over, "the end")


def _status(server: LocalSentry, issue: dict[str, Any]) -> str:
    return str(server.get(f"{ORGANIZATION}/issues/{issue['id']}/")["status"])


def transaction(duration: float, **fields: Any) -> bytes:
    now = time.time()
    trace = {"trace_id": event_id(), "span_id": "a" * 16, "op": "http.server"}
    payload = {"type": "transaction", "transaction": "POST /cut", "start_timestamp": now - duration,
               "timestamp": now, "contexts": {"trace": trace}} | fields  # fmt: skip
    return envelope(({"type": "transaction"}, json.dumps(payload).encode()), event_id=event_id())


def test_a_percentile_of_spans_fires(server: LocalSentry) -> None:
    spans = {"dataset": "events_analytics_platform", "eventTypes": ["trace_item_span"]}
    made = make(
        server,
        detector("Cutting is slow", "p95(span.duration)", threshold(1000), **spans,
                 query="transaction:\"POST /cut\""),
    )  # fmt: skip
    fine = make(server, detector("Never", "p95(span.duration)", threshold(60_000), **spans))
    for duration in (0.1, 0.2, 5.0):
        server.send(transaction(duration))
    issue = eventually(lambda: sooner(server, made), "the issue")
    assert issue["metadata"]["value"].startswith("Critical: p95(span.duration) in the last 60")
    assert issue_of(server, fine) is None


def test_a_change_is_compared_with_the_time_before(server: LocalSentry) -> None:
    body = detector("Twice as many", "count()", threshold(150), query="shop:change")
    compared = {"config": {"detectionType": "percent", "comparisonDelta": 7200}}
    made = make(server, body | compared)
    for ago in (7200 + 1800, 0, 0):
        at = time.time() - ago
        server.send(error_envelope("change", tags={"shop": "change"}, timestamp=at))
    issue = eventually(lambda: sooner(server, made), "the issue")
    assert "% of before" in issue["metadata"]["value"]


def test_monitors_are_listed_changed_and_deleted(server: LocalSentry) -> None:
    made = make(server, detector("To be changed", "count()", threshold(5), threshold(4, 0, "lt")))
    address = f"{ORGANIZATION}/detectors/{made['id']}/"
    assert made["id"] in [d["id"] for d in server.get(f"{ORGANIZATION}/detectors/")]
    (old,) = server.get(f"{ORGANIZATION}/alert-rules/", name="to be changed")
    assert (old["aggregate"], old["timeWindow"], old["projects"]) == ("count()", 60, ["kijko-api"])
    assert [(t["label"], t["alertThreshold"]) for t in old["triggers"]] == [("critical", 5)]
    assert old["resolveThreshold"] == 4
    kinds = server.get(f"{ORGANIZATION}/combined-rules/", name="to be")
    assert [each["type"] for each in kinds] == ["alert_rule"]
    # What was read can be sent back as it is.
    changed = server.client.put(address, json=server.get(address) | {"name": "Changed"})
    assert changed.status_code == 200, changed.text
    assert changed.json()["dataSources"] == made["dataSources"]
    assert server.client.put(address, json={"enabled": False}).json()["enabled"] is False
    assert server.client.delete(address).status_code == 204
    assert server.client.get(address).status_code == 404


@pytest.mark.parametrize(
    "bad",
    [
        detector("x", "count()"),
        detector("x", "nonsense(", threshold(1)),
        detector("x", "title", threshold(1)),
        detector("x", "count()", threshold(1), query="("),
        detector("x", "count()", threshold(1), dataset="weather"),
        detector("x", "count()", threshold(1), timeWindow=1),
        detector("x", "count()", threshold(1, 60)),
        detector("x", "count()", threshold(1, 0)),
        detector("x", "count()", {"type": "gt", "comparison": "1", "conditionResult": 75}),
        detector("x", "count()", threshold(1)) | {"config": {"detectionType": "dynamic"}},
        detector("x", "count()", threshold(1)) | {"type": "uptime"},
        detector("x", "count()", threshold(1)) | {"owner": "team:999"},
    ],
)
def test_monitors_that_make_no_sense_are_refused(server: LocalSentry, bad: dict[str, Any]) -> None:
    answer = server.client.post(MAKE, json=bad)
    assert answer.status_code == 400, answer.text
