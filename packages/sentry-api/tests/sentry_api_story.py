"""What programs send: an error with a file, a transaction with spans, a log, a replay."""

import json
import time
import uuid
import zlib
from dataclasses import dataclass
from typing import Any

import httpx

from sentry_api import SentryClient

PROJECT = "kijko-api"


@dataclass(frozen=True)
class Story:
    """The ids of what was sent."""

    event: str
    trace: str
    replay: str


def _envelope(*items: tuple[dict[str, Any], bytes], **headers: Any) -> bytes:
    lines = [json.dumps(headers).encode()]
    for header, payload in items:
        lines += [json.dumps(header | {"length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


async def tell(
    sentry: SentryClient,
    message: str = "the editor burns",
    release: str = "kijko-api@1.0.0+abc1234",
) -> Story:
    """Sends all of it to the project."""
    key = [key async for key in sentry.projects.keys(PROJECT)][0]  # noqa: RUF015 - async
    dsn = httpx.URL(key.dsn.public.get_secret_value())
    ids = [uuid.uuid4().hex for _ in range(3)]
    story, now = Story(*ids), time.time()
    span, child = ids[0][:16], ids[1][:16]
    trace = {"trace_id": story.trace, "span_id": span, "op": "http.server", "status": "ok"}
    error = {
        "event_id": story.event,
        "timestamp": now,
        "platform": "python",
        "release": release,
        "environment": "production",
        "tags": {"shop": "blue"},
        "fingerprint": [message],
        "contexts": {"trace": trace},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": message,
                    "stacktrace": {
                        "frames": [
                            {
                                "filename": "gateway/cli.py",
                                "function": "main",
                                "lineno": 7,
                                "context_line": "raise ValueError",
                                "in_app": True,
                            }
                        ]
                    },
                }
            ]
        },
    }
    transaction = {
        "event_id": uuid.uuid4().hex,
        "type": "transaction",
        "transaction": "POST /api/jobs",
        "platform": "python",
        "start_timestamp": now - 2,
        "timestamp": now,
        "contexts": {"trace": trace},
        "spans": [
            {
                "trace_id": story.trace,
                "span_id": child,
                "parent_span_id": span,
                "op": "db.query",
                "description": "SELECT 1",
                "start_timestamp": now - 1.5,
                "timestamp": now - 0.5,
            }
        ],
    }
    replay = {
        "type": "replay_event",
        "replay_id": story.replay,
        "event_id": story.replay,
        "segment_id": 0,
        "timestamp": now,
        "replay_start_timestamp": now - 5,
        "urls": ["http://localhost/editor"],
        "error_ids": [story.event],
        "trace_ids": [story.trace],
        "platform": "javascript",
    }
    recording = b'{"segment_id":0}\n' + zlib.compress(
        json.dumps([{"type": 4, "timestamp": int(now * 1000), "data": {"href": "/"}}]).encode()
    )
    envelopes = [
        _envelope(
            ({"type": "event"}, json.dumps(error).encode()),
            ({"type": "attachment", "filename": "log.txt"}, b"line\n" * 50_000),
            event_id=story.event,
        ),
        _envelope(({"type": "transaction"}, json.dumps(transaction).encode())),
        _envelope(
            ({"type": "replay_event"}, json.dumps(replay).encode()),
            ({"type": "replay_recording"}, recording),
            event_id=story.replay,
        ),
    ]
    address = f"{dsn.scheme}://{dsn.netloc.decode()}/api{dsn.path}/envelope/"
    async with httpx.AsyncClient(timeout=120.0) as http:
        for envelope in envelopes:
            answer = await http.post(address, params={"sentry_key": dsn.username}, content=envelope)
            assert answer.status_code == 200, answer.text
    return story
