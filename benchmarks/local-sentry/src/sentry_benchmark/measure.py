"""One run: both servers in turn, then local-sentry at a steady rate, while it fills, and full."""

import contextlib
import itertools
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from sentry_benchmark.envelopes import SPANS, errors
from sentry_benchmark.fill import fill
from sentry_benchmark.load import latencies, on_time, throughput
from sentry_benchmark.programs import Peer, bugsink, install_bugsink, local_sentry
from sentry_benchmark.reads import reads

RATE = 500.0  # Envelopes a second.
_SEND = 0.010  # Seconds.
_READ = 0.100  # Seconds.
_MEMORY = 300e6  # Bytes.
_STEPS = 20  # At most.
_ISSUES_OF_A_STEP = 1000
_WARM_UP = 40

READS = (
    "issue list", "issue page", "trace", "trace page", "p95(span.duration) by transaction",
)  # fmt: skip


def of_limit(name: str) -> str:
    """The measure of a read."""
    return f"{name}, of 100 ms"


REACH = {
    "errors accepted, of bugsink": ("at least", 10.0),
    "errors accepted and stored, of bugsink": ("", 0.0),
    "p99 of a send at 500/s, of 10 ms": ("at most", 1.0),
    "p99 of a send at 500/s to a full store, of 10 ms": ("at most", 1.0),
    "cost of an envelope, full store of empty": ("at most", 1.25),
    **{of_limit(name): ("at most", 1.0) for name in READS},
    "memory, of 300 MB": ("at most", 1.0),
    "memory, of bugsink": ("", 0.0),
    "cores that other programs used while sends were timed": ("", 0.0),
}


@dataclass(frozen=True)
class Plan:
    """How much is sent.

    Attributes:
        rounds: turns each server has.
        errors: errors of a turn.
        seconds: how long envelopes are sent at `RATE`.
        issues: issues in the full store.
        spans: spans in the full store.
        turns: how often each read is timed.
    """

    rounds: int
    errors: int
    seconds: float
    issues: int
    spans: int
    turns: int


def measure(plan: Plan, folder: Path, tell: Callable[[str], None]) -> dict[str, float]:
    """The ratios, by the names of `REACH`.

    Raises:
        BenchmarkError: a program cannot be had, does not start or does not go on.
        RefusedError: a server did not accept what it was sent.
    """
    with local_sentry(folder / "local-sentry") as ours:
        found = _beside_bugsink(plan, ours, folder, tell)
        tell(f"{plan.seconds:g} s at {RATE:g} envelopes a second")
        elsewhere = _Elsewhere(ours)
        sends = _sends(plan, ours)
        others = [elsewhere.cores]
        memory = [ours.resident_bytes]
        steps = max(2, min(_STEPS, plan.issues // _ISSUES_OF_A_STEP))
        filled = fill(ours, plan.issues, max(1, plan.spans // SPANS), steps, tell)
        memory.append(filled.resident_bytes)
        tell("reading")
        read = reads(ours, filled.traces, plan.turns)
        memory.append(ours.resident_bytes)
        tell(f"{plan.seconds:g} s at {RATE:g} envelopes a second, full store")
        elsewhere = _Elsewhere(ours)
        full_sends = _sends(plan, ours)
        others.append(elsewhere.cores)
        memory.append(ours.resident_bytes)
    return (
        found
        | {
            "p99 of a send at 500/s, of 10 ms": _p99(sends) / _SEND,
            "p99 of a send at 500/s to a full store, of 10 ms": _p99(full_sends) / _SEND,
            "cost of an envelope, full store of empty": filled.growth,
            "memory, of 300 MB": max(memory) / _MEMORY,
            "cores that other programs used while sends were timed": max(others),
        }
        | {of_limit(name): read[name] / _READ for name in READS}
    )


@contextlib.contextmanager
def _started(folder: Path, tell: Callable[[str], None]) -> Iterator[Peer]:
    tell("installing Bugsink")
    commands = install_bugsink(folder)
    with bugsink(commands, folder / "bugsink", _free_port()) as theirs:
        yield theirs


def _beside_bugsink(
    plan: Plan, ours: Peer, folder: Path, tell: Callable[[str], None]
) -> dict[str, float]:
    """Both in turn, each alone: a turn ends when all of it is stored."""
    accepted: dict[str, list[float]] = {}
    stored: dict[str, list[float]] = {}
    with _started(folder, tell) as theirs:
        for turn in range(plan.rounds):
            for peer in (ours, theirs) if turn % 2 == 0 else (theirs, ours):
                tell(f"round {turn + 1} of {plan.rounds}: {peer.name}")
                bodies = list(itertools.islice(errors(), plan.errors))
                _warm_up(peer)
                before, started = peer.stored, time.perf_counter()
                speed = on_time(throughput(peer.ingest, bodies))
                peer.wait_until_stored(before + plan.errors)
                accepted.setdefault(peer.name, []).append(speed)
                whole = time.perf_counter() - started
                stored.setdefault(peer.name, []).append(plan.errors / whole)
        memory = ours.resident_bytes / theirs.resident_bytes
    return {
        "errors accepted, of bugsink": _ratio(accepted, ours, theirs),
        "errors accepted and stored, of bugsink": _ratio(stored, ours, theirs),
        "memory, of bugsink": memory,
    }


def _warm_up(peer: Peer) -> None:
    before = peer.stored
    on_time(throughput(peer.ingest, list(itertools.islice(errors(), _WARM_UP))))
    peer.wait_until_stored(before + _WARM_UP)


def _ratio(speeds: dict[str, list[float]], ours: Peer, theirs: Peer) -> float:
    return statistics.median(speeds[ours.name]) / statistics.median(speeds[theirs.name])


def _sends(plan: Plan, peer: Peer) -> list[float]:
    _warm_up(peer)
    bodies = list(itertools.islice(errors(), round(plan.seconds * RATE)))
    before = peer.stored
    taken = on_time(latencies(peer.ingest, bodies, RATE))
    peer.wait_until_stored(before + len(bodies))
    return taken


class _Elsewhere:
    """What programs other than this one and a server make the machine do, from now on."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._started = time.perf_counter()
        self._busy = self._others()

    @property
    def cores(self) -> float:
        """So many cores were busy with them."""
        return max(0.0, (self._others() - self._busy) / (time.perf_counter() - self._started))

    def _others(self) -> float:
        whole, own = psutil.cpu_times(), time.process_time()
        return float(whole.user + whole.nice + whole.system - own - self._peer.cpu_seconds)


def _p99(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=100)[98]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
