"""Recurring jobs: what they say, what they leave unsaid, and the issue it makes."""

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sentry_sdk
from sentry_sdk.crons import monitor as sdk_monitor

from local_sentry.services.schedules import InvalidScheduleError, parse_schedule
from local_sentry.store.database import FILE_NAME
from local_sentry_process import LocalSentry, envelope, event_id, eventually, local_sentry

MONITORS = "/api/0/organizations/kijko/monitors/"
HOURLY: Any = {"schedule": {"type": "crontab", "value": "0 * * * *"}, "max_runtime": 5}
MINUTE = 60_000_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSentry]:
    with local_sentry(tmp_path_factory.mktemp("crons")) as running:
        begin_watch(running)
        yield running


def check_in(
    server: LocalSentry, slug: str, status: str, number: str | None = None, **fields: Any
) -> str:
    number = number or event_id()
    payload = {"check_in_id": number, "monitor_slug": slug, "status": status} | fields
    server.send(envelope(({"type": "check_in"}, json.dumps(payload).encode())))
    return number


def monitor(server: LocalSentry, slug: str) -> Any:
    answer = server.client.get(f"{MONITORS}{slug}/")
    return answer.json() if answer.status_code == 200 else None


def state(server: LocalSentry, slug: str) -> Any:
    found = monitor(server, slug)
    return found["environments"][0] if found and found["environments"] else None


def statuses_of(server: LocalSentry, slug: str) -> list[str]:
    answer = server.client.get(f"{MONITORS}{slug}/checkins/")
    return [each["status"] for each in answer.json()] if answer.status_code == 200 else []


def issues_of(server: LocalSentry, slug: str) -> list[dict[str, Any]]:
    return server.issues(query=f"monitor.slug:{slug}")


def make_late(server: LocalSentry, slug: str) -> None:
    """Moves what a monitor waits for into the past, as if the time had gone by."""
    past = time.time_ns() // 1000 - 10 * MINUTE
    database = server.data / FILE_NAME
    of = "monitor_id = (SELECT id FROM monitors WHERE slug = ?2)"
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute(
            "UPDATE monitor_environments SET next_check_in = ?1, next_check_in_latest = ?1"  # noqa: S608
            f" WHERE {of} AND next_check_in IS NOT NULL",
            (past, slug),
        )
        connection.execute(
            f"UPDATE check_ins SET deadline = ?1 WHERE {of} AND status = 'in_progress'",  # noqa: S608
            (past, slug),
        )


def begin_watch(server: LocalSentry) -> None:
    """Waits until the server has forgiven what was due before its start, and watches."""
    check_in(server, "canary", "ok", monitor_config=HOURLY)
    eventually(lambda: state(server, "canary"), "the canary")

    def is_watched() -> bool:
        found = state(server, "canary")
        if datetime.fromisoformat(found["nextCheckIn"]) > datetime.now(UTC):
            make_late(server, "canary")
        return bool(found["status"] == "error")

    eventually(is_watched, "the watch")


def test_a_missed_check_in_makes_an_issue_that_the_next_success_resolves(
    server: LocalSentry,
) -> None:
    check_in(server, "nightly", "ok", monitor_config=HOURLY)
    heard = eventually(lambda: state(server, "nightly"), "the monitor")
    assert heard["status"] == "ok"
    due = datetime.fromisoformat(heard["nextCheckIn"])
    assert (due.minute, due.second) == (0, 0)
    assert due > datetime.now(UTC)
    late = datetime.fromisoformat(heard["nextCheckInLatest"])
    assert (late - due).total_seconds() == 60
    assert issues_of(server, "nightly") == []
    make_late(server, "nightly")
    (issue,) = eventually(lambda: issues_of(server, "nightly"), "the issue")
    assert issue["title"] == "Cron failure: nightly"
    assert (issue["issueType"], issue["issueCategory"]) == ("monitor_check_in_failure", "outage")
    failing = state(server, "nightly")
    assert failing["status"] == "error"
    assert failing["activeIncident"]["startingTimestamp"]
    assert datetime.fromisoformat(failing["nextCheckIn"]) > datetime.now(UTC)
    said = server.get(f"{MONITORS}nightly/checkins/")
    (missed,) = [each for each in said if each["status"] == "missed"]
    assert missed["expectedTime"] < missed["dateAdded"]
    issue_address = f"/api/0/organizations/kijko/issues/{issue['id']}/"
    event = server.get(f"{issue_address}events/latest/")
    assert event["occurrence"]["subtitle"].endswith("A missed check-in was detected.")
    page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/")
    assert "A missed check-in was detected" in page.text
    check_in(server, "nightly", "ok")
    eventually(lambda: server.get(issue_address)["status"] == "resolved", "the recovery")
    assert state(server, "nightly")["activeIncident"] is None
    # It is no error that a program sent.
    for dataset, expected in (("issuePlatform", issue["title"]), ("errors", None)):
        wanted = {"dataset": dataset, "field": "title", "query": f"issue:{issue['shortId']}"}
        found = server.get("/api/0/organizations/kijko/events/", **wanted)["data"]
        assert [row["title"] for row in found] == ([expected] if expected else [])
    # The same issue when it happens again, as a regression.
    check_in(server, "nightly", "error")
    eventually(lambda: server.get(issue_address)["substatus"] == "regressed", "the regression")
    assert server.get(issue_address)["count"] == "2"


def test_a_run_that_takes_too_long_times_out_and_may_end_after_all(server: LocalSentry) -> None:
    number = check_in(server, "slow", "in_progress", monitor_config=HOURLY)
    eventually(lambda: state(server, "slow"), "the monitor")
    make_late(server, "slow")

    eventually(lambda: "timeout" in statuses_of(server, "slow"), "the timeout")
    (issue,) = eventually(lambda: issues_of(server, "slow"), "the issue")
    check_in(server, "slow", "ok", number)
    eventually(lambda: "timeout" not in statuses_of(server, "slow"), "the late end")
    address = f"/api/0/organizations/kijko/issues/{issue['id']}/"
    eventually(lambda: server.get(address)["status"] == "resolved", "the recovery")


def test_issues_wait_for_as_many_failures_as_the_config_says(server: LocalSentry) -> None:
    config = HOURLY | {"failure_issue_threshold": 2, "recovery_threshold": 2}
    check_in(server, "flaky", "error", monitor_config=config, environment="dev")
    eventually(lambda: state(server, "flaky"), "the monitor")
    assert state(server, "flaky")["name"] == "dev"
    assert issues_of(server, "flaky") == []
    resent = check_in(server, "flaky", "error", environment="dev")
    (issue,) = eventually(lambda: issues_of(server, "flaky"), "the issue")
    check_in(server, "flaky", "error", resent, environment="dev")  # says nothing new
    address = f"/api/0/organizations/kijko/issues/{issue['id']}/"
    check_in(server, "flaky", "ok", environment="dev")
    eventually(lambda: len(server.get(f"{MONITORS}flaky/checkins/")) == 3, "the success")
    assert server.get(address)["status"] == "unresolved"
    check_in(server, "flaky", "ok", environment="dev")
    eventually(lambda: server.get(address)["status"] == "resolved", "the recovery")
    assert server.get(address)["count"] == "1"


def test_what_was_due_while_the_server_was_away_is_forgiven(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        check_in(server, "away", "ok", monitor_config=HOURLY)
        check_in(server, "away", "in_progress")
        eventually(lambda: len(statuses_of(server, "away")) == 2, "the check-ins")
        server.kill()
        make_late(server, "away")
    with local_sentry(tmp_path) as server:
        eventually(lambda: "unknown" in statuses_of(server, "away"), "the pause")
        assert state(server, "away")["status"] == "ok"
        assert issues_of(server, "away") == []
        begin_watch(server)
        make_late(server, "away")
        eventually(lambda: issues_of(server, "away"), "what is missed from now on")


def test_monitors_are_made_changed_and_deleted(server: LocalSentry) -> None:
    body = {
        "name": "Weekly report", "project": "kijko-api", "owner": "team:1",
        "config": {"schedule_type": "interval", "schedule": [1, "week"], "checkin_margin": 10},
    }  # fmt: skip
    made = server.client.post(MONITORS, json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["slug"], made.json()["owner"]["name"]) == ("weekly-report", "kijko")
    assert server.client.post(MONITORS, json=body).status_code == 400
    check_in(server, "weekly-report", "ok")
    heard = eventually(lambda: state(server, "weekly-report"), "the check-in")
    due, last = (datetime.fromisoformat(heard[n]) for n in ("nextCheckIn", "lastCheckIn"))
    assert round((due - last).total_seconds() / 86_400, 2) == 7
    address = f"{MONITORS}weekly-report/"
    changed = server.client.put(
        address, json={"config": {"schedule": [2, "hour"]}, "is_muted": True}
    ).json()
    assert changed["config"]["checkin_margin"] == 10
    due = datetime.fromisoformat(changed["environments"][0]["nextCheckIn"])
    assert round((due - last).total_seconds() / 3600, 1) == 2
    make_late(server, "weekly-report")
    eventually(lambda: state(server, "weekly-report")["status"] == "error", "the failure")
    assert issues_of(server, "weekly-report") == []  # muted
    assert server.client.put(address, json={"status": "disabled"}).json()["status"] == "disabled"
    assert state(server, "weekly-report")["nextCheckIn"] is None
    for bad in (
        {"config": {"schedule": [0, "hour"]}}, {"config": {"timezone": "../etc/passwd"}},
        {"owner": "nobody"}, {"slug": "Not A Slug"}, {"status": "sleeping"},
    ):  # fmt: skip
        assert server.client.put(address, json=bad).status_code == 400, bad
    assert server.client.delete(address).status_code == 202
    assert server.client.get(address).status_code == 404


def test_check_ins_are_counted_over_time(server: LocalSentry) -> None:
    for status in ("ok", "ok", "error"):
        check_in(server, "counted", status, monitor_config=HOURLY, duration=2)
    eventually(lambda: len(statuses_of(server, "counted")) == 3, "the check-ins")
    buckets = server.get(f"{MONITORS}counted/stats/", resolution="1h")
    assert len(buckets) == 24
    newest = buckets[-1]
    assert (newest["ok"], newest["error"], newest["duration"]) == (2, 1, 2000)
    assert [each["slug"] for each in server.get(MONITORS, query="COUNT")] == ["counted"]
    assert server.get(MONITORS, query="counted", environment="nowhere") == []
    for bad in ({"since": "x"}, {"since": "2", "until": "1"}):
        assert server.client.get(f"{MONITORS}counted/stats/", params=bad).status_code == 400


def test_the_sdk_reports_a_job(server: LocalSentry) -> None:
    sentry_sdk.init(
        dsn=server.dsn("kijko-api"), environment="sdk", auto_enabling_integrations=False
    )
    try:
        with sdk_monitor(monitor_slug="by-sdk", monitor_config=HOURLY):
            pass
        sentry_sdk.flush()
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.init()
    heard = eventually(
        lambda: (s := state(server, "by-sdk")) and s["status"] == "ok" and s, "the job"
    )
    assert heard["name"] == "sdk"
    assert monitor(server, "by-sdk")["config"]["schedule"] == "0 * * * *"


def at(text: str, zone: str = "UTC") -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1e6)


@pytest.mark.parametrize(
    ("config", "after", "expected"),
    [
        ({"schedule_type": "crontab", "schedule": "*/15 * * * *"},
         at("2026-01-01T00:07"), at("2026-01-01T00:15")),
        ({"schedule_type": "crontab", "schedule": "@daily", "timezone": "Europe/Vienna"},
         at("2026-01-01T12:00"), at("2026-01-02T00:00", "Europe/Vienna")),
        # The night in which an hour is missing.
        ({"schedule_type": "crontab", "schedule": "30 3 * * *", "timezone": "Europe/Vienna"},
         at("2026-03-28T12:00"), at("2026-03-29T03:30", "Europe/Vienna")),
        ({"schedule_type": "crontab", "schedule": "0 9 * * mon-fri"},
         at("2026-01-02T10:00"), at("2026-01-05T09:00")),
        ({"schedule": {"type": "interval", "value": 2, "unit": "day"}},
         at("2026-01-01T10:00:30"), at("2026-01-03T10:00")),
        ({"schedule_type": "interval", "schedule": [1, "month"]},
         at("2026-01-31T10:00"), at("2026-02-28T10:00")),
        ({"schedule_type": "interval", "schedule": [1, "year"]},
         at("2024-02-29T10:00"), at("2025-02-28T10:00")),
    ],
)  # fmt: skip
def test_the_next_run_is_when_the_schedule_says(
    config: dict[str, Any], after: int, expected: int
) -> None:
    assert parse_schedule(config).next_run(after) == expected


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"schedule_type": "crontab", "schedule": "nonsense"},
        {"schedule_type": "crontab", "schedule": "0 0 30 2 *"},
        {"schedule_type": "crontab", "schedule": "* * * * * *"},
        {"schedule_type": "interval", "schedule": [1, "fortnight"]},
        {"schedule_type": "interval", "schedule": [True, "day"]},
        {"schedule_type": "interval", "schedule": "1 day"},
        {"schedule_type": "crontab", "schedule": "* * * * *", "timezone": "Nowhere/Land"},
        {"schedule_type": "crontab", "schedule": "* * * * *", "max_runtime": -1},
        {"schedule_type": "crontab", "schedule": "* * * * *", "checkin_margin": "5"},
    ],
)
def test_schedules_that_make_no_sense_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidScheduleError):
        parse_schedule(config)
