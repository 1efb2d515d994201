"""The command: measure, and say the ratios as a table or as JSON."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from devstack.comfyui.progress import on_console
from devstack.errors import DevstackError
from gateway_benchmark.contenders import contenders
from gateway_benchmark.measure import Plan, measure, ratios
from gateway_benchmark.programs import programs, resident_bytes

REACH = {
    "latency, of direct": ("at most", 1.6),
    "latency, of comfy-api-proxy": ("at most", 1.0),
    "throughput, of direct": ("", 0.0),
    "throughput, of comfy-api-proxy": ("at least", 1.0),
    "idle memory, of 250 MB": ("at most", 1.0),
}
_MEMORY_LIMIT = 250e6

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="Turns each contender has.")] = 5,
    sequential: Annotated[int, typer.Option(min=1, help="Images a turn, one by one.")] = 40,
    concurrent: Annotated[int, typer.Option(min=1, help="Images a turn, in flight.")] = 160,
    in_flight: Annotated[int, typer.Option(min=1, help="Images in flight at a time.")] = 16,
    size: Annotated[int, typer.Option(min=16, max=2048, help="Pixels a side.")] = 512,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Compare the gateway with ComfyUI itself and with comfy-api-proxy."""
    plan = Plan(rounds, sequential, concurrent, in_flight)
    try:
        found = asyncio.run(_run(plan, size, quiet=quiet))
    except DevstackError as error:
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(
            json.dumps({name: round(value, 3) for name, value in found.items()}) + "\n"
        )
    else:
        Console().print(_table(found, size))


async def _run(plan: Plan, size: int, *, quiet: bool) -> dict[str, float]:
    console = Console(stderr=True, quiet=quiet)
    with tempfile.TemporaryDirectory(prefix="kijko-benchmark-") as name, on_console(console) as bar:
        folder = Path(name)
        async with programs(folder, bar) as running:
            memory = resident_bytes(folder / "gateway", running.gateway_pid)
            urls = (running.comfyui, running.proxy, running.gateway)
            async with contenders(*urls, size=size) as three:
                measured = await measure(three, plan, console.print)
    return ratios(measured) | {"idle memory, of 250 MB": memory / _MEMORY_LIMIT}


def _table(found: dict[str, float], size: int) -> Table:
    table = Table(title=f"The gateway's ratios, images of {size} pixels a side")
    for column in ("measure", "ratio", "reach"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for name, value in found.items():
        word, limit = REACH[name]
        good = value <= limit if word == "at most" else value >= limit
        mark = f"{'✓' if good else '✗'} {word} {limit}" if word else ""
        table.add_row(name, f"{value:.2f}", mark)
    return table


def main() -> None:
    """Run the command line."""
    app()
