"""The twin that does nothing, for programs without a DSN: no SDK is imported, nothing is built."""

from collections.abc import Mapping
from datetime import datetime
from types import TracebackType

from observability._contract import SpanValue


class _OffSpan:
    """A span nobody records; one instance serves all, because it holds nothing."""

    __slots__ = ()

    def __enter__(self) -> "_OffSpan":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None

    def set_data(self, key: str, value: SpanValue) -> None:
        return None

    def set_status(self, value: str) -> None:
        return None


class _OffHeaders:
    """No trace to carry. The mapping is new each time: it belongs to the caller."""

    __slots__ = ()

    def __enter__(self) -> dict[str, str]:
        return {}

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


_SPAN = _OffSpan()
_HEADERS = _OffHeaders()


class Off:
    """Nothing, at the price of a call."""

    __slots__ = ("enabled",)

    def __init__(self) -> None:
        self.enabled = False

    def flush(self, timeout: float) -> None:
        return None

    def close(self, timeout: float) -> None:
        return None

    def current_trace_id(self) -> str | None:
        return None

    def capture_trace(self) -> dict[str, str]:
        return {}

    def continued_trace(self, headers: Mapping[str, str] | None, name: str, op: str) -> _OffSpan:
        return _SPAN

    def queue_publish(
        self, destination: str, message_id: str, body_size: int | None
    ) -> _OffHeaders:
        return _HEADERS

    def queue_process(
        self,
        destination: str,
        message_id: str,
        headers: Mapping[str, str] | None,
        enqueued_at: datetime,
        retry_count: int,
        body_size: int | None,
    ) -> _OffSpan:
        return _SPAN

    def workflow_prepare(self, workflow_id: str) -> _OffSpan:
        return _SPAN

    def comfyui_api_call(self, method: str, route: str, prompt_id: str | None) -> _OffSpan:
        return _SPAN

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
        return None

    def ffmpeg_process(self, operation: str, input_bytes: int | None) -> _OffSpan:
        return _SPAN

    def tag_job(self, job_id: str) -> None:
        return None

    def capture_exception(self, error: BaseException) -> str | None:
        return None
