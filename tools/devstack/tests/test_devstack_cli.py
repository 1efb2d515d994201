"""Without what it needs, the command says one sentence on that and one on what to do."""

import json
import socket
from pathlib import Path

import pytest

from devstack.ports import free_port
from devstack_stack import devstack


def test_a_comfyui_that_does_not_answer_is_named(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ended = devstack("--data", str(tmp_path / "data"), COMFYUI_URL=url)
    assert ended.returncode == 1
    assert f"There is no ComfyUI at {url}" in ended.stderr
    assert "leave COMFYUI_URL out" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_that_is_no_comfyui_is_not_taken_for_one(tmp_path: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        ended = devstack("--check", COMFYUI_URL=url)
    assert ended.returncode == 1
    assert "There is no ComfyUI" in ended.stderr


def test_a_missing_comfyui_is_not_installed_against_the_persons_will(tmp_path: Path) -> None:
    ended = devstack(
        *("--json", "--no-comfyui-install", "--data", str(tmp_path / "data")),
        KIJKO_CACHE=str(tmp_path / "cache"),
    )
    assert ended.returncode == 1
    (error,) = [json.loads(line) for line in ended.stdout.splitlines()]
    assert error["event"] == "error"
    assert "none may be installed" in error["what"]
    assert "COMFYUI_URL" in error["remedy"]
    assert not (tmp_path / "cache").exists()


def test_a_wrong_setting_stops_the_start() -> None:
    ended = devstack(DEVSTACK_START_TIMEOUT="soon")
    assert ended.returncode == 1
    assert "DEVSTACK_START_TIMEOUT cannot be used" in ended.stderr


@pytest.mark.parametrize("argument", ["--gateway-port=70000", "--unknown"])
def test_a_wrong_command_line_has_a_status_of_its_own(argument: str) -> None:
    assert devstack(argument).returncode == 2


def test_a_data_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = devstack("--data", str(tmp_path / "file" / "data"))
    assert ended.returncode == 1
    assert "cannot be used" in ended.stderr
