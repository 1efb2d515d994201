"""Spans of the two kinds there are: inside a transaction, and streamed by themselves (v2)."""

from collections.abc import Iterator

from local_sentry.models import Origin, Span
from local_sentry.protocol.lenient_json import (
    JsonObject,
    JsonValue,
    as_object,
    as_text,
)
from local_sentry.services import ids
from local_sentry.services.attributes import bounded, items_of, plain
from local_sentry.services.timestamps import Clock, parse_timestamp

MAX_SPANS = 1000
_LONGEST_DURATION = 30 * 24 * 3600 * 1_000_000


def _interval(start: JsonValue, end: JsonValue, clock: Clock) -> tuple[int, int]:
    began = parse_timestamp(start)
    ended = parse_timestamp(end)
    duration = 0
    if began is not None and ended is not None:
        duration = min(max(0, ended - began), _LONGEST_DURATION)
    return clock.correct(began), duration


def spans_of_transaction(
    event: JsonObject, children: list[JsonValue], origin: Origin, event_id: bytes, clock: Clock
) -> Iterator[Span]:
    """The transaction's own span, then the spans it carries.

    Args:
        event: the payload; its trace context names trace and span.
        children: its `spans`.
        origin: where it comes from; `trace_id` and `span_id` are set.
        event_id: the transaction's event id.
        clock: compares the sender's clock with ours.
    """
    if origin.trace_id is None or origin.span_id is None:
        return
    trace = as_object(as_object(event.get("contexts")).get("trace"))
    start, duration = _interval(event.get("start_timestamp"), event.get("timestamp"), clock)
    attributes = as_object(trace.get("data")) | {
        "sentry.origin": trace.get("origin"),
        "sentry.sdk.name": as_object(event.get("sdk")).get("name"),
        "server_name": event.get("server_name"),
        "tags": as_object(event.get("tags")),
        "measurements": event.get("measurements") or None,
        "http.request": as_object(event.get("request")).get("url"),
    }
    yield Span(
        trace_id=origin.trace_id,
        span_id=origin.span_id,
        parent_span_id=ids.span_id(trace.get("parent_span_id")),
        segment_id=origin.span_id,
        is_segment=True,
        start=start,
        duration=duration,
        op=as_text(trace.get("op"), 128) or "default",
        description=as_text(trace.get("description"), 2048) or origin.transaction,
        transaction=origin.transaction,
        status=as_text(trace.get("status"), 64) or "unknown",
        release=origin.release,
        environment=origin.environment,
        event_id=event_id,
        attributes=bounded({key: value for key, value in attributes.items() if value != {}}),
    )
    for raw in children[:MAX_SPANS]:
        span = _child_span(as_object(raw), origin, event_id, clock)
        if span is not None:
            yield span


def _child_span(raw: JsonObject, origin: Origin, event_id: bytes, clock: Clock) -> Span | None:
    span_id = ids.span_id(raw.get("span_id"))
    if span_id is None or origin.trace_id is None or origin.span_id is None:
        return None
    start, duration = _interval(raw.get("start_timestamp"), raw.get("timestamp"), clock)
    tags = as_object(raw.get("tags"))
    attributes = as_object(raw.get("data")) | {
        "sentry.origin": raw.get("origin"),
        "tags": tags or None,
        "measurements": raw.get("measurements") or None,
    }
    status = as_text(raw.get("status"), 64) or as_text(tags.get("status"), 64)
    return Span(
        trace_id=origin.trace_id,
        span_id=span_id,
        parent_span_id=ids.span_id(raw.get("parent_span_id")) or origin.span_id,
        segment_id=origin.span_id,
        is_segment=False,
        start=start,
        duration=duration,
        op=as_text(raw.get("op"), 128) or "default",
        description=as_text(raw.get("description"), 2048),
        transaction=origin.transaction,
        status=status or "unknown",
        release=origin.release,
        environment=origin.environment,
        event_id=event_id,
        attributes=bounded(attributes),
    )


def streamed_spans(container: JsonValue, clock: Clock) -> Iterator[Span]:
    """The spans of a v2 container; what is no span is left out.

    Source: https://develop.sentry.dev/sdk/telemetry/spans/span-protocol/.
    """
    items = items_of(container)
    ends = [end for raw in items if (end := parse_timestamp(raw.get("end_timestamp"))) is not None]
    clock = clock.for_time(max(ends, default=None))
    for raw in items:
        span = _streamed_span(raw, clock)
        if span is not None:
            yield span


def _streamed_span(raw: JsonObject, clock: Clock) -> Span | None:
    span_id, trace_id = ids.span_id(raw.get("span_id")), ids.trace_id(raw.get("trace_id"))
    if span_id is None or trace_id is None:
        return None
    attributes = plain(raw.get("attributes"))
    start, duration = _interval(raw.get("start_timestamp"), raw.get("end_timestamp"), clock)
    is_segment = raw.get("is_segment") is True
    name = as_text(raw.get("name"), 2048)
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=ids.span_id(raw.get("parent_span_id")),
        segment_id=(None if is_segment else ids.span_id(attributes.get("sentry.segment.id")))
        or span_id,
        is_segment=is_segment,
        start=start,
        duration=duration,
        op=as_text(attributes.get("sentry.op"), 128) or "default",
        description=name,
        transaction=as_text(attributes.get("sentry.segment.name"), 200)
        or (name[:200] if is_segment else ""),
        status=as_text(raw.get("status"), 64) or "unknown",
        release=as_text(attributes.get("sentry.release"), 200),
        environment=as_text(attributes.get("sentry.environment"), 64),
        event_id=None,
        attributes=attributes,
    )
