"""Carries out a job's plan: the graph in ComfyUI, its files to this disk, the steps after that."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import observability
from comfyui_gateway.clients.comfyui import (
    Asset,
    ComfyUIError,
    Execution,
    ExecutionEvent,
    NodeRun,
)
from comfyui_gateway.models import ClaimedJob, StoredOutput
from comfyui_gateway.problems import OutputsRejected
from comfyui_gateway.services.comfyui_backends import Backend
from comfyui_gateway.services.job_outputs import OutputStore
from comfyui_gateway.services.job_progress import JobProgress
from comfyui_gateway.services.promised_files import PromisedFiles
from comfyui_gateway.services.video_step import VideoStep
from comfyui_gateway.services.workflow_templates import Plan

_COMFYUI_SHARE = 0.95
_COMFYUI_SHARE_BEFORE_STEPS = 0.6


@dataclass(slots=True)
class InComfyUI:
    """Whether the prompt may be in ComfyUI at this moment, for whoever stops the job."""

    prompt: bool = False


async def execute_workflow(
    claimed: ClaimedJob,
    backend: Backend,
    *,
    outputs: OutputStore,
    video: VideoStep,
    progress: JobProgress,
    where: InComfyUI,
) -> list[StoredOutput]:
    """Run the plan of a claimed job and store what it makes.

    Raises:
        ComfyUIError: ComfyUI refused it, failed at it, or is not there.
        OutputsRejected: the graph ended without the files it promises.
        StorageFull: this disk has no room for them.
        VideoError: FFmpeg could not do its part.
    """
    plan = Plan.model_validate(claimed.plan)
    share = _COMFYUI_SHARE_BEFORE_STEPS if plan.steps else _COMFYUI_SHARE
    files = PromisedFiles(backend, plan, outputs.attempt(claimed.job.id, claimed.job.attempt))
    stored: list[StoredOutput] = []
    async with files:
        execution = await _run_prompt(claimed, backend, plan, progress, share, where, files)
        for asset in _promised(plan, execution):
            output = await files.take(asset)
            stored.append(output)
            for step in plan.steps:
                if step.node == asset.node_id:
                    told = _ffmpeg_progress(progress, share)
                    stored += await video.run(step, await files.folder(), output, told)
    return stored


async def _run_prompt(
    claimed: ClaimedJob,
    backend: Backend,
    plan: Plan,
    progress: JobProgress,
    share: float,
    where: InComfyUI,
    files: PromisedFiles,
) -> Execution:
    def heard(event: ExecutionEvent) -> None:
        files.announce(event.assets)
        if event.kind in {"node_started", "node_progress"}:
            progress.report("comfyui", event.fraction * share, event.class_type or "")

    prompt_id = str(claimed.prompt_id)
    where.prompt = True
    try:
        execution = await backend.comfy.run(
            prompt_id,
            plan.graph,
            extra_data=observability.capture_trace() or dict(claimed.trace),
            resume=claimed.job.attempt > 1,
            on_event=heard,
        )
    except ComfyUIError as error:
        where.prompt = False
        _record_nodes(prompt_id, getattr(error, "nodes", ()))
        raise
    where.prompt = False
    _record_nodes(prompt_id, execution.nodes)
    return execution


def _promised(plan: Plan, execution: Execution) -> list[Asset]:
    assets = [a for a in execution.outputs if a.node_id in plan.outputs and a.kind == "output"]
    missing = set(plan.outputs) - {asset.node_id for asset in assets}
    if missing:
        raise OutputsRejected(
            f"ComfyUI made no file in node {', '.join(sorted(missing))}, which the workflow "
            "promises; correct the workflow's graph."
        )
    return assets


def _ffmpeg_progress(progress: JobProgress, share: float) -> Callable[[float], None]:
    def report(done: float) -> None:
        progress.report("ffmpeg", share + (0.98 - share) * done, "FFmpeg")

    return report


def _record_nodes(prompt_id: str, nodes: Iterable[NodeRun]) -> None:
    if not observability.is_enabled():
        return
    for node in nodes:
        observability.comfyui_node(
            prompt_id=prompt_id,
            node_id=node.node_id,
            class_type=node.class_type or "unknown",
            started=node.started,
            ended=node.ended,
            cached=node.cached,
            error=node.error,
        )
