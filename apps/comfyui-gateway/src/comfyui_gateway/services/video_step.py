"""The FFmpeg step of a workflow: a video becomes playable everywhere and gets a thumbnail."""

import asyncio
import shutil
from collections.abc import Callable

import observability
from comfyui_gateway.models import ReadyCheck, StoredOutput
from comfyui_gateway.services.ffmpeg_processor import (
    ProcessedVideo,
    ffmpeg_version,
    process_video,
)
from comfyui_gateway.services.job_outputs import AttemptFolder
from comfyui_gateway.services.media_errors import MediaError
from comfyui_gateway.services.workflow_templates import TranscodeStep


class VideoStep:
    """Runs FFmpeg for jobs, only so many at once."""

    def __init__(self, concurrency: int, timeout_seconds: float) -> None:
        self._turn = asyncio.Semaphore(concurrency)
        self._timeout_seconds = timeout_seconds

    async def run(
        self,
        step: TranscodeStep,
        folder: AttemptFolder,
        source: StoredOutput,
        on_progress: Callable[[float], None],
    ) -> list[StoredOutput]:
        """Make what the step says of an output, and store it beside it.

        Raises:
            MediaError: the video cannot be read or made.
            StorageFull: the disk is full.
        """
        workplace = folder.path / f".{source.name}.ffmpeg"
        async with self._turn:
            await asyncio.to_thread(workplace.mkdir)
            try:
                with observability.ffmpeg_process("transcode", input_bytes=source.bytes):
                    made = await process_video(
                        folder.path / source.name,
                        workplace,
                        step.spec,
                        on_progress=on_progress,
                        timeout=self._timeout_seconds,
                    )
                return await _store(made, folder)
            finally:
                await asyncio.to_thread(shutil.rmtree, workplace, ignore_errors=True)


async def _store(made: ProcessedVideo, folder: AttemptFolder) -> list[StoredOutput]:
    stored = []
    if (video := made.video) is not None:
        stored.append(await folder.adopt(video.path, video.path.name, video.media))
    if (thumbnail := made.thumbnail) is not None:
        name = f"thumbnail{thumbnail.path.suffix}"
        stored.append(await folder.adopt(thumbnail.path, name, thumbnail.media))
    return stored


async def check_ffmpeg() -> ReadyCheck:
    """Whether there is an FFmpeg, and which."""
    try:
        version = await ffmpeg_version()
    except MediaError as error:
        return ReadyCheck(name="ffmpeg", ok=False, detail=f"{error.message} {error.advice}")
    return ReadyCheck(name="ffmpeg", ok=True, detail=version)
