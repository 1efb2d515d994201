"""What SDKs send, made byte by byte where a test must choose the time it happened."""

import json
import re
import time
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parent / "fixtures"
HOUR, DAY = 3600.0, 86400.0
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
# Numbers between these are times of the recordings, in seconds since the epoch.
_RECORDED = (1_790_000_000.0, 1_800_000_000.0)


def new_id() -> str:
    """32 hexadecimal digits: an event, a trace, a job."""
    return uuid.uuid4().hex


def envelope(*items: tuple[Mapping[str, Any], bytes], **headers: Any) -> bytes:
    """An envelope with correct lengths."""
    lines = [json.dumps(headers).encode()]
    for header, payload in items:
        lines += [json.dumps({**header, "length": len(payload)}).encode(), payload]
    return b"\n".join(lines) + b"\n"


def event(payload: Mapping[str, Any]) -> bytes:
    """An envelope with one error or transaction."""
    number = payload.get("event_id") or new_id()
    body = json.dumps({**payload, "event_id": number}).encode()
    return envelope(({"type": payload.get("type", "event")}, body), event_id=number)


def error(
    kind: str, value: str, *, at: float, frames: Sequence[Mapping[str, Any]] = (), **fields: Any
) -> dict[str, Any]:
    """A Python error; ``at`` is seconds since the epoch."""
    exception: dict[str, Any] = {
        "type": kind,
        "value": value,
        "mechanism": {"type": "logging", "handled": True},
    }
    if frames:
        exception["stacktrace"] = {"frames": [*frames]}
    return {
        "event_id": new_id(),
        "timestamp": at,
        "platform": "python",
        "level": "error",
        "environment": "production",
        "exception": {"values": [exception]},
        **fields,
    }


@dataclass(frozen=True)
class Timed:
    """A span: when it began, seconds after its trace, and how many seconds it took."""

    op: str
    name: str
    begin: float
    seconds: float
    data: Mapping[str, Any] = field(default_factory=dict)
    span_id: str = field(default_factory=lambda: new_id()[:16])
    status: str = "ok"


def transaction(
    root: Timed,
    children: Sequence[Timed] = (),
    *,
    at: float,
    trace: str,
    parent: str | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A transaction whose children all hang on its root; ``at`` is when the trace began."""
    context = {
        "trace_id": trace,
        "span_id": root.span_id,
        "parent_span_id": parent,
        "op": root.op,
        "status": root.status,
        "data": dict(root.data),
    }
    return {
        "type": "transaction",
        "event_id": new_id(),
        "transaction": root.name,
        "transaction_info": {"source": "route"},
        "platform": "python",
        "environment": "production",
        "start_timestamp": at + root.begin,
        "timestamp": at + root.begin + root.seconds,
        "contexts": {"trace": context},
        "spans": [
            {
                "trace_id": trace,
                "span_id": child.span_id,
                "parent_span_id": root.span_id,
                "op": child.op,
                "description": child.name,
                "status": child.status,
                "start_timestamp": at + child.begin,
                "timestamp": at + child.begin + child.seconds,
                "data": dict(child.data),
            }
            for child in children
        ],
        **fields,
    }


def recorded(
    name: str, replaced: Mapping[str, str], *, ended: float
) -> Iterator[tuple[str, str, bytes]]:
    """What a real browser and two real servers sent, as (item type, platform, envelope).

    Args:
        name: the file in ``fixtures``.
        replaced: words in it that stand for others, such as releases.
        ended: when the last of it was sent, in seconds since the epoch; all times in it move along.
    """
    text = (FIXTURES / name).read_text(encoding="utf-8")
    for old, new in replaced.items():
        text = text.replace(old, new)
    items = [json.loads(line) for line in text.splitlines()]
    sent = (each["header"]["sent_at"] for each in items if "sent_at" in each["header"])
    later = round(ended - max(map(_seconds, sent)), 3)
    for item in (_moved(each, later) for each in items):
        payload = json.dumps(item["payload"]).encode()
        if item["item"]["type"] == "replay_recording":
            events = json.dumps(item["payload"]["events"]).encode()
            body = zlib.compress(events) if item["payload"]["compressed"] else events
            payload = json.dumps(item["payload"]["segment"]).encode() + b"\n" + body
        header = item["item"] | {"length": len(payload)}
        parts = [json.dumps(item["header"]).encode(), json.dumps(header).encode(), payload]
        platform = str(item["payload"].get("platform", "javascript"))
        yield item["item"]["type"], platform, b"\n".join(parts) + b"\n"


def _moved(value: Any, later: float) -> Any:
    """The same with every time in it that many seconds later; spans are not longer for it."""
    if isinstance(value, dict):
        return {key: _moved(each, later) for key, each in value.items()}
    if isinstance(value, list):
        return [_moved(each, later) for each in value]
    if isinstance(value, str) and _TIME.fullmatch(value):
        moved = datetime.fromtimestamp(_seconds(value) + later, UTC)
        return moved.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, int | float) and _RECORDED[0] < value < _RECORDED[1]:
        return round(value + later, 6)
    if isinstance(value, int) and _RECORDED[0] < value / 1000 < _RECORDED[1]:
        return value + round(later * 1000)
    return value


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def ago(seconds: float) -> float:
    """A moment that many seconds before now, as seconds since the epoch."""
    return time.time() - seconds
