"""Says what a video is, by a process with little memory and little time: it is a stranger's."""

import asyncio
import os
import sys
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from comfyui_gateway.services import media_examiner
from comfyui_gateway.services.child_process import run_child
from comfyui_gateway.services.media_errors import MediaTimeout, VideoUnreadable

_ANSWER_BYTES = 64 * 1024


class MediaInfo(BaseModel):
    """What a video is.

    Attributes:
        container: FFmpeg's name of its format.
        codec: Of the picture.
        width: In pixels.
        height: In pixels.
        seconds: Its length; ``None`` when the file does not say.
        fps: Frames per second; ``None`` when the file does not say.
        has_audio: Whether there is sound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    container: str
    codec: str
    width: int
    height: int
    seconds: float | None
    fps: float | None
    has_audio: bool


class _Refusal(BaseModel):
    model_config = ConfigDict(extra="forbid")

    problem: str


async def probe(path: Path, *, timeout: float = 10.0) -> MediaInfo:  # noqa: ASYNC109 - one limit
    """Says what the video at ``path`` is, after decoding its first picture.

    Raises:
        VideoUnreadable: It is not a video that can be decoded; says why.
        MediaTimeout: It took longer than ``timeout`` seconds.
    """
    try:
        size, full_path = await asyncio.to_thread(lambda: (path.stat().st_size, path.absolute()))
    except OSError as error:
        raise VideoUnreadable("The video is not there.") from error
    if size == 0:
        raise VideoUnreadable("The video is empty: it has 0 bytes.")
    answer = bytearray()

    def collect(line: bytes) -> None:
        if len(answer) < _ANSWER_BYTES:
            answer.extend(line)

    # -P: the folder it is started in must not be able to supply modules.
    command = [sys.executable, "-P", "-m", media_examiner.__name__, str(full_path)]
    try:
        async with asyncio.timeout(timeout):
            ended = await run_child(command, environment=_environment(), on_line=collect)
    except TimeoutError as error:
        raise MediaTimeout("The video could not be examined in time.") from error
    try:
        return MediaInfo.model_validate_json(bytes(answer))
    except ValidationError:
        pass
    try:
        refusal = _Refusal.model_validate_json(bytes(answer))
    except ValidationError as error:
        how = f"signal {-ended.status}" if ended.status < 0 else f"status {ended.status}"
        raise VideoUnreadable(f"The video made its decoder give up ({how}).") from error
    raise VideoUnreadable(refusal.problem)


def _environment() -> dict[str, str]:
    """No more than Python needs: what takes over that process shall find no secrets."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return kept | {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
