"""What is measured: one command line each, in one of the two copies or in this repository."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePath


class CommandFailed(Exception):
    """A command that is measured failed; the message is its own."""


def run(folder: Path, *command: str) -> str:
    """Run a command and return what it printed.

    Raises:
        CommandFailed: it failed or is not there.
    """
    # What is meant for this program would let Pants watch its folders, and restart for them.
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PEX_", "PANTS_"))
    }
    environment = {**ours, "NX_NO_CLOUD": "true", "CI": "", "NX_TUI": "false"}
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise CommandFailed(f"{command[0]} is not installed; install it and try again.") from error
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def commit_all(folder: Path) -> None:
    """Make the folder a git repository with one commit of all there is."""
    identity = ("-c", "user.name=benchmark", "-c", "user.email=benchmark@localhost")
    run(folder, "git", "init", "--quiet", "--initial-branch=main")
    run(folder, "git", "add", "--all")
    run(folder, "git", *identity, "commit", "--quiet", "--message=Generated")


@dataclass(frozen=True)
class Contender:
    """One command that answers a question.

    Attributes:
        name: stands in the table.
        folder: where it runs.
        command: its words.
        edit: a file that gets another line before each turn, so that no answer is from memory.
        forget: makes the next run a cold one, or None for a warm one.
    """

    name: str
    folder: Path
    command: tuple[str, ...]
    edit: Path | None = None
    forget: Callable[[], None] | None = field(default=None)

    def turn(self) -> None:
        """Answer the question once, untimed preparations aside."""
        run(self.folder, *self.command)


def start_pants(folder: Path) -> None:
    """Start the Pants daemon of a folder, which on a busy machine may miss its own deadline.

    Raises:
        CommandFailed: it does not start.
    """
    for attempt in range(5):
        try:
            run(folder, "./pants", "affected")
        except CommandFailed as error:
            if attempt == 4 or "ProcessManager.Timeout" not in str(error):
                raise
        else:
            return


def stop_pants(folder: Path) -> None:
    """End the Pants daemon of a folder, if one runs."""
    pid_file = next(iter(sorted((folder / ".pids").glob("*/pantsd/pid"))), None)
    if pid_file is None:
        return
    try:
        os.kill(int(pid_file.read_text()), 15)
    except (OSError, ValueError):
        return
    shutil.rmtree(pid_file.parent, ignore_errors=True)


def stop_nx(folder: Path) -> None:
    """End Nx's daemon and drop what it keeps."""
    run(folder, "npx", "nx", "reset")


def of_pants(prefix: str, folder: Path, edit: Path, *, cold: bool) -> list[Contender]:
    """Our goals and Pants' own, for a change in one file.

    Args:
        prefix: stands before the names.
        folder: the workspace.
        edit: the file that changes.
        cold: whether to stop the daemon before each turn.
    """

    def contender(name: str, *words: str) -> Contender:
        forget = (lambda: stop_pants(folder)) if cold else None
        return Contender(f"{prefix}{name}", folder, ("./pants", *words), folder / edit, forget)

    return [
        contender("affected", "affected", "--since=HEAD"),
        contender("pants list", "--changed-since=HEAD", "list"),
        contender(
            "pants list with dependents",
            *("--changed-since=HEAD", "--changed-dependents=transitive", "list"),
        ),
        contender("project-graph", "project-graph", "--format=json", "--output=dist/graph.json"),
    ]


def of_nx(folder: Path, edit: Path, *, cold: bool) -> list[Contender]:
    """What Nx has of the kind, for the same change in its copy.

    Args:
        folder: the copy for Nx.
        edit: the file that changes.
        cold: whether to end Nx's daemon and drop its cache before each turn.
    """

    def contender(name: str, *words: str) -> Contender:
        forget = (lambda: stop_nx(folder)) if cold else None
        return Contender(name, folder, ("npx", "nx", *words), folder / edit, forget)

    return [
        contender("nx affected", "show", "projects", "--affected", "--base=HEAD"),
        contender("nx graph", "graph", "--file=graph.json"),
    ]


def share_of_tests(folder: Path) -> float:
    """How many of a workspace's tests what lies there changed would run, of all."""
    listed = {
        scope: sum(
            1
            for line in run(folder, "./pants", *words).splitlines()
            if PurePath(line.partition(":")[0]).name.startswith("test_")
        )
        for scope, words in {
            "chosen": ("affected", "--since=HEAD", "--targets"),
            "all": ("list", "::"),
        }.items()
    }
    return listed["chosen"] / listed["all"]
