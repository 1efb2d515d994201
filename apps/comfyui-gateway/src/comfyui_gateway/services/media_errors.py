"""What can go wrong with a video, each with what to do about it."""

from typing import ClassVar


class MediaError(Exception):
    """A video could not be read or made; the message is one sentence, ``advice`` another.

    ``retryable`` says whether the same call may succeed later without another video.
    """

    retryable: ClassVar[bool] = False
    default_advice: ClassVar[str] = ""

    def __init__(self, message: str, *, advice: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.advice = self.default_advice if advice is None else advice


class VideoUnreadable(MediaError):
    """The file is no video, or a damaged one, or one that is too large to decode."""

    default_advice = "Check that the file plays elsewhere, and upload it again."


class FFmpegMissing(MediaError):
    """There is no usable FFmpeg."""

    default_advice = "Install FFmpeg with libx264, or set FFMPEG_BIN to one."


class FFmpegFailed(MediaError):
    """FFmpeg gave up; ``log`` holds its last words, without this machine's paths."""

    default_advice = "Read FFmpeg's own words in the log of this job."

    def __init__(self, message: str, *, log: str, advice: str | None = None) -> None:
        super().__init__(message, advice=advice)
        self.log = log


class MediaTimeout(MediaError):
    """It took longer than allowed, and was ended."""

    default_advice = "Use a shorter or smaller video, or allow more time."


class DiskFull(MediaError):
    """The result did not fit on the disk or under the allowed file size."""

    retryable = True
    default_advice = "Free some space in the gateway's output folder."
