"""Decodes pictures and videos, to know that they are what they are said to be."""

import io

import av
import av.error
from PIL import Image, UnidentifiedImageError


class NotDecodableError(Exception):
    """The bytes are no picture or video that can be shown."""


def describe_picture(content: bytes) -> str:
    """Decode a picture and say what it is.

    Raises:
        NotDecodableError: It is none.
    """
    try:
        with Image.open(io.BytesIO(content)) as picture:
            picture.load()
            return f"{picture.format} of {picture.width} by {picture.height}"
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise NotDecodableError(str(error)) from error


def describe_video(content: bytes) -> str:
    """Decode every frame of a video and say what it is.

    Raises:
        NotDecodableError: It is none, or has no frames.
    """
    try:
        with av.open(io.BytesIO(content), mode="r") as container:
            stream = container.streams.video[0]
            frames = len([frame.pts for frame in container.decode(stream)])
            codec = stream.codec_context
            if not frames:
                raise NotDecodableError("it has no frames")
            return f"{codec.name} of {codec.width} by {codec.height}, {frames} frames"
    except (av.error.FFmpegError, IndexError) as error:
        raise NotDecodableError(str(error)) from error
