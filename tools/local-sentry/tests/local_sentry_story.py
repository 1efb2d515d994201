"""Fills a server with one small story that every client can be asked about."""

import json
import time
from dataclasses import dataclass
from typing import Any

from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    recorded_envelopes,
)

RELEASE = "kijko-api@1.0.0"


@dataclass(frozen=True)
class Story:
    """What happened, by the names clients ask with."""

    trace_id: str
    event_id: str
    short_id: str
    issue_id: str
    replay_id: str
    log_message: str


def tell(server: LocalSentry) -> Story:
    """An error in a traced request with a log line beside it, and a browser with a replay."""
    trace_id, error_id, now = event_id(), event_id(), time.time()
    trace = {"trace_id": trace_id, "span_id": "a" * 16, "op": "http.server"}
    place = {"release": RELEASE, "environment": "production"}
    for _, body in recorded_envelopes("browser-stream-and-replay.jsonl"):
        server.send(body, "kijko-web")
    _send(server, "event", _error(trace) | place, error_id)
    transaction = {
        "type": "transaction", "transaction": "POST /render", "start_timestamp": now - 1,
        "timestamp": now, "contexts": {"trace": trace},
        "spans": [{"span_id": "b" * 16, "parent_span_id": "a" * 16, "op": "db",
                   "description": "SELECT 1", "start_timestamp": now - 0.5, "timestamp": now,
                   "data": {"db.system": "postgresql"}}],
    }  # fmt: skip
    _send(server, "transaction", transaction | place, event_id())
    message = f"picked up job of {trace_id[:8]}"
    line = {"timestamp": now, "trace_id": trace_id, "level": "warn", "body": message,
            "attributes": {"job.kind": {"type": "string", "value": "render"}}}  # fmt: skip
    header = {
        "type": "log",
        "item_count": 1,
        "content_type": "application/vnd.sentry.items.log+json",
    }
    server.send(envelope((header, json.dumps({"items": [line]}).encode())))
    organization = "/api/0/organizations/kijko"
    issue = eventually(lambda: server.issues(query="render failed"), "the issue")[0]
    eventually(lambda: server.get(f"{organization}/trace/{trace_id}/"), "the trace")
    logs = {"dataset": "logs", "field": "message", "query": f"trace:{trace_id}"}
    eventually(lambda: server.get(f"{organization}/events/", **logs)["data"], "the log")
    replays = eventually(lambda: server.get(f"{organization}/replays/")["data"], "the replay")
    return Story(trace_id, error_id, issue["shortId"], issue["id"], str(replays[0]["id"]), message)


def _error(trace: dict[str, Any]) -> dict[str, Any]:
    event = error_event(
        "render failed", contexts={"trace": trace}, tags={"shop": "red"},
        user={"id": "7", "email": "someone@example.org"},
        breadcrumbs=[{"category": "queue", "message": "picked up"}],
    )  # fmt: skip
    frame = {
        "function": "render", "filename": "src/render.py", "lineno": 7, "in_app": True,
        "context_line": "raise ValueError", "pre_context": ["def render():"],
    }  # fmt: skip
    event["exception"]["values"][0]["stacktrace"] = {"frames": [frame]}
    return event


def _send(server: LocalSentry, kind: str, payload: dict[str, Any], number: str) -> None:
    body = json.dumps(payload).encode()
    assert server.send(envelope(({"type": kind}, body), event_id=number)).status_code == 200
