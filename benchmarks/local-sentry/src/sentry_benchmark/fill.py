"""Fills a server's store step by step, and notes what an envelope costs while it grows."""

import itertools
import statistics
from collections.abc import Callable
from dataclasses import dataclass

from sentry_benchmark.envelopes import errors, trace_id_of, transactions
from sentry_benchmark.load import on_time, throughput
from sentry_benchmark.programs import Peer

_CHUNK = 1000  # Envelopes made at once.


@dataclass(frozen=True)
class Filled:
    """What was sent, and what it took.

    Attributes:
        cost: processor seconds an envelope, of each step in turn.
        resident_bytes: the most memory that was seen.
        traces: ids of some of the traces.
    """

    cost: list[float]
    resident_bytes: int
    traces: list[str]

    @property
    def growth(self) -> float:
        """Cost of an envelope in the last fifth of the steps, of that in the first."""
        fifth = max(1, len(self.cost) // 5)
        return statistics.mean(self.cost[-fifth:]) / statistics.mean(self.cost[:fifth])


def fill(peer: Peer, issues: int, traces: int, steps: int, tell: Callable[[str], None]) -> Filled:
    """Sends an error of each issue and a transaction of each trace, a day's worth of them.

    Each step has the same share of both and ends when all of it is stored.
    """
    error, transaction = errors(issues, days=1), transactions(days=1)
    stored = peer.stored
    cost: list[float] = []
    seen: list[str] = []
    memory = 0
    for step in range(steps):
        tell(f"filling the store, {step + 1} of {steps}")
        shares = (
            (error, _share(issues, step, steps)),
            (transaction, _share(traces, step, steps)),
        )
        before = peer.cpu_seconds
        for source, share in shares:
            for start in range(0, share, _CHUNK):
                bodies = list(itertools.islice(source, min(_CHUNK, share - start)))
                on_time(throughput(peer.ingest, bodies))
                memory = max(memory, peer.resident_bytes)
            if source is transaction and share:
                seen.append(trace_id_of(bodies[-1]))
        stored += sum(share for _, share in shares)
        peer.wait_until_stored(stored)
        memory = max(memory, peer.resident_bytes)
        cost.append((peer.cpu_seconds - before) / sum(share for _, share in shares))
    return Filled(cost, memory, seen)


def _share(whole: int, step: int, steps: int) -> int:
    return whole * (step + 1) // steps - whole * step // steps
