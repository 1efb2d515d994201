"""Split tests into jobs that take about as long as each other."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

UNKNOWN_SECONDS = 10.0


@dataclass(frozen=True)
class Shard:
    """Tests that one job runs.

    Attributes:
        tests: addresses, sorted.
        seconds: how long they are expected to take together.
    """

    tests: tuple[str, ...]
    seconds: float


def split(
    tests: Iterable[str], seconds: Mapping[str, float], *, goal: float, most: int
) -> list[Shard]:
    """Split tests by recorded durations, the longest first into the emptiest shard.

    A test without a record counts as the median of those that have one. The same tests and records
    give the same shards.

    Args:
        tests: addresses.
        seconds: recorded durations by address.
        goal: how long one shard should take, in seconds.
        most: how many shards there may be.
    """
    names = sorted(set(tests))
    known = [seconds[name] for name in names if name in seconds]
    usual = statistics.median(known) if known else UNKNOWN_SECONDS
    expected = {name: seconds.get(name, usual) for name in names}
    count = min(most, len(names), max(1, math.ceil(sum(expected.values()) / goal)))
    loads = [0.0] * count
    shards: list[list[str]] = [[] for _ in range(count)]
    for name in sorted(names, key=lambda one: (-expected[one], one)):
        emptiest = min(range(count), key=lambda index: (loads[index], len(shards[index]), index))
        shards[emptiest].append(name)
        loads[emptiest] += expected[name]
    return [Shard(tuple(sorted(shard)), loads[index]) for index, shard in enumerate(shards)]
