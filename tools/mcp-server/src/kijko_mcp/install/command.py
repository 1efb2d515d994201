"""`mcp-server install`: shows what would change in an editor's settings, asks, writes."""

import difflib
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from kijko_mcp.errors import Trouble
from kijko_mcp.install import files
from kijko_mcp.install.clients import ClientName, Entry, entry_for
from kijko_mcp.install.jsonc import with_member


class NotAsked(Trouble):
    """Nobody can answer the question whether to write."""


def install(
    client: Annotated[ClientName, typer.Argument(help="The editor.")],
    workspace: Annotated[
        Path | None, typer.Option(help="The checkout; the current folder when not given.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print the entry, and write nothing.")
    ] = False,
) -> None:
    """Write this server's entry into an editor's settings; shows the difference first."""
    folder = (workspace or Path.cwd()).resolve()
    entry = entry_for(client, folder, Path.home(), os.environ)
    if only_print:
        sys.stdout.write(f"{json.dumps(_nested(entry), indent=2)}\n")
        sys.stderr.write(f"It belongs into {entry.file}. {entry.note}\n")
        return
    old = files.read(entry.file)
    new = with_member(old, entry.path, entry.value)
    if new == old:
        sys.stdout.write(f"{entry.file} has this entry already.\n")
        return
    sys.stdout.write(_difference(entry.file, old, new))
    if not yes and not _agreed(entry.file):
        sys.stdout.write("Nothing was written.\n")
        return
    backup = files.replace(entry.file, old, new)
    kept = f" What was there is in {backup}." if backup else ""
    sys.stdout.write(f"Written to {entry.file}.{kept} {entry.note}\n")


def _nested(entry: Entry) -> dict[str, object]:
    value: dict[str, object] = entry.value
    for name in reversed(entry.path):
        value = {name: value}
    return value


def _difference(file: Path, old: str, new: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(), new.splitlines(), f"{file} (now)", f"{file} (then)", lineterm=""
    )
    return "".join(f"{line}\n" for line in lines)


def _agreed(file: Path) -> bool:
    if not sys.stdin.isatty():
        raise NotAsked("Nobody is there to say yes; nothing was written.", "Add --yes.")
    return typer.confirm(f"Write {file}?")
