"""The command: measure, and say the ratios as a table or as JSON."""

import asyncio
import json
import socket
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sentry_benchmark.load import RefusedError, latencies, throughput
from sentry_benchmark.programs import BenchmarkError, bugsink, install_bugsink, local_sentry

RATE = 500.0  # Envelopes a second.
REACH = {
    "throughput, of bugsink": ("at least", 10.0),
    "p99 of a send at 500/s, of 10 ms": ("at most", 1.0),
    "last tenth of the sends, of the first": ("at most", 1.25),
    "memory, of 300 MB": ("at most", 1.0),
    "memory, of bugsink": ("at most", 1.0),
}

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="Turns each server has.")] = 3,
    errors: Annotated[int, typer.Option(min=20, help="Errors a turn, as fast as possible.")] = 1500,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds at 500 a second.")] = 20.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Compare local-sentry with Bugsink."""
    try:
        found = _run(rounds, errors, seconds, Console(stderr=True, quiet=quiet))
    except (BenchmarkError, RefusedError) as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps({name: round(value, 3) for name, value in found.items()}))
        sys.stdout.write("\n")
    else:
        Console().print(_table(found))


def _run(rounds: int, errors: int, seconds: float, console: Console) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="kijko-benchmark-") as name:
        folder = Path(name)
        console.print("installing Bugsink")
        commands = install_bugsink(folder)
        with (
            local_sentry(folder / "local-sentry") as ours,
            bugsink(commands, folder / "bugsink", _free_port()) as theirs,
        ):
            speeds: dict[str, list[float]] = {ours.name: [], theirs.name: []}
            for turn in range(rounds):
                for peer in (ours, theirs) if turn % 2 == 0 else (theirs, ours):
                    console.print(f"round {turn + 1} of {rounds}: {peer.name}")
                    speeds[peer.name].append(asyncio.run(throughput(peer.ingest, errors)))
            console.print(f"{seconds:g} s at {RATE:g} a second")
            taken = asyncio.run(latencies(ours.ingest, round(seconds * RATE), RATE))
            memory = ours.resident_bytes, theirs.resident_bytes
    tenth = max(1, len(taken) // 10)
    medians = {name: statistics.median(each) for name, each in speeds.items()}
    return {
        "throughput, of bugsink": medians[ours.name] / medians[theirs.name],
        "p99 of a send at 500/s, of 10 ms": statistics.quantiles(taken, n=100)[98] / 0.010,
        "last tenth of the sends, of the first": statistics.median(taken[-tenth:])
        / statistics.median(taken[:tenth]),
        "memory, of 300 MB": memory[0] / 300e6,
        "memory, of bugsink": memory[0] / memory[1],
    }


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _table(found: dict[str, float]) -> Table:
    table = Table(title="local-sentry's ratios")
    for column in ("measure", "ratio", "reach"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for name, value in found.items():
        word, limit = REACH[name]
        good = value <= limit if word == "at most" else value >= limit
        table.add_row(name, f"{value:.2f}", f"{'✓' if good else '✗'} {word} {limit}")
    return table


def main() -> None:
    """Run the command line."""
    app()
