"""Command lines of goals that take plain words, which Pants would read as targets."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

from workspace.projects import WorkspaceError


class BadArguments(WorkspaceError):
    """A command line that cannot be read; the message ends with how to write it."""


class HelpWanted(WorkspaceError):
    """The command line asked how to write it; the message says."""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that raises where another would print and leave the process."""

    def __init__(self, prog: str, description: str) -> None:
        super().__init__(prog=prog, description=description, add_help=False, allow_abbrev=False)
        self.add_argument("-h", "--help", action="store_true", help="show this")

    def read(self, words: Sequence[str]) -> argparse.Namespace:
        """Read a command line.

        Raises:
            BadArguments: it is wrong.
            HelpWanted: it asks for help.
        """
        if "-h" in words or "--help" in words:
            raise HelpWanted(self.format_help())
        return self.parse_args(words)

    def error(self, message: str) -> NoReturn:
        """Refuse the command line."""
        raise BadArguments(f"{message[:1].upper()}{message[1:]}.\n{self.format_usage().strip()}")
