"""How every verb speaks: tables and sentences to people, JSON to programs, errors to both."""

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from release_cli.errors import ReleaseCliError

if TYPE_CHECKING:
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only what goes wrong.")]


def console(*, stderr: bool = False) -> "Console":
    """Where people read."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def print_error(error: ReleaseCliError, *, as_json: bool) -> None:
    """An error in two sentences on standard error; with `as_json` on standard output too."""
    if as_json:
        print_json(error.as_json())
    sys.stderr.write(f"release: {error.what} {error.advice}\n")
