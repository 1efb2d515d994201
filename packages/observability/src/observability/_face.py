"""The public functions: each hands over to the backend that ``init`` chose."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime

from observability._contract import Backend, Span
from observability._off import Off
from observability.settings import ObservabilitySettings

_backend: Backend = Off()


def init(project: str, *, settings: ObservabilitySettings | None = None) -> None:
    """Connect this program to its Sentry project, or to nothing when there is no DSN.

    Call it once, before the program builds its FastAPI application. A second call replaces the
    first.

    Args:
        project: The Sentry project's slug, such as ``kijko-api``.
        settings: What to use; read from the environment when not given.

    Raises:
        SettingsError: A value in the environment cannot be used.
        ReleaseError: SENTRY_RELEASE or the artifact's stamp is no release of this project.
    """
    global _backend
    settings = settings or ObservabilitySettings.load()
    close()
    if settings.dsn is not None:
        # Imported here, so that a program without a DSN never loads the SDK.
        from observability._sdk import connect

        _backend = connect(project, settings)


def is_enabled() -> bool:
    """Whether anything is sent at all."""
    return _backend.enabled


def flush(timeout: float = 2.0) -> None:
    """Wait until what was recorded has been sent, at most ``timeout`` seconds.

    It blocks: call it at the end of a program, or in a thread.
    """
    _backend.flush(timeout)


def close(timeout: float = 2.0) -> None:
    """Flush for at most ``timeout`` seconds, then turn everything off."""
    global _backend
    previous, _backend = _backend, Off()
    previous.close(timeout)


def current_trace_id() -> str | None:
    """The current trace's id (32 hexadecimal digits), for logs and answers."""
    return _backend.current_trace_id()


def capture_trace() -> dict[str, str]:
    """The current trace as the headers ``sentry-trace`` and ``baggage``; empty when off.

    Store them beside a message, or send them along, and hand them to ``continued_trace``.
    """
    return _backend.capture_trace()


def continued_trace(
    headers: Mapping[str, str] | None, *, name: str, op: str
) -> AbstractContextManager[Span]:
    """Run a block as a transaction of its own in the trace that ``headers`` carry.

    Headers that are empty or damaged start a new trace. Tags set inside stay inside.

    Args:
        headers: What ``capture_trace`` gave; other keys are ignored.
        name: The transaction's name: a kind of work, never an id.
        op: The operation in Sentry's words.
    """
    return _backend.continued_trace(headers, name, op)


def queue_publish(
    destination: str, *, message_id: str, body_size: int | None = None
) -> AbstractContextManager[dict[str, str]]:
    """Record that a message is put on a queue, and yield the trace headers to store beside it.

    Follows https://docs.sentry.io/platforms/python/tracing/instrumentation/custom-instrumentation/queues-module/

    Args:
        destination: The queue's name.
        message_id: The message's (here: the job's) id.
        body_size: The message's size in bytes, if known.
    """
    return _backend.queue_publish(destination, message_id, body_size)


def queue_process(
    destination: str,
    *,
    message_id: str,
    headers: Mapping[str, str] | None,
    enqueued_at: datetime,
    retry_count: int = 0,
    body_size: int | None = None,
) -> AbstractContextManager[Span]:
    """Run a block as the processing of one message, in the trace that published it.

    Args:
        destination: The queue's name.
        message_id: The message's (here: the job's) id.
        headers: What ``queue_publish`` yielded; empty or None starts a new trace.
        enqueued_at: When the message was published; without a time zone it is read as UTC.
        retry_count: How many times the message was tried before.
        body_size: The message's size in bytes, if known.
    """
    return _backend.queue_process(
        destination, message_id, headers, enqueued_at, retry_count, body_size
    )


def workflow_prepare(workflow_id: str) -> AbstractContextManager[Span]:
    """Record turning a workflow template and its parameters into a prompt."""
    return _backend.workflow_prepare(workflow_id)


def comfyui_api_call(
    method: str, route: str, *, prompt_id: str | None = None
) -> AbstractContextManager[Span]:
    """Record one call of ComfyUI's API.

    Args:
        method: The HTTP method.
        route: The route's template, such as ``/history/{prompt_id}``, not the filled-in path.
        prompt_id: The prompt it is about, if it is about one.
    """
    return _backend.comfyui_api_call(method, route, prompt_id)


def comfyui_node(
    *,
    prompt_id: str,
    node_id: str,
    class_type: str,
    started: datetime,
    ended: datetime,
    cached: bool = False,
    error: str | None = None,
) -> None:
    """Record, after the fact, that ComfyUI executed a node, as a child of the current span.

    Args:
        prompt_id: The prompt the node belongs to.
        node_id: The node's id in the graph.
        class_type: The node's class, such as ``SaveImage``.
        started: When the node began; without a time zone it is read as UTC.
        ended: When the node ended; never taken to be before ``started``.
        cached: Whether ComfyUI reused an earlier result.
        error: What went wrong, if something did.
    """
    _backend.comfyui_node(prompt_id, node_id, class_type, started, ended, cached, error)


def ffmpeg_process(
    operation: str, *, input_bytes: int | None = None
) -> AbstractContextManager[Span]:
    """Record one run of FFmpeg.

    Args:
        operation: What it does, such as ``transcode`` or ``thumbnail``.
        input_bytes: The input's size in bytes, if known.
    """
    return _backend.ffmpeg_process(operation, input_bytes)


def tag_job(job_id: str) -> None:
    """Put the job's id on every error, transaction and log from here on in this request or job."""
    _backend.tag_job(job_id)


def capture_exception(error: BaseException) -> str | None:
    """Send an error that was handled here, and return its event id, if it is sent."""
    return _backend.capture_exception(error)
