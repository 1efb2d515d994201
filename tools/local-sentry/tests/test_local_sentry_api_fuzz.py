"""Whatever a client asks or says, the API answers with sense: no 5xx, nothing executed."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local_sentry.routes import api
from local_sentry_process import LocalSentry, local_sentry
from local_sentry_story import Story, tell

EVIL = (
    "'; DROP TABLE issues; --", '" OR 1=1 --', "%' OR '1'='1", "<script>alert(1)</script>",
    "../../etc/passwd", "\x00", "\ud800", "🙈" * 50, "a" * 5000, "%", "_", "*", "\\", "-1", "0",
    "9" * 40, "NaN", "1e999", "[]", "{}", "null", "p95(", "count(", "tags[a", 'tags["a"]', "a:b:c",
    "!has:x", "is:", "(", ")", "AND", "latest", "\n\r\t", "\U0001d54a", "$.a", "{issue}",
)  # fmt: skip
TEXT = st.one_of(st.sampled_from(EVIL), st.text(max_size=60))
PARAMETERS = (
    "query", "sort", "field", "dataset", "statsPeriod", "start", "end", "project", "environment",
    "cursor", "per_page", "limit", "yAxis", "interval", "topEvents", "groupBy", "orderby", "group",
    "itemType", "attributeType", "substringMatch", "status", "health", "returnIds", "download",
    "key", "file", "id", "expand", "groupStatsPeriod", "full",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
FIELDS = (
    "name", "slug", "platform", "status", "statusDetails", "assignedTo", "substatus", "priority",
    "version", "projects", "commits", "refs", "dateReleased", "environment", "text", "raw",
    "conditions", "actions", "filters", "frequency", "mappings", "repository", "project",
    "checksum", "chunks", "rateLimit", "isActive", "ignoreDuration", "merge", "url", "config",
    "data_sources", "condition_group", "type", "owner", "slug", "is_muted", "autoAssignment",
)  # fmt: skip


def addresses() -> list[tuple[str, frozenset[str]]]:
    """Every address of the API with its methods."""
    found = []
    for route in api.routes:
        handlers = getattr(route.endpoint, "handlers", None)
        if handlers is not None:
            found.append((route.path, frozenset(handlers)))
    assert len(found) > 80
    return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSentry, Story]]:
    with local_sentry(tmp_path_factory.mktemp("fuzz")) as server:
        organization = "/api/0/organizations/kijko"
        for path, body in (
            ("monitors", {"name": "nightly", "project": "kijko-api",
                          "config": {"schedule_type": "crontab", "schedule": "0 3 * * *"}}),
            ("projects/kijko-api/detectors", {
                "name": "many", "type": "metric_issue",
                "data_sources": [{"aggregate": "count()", "dataset": "events", "timeWindow": 3600}],
                "condition_group": {"conditions": [
                    {"type": "gt", "comparison": 9, "conditionResult": 75}]}}),
        ):  # fmt: skip
            made = server.client.post(f"{organization}/{path}/", json=body)
            assert made.status_code == 201, made.text
        yield server, tell(server)


def fill(path: str, story: Story, odd: dict[str, str]) -> str:
    """An address with its names filled in: with those that are there, or with odd ones."""
    names = {
        "organization": "kijko", "project": "kijko-api", "team": "kijko", "issue": story.issue_id,
        "event": story.event_id, "trace": story.trace_id, "replay": story.replay_id, "key": "shop",
        "version": "kijko-api@1.0.0", "segment": "0", "rule": "1", "note": "1", "mapping": "1",
        "repository": "1", "attachment": "1", "monitor": "nightly", "detector": "1",
    } | odd  # fmt: skip
    for name, value in names.items():
        encoded = quote(value.encode("utf-8", "replace").decode(), safe="")
        path = path.replace(f"{{{name}}}", encoded)
    return path


FUZZED = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZED
@given(
    address=st.sampled_from(addresses()),
    parameters=st.lists(st.tuples(st.sampled_from(PARAMETERS), TEXT), max_size=5),
    odd=st.dictionaries(
        st.sampled_from(("organization", "project", "issue", "event", "version", "key")), TEXT,
        max_size=1,
    ),
)  # fmt: skip
def test_any_question_is_answered(
    told: tuple[LocalSentry, Story],
    address: tuple[str, frozenset[str]],
    parameters: list[tuple[str, str]],
    odd: dict[str, str],
) -> None:
    server, story = told
    path = fill(address[0], story, odd)
    query = httpx.QueryParams(
        [(name, value.encode("utf-8", "replace").decode()) for name, value in parameters]
    )
    answer = server.client.get(path, params=query)
    assert answer.status_code < 500, (path, query, answer.text)
    if "GET" in address[1]:
        assert answer.headers.get("x-content-type-options") == "nosniff"


@FUZZED
@given(
    address=st.sampled_from([found for found in addresses() if found[1] - {"GET", "DELETE"}]),
    method=st.sampled_from(("POST", "PUT")),
    body=st.one_of(JSON, st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6)),
)
def test_any_body_is_answered(
    told: tuple[LocalSentry, Story],
    address: tuple[str, frozenset[str]],
    method: str,
    body: Any,
) -> None:
    server, story = told
    path = fill(address[0], story, {})
    data = json.dumps(body).encode("utf-8", "replace")
    answer = server.client.request(
        method, path, content=data, headers={"content-type": "application/json"}
    )
    assert answer.status_code < 500, (method, path, data, answer.text)


def test_evil_text_is_kept_as_text(told: tuple[LocalSentry, Story]) -> None:
    server, story = told
    evil = "<script>alert(1)</script>'; DROP TABLE issues; --"
    issue = f"/api/0/organizations/kijko/issues/{story.issue_id}/"
    assert server.client.post(f"{issue}notes/", json={"text": evil}).status_code == 201
    assert server.get(f"{issue}notes/")[0]["data"]["text"] == evil
    made = server.client.post(
        "/api/0/organizations/kijko/releases/", json={"version": evil.replace("/", "|"),
                                                      "projects": ["kijko-api"]}
    )  # fmt: skip
    assert made.status_code == 201
    assert server.get(issue)["id"] == story.issue_id


@pytest.mark.parametrize("parameter", ["query", "field", "sort"])
@pytest.mark.parametrize("dataset", ["errors", "spans", "logs", "tracemetrics"])
def test_evil_text_in_a_query_is_only_compared(
    told: tuple[LocalSentry, Story], dataset: str, parameter: str
) -> None:
    server, _ = told
    for evil in EVIL:
        text = evil.encode("utf-8", "replace").decode()
        given = {"dataset": dataset, "field": "id", "query": ""} | {parameter: text}
        answer = server.client.get("/api/0/organizations/kijko/events/", params=given)
        assert answer.status_code in (200, 400), (given, answer.text)
