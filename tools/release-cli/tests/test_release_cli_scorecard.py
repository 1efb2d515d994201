"""The scorecard says what Sentry knows, and no more."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from release_cli.services.scorecard.charts import WIDTH, charts
from release_cli.services.scorecard.figures import (
    Coverage,
    Detection,
    Resolution,
    Scorecard,
    SlowOperation,
    percentile,
    resolutions_of,
    said_seconds,
)
from release_cli.services.scorecard.page import page
from release_cli_sentry import DEADLINE
from release_cli_setup import GATEWAY, Place, empty_organization
from sentry_api.models.issues import Activity

NOON = datetime(2026, 1, 10, 12, tzinfo=UTC)


def seconds(*values: float) -> tuple[Detection, ...]:
    return tuple(Detection("p", f"P-{n}", "r", timedelta(seconds=v)) for n, v in enumerate(values))


def card(**fields: Any) -> Scorecard:
    whole: dict[str, Any] = {
        "organization": "kijko", "start": NOON - timedelta(days=14), "end": NOON,
        "detections": (), "undated": 0, "coverage": (), "resolutions": (), "slow": (),
        "slow_limit": 1000.0, "queries": None,
    }  # fmt: skip
    return Scorecard(**(whole | fields))


@pytest.mark.parametrize(
    ("values", "percent", "wanted"),
    [
        ([], 50, None),
        ([7.0], 95, 7.0),
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([1.0, 2.0], 95, 2.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], percent: int, wanted: float | None
) -> None:
    assert percentile(values, percent) == wanted


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "-"), (0.25, "250 ms"), (0, "0 ms"), (59, "59 s"), (90, "1.5 min"),
     (7200, "2 h"), (200_000, "2.31 d")],
)  # fmt: skip
def test_durations_are_said_in_their_unit(value: float | None, said: str) -> None:
    assert said_seconds(value) == said


def test_the_target_of_five_minutes_is_for_the_95th_percentile_too() -> None:
    figures = {f.key: f for f in card(detections=seconds(*[10.0] * 94, *[400.0] * 6)).figures}
    assert (figures["detection_p50"].met, figures["detection_p95"].met) == (True, False)
    figures = {f.key: f for f in card(detections=seconds(299.9)).figures}
    assert figures["detection_p95"].met is True
    figures = {f.key: f for f in card(detections=seconds(300.0)).figures}
    assert figures["detection_p95"].met is False


def test_what_cannot_be_measured_misses_no_target() -> None:
    nothing = card()
    assert nothing.is_met
    assert all(f.met is None for f in nothing.figures)
    assert charts(nothing) == ()
    assert "<svg" not in page(nothing)


def test_one_release_without_commits_misses_the_target() -> None:
    almost = card(coverage=(Coverage("a", 1999, ()), Coverage("b", 1, ("b@1.0.0+abc1234",))))
    (figure,) = [f for f in almost.figures if f.key == "release_coverage"]
    assert (figure.said, figure.met) == ("99.9 %", False)  # never rounded up to all
    assert not almost.is_met


def activity(kind: str, hours: int) -> Activity:
    return Activity(id="1", type=kind, date_created=NOON + timedelta(hours=hours))


def test_the_clock_of_an_issue_starts_again_when_it_is_back() -> None:
    history = [
        activity("set_regression", 10), activity("set_resolved_in_release", 13),
        activity("set_resolved", 2), activity("note", 3), activity("set_resolved", 14),
    ]  # fmt: skip
    whole = (NOON - timedelta(days=1), NOON + timedelta(days=1))
    found = resolutions_of("p", "P-1", NOON, history, *whole)
    assert [each.took for each in found] == [timedelta(hours=2), timedelta(hours=3)]
    late = resolutions_of("p", "P-1", NOON, history, NOON + timedelta(hours=5), whole[1])
    assert [each.took for each in late] == [timedelta(hours=3)]
    assert resolutions_of("p", "P-1", NOON, [activity("set_resolved_by_age", 1)], *whole) == []


FULL = card(
    detections=seconds(2, 9, 40, 100, 299, 1000, 9000),
    coverage=(Coverage("kijko-api", 8, ("kijko-api@1.0.0+abc1234",)), Coverage("kijko-web", 3, ())),
    resolutions=tuple(
        Resolution("p", f"P-{n}", timedelta(hours=h)) for n, h in enumerate((0.5, 3, 20, 100, 2000))
    ),
    slow=(
        SlowOperation("kijko-api", "POST /api/workflows/{workflow_id}/execute", 4200.0, 17),
        SlowOperation("kijko-web", "<script>alert(1)</script>", 1100.0, 3),
    ),
    queries=12,
)


def test_the_page_needs_nothing_but_itself() -> None:
    text = page(FULL)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text.replace("http-equiv", "")
    assert text.count("<svg") == 4
    assert "prefers-color-scheme: dark" in text


def test_marks_stay_inside_their_charts() -> None:
    for chart in charts(FULL):
        for bar in chart.bars:
            assert bar.x >= 0
            assert bar.width >= 0
            assert bar.x + bar.width <= WIDTH
            assert bar.y + bar.height <= chart.height


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with empty_organization(tmp_path) as made:
        yield made


def send(place: Place, *items: tuple[str, dict[str, Any]]) -> None:
    dsn = httpx.URL(place.of("kijko-api", "keys/")[0]["dsn"]["public"])
    for kind, payload in items:
        body = json.dumps(payload).encode()
        head = json.dumps({"type": kind, "length": len(body)}).encode()
        answer = httpx.post(
            f"{place.sentry.url}/api{dsn.path}/envelope/",
            params={"sentry_key": dsn.username},
            content=b"{}\n" + head + b"\n" + body + b"\n",
            timeout=DEADLINE,
        )
        assert answer.status_code == 200, answer.text


def error(message: str) -> tuple[str, dict[str, Any]]:
    return "event", {
        "event_id": uuid.uuid4().hex, "timestamp": time.time(), "platform": "python",
        "fingerprint": [message],
        "exception": {"values": [{"type": "ValueError", "value": message}]},
    }  # fmt: skip


def transaction(name: str, op: str, took: float) -> tuple[str, dict[str, Any]]:
    now = time.time()
    trace = {"trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16], "op": op}
    return "transaction", {
        "event_id": uuid.uuid4().hex, "type": "transaction", "transaction": name,
        "platform": "python", "start_timestamp": now - took, "timestamp": now,
        "contexts": {"trace": trace},
    }  # fmt: skip


def until(place: Place, holds: Callable[[Any], bool], *arguments: str) -> Any:
    deadline = time.monotonic() + DEADLINE
    while True:
        said = place.release("scorecard", "--json", *arguments)
        assert said.code == 0, said.err
        if holds(said.json):
            return said.json
        assert time.monotonic() < deadline, said.out
        time.sleep(0.1)


def test_a_scorecard_of_what_happened(place: Place, tmp_path: Path) -> None:
    quiet = GATEWAY | {"alert_rules": [{"name": "New", "trigger": "new_issue"}]}
    assert place.release("sync", "--apply", "--projects", place.targets(quiet)).code == 0
    send(
        place, error("burns"), error("smokes"), transaction("POST /slow", "http.server", 4.0),
        transaction("POST /quick", "http.server", 0.01), transaction("ask", "mcp.server", 0.01),
    )  # fmt: skip
    commit = {"id": "1" * 40, "repository": "kijko/mono", "patch_set": []}
    for version, commits in (
        ("kijko-api@1.0.0+abc1234", [commit]),
        ("kijko-api@1.0.1+abc1234", []),
    ):
        body = {"version": version, "projects": ["kijko-api"], "commits": commits}
        place.ask("POST", "organizations/fresh/releases/", body)
    found = until(place, lambda told: len(told["detections"]) == 2 and told["mcp_queries"] == 1)
    issues = place.ask("GET", "organizations/fresh/issues/?query=burns")
    place.ask("PUT", f"organizations/fresh/issues/{issues[0]['id']}/", {"status": "resolved"})
    found = until(place, lambda told: len(told["resolutions"]) == 1)
    figures = found["figures"]
    assert figures["detection_p95"]["basis"] == "2 alerts"
    assert figures["detection_p95"]["value"] >= 0
    coverage = figures["release_coverage"]
    assert (coverage["value"], coverage["met"]) == (50.0, False)
    assert found["releases"][0]["without_commits"] == ["kijko-api@1.0.1+abc1234"]
    assert [slow["name"] for slow in found["slow_operations"]] == ["POST /slow"]
    assert found["slow_operations"][0]["p95_ms"] >= 3999
    assert figures["mcp_queries_per_fix"]["value"] == 1.0
    assert found["met"] is False

    html = tmp_path / "card.html"
    said = place.release("scorecard", "--html", str(html), "--check")
    assert said.code == 1
    assert "POST /slow" in said.out
    assert "without commits: kijko-api@1.0.1+abc1234" in said.out
    assert "POST /slow" in html.read_text()


def test_an_empty_organization_has_an_empty_scorecard(place: Place, tmp_path: Path) -> None:
    said = place.release("scorecard", "--json", "--check")
    assert said.code == 0, said.err
    assert {figure["met"] for figure in said.json["figures"].values()} == {None}
    assert place.release("scorecard", "--html", str(tmp_path / "no" / "card.html")).code == 2
    assert place.release("scorecard", SENTRY_URL="http://127.0.0.1:1").code == 1
