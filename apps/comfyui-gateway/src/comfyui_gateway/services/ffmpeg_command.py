"""Which FFmpeg, and the argument lists it is given."""

import os
import shutil
from pathlib import Path

from comfyui_gateway.services.media_errors import FFmpegMissing
from comfyui_gateway.services.media_examiner import CONTAINERS, MAX_PIXELS
from comfyui_gateway.services.media_probe import MediaInfo
from comfyui_gateway.services.video_spec import Thumbnail, Transcode

_IMAGE_ARGUMENTS = {
    "jpeg": ("-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "3", "-update", "1", "-f", "image2"),
    "png": ("-c:v", "png", "-update", "1", "-f", "image2"),
    "webp": ("-c:v", "libwebp", "-quality", "82", "-f", "webp"),
}


def find_ffmpeg() -> str:
    """The program to run: ``FFMPEG_BIN``, else ``ffmpeg`` on PATH, else imageio-ffmpeg's.

    Raises:
        FFmpegMissing: There is none, or ``FFMPEG_BIN`` names nothing that can be run.
    """
    if chosen := os.environ.get("FFMPEG_BIN"):
        if found := shutil.which(chosen):
            return found
        raise FFmpegMissing(
            f"FFMPEG_BIN is {chosen!r}, which is not a program that can be run.",
            advice="Correct FFMPEG_BIN or unset it.",
        )
    if found := shutil.which("ffmpeg"):
        return found
    import imageio_ffmpeg  # type: ignore[import-untyped]  # it ships no types

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FFmpegMissing("There is no FFmpeg on this machine.") from error


def transcode_command(ffmpeg: str, source: Path, target: Path, spec: Transcode) -> list[str]:
    """Makes H.264 in MP4 that every browser plays and that starts before it is all there."""
    command = [*_opening(ffmpeg), *_input(source), "-map", "0:v:0"]
    command += ["-map", "0:a:0?", "-c:a", "aac", "-b:a", "160k"] if spec.audio else ["-an"]
    command += ["-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"]
    command += ["-c:v", "libx264", "-preset", spec.preset, "-crf", str(spec.crf)]
    filters = [_scale(spec.width, spec.height), "setsar=1"]
    if spec.fps is not None:
        filters.insert(0, f"fps={spec.fps:g}")
    command += ["-vf", ",".join(filters), "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    return [*command, "-f", "mp4", f"file:{target}"]


def thumbnail_command(
    ffmpeg: str, source: Path, target: Path, spec: Thumbnail, info: MediaInfo, *, from_start: bool
) -> list[str]:
    """Makes one picture of the video."""
    at = 0.0 if from_start else _moment(spec, info)
    command = [*_opening(ffmpeg), *(["-ss", f"{at:.3f}"] if at > 0 else []), *_input(source)]
    command += ["-map", "0:v:0", "-frames:v", "1", "-map_metadata", "-1"]
    if spec.width is not None:
        command += ["-vf", f"scale='min({spec.width},iw)':-1"]
    return [*command, *_IMAGE_ARGUMENTS[spec.format], f"file:{target}"]


def _opening(ffmpeg: str) -> list[str]:
    words = "-nostdin -hide_banner -loglevel error -progress pipe:1 -stats_period 0.2 -y"
    return [ffmpeg, *words.split()]


def _input(source: Path) -> list[str]:
    """Files only, and only formats that do not name other files."""
    return [
        *("-protocol_whitelist", "file", "-format_whitelist", CONTAINERS),
        *("-max_pixels", str(MAX_PIXELS), "-i", f"file:{source}"),
    ]


def _scale(width: int | None, height: int | None) -> str:
    """H.264 in 4:2:0 wants even sides; the picture keeps its shape."""
    if width is not None and height is not None:
        return f"scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2"
    if width is not None:
        return f"scale={width}:-2"
    if height is not None:
        return f"scale=-2:{height}"
    return "scale='max(2,trunc(iw/2)*2)':'max(2,trunc(ih/2)*2)'"


def _moment(spec: Thumbnail, info: MediaInfo) -> float:
    if info.seconds is None:
        return spec.at_seconds or 0.0
    last = max(0.0, info.seconds - 1.0 / (info.fps or 25.0))
    wanted = spec.at_seconds if spec.at_seconds is not None else spec.at_fraction * info.seconds
    return min(wanted, last)
