"""What is measured: one command line each, in one of the two copies or in this repository."""

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class CommandFailed(Exception):
    """A command that is measured failed; the message is its own."""


def run(folder: Path, *command: str) -> str:
    """Run a command and return what it printed.

    Raises:
        CommandFailed: it failed or is not there.
    """
    environment = {**os.environ, "NX_NO_CLOUD": "true", "CI": "", "NX_TUI": "false"}
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


def contenders(pants: Path, nx: Path | None, leaf: str, *, cold: bool) -> list[Contender]:
    """All that is compared, for a change in one file of a project that nothing depends on.

    Args:
        pants: the copy for Pants.
        nx: the copy for Nx, or None where there is no npm.
        leaf: name of the project that changes.
        cold: whether to forget everything before each turn.
    """
    edited = Path("projects") / leaf / "src" / leaf / "m03.py"

    def of_pants(name: str, *words: str) -> Contender:
        forget = (lambda: stop_pants(pants)) if cold else None
        return Contender(name, pants, ("./pants", *words), pants / edited, forget)

    found = [
        of_pants("affected", "affected", "--since=HEAD"),
        of_pants("pants list", "--changed-since=HEAD", "list"),
        of_pants(
            "pants list with dependents",
            *("--changed-since=HEAD", "--changed-dependents=transitive", "list"),
        ),
        of_pants("project-graph", "project-graph", "--format=json", "--output=dist/graph.json"),
    ]
    if nx is None:
        return found

    def of_nx(name: str, *words: str) -> Contender:
        forget = (lambda: stop_nx(nx)) if cold else None
        return Contender(name, nx, ("npx", "nx", *words), nx / edited, forget)

    return [
        *found,
        of_nx("nx affected", "show", "projects", "--affected", "--base=HEAD"),
        of_nx("nx graph", "graph", "--file=graph.json"),
    ]
