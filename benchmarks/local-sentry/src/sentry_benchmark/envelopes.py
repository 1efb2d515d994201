"""What is sent: errors and transactions as a web application makes them, each new, without end.

An error has 15 frames with source, 20 breadcrumbs, tags and a user; a transaction has 50 spans.
"""

import itertools
import json
import random
import time
import uuid
from collections.abc import Iterator

SPANS = 50  # Of a transaction, its own included.
_DAY = 86_400.0
_NAMES = [f"{verb} /api/{noun}" for verb in ("GET", "POST", "PUT", "DELETE")
          for noun in ("orders", "carts", "users", "items", "prices", "stock", "files", "jobs",
                       "search", "login")]  # fmt: skip
_OPS = ("db", "http.client", "cache.get", "template.render", "function")
_FRAMES = [
    {
        "filename": f"shop/module{n}.py", "module": f"shop.module{n}", "function": f"step{n}",
        "lineno": n + 1, "in_app": n % 3 > 0, "context_line": f"    return step{n}(order)",
        "pre_context": ["    # before"] * 5, "post_context": ["    # after"] * 5,
        "vars": {"order": "<Order 17>", "n": str(n)},
    }
    for n in range(15)
]  # fmt: skip


def errors(issues: int = 30, *, days: float = 0.0) -> Iterator[bytes]:
    """Errors of so many issues in turn, from so far back until now."""
    chance = random.Random(issues)  # noqa: S311 - data, not secrets
    for n in itertools.count():
        event_id, at = uuid.uuid4().hex, time.time() - chance.random() * days * _DAY
        event = {
            "event_id": event_id, "timestamp": at, "platform": "python", "level": "error",
            "release": "shop@1.2.3", "environment": "production", "server_name": f"web{n % 4}",
            "user": {"id": str(n % 500)}, "tags": {"region": f"eu-{n % 3}", "queue": str(n % 7)},
            "contexts": {"trace": {"trace_id": uuid.uuid4().hex, "span_id": event_id[:16]}},
            "exception": {"values": [{"type": f"Error{n % issues}", "value": f"order {n} failed",
                                      "stacktrace": {"frames": _FRAMES}}]},
            "breadcrumbs": {"values": [
                {"category": "query", "message": f"SELECT {i}", "timestamp": at} for i in range(20)
            ]},
        }  # fmt: skip
        yield _envelope(event_id, "event", event)


def transactions(*, days: float = 0.0) -> Iterator[bytes]:
    """Transactions of 40 names, from so far back until now."""
    chance = random.Random(40)  # noqa: S311 - data, not secrets
    for n in itertools.count():
        event_id, start = uuid.uuid4().hex, time.time() - 60 - chance.random() * days * _DAY
        name = _NAMES[n % len(_NAMES)]
        seconds = chance.lognormvariate(-2 + n % len(_NAMES) / 20, 0.6)
        event = {
            "event_id": event_id, "type": "transaction", "transaction": name, "platform": "python",
            "start_timestamp": start, "timestamp": start + seconds, "release": "shop@1.2.3",
            "environment": "production", "tags": {"region": f"eu-{n % 3}"},
            "contexts": {"trace": {"trace_id": uuid.uuid4().hex, "span_id": event_id[:16],
                                   "op": "http.server",
                                   "status": "internal_error" if n % 25 == 0 else "ok"}},
            "spans": [_span(chance, start, seconds, event_id[:16], i) for i in range(SPANS - 1)],
        }  # fmt: skip
        yield _envelope(event_id, "transaction", event)


def _span(
    chance: random.Random, start: float, seconds: float, parent: str, n: int
) -> dict[str, object]:
    began = start + seconds * n / SPANS
    return {
        "span_id": f"{chance.getrandbits(64) | 1:016x}", "parent_span_id": parent,
        "op": _OPS[n % len(_OPS)], "description": f"select table{n}", "status": "ok",
        "start_timestamp": began, "timestamp": began + seconds / SPANS * chance.random(),
        "data": {"db.system": "postgresql", "rows": n},
    }  # fmt: skip


def trace_id_of(transaction: bytes) -> str:
    """The trace that a transaction of `transactions` belongs to."""
    found: str = json.loads(transaction.split(b"\n")[2])["contexts"]["trace"]["trace_id"]
    return found


def _envelope(event_id: str, kind: str, event: dict[str, object]) -> bytes:
    payload = json.dumps(event).encode()
    head = json.dumps({"event_id": event_id}).encode()
    item = json.dumps({"type": kind, "length": len(payload)}).encode()
    return b"\n".join((head, item, payload, b""))
