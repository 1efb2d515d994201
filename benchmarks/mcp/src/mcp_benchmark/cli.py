"""The command: measure, and say the ratios as a table or as JSON."""

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from mcp import Client
from rich.console import Console
from rich.table import Table

from kijko_mcp.resident import residents
from mcp_benchmark.contenders import BenchmarkError, Contender, asked, installed, ours, theirs
from mcp_benchmark.facts import lacking
from mcp_benchmark.questions import Calls, Question, questions
from mcp_local_sentry import local_sentry
from mcp_story import tell
from mcp_tokens import compact, tokens

START, FIRST, LATENCY, LIST, ANSWERS, CALLS = (
    "start to first answer",
    "the same, where no resident is yet",
    "median latency of equal questions",
    "tokens of the tool list",
    "tokens of equal answers",
    "calls for a question",
)
# No goal is set for the first start of all: it is measured so that nobody takes it for the others.
REACH = {START: 0.5, FIRST: None, LATENCY: 0.8, LIST: 0.4, ANSWERS: 0.6, CALLS: 1.0}

app = typer.Typer(add_completion=True)


@app.command()
def benchmark(
    rounds: Annotated[int, typer.Option(min=1, help="Turns that each has.")] = 7,
    official: Annotated[
        Path | None, typer.Option(help="The official server's program, where it is installed.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress.")] = False,
) -> None:
    """Ask this server and Sentry's official one the same, beside each other."""
    console = Console(stderr=True, quiet=quiet)
    try:
        found = _run(rounds, official, console)
    except (BenchmarkError, BaseExceptionGroup) as trouble:
        error = _innermost(trouble)
        if not isinstance(error, BenchmarkError):
            raise
        Console(stderr=True).print(f"[red]{error}[/]")
        raise typer.Exit(1) from None
    if as_json:
        sys.stdout.write(f"{json.dumps(found.as_json())}\n")
    else:
        Console().print(_table(found.ratios))


@dataclass(frozen=True)
class Asked:
    """What one question cost both: the ratio of their latencies, and tokens."""

    latency: float
    ours: int
    theirs: int
    facts: int

    def as_json(self) -> dict[str, float]:
        """The ratios, with the tokens and facts that they are of."""
        return {
            "latency": round(self.latency, 3),
            "tokens": round(self.ours / self.theirs, 3),
            "ours": self.ours,
            "theirs": self.theirs,
            "facts": self.facts,
        }


@dataclass(frozen=True)
class Found:
    """What was measured: over all, and for each question."""

    ratios: dict[str, float]
    questions: dict[str, Asked]

    def as_json(self) -> dict[str, object]:
        """Both, rounded."""
        asked = {name: each.as_json() for name, each in self.questions.items()}
        return {
            **{name: round(value, 3) for name, value in self.ratios.items()},
            "by question": asked,
        }


def _run(rounds: int, official: Path | None, console: Console) -> Found:
    with tempfile.TemporaryDirectory(prefix="kijko-benchmark-") as name:
        aside = Path(name)
        program = str(official) if official else installed(aside / "npm")
        with local_sentry(aside / "sentry") as server:
            story = tell(server, aside / "story")
            pair = (
                ours(server.url, story.checkout.folder, aside / "run"),
                theirs(server.url, program, aside),
            )
            try:
                return asyncio.run(_measured(pair, questions(story), rounds, console))
            finally:
                residents.stop(pair[0].environment)


async def _measured(
    pair: tuple[Contender, Contender],
    about: tuple[Question, ...],
    rounds: int,
    console: Console,
) -> Found:
    first, ours_after, theirs_always = await _starts(pair, about[0], rounds)
    async with pair[0].running() as our, pair[1].running() as their:
        lists = [await _list_tokens(each) for each in (our, their)]
        by_question: dict[str, Asked] = {}
        for question in about:
            found = by_question[question.name] = await _beside(our, their, question, rounds)
            spent = f"{found.ours} of {found.theirs}"
            console.print(f"{question.name}: latency {found.latency:.2f}, tokens {spent}")
    console.print(f"tool list: {lists[0]} tokens of {lists[1]}")
    ratios = {
        START: ours_after / theirs_always,
        FIRST: first / theirs_always,
        LATENCY: statistics.median(each.latency for each in by_question.values()),
        LIST: lists[0] / lists[1],
        ANSWERS: sum(each.ours for each in by_question.values())
        / sum(each.theirs for each in by_question.values()),
        CALLS: max(len(question.ours) for question in about),
    }
    return Found(ratios, by_question)


async def _starts(
    pair: tuple[Contender, Contender], question: Question, rounds: int
) -> tuple[float, float, float]:
    """Medians of seconds: our first start of all, our start after that, theirs."""
    our, their = pair
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for turn in range(rounds):
        residents.stop(our.environment)
        order = ((our, question.ours), (our, question.ours), (their, question.theirs))
        plan = list(zip(times, order, strict=True))
        for kept, (each, calls) in plan if turn % 2 else [plan[2], *plan[:2]]:
            kept.append(await _start(each, calls))
    first, after, always = (statistics.median(each) for each in times)
    return first, after, always


async def _start(contender: Contender, calls: Calls) -> float:
    began = time.perf_counter()
    async with contender.running() as client:
        for tool, arguments in calls:
            await asked(client, tool, arguments)
        return time.perf_counter() - began


async def _list_tokens(client: Client) -> int:
    listed = await client.list_tools()
    tools = [
        each.model_dump(mode="json", by_alias=True, exclude_none=True) for each in listed.tools
    ]
    return tokens(compact(tools))


async def _beside(our: Client, their: Client, question: Question, rounds: int) -> Asked:
    """One question; the first turn does not count, and every answer of ours is looked through."""
    times: Mapping[str, list[float]] = {"our": [], "their": []}
    said = {"our": "", "their": ""}
    for turn in range(rounds + 1):
        order = (("our", our, question.ours), ("their", their, question.theirs))
        for name, client, calls in order if turn % 2 else reversed(order):
            began = time.perf_counter()
            said[name] = "\n".join([await asked(client, tool, given) for tool, given in calls])
            if turn:
                times[name].append(time.perf_counter() - began)
        lost = lacking(question.facts, said["our"], in_order=question.in_order)
        if lost:
            listed = "; ".join(map(str, lost))
            raise BenchmarkError(f"Our answer to {question.name!r} lacks: {listed}.")
    ratio = statistics.median(times["our"]) / statistics.median(times["their"])
    return Asked(ratio, tokens(said["our"]), tokens(said["their"]), len(question.facts))


def _innermost(trouble: BaseException) -> BaseException:
    while isinstance(trouble, BaseExceptionGroup):
        trouble = trouble.exceptions[0]
    return trouble


def _table(found: dict[str, float]) -> Table:
    table = Table(title="this server, of Sentry's official one")
    for column in ("measure", "ratio", "reach"):
        table.add_column(column, justify="right" if column == "ratio" else "left")
    for name, value in found.items():
        reach = REACH[name]
        mark = "no goal" if reach is None else f"{'✓' if value <= reach else '✗'} at most {reach}"
        table.add_row(name, f"{value:.2f}", mark)
    return table


def main() -> None:
    """Run the command line."""
    app()
