"""The command: measure, and say the ratios as a table or as JSON."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from sentry_benchmark.load import RefusedError
from sentry_benchmark.measure import REACH, Plan, measure
from sentry_benchmark.programs import BenchmarkError

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="Turns each server has.")] = 3,
    errors: Annotated[int, typer.Option(min=20, help="Errors of a turn.")] = 1500,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds at 500 a second.")] = 20.0,
    issues: Annotated[int, typer.Option(min=1, help="Issues in the full store.")] = 100_000,
    spans: Annotated[int, typer.Option(min=1, help="Spans in the full store.")] = 1_000_000,
    turns: Annotated[int, typer.Option(min=1, help="Times each read is timed.")] = 40,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Compare local-sentry with Bugsink, and a full store with an empty one."""
    console = Console(stderr=True, quiet=quiet)
    try:
        with tempfile.TemporaryDirectory(prefix="kijko-benchmark-") as folder:
            plan = Plan(rounds, errors, seconds, issues, spans, turns)
            found = measure(plan, Path(folder), console.print)
    except (BenchmarkError, RefusedError) as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps({name: round(found[name], 3) for name in REACH}) + "\n")
    else:
        Console().print(_table(found))


def _table(found: dict[str, float]) -> Table:
    table = Table(title="local-sentry's ratios")
    for column in ("measure", "ratio", "reach"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for name, (word, limit) in REACH.items():
        value = found[name]
        good = value <= limit if word == "at most" else value >= limit
        mark = f"{'✓' if good else '✗'} {word} {limit}" if word else ""
        table.add_row(name, f"{value:.2f}", mark)
    return table


def main() -> None:
    """Run the command line."""
    app()
