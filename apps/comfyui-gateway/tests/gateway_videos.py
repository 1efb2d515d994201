"""Videos made by FFmpeg for tests, and FFmpegs that misbehave on purpose."""

import shlex
import subprocess
from pathlib import Path

import av

from comfyui_gateway.services.ffmpeg_command import find_ffmpeg

FFMPEG = find_ffmpeg()
"""Found before any test changes where to look."""


def make_video(
    path: Path,
    *,
    seconds: float = 2.0,
    size: str = "320x240",
    audio: bool = False,
    pixels: str = "yuv420p",
) -> Path:
    """Writes a test pattern; the container is told from the suffix of ``path``."""
    command = [FFMPEG, "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"testsrc=size={size}:rate=25:duration={seconds}"]
    if audio:
        command += ["-f", "lavfi", "-i", f"sine=duration={seconds}", "-c:a", "aac"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", pixels, f"file:{path}"]
    subprocess.run(command, check=True)
    return path


def make_sound(path: Path, *, seconds: float = 1.0) -> Path:
    """Writes a tone without a picture."""
    command = [FFMPEG, "-nostdin", "-loglevel", "error", "-y", "-f", "lavfi"]
    command += ["-i", f"sine=duration={seconds}", "-c:a", "aac", f"file:{path}"]
    subprocess.run(command, check=True)
    return path


def script(path: Path, *lines: str) -> Path:
    """Writes a shell script, in which ``$FFMPEG`` is the real program."""
    head = ["#!/bin/sh", f"FFMPEG={shlex.quote(FFMPEG)}"]
    path.write_text("\n".join([*head, *lines]) + "\n")
    path.chmod(0o755)
    return path


def describe(path: Path) -> tuple[str, str | None, int, int, int, bool]:
    """Codec, pixel format, width, height, decoded frames, has sound."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        return (
            stream.codec_context.name,
            stream.codec_context.pix_fmt,
            frames[0].width,
            frames[0].height,
            len(frames),
            bool(container.streams.audio),
        )
