"""A throw-away copy of what this workspace is before it has a project: settings, locks, plugins."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from workspace.tests.workspace_git import History

PATIENCE = 900  # seconds, for a machine that does much else and has installed no tool yet
ATTEMPTS = 4
SKELETON = ("pants", "pants.toml", "pyproject.toml", ".circleci/config.yml")
REQUIREMENTS = """\
python_requirements(name="product", source="product.txt", resolve="product")
python_requirements(name="pytest", source="pytest.txt", resolve="pytest")
python_requirements(name="tools", source="tools.txt", resolve="tools")
"""
IGNORED = "/.pants.d/\n/.pids\n/dist/\n__pycache__/\n"


class Copy(History):
    """The copy: a git repository in which `./pants` runs as a person runs it, daemon and all."""

    def pants(self, *words: str, fails: int = 0) -> subprocess.CompletedProcess[str]:
        """Run `./pants`.

        Args:
            words: its command line.
            fails: the exit code that is expected.
        """
        for _ in range(ATTEMPTS):
            done = subprocess.run(
                ["./pants", *words],
                cwd=self.folder,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            # On a busy machine the daemon may miss the deadline that Pants sets its start.
            if "ProcessManager.Timeout" not in done.stderr:
                break
        assert done.returncode == fails, done.stdout + done.stderr
        return done

    def pants_at_terminal(self, words: Sequence[str], answers: Mapping[str, str]) -> str:
        """Run `./pants` at a terminal of its own, and answer when it asks.

        Args:
            words: its command line.
            answers: what to type at each question, in their order.

        Returns:
            All that the terminal showed.
        """
        self.pants("version")  # so that the daemon is there
        ours, theirs = pty.openpty()
        shown = ""
        with subprocess.Popen(
            ["./pants", "--no-dynamic-ui", *words],
            cwd=self.folder,
            env=_environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            try:
                for question, answer in answers.items():
                    while question not in shown:
                        shown += _read(ours)
                    os.write(ours, f"{answer}\n".encode())
                while piece := _read(ours, or_end=True):
                    shown += piece
                assert process.wait(timeout=PATIENCE) == 0, shown
            finally:
                process.kill()
                os.close(ours)
        return shown

    def back_to(self, tag: str) -> None:
        """Forget every change since a tag, and every file that git does not ignore."""
        self.git("reset", "--quiet", "--hard", tag)
        self.git("clean", "--quiet", "-fd")

    def stop_daemon(self) -> None:
        """End the daemon, if one runs."""
        for file in self.folder.glob(".pids/*/pantsd/pid"):
            with suppress(OSError, ValueError):  # it may be about to end by itself
                os.kill(int(file.read_text()), signal.SIGTERM)


def _environment() -> dict[str, str]:
    """Ours, but for what is meant for the Pants that runs the test."""
    foreign = ("PANTS_", "PEX_", "PYTHON", "GIT_", "CIRCLE")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _read(terminal: int, *, or_end: bool = False) -> str:
    ready, _, _ = select.select([terminal], [], [], PATIENCE)
    assert ready, "the program says nothing more"
    try:
        piece = os.read(terminal, 1 << 16)
    except OSError:  # which is how Linux says that nobody has the other end any more
        piece = b""
    assert piece or or_end, "the program ended without asking"
    return piece.decode(errors="replace")


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
    shutil.copytree(
        root / "pants-plugins",
        folder / "pants-plugins",
        ignore=shutil.ignore_patterns("BUILD", "__pycache__", "*.md"),
    )
    (folder / ".gitignore").write_text(IGNORED)
    copy = Copy(folder)
    try:
        yield copy
    finally:
        copy.stop_daemon()
