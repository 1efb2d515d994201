"""The stack serves what it says, and nothing of it stays behind, however it ends."""

import signal
import socket
from pathlib import Path

import httpx
import psutil

from devstack.media import describe_picture, describe_video
from devstack_processes import eventually, everything_below, is_gone
from devstack_stack import up


def test_it_shows_what_there_is_to_see_and_ends_when_told(tmp_path: Path) -> None:
    with up(tmp_path) as stack:
        ready = stack.until_ready()
        with httpx.Client(timeout=30, follow_redirects=True) as browser:
            assert describe_picture(browser.get(ready["image"]).content)
            assert describe_video(browser.get(ready["video"]).content)
            assert describe_picture(browser.get(ready["thumbnail"]).content)
            assert "SaveVideo" in browser.get(ready["issue"]).text
            assert "queue.process" in browser.get(ready["trace"]).text
        below = stack.below()
        assert any("postgres" in psutil.Process(pid).name() for pid in below)
        assert stack.ended_by(signal.SIGINT) == 0
        assert all(is_gone(pid) for pid in below)
    assert (stack.data / "logs" / "gateway.log").exists()


def test_nothing_outlives_it_where_it_is_killed(tmp_path: Path) -> None:
    with up(tmp_path) as stack:
        stack.until_ready()
        below = stack.below()
        assert any("postgres" in psutil.Process(pid).name() for pid in below)
        stack.process.kill()
        stack.process.wait(30)
    assert eventually(lambda: all(is_gone(pid) for pid in below))


def test_ctrl_c_while_it_starts_leaves_nothing(tmp_path: Path) -> None:
    with up(tmp_path) as stack:
        # Two leashes and what they hold: Sentry and ComfyUI are on their way, nothing is ready.
        assert eventually(lambda: len(stack.below()) >= 4)
        below = stack.below()
        assert stack.ended_by(signal.SIGINT) == 128 + signal.SIGINT
        assert all(is_gone(pid) for pid in below)
        assert "Traceback" not in stack.err.read_text()


def test_a_part_that_ends_by_itself_ends_the_stack_with_its_last_words(tmp_path: Path) -> None:
    with up(tmp_path) as stack:
        stack.until_ready()
        below = stack.below()
        comfyui = next(p for p in map(psutil.Process, below) if p.cmdline()[2:3] == ["main.py"])
        comfyui.kill()
        assert stack.process.wait(90) == 1
        error = stack.said("error")
        assert error is not None
        assert error["what"] == "ComfyUI ended by SIGKILL."
        assert all(is_gone(pid) for pid in below)


def test_a_gateway_that_dies_at_its_start_is_named_and_the_rest_is_stopped(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "gateway").write_text("a file where its data folder should be")
    with up(tmp_path) as stack:
        seen: set[int] = set()
        while stack.process.poll() is None:
            try:
                seen |= set(everything_below(stack.process.pid))
            except psutil.NoSuchProcess:
                break
        assert stack.process.wait(90) == 1
        error = stack.said("error")
        assert error is not None
        assert "gateway ended with exit status" in error["what"]
        assert str(data / "logs" / "gateway.log") in error["remedy"]
        assert seen
        assert all(is_gone(pid) for pid in seen)


def test_a_port_that_is_taken_is_replaced(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        with up(tmp_path, "--gateway-port", str(taken)) as stack:
            gateway = stack.until_ready()["gateway"]
            assert httpx.URL(gateway).port != taken
            assert httpx.get(f"{gateway}/healthz").is_success
            assert stack.ended_by(signal.SIGTERM) == 0


def test_a_second_one_on_the_same_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "second").mkdir()
    with up(tmp_path) as first:
        assert eventually(lambda: len(first.below()) >= 2)
        with up(tmp_path / "second", "--data", str(first.data)) as second:
            assert second.process.wait(60) == 1
            error = second.said("error")
            assert error is not None
            assert "Another devstack runs" in error["what"]
        first.ended_by(signal.SIGTERM)
