"""Looks into a stranger's video, as a program of its own: prints one JSON object.

Run as ``python -m comfyui_gateway.services.media_examiner PATH``; see ``media_probe`` for the half
that starts it. Imports nothing of the gateway, so that it starts fast and gives an attacker little.
"""

import errno
import json
import os
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.container import InputContainer

CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,apng,"
    "h264,hevc,ivf,wav,mp3,flac,aac"
)
"""Formats that hold media themselves. Playlists (HLS, DASH, concat) name other files: left out."""

MAX_PIXELS = 8192 * 8192
_MEMORY_BYTES = 2 * 1024**3


def examine(path: str) -> dict[str, object]:
    """The fields of ``MediaInfo``, or ``problem``: one sentence saying why there are none."""
    import av  # here: the gateway reads the names above, and needs no codecs in its memory

    av.logging.set_level(av.logging.PANIC)
    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    try:
        with av.open(f"file:{path}", options=options, metadata_errors="ignore") as container:
            return _describe(container)
    except MemoryError:
        return {"problem": "The video needs too much memory to decode."}
    except PermissionError as error:
        return {
            "problem": f"The video cannot be opened: {os.strerror(error.errno or errno.EACCES)}."
        }
    except (OSError, ValueError):  # av.FFmpegError is one of either
        return {"problem": _reason(path)}


def _describe(container: "InputContainer") -> dict[str, object]:
    if not container.streams.video:
        found = "sound but no picture" if container.streams.audio else "no picture"
        return {"problem": f"The file has {found}."}
    stream = container.streams.video[0]
    picture = stream.codec_context
    if picture.width * picture.height > MAX_PIXELS:
        return {"problem": f"The picture is too large: {picture.width} by {picture.height}."}
    if next(container.decode(stream), None) is None:
        return {"problem": "No picture of the video can be decoded: it is damaged or cut short."}
    seconds = container.duration / 1_000_000 if container.duration else None
    if seconds is None and stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    return {
        "container": container.format.name,
        "codec": picture.name,
        "width": picture.width,
        "height": picture.height,
        "seconds": seconds if seconds and seconds > 0 else None,
        "fps": float(stream.average_rate) if stream.average_rate else None,
        "has_audio": bool(container.streams.audio),
    }


def _reason(path: str) -> str:
    with Path(path).open("rb") as file:
        start = file.read(8)
    if start[4:8] == b"ftyp":
        return "The video is damaged or cut short: its index is missing or broken."
    return "The file is not a video in a format that is supported here, or it is damaged."


def main() -> None:
    """Prints what the file named on the command line is."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.stdout.write(json.dumps(examine(sys.argv[1])))


if __name__ == "__main__":
    main()
