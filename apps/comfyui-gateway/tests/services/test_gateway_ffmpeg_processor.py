"""Real FFmpeg on real videos, good and bad."""

import asyncio
import os
import subprocess
from pathlib import Path

import psutil
import pytest
from pydantic import ValidationError

from comfyui_gateway.services.ffmpeg_processor import ffmpeg_version, process_video
from comfyui_gateway.services.media_errors import (
    DiskFull,
    FFmpegFailed,
    FFmpegMissing,
    MediaError,
    MediaTimeout,
    VideoUnreadable,
)
from comfyui_gateway.services.video_spec import Thumbnail, Transcode, VideoSpec
from gateway_videos import describe, make_sound, make_video, script

BOTH = VideoSpec()
VIDEO = VideoSpec(thumbnail=None)
PICTURE = VideoSpec(transcode=None)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    folder = tmp_path / "target"
    folder.mkdir()
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_video_and_thumbnail_are_made(tmp_path: Path, target: Path) -> None:
    source = make_video(tmp_path / "in.mkv", audio=True)
    done = await process_video(source, target, BOTH, timeout=60)
    assert done.source.seconds == pytest.approx(2.0, abs=0.1)
    assert done.video is not None
    assert done.thumbnail is not None
    assert describe(done.video.path) == ("h264", "yuv420p", 320, 240, 50, True)
    assert done.video.size == done.video.path.stat().st_size
    assert done.thumbnail.media == "image/jpeg"
    assert done.thumbnail.path.read_bytes()[:3] == b"\xff\xd8\xff"
    assert names(target) == ["video.jpg", "video.mp4"]


async def test_the_index_comes_first(tmp_path: Path, target: Path) -> None:
    source = make_video(tmp_path / "in.mp4")
    done = await process_video(source, target, VIDEO, timeout=60)
    assert done.video is not None
    data = done.video.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


async def test_progress_rises_to_one(tmp_path: Path, target: Path) -> None:
    source = make_video(tmp_path / "in.mp4", seconds=8, size="1280x720")
    seen: list[float] = []
    spec = VideoSpec(transcode=Transcode(preset="medium"))
    await process_video(source, target, spec, timeout=120, on_progress=seen.append)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    assert seen == sorted(set(seen))
    assert any(0.0 < fraction < 0.9 for fraction in seen)


@pytest.mark.parametrize(
    ("wanted", "width", "height"),
    [
        (Transcode(), 320, 240),
        (Transcode(width=160), 160, 120),
        (Transcode(height=60), 80, 60),
        (Transcode(width=100, height=100), 100, 76),
    ],
)
async def test_scaling_keeps_the_shape_and_even_sides(
    tmp_path: Path, target: Path, wanted: Transcode, width: int, height: int
) -> None:
    source = make_video(tmp_path / "in.mkv", size="321x241", pixels="yuv444p", seconds=0.4)
    done = await process_video(
        source, target, VideoSpec(transcode=wanted, thumbnail=None), timeout=60
    )
    assert done.video is not None
    _, pixels, *sides, _, _ = describe(done.video.path)
    assert pixels == "yuv420p"
    assert sides[0] == width
    assert abs(sides[1] - height) <= 2
    assert sides[1] % 2 == 0


async def test_a_picture_of_one_pixel_becomes_a_video(tmp_path: Path, target: Path) -> None:
    source = make_video(tmp_path / "in.mkv", size="1x1", pixels="yuv444p", seconds=0.2)
    done = await process_video(source, target, VIDEO, timeout=60)
    assert done.video is not None
    assert describe(done.video.path)[2:4] == (2, 2)


async def test_fps_and_no_audio(tmp_path: Path, target: Path) -> None:
    source = make_video(tmp_path / "in.mp4", audio=True)
    spec = VideoSpec(transcode=Transcode(fps=10, audio=False), thumbnail=None)
    done = await process_video(source, target, spec, timeout=60)
    assert done.video is not None
    assert describe(done.video.path)[4:] == (20, False)


@pytest.mark.parametrize(
    ("wanted", "magic", "suffix"),
    [("jpeg", b"\xff\xd8\xff", "jpg"), ("png", b"\x89PNG", "png"), ("webp", b"RIFF", "webp")],
)
async def test_thumbnail_formats(
    tmp_path: Path, target: Path, wanted: str, magic: bytes, suffix: str
) -> None:
    source = make_video(tmp_path / "in.mp4")
    spec = VideoSpec.model_validate(
        {"transcode": None, "thumbnail": {"format": wanted, "width": 64}}
    )
    done = await process_video(source, target, spec, timeout=60)
    assert done.video is None
    assert done.thumbnail is not None
    assert done.thumbnail.path.name == f"video.{suffix}"
    assert done.thumbnail.path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    "moment", [Thumbnail(at_fraction=1.0), Thumbnail(at_seconds=3600), Thumbnail(at_fraction=0.0)]
)
async def test_any_moment_gives_a_picture(tmp_path: Path, target: Path, moment: Thumbnail) -> None:
    source = make_video(tmp_path / "in.mp4", seconds=1)
    spec = VideoSpec(transcode=None, thumbnail=moment)
    assert (await process_video(source, target, spec, timeout=60)).thumbnail is not None


@pytest.mark.parametrize(
    "name",
    [
        "with space.mp4",
        "-y.mp4",
        'it\'s "quoted".mp4',
        "concat:a|b.mp4",
        "http:x.mp4",
        "50%d.mp4",
        "$(id).mp4",
        "zeile\n2.mp4",
        "größe.mp4",
    ],
)
async def test_no_file_name_is_special(tmp_path: Path, target: Path, name: str) -> None:
    source = make_video(tmp_path / "plain.mp4", seconds=0.4).rename(tmp_path / name)
    done = await process_video(source, target, BOTH, timeout=60)
    assert done.video is not None
    assert names(target) == ["video.jpg", "video.mp4"]


async def test_a_target_folder_with_a_percent_sign(tmp_path: Path) -> None:
    target = tmp_path / "100%d of it"
    target.mkdir()
    done = await process_video(make_video(tmp_path / "in.mp4"), target, PICTURE, timeout=60)
    assert names(target) == ["video.jpg"]
    assert done.thumbnail is not None


async def test_sound_without_picture_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(VideoUnreadable, match="sound but no picture"):
        await process_video(make_sound(tmp_path / "in.m4a"), target, BOTH, timeout=60)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "0 bytes"),
        (b"\x00garbage" * 500, "not a video"),
        (b"<html>Not found</html>", "not a video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not a video"),
        (b"ffconcat version 1.0\nfile 'other.mp4'\n", "not a video"),
    ],
)
async def test_what_is_no_video_is_refused(
    tmp_path: Path, target: Path, content: bytes, reason: str
) -> None:
    make_video(tmp_path / "other.mp4", seconds=0.2)
    (tmp_path / "in.mp4").write_bytes(content)
    with pytest.raises(VideoUnreadable, match=reason) as caught:
        await process_video(tmp_path / "in.mp4", target, BOTH, timeout=60)
    assert str(tmp_path) not in caught.value.message
    assert names(target) == []


async def test_a_missing_file_is_refused(tmp_path: Path, target: Path) -> None:
    with pytest.raises(VideoUnreadable, match="not there"):
        await process_video(tmp_path / "no.mp4", target, BOTH, timeout=60)


async def test_a_truncated_mp4_is_refused(tmp_path: Path, target: Path) -> None:
    whole = make_video(tmp_path / "whole.mp4").read_bytes()
    (tmp_path / "in.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(VideoUnreadable, match="cut short"):
        await process_video(tmp_path / "in.mp4", target, BOTH, timeout=60)


async def test_a_truncated_mkv_gives_what_there_is(tmp_path: Path, target: Path) -> None:
    whole = make_video(tmp_path / "whole.mkv", seconds=4).read_bytes()
    (tmp_path / "in.mkv").write_bytes(whole[: len(whole) // 2])
    spec = VideoSpec(thumbnail=Thumbnail(at_fraction=1.0))
    done = await process_video(tmp_path / "in.mkv", target, spec, timeout=60)
    assert done.video is not None
    assert done.thumbnail is not None
    assert 0 < describe(done.video.path)[4] < 100


async def _cancelled_when_running(tmp_path: Path, target: Path) -> psutil.Process:
    source = make_video(tmp_path / "in.mp4", seconds=30, size="1280x720")
    spec = VideoSpec(transcode=Transcode(preset="slow"), thumbnail=None)
    started = asyncio.Event()
    others = set(psutil.Process().children())  # a ComfyUI that tests share

    def on_progress(fraction: float) -> None:
        if fraction > 0:
            started.set()

    task = asyncio.create_task(
        process_video(source, target, spec, timeout=60, on_progress=on_progress)
    )
    await asyncio.wait_for(started.wait(), 30)
    (child,) = set(psutil.Process().children()) - others
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return child


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def test_cancelling_ends_ffmpeg_and_leaves_nothing(tmp_path: Path, target: Path) -> None:
    assert is_gone(await _cancelled_when_running(tmp_path, target))
    assert names(target) == []


async def test_an_ffmpeg_deaf_to_sigterm_is_ended_with_all_it_started(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf = script(
        tmp_path / "deaf", "trap '' TERM", 'sleep 600 & echo $! > "$0.pid"; "$FFMPEG" "$@"; wait'
    )
    monkeypatch.setenv("FFMPEG_BIN", str(deaf))
    assert is_gone(await _cancelled_when_running(tmp_path, target))
    sleeper = int((tmp_path / "deaf.pid").read_text())
    assert not psutil.pid_exists(sleeper) or is_gone(psutil.Process(sleeper))


async def test_timeout_ends_ffmpeg(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_video(tmp_path / "in.mp4")
    slow = script(tmp_path / "slow", "exec sleep 600")
    monkeypatch.setenv("FFMPEG_BIN", str(slow))
    with pytest.raises(MediaTimeout, match="2 seconds"):
        await process_video(source, target, VIDEO, timeout=2)
    assert psutil.Process().children() == []
    assert names(target) == []


@pytest.mark.parametrize("signal", ["", "trap '' XFSZ"])
async def test_no_room_for_the_result(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, signal: str
) -> None:
    source = make_video(tmp_path / "in.mp4", seconds=4, size="1280x720")
    monkeypatch.setenv(
        "FFMPEG_BIN", str(script(tmp_path / "small", signal, "ulimit -f 8", 'exec "$FFMPEG" "$@"'))
    )
    with pytest.raises(DiskFull) as caught:
        await process_video(source, target, VIDEO, timeout=60)
    assert caught.value.retryable
    assert names(target) == []


async def test_a_full_disk(tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "-o", "size=64k", "none", str(target)]
    try:
        subprocess.run(mount, check=True, capture_output=True)  # noqa: ASYNC221
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody mount a small disk")
    source = make_video(tmp_path / "in.mp4", seconds=4, size="1280x720")
    inner = f'mount -t tmpfs -o size=64k none "{target}" && exec "$@"'
    monkeypatch.setenv(
        "FFMPEG_BIN",
        str(script(tmp_path / "full", f'exec unshare -rm sh -c \'{inner}\' sh "$FFMPEG" "$@"')),
    )
    with pytest.raises(DiskFull):
        await process_video(source, target, VIDEO, timeout=60)


async def test_a_folder_that_may_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_video(tmp_path / "in.mp4")
    with pytest.raises(FFmpegFailed) as caught:
        await process_video(source, tmp_path / "nowhere", VIDEO, timeout=60)
    assert str(tmp_path) not in caught.value.message + caught.value.log
    assert caught.value.log


async def test_a_decoder_that_crashes_is_the_videos_fault(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_video(tmp_path / "in.mp4")
    monkeypatch.setattr("sys.executable", str(script(tmp_path / "python", "kill -SEGV $$")))
    with pytest.raises(VideoUnreadable, match="signal 11"):
        await process_video(source, target, VIDEO, timeout=60)


async def test_a_flood_of_stderr_is_kept_short(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_video(tmp_path / "in.mp4")
    noisy = script(
        tmp_path / "noisy",
        "head -c 3000000 /dev/zero | tr '\\0' x >&2",
        "echo the end >&2",
        "exit 9",
    )
    monkeypatch.setenv("FFMPEG_BIN", str(noisy))
    with pytest.raises(FFmpegFailed) as caught:
        await process_video(source, target, VIDEO, timeout=60)
    assert len(caught.value.log) <= 8192
    assert caught.value.log.endswith("the end")


@pytest.mark.parametrize("chosen", ["/nonexistent/ffmpeg", "no-such-program"])
async def test_a_wrong_ffmpeg_is_named(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("FFMPEG_BIN", chosen)
    with pytest.raises(FFmpegMissing, match="FFMPEG_BIN"):
        await ffmpeg_version()
    with pytest.raises(FFmpegMissing, match="FFMPEG_BIN"):
        await process_video(tmp_path / "in.mp4", target, VIDEO, timeout=60)


async def test_an_ffmpeg_without_the_encoder_is_named(
    tmp_path: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_video(tmp_path / "in.mp4")
    poor = script(
        tmp_path / "poor",
        "for a; do shift",
        '[ "$a" = libx264 ] && a=libnone',
        'set -- "$@" "$a"',
        "done",
        'exec "$FFMPEG" "$@"',
    )
    monkeypatch.setenv("FFMPEG_BIN", str(poor))
    with pytest.raises(FFmpegMissing, match="encoder"):
        await process_video(source, target, VIDEO, timeout=60)


async def test_ffmpeg_is_found_without_a_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FFMPEG_BIN", raising=False)
    monkeypatch.setenv("PATH", os.devnull)
    assert (await ffmpeg_version()).startswith("ffmpeg version")


async def test_errors_say_what_to_do() -> None:
    kinds = (DiskFull, FFmpegMissing, MediaTimeout, VideoUnreadable)
    assert all(issubclass(kind, MediaError) and kind("x").advice for kind in kinds)


@pytest.mark.parametrize("name", ["../x", "", ".hidden", "a/b", "-y"])
async def test_names_of_results_are_plain(tmp_path: Path, target: Path, name: str) -> None:
    with pytest.raises(ValueError, match="plain file name"):
        await process_video(tmp_path / "in.mp4", target, VIDEO, timeout=60, name=name)


@pytest.mark.parametrize(
    "wrong",
    [
        {"transcode": {"crf": 52}},
        {"transcode": {"width": 101}},
        {"transcode": {"height": 0}},
        {"transcode": {"fps": 0}},
        {"transcode": {"fps": "inf"}},
        {"transcode": {"preset": "placebo"}},
        {"thumbnail": {"format": "gif"}},
        {"thumbnail": {"at_fraction": 1.5}},
        {"thumbnail": {"at_seconds": -1}},
        {"transcode": None, "thumbnail": None},
        {"vcodec": "libx265"},
    ],
)
def test_a_wrong_specification_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        VideoSpec.model_validate(wrong)
