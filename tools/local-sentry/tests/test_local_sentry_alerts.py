"""Alert rules really fire: on new issues, regressions and counts; and only where they may."""

import json
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from local_sentry.services.alert_rules import (
    EVENT_FREQUENCY,
    FIRST_SEEN,
    LOG,
    REGRESSION,
    TAGGED,
    WEBHOOK,
)
from local_sentry_process import LocalSentry, error_envelope, eventually, local_sentry
from local_sentry_receiver import receiving

RULES = "/api/0/projects/kijko/kijko-api/rules/"
DEADLINE = 120


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    options = ("--no-auth", "--allow-private-webhooks")
    with local_sentry(tmp_path_factory.mktemp("alerts"), *options) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[tuple[str, "Queue[dict[str, Any]]"]]:
    with receiving() as found:
        yield found


def rule(url: str, *conditions: dict[str, Any], **fields: Any) -> dict[str, Any]:
    action = {"id": WEBHOOK, "url": url} if url else {"id": LOG}
    return {"name": "tell me", "frequency": 5, "conditions": list(conditions),
            "actions": [action]} | fields  # fmt: skip


def make(server: LocalSentry, body: dict[str, Any]) -> dict[str, Any]:
    answer = server.client.post(RULES, json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def test_a_new_issue_calls_the_webhook_once(
    server: LocalSentry, receiver: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, taken = receiver
    only_blue = {"id": TAGGED, "key": "shop", "match": "eq", "value": "blue"}
    made = make(server, rule(url, {"id": FIRST_SEEN}, filters=[only_blue]))
    server.send(error_envelope("red burns", tags={"shop": "red"}, fingerprint=["red"]))
    for _ in range(2):
        server.send(error_envelope("blue burns", tags={"shop": "blue"}, fingerprint=["blue"]))
    told = taken.get(timeout=DEADLINE)
    assert told["message"] == "ValueError: blue burns"
    assert told["triggering_rules"] == ["tell me"]
    (issue,) = server.issues(query="blue")
    assert told["short_id"] == issue["shortId"]
    history = eventually(lambda: server.get(f"{RULES}{made['id']}/history/"), "the firing")
    assert [(h["issueId"], h["problem"]) for h in history] == [(issue["id"], None)]
    (fired,) = server.get(f"{RULES}{made['id']}/group-history/")
    assert (fired["group"]["id"], fired["count"]) == (issue["id"], 1)
    assert fired["lastTriggered"] == history[0]["dateFired"]
    assert fired["eventId"] == history[0]["eventId"]
    assert server.get(f"{RULES}{made['id']}/group-history/", end="2020-01-01T00:00:00Z") == []
    assert server.get(f"{RULES}{made['id']}/")["lastTriggered"]
    assert server.client.delete(f"{RULES}{made['id']}/").status_code == 202
    assert taken.empty()


def test_a_regression_calls_the_webhook(
    server: LocalSentry, receiver: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, taken = receiver
    server.send(error_envelope("comes again", fingerprint=["again"]))
    (issue,) = eventually(lambda: server.issues(query="comes"))
    made = make(server, rule(url, {"id": REGRESSION}))
    address = f"/api/0/organizations/kijko/issues/{issue['id']}/"
    assert server.client.put(address, json={"status": "resolved"}).status_code == 200
    server.send(error_envelope("comes again", fingerprint=["again"]))
    told = taken.get(timeout=DEADLINE)
    assert (told["id"], "set_regression" in told["happened"]) == (issue["id"], True)
    server.client.delete(f"{RULES}{made['id']}/")


def test_a_count_in_a_window_calls_the_webhook(
    server: LocalSentry, receiver: tuple[str, "Queue[dict[str, Any]]"]
) -> None:
    url, taken = receiver
    often = {"id": EVENT_FREQUENCY, "value": 3, "interval": "5m"}
    made = make(server, rule(url, often, environment="prod"))
    for environment in ("dev", "dev", "dev", "dev", "prod", "prod", "prod", "prod"):
        body = error_envelope(f"often in {environment}", fingerprint=[environment],
                              environment=environment)  # fmt: skip
        server.send(body)
    assert taken.get(timeout=DEADLINE)["message"] == "ValueError: often in prod"
    server.client.delete(f"{RULES}{made['id']}/")
    assert taken.empty()


def test_private_addresses_are_not_called_unless_allowed(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        made = make(server, rule("http://127.0.0.1:9/", {"id": FIRST_SEEN}))
        server.send(error_envelope("for nobody"))
        (fired,) = eventually(lambda: server.get(f"{RULES}{made['id']}/history/"), "the firing")
        assert "private network" in fired["problem"]


def test_the_log_is_an_action(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("w") as stderr, local_sentry(tmp_path / "data", stderr=stderr) as server:
        make(server, rule("", {"id": FIRST_SEEN}))
        server.send(error_envelope("into the log"))
        eventually(lambda: "into the log" in log.read_text(), "the line")
    line = next(json.loads(text) for text in log.read_text().splitlines() if "alert" in text)
    assert (line["event"], line["issue"]) == ("alert", "KIJKO-API-1")


@pytest.mark.parametrize(
    "bad",
    [
        rule("ftp://example.org/", {"id": FIRST_SEEN}),
        rule("http://u:p@example.org/", {"id": FIRST_SEEN}),
        rule("http://example.org/", {"id": "nonsense"}),
        rule("http://example.org/", {"id": EVENT_FREQUENCY, "value": "x", "interval": "5m"}),
        rule("http://example.org/", {"id": EVENT_FREQUENCY, "value": 1, "interval": "x"}),
        rule("http://example.org/", {"id": FIRST_SEEN}, actions=[]),
        rule("http://example.org/", {"id": FIRST_SEEN}, name=""),
    ],
)
def test_rules_that_make_no_sense_are_refused(server: LocalSentry, bad: dict[str, Any]) -> None:
    answer = server.client.post(RULES, json=bad)
    assert answer.status_code == 400, answer.text


def test_what_a_rule_can_be_made_of_is_told(server: LocalSentry) -> None:
    parts = server.get(f"{RULES}configuration/")
    assert WEBHOOK in [part["id"] for part in parts["actions"]]
    assert FIRST_SEEN in [part["id"] for part in parts["conditions"]]
    assert TAGGED in [part["id"] for part in parts["filters"]]
