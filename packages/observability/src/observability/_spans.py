"""The twin that records, by way of the Sentry SDK. Span names and data follow Sentry's own."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import sentry_sdk
from sentry_sdk.tracing import Span as SdkSpan

from observability._contract import Span, SpanValue

_CARRIED = ("sentry-trace", "baggage")
_MESSAGING_SYSTEM = "postgresql"


class Recording:
    """Everything goes to the SDK's current client."""

    __slots__ = ("enabled",)

    def __init__(self) -> None:
        self.enabled = True

    def flush(self, timeout: float) -> None:
        sentry_sdk.get_client().flush(timeout=timeout)

    def close(self, timeout: float) -> None:
        sentry_sdk.get_client().close(timeout=timeout)
        sentry_sdk.get_global_scope().set_client(None)
        self.enabled = False

    def current_trace_id(self) -> str | None:
        trace_id = sentry_sdk.get_current_scope().get_trace_context().get("trace_id")
        return trace_id if isinstance(trace_id, str) else None

    def capture_trace(self) -> dict[str, str]:
        carried = zip(
            _CARRIED, (sentry_sdk.get_traceparent(), sentry_sdk.get_baggage()), strict=True
        )
        return {name: value for name, value in carried if value}

    @contextmanager
    def continued_trace(
        self, headers: Mapping[str, str] | None, name: str, op: str
    ) -> Iterator[Span]:
        with sentry_sdk.isolation_scope() as scope:
            scope.clear_breadcrumbs()
            transaction = sentry_sdk.continue_trace(
                _carried(headers), op=op, name=name, source="task"
            )
            with _recorded(sentry_sdk.start_transaction(transaction), {}) as span:
                yield span

    @contextmanager
    def queue_publish(
        self, destination: str, message_id: str, body_size: int | None
    ) -> Iterator[dict[str, str]]:
        data = _message(destination, message_id, body_size)
        with _span("queue.publish", destination, data):
            yield self.capture_trace()

    @contextmanager
    def queue_process(
        self,
        destination: str,
        message_id: str,
        headers: Mapping[str, str] | None,
        enqueued_at: datetime,
        retry_count: int,
        body_size: int | None,
    ) -> Iterator[Span]:
        waited = (datetime.now(UTC) - _utc(enqueued_at)).total_seconds()
        data = _message(destination, message_id, body_size) | {
            # Clocks of two machines may disagree; nothing waits less than no time.
            "messaging.message.receive.latency": max(waited, 0.0) * 1000,
            "messaging.message.retry.count": retry_count,
        }
        with self.continued_trace(headers, destination, "queue.process") as span:
            _set(span, data)
            yield span

    @contextmanager
    def workflow_prepare(self, workflow_id: str) -> Iterator[Span]:
        with _span("workflow.prepare", workflow_id, {"workflow.id": workflow_id}) as span:
            yield span

    @contextmanager
    def comfyui_api_call(self, method: str, route: str, prompt_id: str | None) -> Iterator[Span]:
        data = {
            "http.request.method": method,
            "http.route": route,
            "comfyui.prompt_id": prompt_id,
        }
        with _span("comfyui.api_call", f"{method} {route}", data) as span:
            yield span

    def comfyui_node(
        self,
        prompt_id: str,
        node_id: str,
        class_type: str,
        started: datetime,
        ended: datetime,
        cached: bool,
        error: str | None,
    ) -> None:
        parent = sentry_sdk.get_current_span()
        if parent is None:
            return
        started = _utc(started)
        span = parent.start_child(
            op="comfyui.node", name=class_type, start_timestamp=started, origin="manual"
        )
        data: dict[str, SpanValue | None] = {
            "comfyui.prompt_id": prompt_id,
            "comfyui.node.id": node_id,
            "comfyui.node.class_type": class_type,
            "comfyui.node.cached": cached,
            "comfyui.node.error": error,
        }
        _set(span, data)
        span.set_status("ok" if error is None else "internal_error")
        span.finish(end_timestamp=max(started, _utc(ended)))

    @contextmanager
    def ffmpeg_process(self, operation: str, input_bytes: int | None) -> Iterator[Span]:
        data = {"ffmpeg.operation": operation, "ffmpeg.input.bytes": input_bytes}
        with _span("ffmpeg.process", operation, data) as span:
            yield span

    def tag_job(self, job_id: str) -> None:
        scope = sentry_sdk.get_isolation_scope()
        scope.set_tag("job_id", job_id)
        scope.set_attribute("job_id", job_id)

    def capture_exception(self, error: BaseException) -> str | None:
        return sentry_sdk.capture_exception(error)


@contextmanager
def _span(op: str, name: str, data: Mapping[str, SpanValue | None]) -> Iterator[Span]:
    with _recorded(sentry_sdk.start_span(op=op, name=name), data) as span:
        yield span


@contextmanager
def _recorded(span: SdkSpan, data: Mapping[str, SpanValue | None]) -> Iterator[SdkSpan]:
    """Run a block as a span: ok unless it raises, cancelled when it is cancelled."""
    cancelled: asyncio.CancelledError | None = None
    with span:
        span.set_status("ok")
        _set(span, data)
        try:
            yield span
        except asyncio.CancelledError as error:
            # Kept from the SDK, which would call it an internal error.
            span.set_status("cancelled")
            cancelled = error
    if cancelled is not None:
        raise cancelled


def _set(span: Span, data: Mapping[str, SpanValue | None]) -> None:
    for key, value in data.items():
        if value is not None:
            span.set_data(key, value)


def _message(
    destination: str, message_id: str, body_size: int | None
) -> dict[str, SpanValue | None]:
    return {
        "messaging.system": _MESSAGING_SYSTEM,
        "messaging.destination.name": destination,
        "messaging.message.id": message_id,
        "messaging.message.body.size": body_size,
    }


def _carried(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Only the two headers of a trace, whatever else a message came with."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return {name: named[name] for name in _CARRIED if isinstance(named.get(name), str)}


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
