"""Answers validate against Sentry's own OpenAPI description, but for a few waivers with reasons.

The description is not part of this repository: the tests look for
`shared/contracts/sentry/openapi.json` beside a folder above, or where `SENTRY_OPENAPI` says.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    local_sentry,
)

ORGANIZATION = "/api/0/organizations/{organization_id_or_slug}"
# Fields the description demands and no answer here has.
WAIVERS = {
    "derivedData": "Seer's progress on an issue; there is no Seer here",
    "inbox": "only sent by Sentry with expand=inbox",
    "owners": "only sent by Sentry with expand=owners",
    "integrationIssues": "only sent by Sentry with expand=integrationIssues",
    "sentryAppIssues": "only sent by Sentry with expand=sentryAppIssues",
    "latestEventHasAttachments": "only sent by Sentry with expand=latestEventHasAttachments",
    "sessionCount": "only sent by Sentry with expand=sessions",
    "matchingEventId": "only sent by Sentry when the search names an event",
    "matchingEventEnvironment": "only sent by Sentry when the search names an event",
}


def find_description() -> Path | None:
    given = os.environ.get("SENTRY_OPENAPI")
    places = [Path(given)] if given else []
    places += [
        above / "shared/contracts/sentry/openapi.json"
        for above in [Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents]
    ]
    return next((place for place in places if place.is_file()), None)


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    found = find_description()
    if found is None:
        pytest.skip("Sentry's openapi.json is not here (set SENTRY_OPENAPI to check against it)")
    loaded: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    return loaded


def as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0's dialect as JSON Schema: `nullable` becomes a union, waived fields optional."""
    if isinstance(node, list):
        return [as_json_schema(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    converted = {key: as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if isinstance(converted.get("required"), list):
        converted["required"] = [name for name in converted["required"] if name not in WAIVERS]
    if node.get("nullable"):
        return {"anyOf": [converted, {"type": "null"}]}
    return converted


def validate(description: dict[str, Any], path: str, answer: Any) -> None:
    operation = description["paths"][path]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    document = {
        **as_json_schema(schema),
        "components": as_json_schema(description["components"]),
    }
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    errors = list(jsonschema.Draft202012Validator(document).iter_errors(answer))
    assert not errors, "\n".join(f"{'/'.join(map(str, e.path))}: {e.message[:300]}" for e in errors)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalSentry, str]]:
    """A server with an error inside a trace, and the id of the trace."""
    trace_id, now = event_id(), time.time()
    trace = {"trace_id": trace_id, "span_id": "a" * 16, "op": "http.server"}
    event = error_event(
        "shape", release="kijko-api@1.0.0", environment="test", user={"id": "1", "geo": {"c": "X"}},
        request={"url": "http://x/", "method": "GET", "headers": {"A": "b"}, "query_string": "q=1"},
        breadcrumbs=[{"category": "a", "message": "b"}], contexts={"trace": trace, "os": {"n": 1}},
        sdk={"name": "sentry.python", "version": "2"}, modules={"a": "1"}, extra={"e": [1]},
        message="said",
    )  # fmt: skip
    frame = {"function": "f", "lineno": 2, "context_line": "c", "filename": "a.py"}
    event["exception"]["values"][0]["stacktrace"] = {"frames": [frame]}
    transaction = {
        "type": "transaction", "transaction": "GET /", "start_timestamp": now - 1,
        "timestamp": now, "contexts": {"trace": trace},
        "spans": [{"span_id": "b" * 16, "parent_span_id": "a" * 16, "op": "db",
                   "start_timestamp": now - 0.5, "timestamp": now}],
    }  # fmt: skip
    with local_sentry(tmp_path_factory.mktemp("openapi")) as server:
        for kind, payload in (("event", event), ("transaction", transaction)):
            body = json.dumps(payload).encode()
            server.send(envelope(({"type": kind}, body), event_id=event_id()))
        eventually(lambda: server.issues())
        eventually(lambda: server.get(f"/api/0/organizations/kijko/trace/{trace_id}/"))
        yield server, trace_id


def test_answers_have_sentrys_shape(
    description: dict[str, Any], filled: tuple[LocalSentry, str]
) -> None:
    server, trace_id = filled
    organization = "/api/0/organizations/kijko"
    issue = server.issues()[0]["id"]
    for path, address in (
        ("/api/0/organizations/", "/api/0/organizations/"),
        (f"{ORGANIZATION}/projects/", f"{organization}/projects/"),
        (
            "/api/0/projects/{organization_id_or_slug}/{project_id_or_slug}/keys/",
            "/api/0/projects/kijko/kijko-api/keys/",
        ),
        (f"{ORGANIZATION}/issues/", f"{organization}/issues/"),
        (f"{ORGANIZATION}/issues/{{issue_id}}/", f"{organization}/issues/{issue}/"),
        (
            f"{ORGANIZATION}/issues/{{issue_id}}/events/{{event_id}}/",
            f"{organization}/issues/{issue}/events/latest/",
        ),
        (f"{ORGANIZATION}/trace/{{trace_id}}/", f"{organization}/trace/{trace_id}/"),
        (f"{ORGANIZATION}/trace-meta/{{trace_id}}/", f"{organization}/trace-meta/{trace_id}/"),
    ):
        validate(description, path, server.get(address))
