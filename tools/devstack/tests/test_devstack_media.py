"""What does not decode is not taken for a picture or a video."""

import io
from fractions import Fraction

import av
import pytest
from PIL import Image

from devstack.media import NotDecodableError, describe_picture, describe_video


def picture() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 32), 50).save(file, "PNG")
    return file.getvalue()


def video(frames: int) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=8)
        stream.width, stream.height, stream.pix_fmt = 64, 32, "yuv420p"
        stream.time_base = Fraction(1, 8)
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame(64, 32, "yuv420p")))
        container.mux(stream.encode())
    return file.getvalue()


def test_a_picture_is_described() -> None:
    assert describe_picture(picture()) == "PNG of 64 by 32"


def test_a_video_is_described_with_its_frames() -> None:
    assert describe_video(video(5)) == "mpeg4 of 64 by 32, 5 frames"


@pytest.mark.parametrize("content", [b"", b"rubbish", picture()[:-200]])
def test_half_a_picture_is_none(content: bytes) -> None:
    with pytest.raises(NotDecodableError):
        describe_picture(content)


@pytest.mark.parametrize("content", [b"", b"rubbish", video(5)[:400]])
def test_half_a_video_is_none(content: bytes) -> None:
    with pytest.raises(NotDecodableError):
        describe_video(content)
