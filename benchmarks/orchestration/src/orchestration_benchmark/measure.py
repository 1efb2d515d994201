"""Times contenders turn by turn, and compares them by their medians."""

import statistics
import time
from collections.abc import Callable, Sequence

from orchestration_benchmark.contenders import Contender


def measure(
    contenders: Sequence[Contender], rounds: int, tell: Callable[[str], None]
) -> dict[str, float]:
    """Give each contender its turn, round by round, so that a slow minute strikes all alike.

    Args:
        contenders: who takes part.
        rounds: how many turns each has; where they are warm, after one that does not count.
        tell: is told what happens.

    Returns:
        The median seconds of a turn by name.
    """
    seconds: dict[str, list[float]] = {one.name: [] for one in contenders}
    for turn in range(rounds + 1):
        if turn == 0 and all(one.forget for one in contenders):
            continue  # a cold turn needs none before it
        for one in contenders:
            tell(f"round {turn} of {rounds}: {one.name}")
            if one.edit is not None:
                one.edit.write_text(one.edit.read_text() + f"TURN = {time.monotonic_ns()}\n")
            if one.forget is not None:
                one.forget()
            started = time.perf_counter()
            one.turn()
            if turn:
                seconds[one.name].append(time.perf_counter() - started)
    return {name: statistics.median(times) for name, times in seconds.items()}
