"""Make a project's folder: `python -m workspace.new_project.create ROOT TAKEN WORD…`.

A program of its own, because only such a one can ask a person at a terminal.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from workspace.arguments import HelpWanted, Parser
from workspace.new_project.blueprint import (
    FOLDERS,
    Blueprint,
    check_name,
    with_first_party,
)
from workspace.projects import WorkspaceError


class Exists(WorkspaceError):
    """Something is there already; nothing is ever overwritten."""


def read(words: list[str]) -> argparse.Namespace:
    """Read the words after `./pants new-project`.

    Raises:
        BadArguments: they are wrong.
        HelpWanted: they ask for help.
    """
    parser = Parser("./pants new-project", "Make a project that passes lint, check and test.")
    parser.add_argument("kind", nargs="?", choices=[*FOLDERS], help="what it is")
    parser.add_argument("name", nargs="?", help="its name: lower-case words with hyphens")
    parser.add_argument("--description", metavar="SENTENCE", help="what it is for")
    parser.add_argument("--owner", action="append", metavar="NAME", help="who answers for it")
    return parser.read(words)


def blueprint(
    said: argparse.Namespace,
    ask: Callable[[str, str], str] | None,
    check: Callable[[str], None],
) -> Blueprint:
    """Complete what was said by asking, or, where nobody can be asked, by what is usual.

    Args:
        said: as `read` gives it.
        ask: takes a question and what an empty answer means; none without a terminal.
        check: raises a WorkspaceError when a name will not do.

    Raises:
        WorkspaceError: something is missing or wrong and nobody can be asked.
    """
    kind, name = said.kind, said.name
    if ask is None and not (kind and name):
        raise WorkspaceError(
            "Say what to make: ./pants new-project app|package|tool NAME. At a terminal it asks."
        )
    while ask and kind not in FOLDERS:
        kind = ask(f"What is it: {', '.join(FOLDERS)}?", "package")
    while ask and not name:
        name = ask("What is it called?", "")
    check(name)
    description, owners = said.description, said.owner
    if description is None:
        usual = f"What {name} is for is not written yet."
        description = ask("What is it for, in one sentence?", usual) if ask else usual
    if owners is None:
        owners = [ask("Who answers for it?", "platform") if ask else "platform"]
    return Blueprint(kind, name, description, tuple(owners))


def write(root: Path, plan: Blueprint) -> list[Path]:
    """Write all of it or nothing.

    Returns:
        The files, from the workspace's root.

    Raises:
        Exists: the folder is there already.
    """
    folder = root / plan.folder
    if folder.exists():
        raise Exists(f"{plan.folder} exists already. Remove it or choose another name.")
    settings = root / "pyproject.toml"
    ours = with_first_party(settings.read_text(encoding="utf-8"), plan.module)
    folder.parent.mkdir(exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=f".{plan.name}-", dir=folder.parent))
    try:
        files = plan.files()
        for path, text in files.items():
            (partial / path).parent.mkdir(parents=True, exist_ok=True)
            (partial / path).write_text(text, encoding="utf-8")
        partial.chmod(0o755)
        partial.rename(folder)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    settings.write_text(ours, encoding="utf-8")
    return [Path(plan.folder, path) for path in files] + [Path("pyproject.toml")]


def main(words: list[str]) -> int:
    """Run the program; returns the exit code."""
    root, taken = Path(words[0]), json.loads(words[1])
    modules = [path.name for path in root.glob("*/*/src/*")]
    try:
        said = read(words[2:])
        asking = sys.stdin.isatty() and sys.stdout.isatty()
        plan = blueprint(
            said, _ask if asking else None, lambda name: check_name(name, taken, modules)
        )
        files = write(root, plan)
    except HelpWanted as help_text:
        sys.stdout.write(f"{help_text}\n")
        return 0
    except WorkspaceError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (EOFError, KeyboardInterrupt):
        return 130
    sys.stdout.write("".join(f"{file}\n" for file in files))
    sys.stdout.write(f"\nNow: ./pants test {plan.folder}::\n")
    return 0


def _ask(question: str, usual: str) -> str:
    hint = f" [{usual}]" if usual else ""
    return input(f"{question}{hint} ").strip() or usual


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
