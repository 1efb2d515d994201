"""The command: measure, and say the ratios as a table or as JSON."""

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestration_benchmark.contenders import (
    CommandFailed,
    commit_all,
    of_nx,
    of_pants,
    run,
    share_of_tests,
    start_pants,
    stop_nx,
    stop_pants,
)
from orchestration_benchmark.generator import Shape, name, write_nx, write_pants
from orchestration_benchmark.measure import measure

NX = "nx@24.0.6"
HERE = "here: "
LEAF_HERE = Path("benchmarks/orchestration/src/orchestration_benchmark/measure.py")
TESTS = "tests run for a change in a leaf, of all"
REACH = {
    "affected, of pants list": 1.5,
    f"{HERE}affected, of pants list": 1.5,
    TESTS: 0.15,
    f"{HERE}{TESTS}": 0.15,
}

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    repository: Annotated[Path, typer.Option(help="This repository's checkout.")] = Path(),
    projects: Annotated[int, typer.Option(min=5)] = 200,
    files: Annotated[int, typer.Option(min=8, help="Files in each project.")] = 20,
    rounds: Annotated[int, typer.Option(min=1, help="Turns each contender has.")] = 5,
    cold: Annotated[bool, typer.Option(help="Forget everything before each turn.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare affected and project-graph with Pants' own list and with Nx.

    "here" is a clone of this repository's last commit, without Nx.
    """
    console = Console(stderr=True)
    try:
        with tempfile.TemporaryDirectory(prefix="orchestration-") as folder:
            found = _run(Path(folder), repository.resolve(), Shape(projects, files), rounds, cold)
    except CommandFailed as error:
        console.print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(json.dumps({key: round(one, 3) for key, one in found.items()}) + "\n")
    else:
        Console().print(_table(found))


def _run(folder: Path, repository: Path, shape: Shape, rounds: int, cold: bool) -> dict[str, float]:
    tell = Console(stderr=True).print
    pants = folder / "pants-copy"
    tell(f"{shape.projects} projects with {shape.files} files each in {folder}")
    write_pants(pants, shape, repository)
    commit_all(pants)
    nx = folder / "nx-copy" if shutil.which("npm") else None
    if nx is not None:
        write_nx(nx, shape)
        (nx / "package.json").write_text('{"name": "mirror", "private": true}\n')
        tell(f"installing {NX} ...")
        run(nx, "npm", "install", "--no-audit", "--no-fund", "--save-dev", NX)
        commit_all(nx)
    here = folder / "here"
    run(folder, "git", "clone", "--quiet", str(repository), str(here))
    leaf = name(shape.leaf())
    edit = Path("projects", leaf, "src", leaf, "m03.py")
    workspaces = {"": (pants, edit), HERE: (here, LEAF_HERE)}
    found: dict[str, float] = {}
    for prefix, (workspace, file) in workspaces.items():
        contenders = of_pants(prefix, workspace, file, cold=cold)
        if nx is not None and workspace is pants:
            contenders += of_nx(nx, file, cold=cold)
        try:
            start_pants(workspace)
            found |= ratios(prefix, measure(contenders, rounds, tell), share_of_tests(workspace))
            tell(found)
        finally:
            stop_pants(workspace)
            if nx is not None:
                stop_nx(nx)
    return found


def ratios(prefix: str, seconds: dict[str, float], tests: float) -> dict[str, float]:
    """What is kept of a run: each contender by its peer, and the share of tests that run.

    Args:
        prefix: stands before the names of those that have no other.
        seconds: of a turn, by name.
        tests: the share.
    """
    pairs = [
        ("affected", "pants list"),
        ("affected", "pants list with dependents"),
        ("affected", "nx affected"),
        ("project-graph", "nx graph"),
    ]
    found = {
        f"{prefix}{one}, of {other}": seconds[f"{prefix}{one}"] / seconds[peer]
        for one, other in pairs
        for peer in (f"{prefix}{other}",)
        if peer in seconds
    }
    return {**found, f"{prefix}{TESTS}": tests}


def _table(found: dict[str, float]) -> Table:
    table = Table("what", "ratio", "to reach")
    for key, value in found.items():
        limit = REACH.get(key)
        table.add_row(key, f"{value:.3f}", f"at most {limit}" if limit else "")
    return table


def main() -> None:
    """Run the command line."""
    app()
