"""Makes a video playable everywhere and takes a picture of it, with FFmpeg."""

import asyncio
import errno
import os
import re
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from comfyui_gateway.services.child_launcher import CANNOT_RUN
from comfyui_gateway.services.child_process import Ended, bound_to_us, run_child
from comfyui_gateway.services.ffmpeg_command import (
    find_ffmpeg,
    thumbnail_command,
    transcode_command,
)
from comfyui_gateway.services.media_errors import (
    DiskFull,
    FFmpegFailed,
    FFmpegMissing,
    MediaTimeout,
    VideoUnreadable,
)
from comfyui_gateway.services.media_probe import MediaInfo, probe
from comfyui_gateway.services.video_spec import Thumbnail, Transcode, VideoSpec

OnProgress = Callable[[float], None]

_THUMBNAIL_SHARE = 0.05
_PATH = re.compile(r"(?:file:)?(?:/[^/\s:'\"]+)+/")
_ADDRESS = re.compile(r" @ 0x[0-9a-f]+")
_SUFFIX = {"jpeg": "jpg", "png": "png", "webp": "webp"}


@dataclass(frozen=True, slots=True)
class ProcessedFile:
    """A finished file; ``size`` in bytes."""

    path: Path
    media: str
    size: int


@dataclass(frozen=True, slots=True)
class ProcessedVideo:
    """What ``process_video`` made, and what the source was."""

    source: MediaInfo
    video: ProcessedFile | None
    thumbnail: ProcessedFile | None


async def process_video(
    source: Path,
    target_dir: Path,
    spec: VideoSpec,
    *,
    timeout: float,  # noqa: ASYNC109 - one limit over several programs
    on_progress: OnProgress = lambda _: None,
    name: str = "video",
) -> ProcessedVideo:
    """Transcodes ``source`` into ``target_dir`` and takes its thumbnail, as ``spec`` says.

    Files appear whole or not at all: each is written under another name in the same folder and
    then renamed. Cancelling the call ends FFmpeg and removes what it had begun.

    Args:
        source: The video; any name is safe, its content may be a stranger's.
        target_dir: Existing folder for ``NAME.mp4`` and ``NAME.jpg``, ``.png`` or ``.webp``.
        spec: What to make.
        timeout: Seconds for all of it.
        on_progress: Told a number from 0 to 1 that never falls.
        name: Stem of the new files.

    Raises:
        VideoUnreadable: The source cannot be decoded; says why.
        MediaTimeout: It took too long.
        DiskFull: The result did not fit.
        FFmpegMissing: There is no usable FFmpeg.
        FFmpegFailed: Anything else that FFmpeg gave up on.
        ValueError: ``name`` is not a plain file name.
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ValueError(f"{name!r} is not a plain file name.")
    source, target_dir = await asyncio.to_thread(lambda: (source.absolute(), target_dir.absolute()))
    ffmpeg = await asyncio.to_thread(find_ffmpeg)
    report = _never_falling(on_progress)
    try:
        async with asyncio.timeout(timeout):
            info = await probe(source, timeout=timeout)
            report(0.0)
            video = thumbnail = None
            if spec.transcode is not None:
                share = 1.0 if spec.thumbnail is None else 1.0 - _THUMBNAIL_SHARE
                video = await _transcode(
                    ffmpeg,
                    source,
                    target_dir / f"{name}.mp4",
                    spec.transcode,
                    info,
                    on_progress=lambda fraction: report(fraction * share),
                )
            if spec.thumbnail is not None:
                target = target_dir / f"{name}.{_SUFFIX[spec.thumbnail.format]}"
                thumbnail = await _thumbnail(ffmpeg, source, target, spec.thumbnail, info)
    except TimeoutError as error:
        raise MediaTimeout(f"FFmpeg did not finish within {timeout:g} seconds.") from error
    report(1.0)
    return ProcessedVideo(info, video, thumbnail)


async def ffmpeg_version() -> str:
    """The first line that ``ffmpeg -version`` prints.

    Raises:
        FFmpegMissing: There is none that runs.
    """
    ffmpeg = await asyncio.to_thread(find_ffmpeg)
    lines: list[bytes] = []
    try:
        async with asyncio.timeout(10):
            ended = await run_child([ffmpeg, "-version"], on_line=lines.append)
    except (OSError, TimeoutError) as error:
        raise FFmpegMissing(f"{Path(ffmpeg).name} cannot be run.") from error
    if ended.status != 0 or not lines:
        raise FFmpegMissing(f"{Path(ffmpeg).name} does not run: status {ended.status}.")
    return lines[0].decode(errors="replace").strip()


async def _transcode(
    ffmpeg: str,
    source: Path,
    target: Path,
    spec: Transcode,
    info: MediaInfo,
    *,
    on_progress: OnProgress,
) -> ProcessedFile:
    def on_line(line: bytes) -> None:
        key, _, value = line.strip().partition(b"=")
        if key == b"out_time_us" and info.seconds and value.isdigit():
            on_progress(min(1.0, int(value) / 1_000_000 / info.seconds))
        elif key == b"progress" and value == b"end":
            on_progress(1.0)

    async with _appearing(target) as unfinished:
        await _run(transcode_command(ffmpeg, source, unfinished, spec), on_line, "transcoding")
        return await _finished(unfinished, target, "video/mp4")


async def _thumbnail(
    ffmpeg: str, source: Path, target: Path, spec: Thumbnail, info: MediaInfo
) -> ProcessedFile:
    async with _appearing(target) as unfinished:
        for from_start in (False, True):  # a length in the file may promise more than there is
            command = thumbnail_command(
                ffmpeg, source, unfinished, spec, info, from_start=from_start
            )
            await _run(command, lambda _: None, "taking the thumbnail")
            if await asyncio.to_thread(_size, unfinished):
                break
        return await _finished(unfinished, target, f"image/{spec.format}")


async def _run(command: list[str], on_line: Callable[[bytes], None], activity: str) -> None:
    try:
        ended = await run_child(bound_to_us(command), on_line=on_line)
    except OSError as error:
        raise FFmpegMissing(f"FFmpeg cannot be run: {error.strerror}.") from error
    if ended.status == 0:
        return
    log = _without_paths(ended.log)
    if ended.status == CANNOT_RUN:
        raise FFmpegMissing(f"FFmpeg cannot be run: {log}.")
    if _is_disk_full(ended):
        raise DiskFull(f"There was no room for the result of {activity}.")
    if "Unknown encoder" in log:
        raise FFmpegMissing("This FFmpeg lacks an encoder that is needed here.")
    if "Invalid data found when processing input" in log:
        raise VideoUnreadable(f"The video is damaged: FFmpeg gave up while {activity}.")
    last = log.splitlines()[-1].rstrip(".") if log else f"status {ended.status}"
    raise FFmpegFailed(f"FFmpeg failed while {activity}: {last}.", log=log)


def _is_disk_full(ended: Ended) -> bool:
    numbers = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    return ended.status == -signal.SIGXFSZ or any(
        os.strerror(number) in ended.log for number in numbers
    )


@asynccontextmanager
async def _appearing(target: Path) -> AsyncIterator[Path]:
    """A name beside ``target`` to write to; whatever is left under it is removed."""
    unfinished = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        yield unfinished
    finally:
        unfinished.unlink(missing_ok=True)


async def _finished(unfinished: Path, target: Path, media: str) -> ProcessedFile:
    size = await asyncio.to_thread(_size, unfinished)
    if not size:
        raise VideoUnreadable("FFmpeg found no picture in the video.")
    await asyncio.to_thread(unfinished.replace, target)
    return ProcessedFile(target, media, size)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _without_paths(log: str) -> str:
    return _ADDRESS.sub("", _PATH.sub("", log)).strip()


def _never_falling(on_progress: OnProgress) -> OnProgress:
    highest = -1.0

    def report(fraction: float) -> None:
        nonlocal highest
        if fraction > highest:
            highest = fraction
            on_progress(fraction)

    return report
