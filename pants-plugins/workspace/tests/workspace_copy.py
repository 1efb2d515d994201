"""A throw-away copy of what this workspace is before it has a project: settings, locks, plugins."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from workspace.tests.workspace_git import History

PATIENCE = 900  # seconds, for a machine that does much else and has installed no tool yet
SKELETON = ("pants", "pants.toml", "pyproject.toml", ".circleci/config.yml")
REQUIREMENTS = """\
python_requirements(name="product", source="product.txt", resolve="product")
python_requirements(name="pytest", source="pytest.txt", resolve="pytest")
python_requirements(name="tools", source="tools.txt", resolve="tools")
"""
IGNORED = "/.pants.d/\n/.pids\n/dist/\n__pycache__/\n"


class Copy(History):
    """The copy: a git repository in which `./pants` runs as a person runs it, daemon and all."""

    def pants(self, *words: str, fails: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run `./pants`.

        Args:
            words: its command line.
            fails: the exit code that is expected, or None for any.
        """
        done = subprocess.run(
            ["./pants", *words],
            cwd=self.folder,
            env={
                name: value
                for name, value in os.environ.items()
                # What is meant for the Pants that runs this test is not meant for this one.
                if not name.startswith(("PANTS_", "PEX_", "PYTHON", "GIT_", "CIRCLE"))
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert fails is None or done.returncode == fails, done.stdout + done.stderr
        return done

    def back_to(self, tag: str) -> None:
        """Forget every change since a tag, and every file that git does not ignore."""
        self.git("reset", "--quiet", "--hard", tag)
        self.git("clean", "--quiet", "-fd")

    def start_daemon(self) -> None:
        """Start Pants' daemon, which on a busy machine may miss the deadline Pants sets it."""
        for _ in range(4):
            done = self.pants("version", fails=None)
            if "ProcessManager.Timeout" not in done.stderr:
                break
        assert done.returncode == 0, done.stderr

    def stop_daemon(self) -> None:
        """End the daemon, if one runs."""
        for file in self.folder.glob(".pids/*/pantsd/pid"):
            with suppress(OSError, ValueError):  # it may be about to end by itself
                os.kill(int(file.read_text()), signal.SIGTERM)


@contextmanager
def copy_of_workspace(root: Path, folder: Path) -> Iterator[Copy]:
    """Make a copy and end its daemon afterwards.

    Args:
        root: of this workspace.
        folder: where the copy goes.
    """
    for path in SKELETON:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / path, folder / path)
    requirements = folder / "3rdparty/python"
    shutil.copytree(
        root / "3rdparty/python", requirements, ignore=shutil.ignore_patterns("*.py", "BUILD")
    )
    (requirements / "BUILD").write_text(REQUIREMENTS)
    for plugin in ("workspace", "ruff"):
        shutil.copytree(
            root / "pants-plugins" / plugin,
            folder / "pants-plugins" / plugin,
            ignore=shutil.ignore_patterns("tests", "BUILD", "__pycache__"),
        )
    (folder / ".gitignore").write_text(IGNORED)
    copy = Copy(folder)
    try:
        copy.start_daemon()
        yield copy
    finally:
        copy.stop_daemon()
