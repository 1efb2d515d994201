"""New projects: what is made, what is asked, and what is refused."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from workspace.new_project import create
from workspace.new_project.blueprint import BadName, Blueprint, check_name, with_first_party
from workspace.projects import WorkspaceError

SETTINGS = '[tool.ruff.lint.isort]\nknown-first-party = [\n  "lock",\n]\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text(SETTINGS)
    return tmp_path


def command(root: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", create.__name__, str(root), json.dumps(["gateway"]), *words]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def new(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(root, *words),
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def files(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("kind", "folder", "more"),
    [("app", "apps", {"cli.py"}), ("tool", "tools", {"cli.py"}), ("package", "packages", set())],
)
def test_every_kind_looks_alike(root: Path, kind: str, folder: str, more: set[str]) -> None:
    result = new(root, kind, "video-tools")
    assert (result.returncode, result.stderr) == (0, "")
    made = {
        "BUILD",
        "README.md",
        "src/BUILD",
        "src/video_tools/__init__.py",
        "src/video_tools/py.typed",
        "tests/BUILD",
        "tests/test_video_tools.py",
        *(f"src/video_tools/{name}" for name in more),
    }
    assert files(root / folder / "video-tools") == made
    assert f"./pants test {folder}/video-tools::" in result.stdout
    assert '"video_tools", "video_tools_*",\n]' in (root / "pyproject.toml").read_text()


def test_what_is_said_stands_in_the_build_file(root: Path) -> None:
    said = 'Cuts "films" for $5.'
    new(root, "package", "cutter", "--description", said, "--owner=ada", "--owner", "bob")
    build = (root / "packages/cutter/BUILD").read_text()
    assert 'description="Cuts \\"films\\" for $5."' in build
    assert 'owners=["ada", "bob"]' in build
    assert said in (root / "packages/cutter/README.md").read_text()


def test_all_python_that_is_made_compiles() -> None:
    for kind in ("app", "package"):
        for path, text in Blueprint(kind, "a-b", 'Say "it".', ("x",)).files().items():
            if path.endswith((".py", "BUILD")):
                compile(text, path, "exec")


def test_nothing_is_overwritten(root: Path) -> None:
    (root / "tools/mine").mkdir(parents=True)
    (root / "tools/mine/kept.txt").write_text("kept")
    result = new(root, "tool", "mine")
    assert result.returncode == 2
    assert "tools/mine exists already." in result.stderr
    assert files(root) == {"tools/mine/kept.txt", "pyproject.toml"}
    assert (root / "pyproject.toml").read_text() == SETTINGS


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Video", "is no name"),
        ("../up", "is no name"),
        ("a--b", "is no name"),
        ("gateway", "already"),
        ("comfyui-gateway", "already"),
        ("json", "Python has json itself"),
        ("class", "Python has class itself"),
    ],
)
def test_a_name_that_will_not_do_is_refused(name: str, words: str) -> None:
    with pytest.raises(BadName, match=words):
        check_name(name, ["gateway"], ["comfyui_gateway"])


def test_in_a_script_everything_must_be_said(root: Path) -> None:
    result = new(root, "app")
    assert result.returncode == 2
    assert "./pants new-project app|package|tool NAME" in result.stderr
    assert new(root, "service", "x").returncode == 2
    assert "usage: ./pants new-project" in new(root, "--help").stdout


def test_at_a_terminal_it_asks(root: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        with subprocess.Popen(
            command(root), env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
        ) as process:
            os.write(ours, b"tool\ncutter\n\nada\n")
            assert process.wait(timeout=120) == 0
    finally:
        os.close(ours)
        os.close(theirs)
    assert 'owners=["ada"]' in (root / "tools/cutter/BUILD").read_text()


def test_settings_without_the_list_are_left_alone() -> None:
    with pytest.raises(WorkspaceError, match="known-first-party"):
        with_first_party("[tool.ruff]\n", "x")
    once = with_first_party(SETTINGS, "x")
    assert with_first_party(once, "x") == once
