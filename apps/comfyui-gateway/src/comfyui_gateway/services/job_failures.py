"""What a failure means for a job: wait, try again, or end it with a problem."""

from dataclasses import dataclass

from comfyui_gateway.clients.comfyui import (
    AssetMissing,
    AssetTooLarge,
    ComfyUIError,
    ComfyUIProtocolError,
    ComfyUIUnavailable,
    ExecutionFailed,
    GraphInvalid,
    Interrupted,
    PromptBusy,
    PromptLost,
    PromptRejected,
)
from comfyui_gateway.problems import (
    FieldProblem,
    GatewayError,
    Problem,
    StorageFull,
    http_problem,
    problem_type,
)
from comfyui_gateway.services.media_errors import (
    DiskFull,
    FFmpegFailed,
    FFmpegMissing,
    MediaError,
    MediaTimeout,
    VideoUnreadable,
)

_KINDS: dict[type[ComfyUIError | MediaError], tuple[str, str, int]] = {
    GraphInvalid: ("graph-invalid", "The workflow's graph is not valid", 422),
    PromptRejected: ("prompt-rejected", "ComfyUI refused the workflow", 422),
    ExecutionFailed: ("execution-failed", "A node of the workflow failed", 500),
    Interrupted: ("interrupted", "The job was stopped in ComfyUI", 409),
    PromptLost: ("prompt-lost", "ComfyUI lost the job", 502),
    ComfyUIUnavailable: ("comfyui-unavailable", "ComfyUI does not answer", 503),
    ComfyUIProtocolError: ("comfyui-answers-rubbish", "ComfyUI's answers make no sense", 502),
    AssetMissing: ("output-missing", "ComfyUI no longer has an output", 502),
    AssetTooLarge: ("output-too-large", "An output is too large", 507),
    VideoUnreadable: ("video-unreadable", "The video cannot be read", 422),
    FFmpegMissing: ("ffmpeg-missing", "There is no usable FFmpeg", 500),
    FFmpegFailed: ("ffmpeg-failed", "FFmpeg failed", 500),
    MediaTimeout: ("ffmpeg-timed-out", "FFmpeg took too long", 504),
    DiskFull: (StorageFull.kind, StorageFull.title, StorageFull.status),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What became of an attempt that did not succeed.

    Attributes:
        problem: What the job is told when it ends with this.
        passing: It may pass by itself: try again.
        counted: Only so often, as the settings say; a ComfyUI that is down costs a job no attempt.
        trouble: What is wrong with the ComfyUI; it rests until it answers again.
    """

    problem: Problem
    passing: bool = False
    counted: bool = True
    trouble: str | None = None


def judge(error: BaseException) -> Failure:
    """What an error of an attempt means."""
    if isinstance(error, MediaError):
        return Failure(problem=_problem(error), passing=error.retryable)
    if isinstance(error, ComfyUIError):
        return Failure(
            problem=_problem(error),
            passing=error.retryable or isinstance(error, PromptBusy),
            counted=not isinstance(error, ComfyUIUnavailable | PromptBusy),
            trouble=error.message
            if isinstance(error, ComfyUIUnavailable | ComfyUIProtocolError)
            else None,
        )
    if isinstance(error, GatewayError):
        return Failure(problem=error.problem(), passing=isinstance(error, StorageFull))
    return Failure(
        problem=http_problem(
            500, "Something the gateway did not foresee happened; its log and Sentry know more."
        )
    )


def _problem(error: ComfyUIError | MediaError) -> Problem:
    kind, title, status = next(
        (known for base, known in _KINDS.items() if isinstance(error, base)),
        ("job-failed", "The job failed", 502),
    )
    errors = None
    if isinstance(error, PromptRejected):
        errors = [
            FieldProblem(
                where=".".join(part for part in ("graph", p.node_id, p.input_name) if part),
                detail=str(p),
            )
            for p in error.problems
        ]
    return Problem(
        type=problem_type(kind),
        title=title,
        status=status,
        detail=f"{error.message} {error.advice}".strip(),
        errors=errors or None,
    )
