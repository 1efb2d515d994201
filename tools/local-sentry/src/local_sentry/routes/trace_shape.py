"""Sentry's JSON shape of a trace: spans nested across projects, errors on them."""

from collections.abc import Callable, Sequence

import orjson

from local_sentry.protocol.lenient_json import Document
from local_sentry.services.traces import Trace, TraceNode
from local_sentry.store.events import StoredEvent
from local_sentry.store.spans import StoredSpan


def _error(found: StoredEvent) -> Document:
    return {
        "event_id": found.event_id,
        "event_type": "error",
        "issue_id": found.issue_id,
        "project_id": found.project_id,
        "project_slug": found.project_slug,
        "transaction": "",
        "description": found.title,
        "level": found.level,
        "start_timestamp": found.timestamp / 1e6,
        "end_timestamp": found.timestamp / 1e6,
        "culprit": None,
        "short_id": None,
        "issue_type": 1,
    }


# What a client may have told of each span besides, by its name in searches.
_ATTRIBUTES: dict[str, Callable[[StoredSpan], object]] = {
    "environment": lambda span: span.environment,
    "release": lambda span: span.release,
    "span.description": lambda span: span.description,
    "span.duration": lambda span: span.duration / 1000,
    "span.op": lambda span: span.op,
    "span.status": lambda span: span.status,
    "transaction": lambda span: span.transaction,
}


def _span(node: TraceNode, more: Sequence[str]) -> Document:
    span = node.span
    return {
        "event_id": span.span_id,
        "event_type": "span",
        "project_id": span.project_id,
        "project_slug": span.project_slug,
        "transaction": span.transaction,
        "transaction_id": span.event_id or span.segment_id,
        "parent_span_id": span.parent_span_id,
        "description": span.description,
        "name": span.description,
        "op": span.op,
        "is_transaction": span.is_segment,
        "start_timestamp": span.start / 1e6,
        "end_timestamp": (span.start + span.duration) / 1e6,
        "duration": span.duration / 1000,
        "errors": [_error(error) for error in node.errors],
        "occurrences": [],
        "measurements": {},
        "browser_web_vital": {},
        "mobile_app_vital": {},
        "profile_id": "",
        "profiler_id": "",
        "sdk_name": "",
        "additional_attributes": {
            name: _ATTRIBUTES[name](span) for name in more if name in _ATTRIBUTES
        },
    }


def trace(found: Trace, more: Sequence[str] = ()) -> bytes:
    """The JSON of a trace; each span tells of itself what `more` names.

    Put together from the leaves up: a trace may be nested deeper than a JSON encoder recurses.
    """
    done: dict[int, bytes] = {}
    for node in reversed(found.rows):
        children = b",".join(done.pop(id(child)) for child in node.children)
        done[id(node)] = orjson.dumps(_span(node, more))[:-1] + b',"children":[' + children + b"]}"
    parts = [done[id(root)] for root in found.roots]
    parts += [orjson.dumps(_error(error)) for error in found.loose_errors]
    return b"[" + b",".join(parts) + b"]"
