"""The command: measure, and say the ratios as a table or as JSON."""

import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from release_benchmark.contenders import (
    BenchmarkError,
    Server,
    add_debug_ids,
    by_command,
    by_script,
    local_sentry,
)
from release_benchmark.world import PYTHON, WEB, Size, World

NEXT = "the next release of five apps"
AGAIN = "the same releases again"
INJECTED = "the same again, debug ids injected first"
REACH = {NEXT: 0.5, AGAIN: 0.5, INJECTED: None}

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="Turns each of them has.")] = 5,
    small: Annotated[bool, typer.Option("--small", help="Tiny apps: does it still run?")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Compare one `release run` with sentry-cli driven by a shell script, app after app."""
    size = Size(4, 500, 3, 500, 5) if small else Size()
    try:
        found = _run(rounds, size, Console(stderr=True, quiet=quiet))
    except BenchmarkError as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps({name: round(value, 3) for name, value in found.items()}))
        sys.stdout.write("\n")
    else:
        Console().print(_table(found))


def _run(rounds: int, size: Size, console: Console) -> dict[str, float]:
    ratios: dict[str, list[float]] = {measure: [] for measure in REACH}
    with tempfile.TemporaryDirectory(prefix="kijko-benchmark-") as name:
        ours, theirs = World(Path(name) / "ours", size), World(Path(name) / "theirs", size)
        for world in (ours, theirs):
            world.create()
            add_debug_ids(world)
        with (
            local_sentry(Path(name) / "our-data") as our_server,
            local_sentry(Path(name) / "their-data") as their_server,
        ):
            for turn in range(rounds + 1):
                console.print(f"round {turn} of {rounds}" if turn else "first releases, uncounted")
                taken = _turn(turn, (ours, our_server), (theirs, their_server))
                for measure, ratio in taken.items() if turn else ():
                    ratios[measure].append(ratio)
    return {name: statistics.median(each) for name, each in ratios.items()}


def _turn(turn: int, us: tuple[World, Server], them: tuple[World, Server]) -> dict[str, float]:
    (ours, our_server), (theirs, their_server) = us, them
    version = f"0.1.{turn}"
    for world in (ours, theirs):
        world.advance(f"{world.folder.name} {turn}")

    def command(*, ids: bool) -> float:
        ours.build(version, ids=ids)
        return by_command(ours, our_server)

    def script(*, ids: bool) -> float:
        theirs.build(version, ids=ids)
        return by_script(theirs, their_server, version, inject=not ids)

    found = {}
    for measure in REACH:
        if measure != NEXT:
            _forget(ours, theirs, version)
        ids = measure != INJECTED
        if turn % 2:
            mine, other = command(ids=ids), script(ids=ids)
        else:
            other, mine = script(ids=ids), command(ids=ids)
        found[measure] = mine / other
    return found


def _forget(ours: World, theirs: World, version: str) -> None:
    """As on another machine: no journal, no tags; only the server knows."""
    shutil.rmtree(ours.checkout / ".pants.d", ignore_errors=True)
    for world in (ours, theirs):
        for each in (*PYTHON, *WEB):
            world.git("tag", "-d", f"{each}@{version}")


def _table(found: dict[str, float]) -> Table:
    table = Table(title="release run, of a script of sentry-cli")
    for column in ("measure", "ratio", "reach"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for name, value in found.items():
        reach = REACH[name]
        mark = "" if reach is None else f"{'✓' if value <= reach else '✗'} at most {reach}"
        table.add_row(name, f"{value:.2f}", mark)
    return table


def main() -> None:
    """Run the command line."""
    app()
