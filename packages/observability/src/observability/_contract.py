"""What a backend of this package does: both twins, off and on, are checked against this list."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

SpanValue = str | int | float | bool


class Span(Protocol):
    """A timed piece of work that is being recorded, as far as a caller may touch it."""

    def set_data(self, key: str, value: SpanValue) -> None:
        """Attach a value to the span, by Sentry's conventional key where there is one."""

    def set_status(self, value: str) -> None:
        """Say how the work ended, in Sentry's words: ``ok``, ``cancelled``, ``not_found`` …."""


class Backend(Protocol):
    """See the functions of the same names in ``observability`` for what each one means."""

    enabled: bool

    def flush(self, timeout: float) -> None: ...
    def close(self, timeout: float) -> None: ...
    def current_trace_id(self) -> str | None: ...
    def capture_trace(self) -> dict[str, str]: ...
    def continued_trace(
        self, headers: Mapping[str, str] | None, name: str, op: str
    ) -> AbstractContextManager[Span]: ...
    def queue_publish(
        self, destination: str, message_id: str, body_size: int | None
    ) -> AbstractContextManager[dict[str, str]]: ...
    def queue_process(
        self,
        destination: str,
        message_id: str,
        headers: Mapping[str, str] | None,
        enqueued_at: datetime,
        retry_count: int,
        body_size: int | None,
    ) -> AbstractContextManager[Span]: ...
    def workflow_prepare(self, workflow_id: str) -> AbstractContextManager[Span]: ...
    def comfyui_api_call(
        self, method: str, route: str, prompt_id: str | None
    ) -> AbstractContextManager[Span]: ...
    def comfyui_node(
        self,
        prompt_id: str,
        node_id: str,
        class_type: str,
        started: datetime,
        ended: datetime,
        cached: bool,
        error: str | None,
    ) -> None: ...
    def ffmpeg_process(
        self, operation: str, input_bytes: int | None
    ) -> AbstractContextManager[Span]: ...
    def tag_job(self, job_id: str) -> None: ...
    def capture_exception(self, error: BaseException) -> str | None: ...
