"""Interleaved rounds over contenders, and the ratios between them."""

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from gateway_benchmark.contenders import PNG, Contender


@dataclass(frozen=True)
class Plan:
    """How much to measure.

    Attributes:
        rounds: how often each contender has its turn; turns alternate.
        sequential: images a turn, one after another.
        concurrent: images a turn, `in_flight` at a time.
        in_flight: how many at a time.
    """

    rounds: int = 5
    sequential: int = 40
    concurrent: int = 160
    in_flight: int = 16


@dataclass
class Measured:
    """What one contender did: seconds for each image, and images a second for each turn."""

    latencies: list[float] = field(default_factory=list)
    throughputs: list[float] = field(default_factory=list)

    @property
    def latency(self) -> float:
        """Median seconds of one image, one after another."""
        return statistics.median(self.latencies)

    @property
    def throughput(self) -> float:
        """Median images a second, several in flight."""
        return statistics.median(self.throughputs)


async def measure(
    contenders: Sequence[Contender], plan: Plan, progress: Callable[[str], None]
) -> dict[str, Measured]:
    """Give each contender its turns, alternating, after one image that warms it up.

    Raises:
        RuntimeError: a contender answered with something that is no image.
    """
    measured = {contender.name: Measured() for contender in contenders}
    numbers = itertools.count(time.time_ns() // 1_000_000)
    for contender in contenders:
        await _image(contender, next(numbers))
    for turn in range(plan.rounds):
        for contender in _turned(contenders, turn):
            progress(f"round {turn + 1} of {plan.rounds}: {contender.name}")
            result = measured[contender.name]
            for _ in range(plan.sequential):
                started = time.perf_counter()
                await _image(contender, next(numbers))
                result.latencies.append(time.perf_counter() - started)
            result.throughputs.append(await _throughput(contender, plan, numbers))
    return measured


def _turned(contenders: Sequence[Contender], turn: int) -> Iterator[Contender]:
    """Everyone is first once in a while, so that none always follows the same one."""
    first = turn % len(contenders)
    yield from contenders[first:]
    yield from contenders[:first]


async def _throughput(contender: Contender, plan: Plan, numbers: Iterator[int]) -> float:
    waiting = iter(list(itertools.islice(numbers, plan.concurrent)))

    async def work() -> None:
        for number in waiting:
            await _image(contender, number)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(plan.in_flight):
            group.create_task(work())
    return plan.concurrent / (time.perf_counter() - started)


async def _image(contender: Contender, number: int) -> None:
    if not (await contender.image(number)).startswith(PNG):
        raise RuntimeError(f"{contender.name} answered with something that is no PNG")


def ratios(measured: dict[str, Measured]) -> dict[str, float]:
    """The gateway against the others; latencies below 1 and throughputs above 1 favour it."""
    gateway, found = measured["gateway"], {}
    for name in ("direct", "comfy-api-proxy"):
        found[f"latency, of {name}"] = gateway.latency / measured[name].latency
        found[f"throughput, of {name}"] = gateway.throughput / measured[name].throughput
    return found
