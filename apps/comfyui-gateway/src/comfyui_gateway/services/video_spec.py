"""What is to become of a video: the typed part of a workflow's FFmpeg step."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even: H.264 stores colour for two pixels at a time")
    return value


Side = Annotated[int, Field(ge=2, le=8192), AfterValidator(_even)]


class Transcode(BaseModel):
    """H.264 in MP4.

    Attributes:
        width: Pixels; with ``height`` a box to fit into, alone the other side follows.
        height: Pixels, likewise.
        fps: Frames per second; the source's own by default.
        crf: Quality, 0 (lossless) to 51 (worst).
        preset: Speed against size.
        audio: Keep the first sound track, as AAC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: Side | None = None
    height: Side | None = None
    fps: float | None = Field(default=None, ge=1, le=120, allow_inf_nan=False)
    crf: int = Field(default=20, ge=0, le=51)
    preset: Literal["ultrafast", "veryfast", "fast", "medium", "slow"] = "veryfast"
    audio: bool = True


class Thumbnail(BaseModel):
    """One picture of the video.

    Attributes:
        format: Of the picture.
        at_seconds: Moment; wins over ``at_fraction``.
        at_fraction: Moment as a part of the whole, 0 to 1.
        width: At most so many pixels wide.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["jpeg", "png", "webp"] = "jpeg"
    at_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    at_fraction: float = Field(default=0.25, ge=0, le=1)
    width: int | None = Field(default=640, ge=16, le=8192)


class VideoSpec(BaseModel):
    """What ``process_video`` makes; ``None`` leaves that part out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transcode: Transcode | None = Transcode()
    thumbnail: Thumbnail | None = Thumbnail()

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.transcode is None and self.thumbnail is None:
            raise ValueError("ask for a transcode, a thumbnail or both")
        return self
