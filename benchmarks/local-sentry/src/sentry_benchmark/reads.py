"""Times what people look at: the list of issues, a trace, percentiles over many spans."""

import itertools
import statistics
import time

import httpx

from sentry_benchmark.programs import Peer

_ORGANIZATION = "/api/0/organizations/kijko"
_PATIENCE = 60.0


def reads(peer: Peer, traces: list[str], turns: int) -> dict[str, float]:
    """The median seconds of each, asked for in turn."""
    trace = itertools.cycle(traces)
    taken: dict[str, list[float]] = {}
    with httpx.Client(base_url=peer.url, trust_env=False, timeout=_PATIENCE) as client:
        for _ in range(turns):
            for name, (path, parameters) in _addresses(next(trace)).items():
                started = time.perf_counter()
                answer = client.get(path, params=parameters)
                taken.setdefault(name, []).append(time.perf_counter() - started)
                answer.raise_for_status()
    return {name: statistics.median(each) for name, each in taken.items()}


def _addresses(trace: str) -> dict[str, tuple[str, dict[str, str | list[str]]]]:
    percentiles: dict[str, str | list[str]] = {
        "dataset": "spans", "field": ["transaction", "p95(span.duration)"], "statsPeriod": "24h",
        "sort": "-p95(span.duration)", "per_page": "100",
    }  # fmt: skip
    return {
        "issue list": (f"{_ORGANIZATION}/issues/", {}),
        "issue page": ("/organizations/kijko/issues/", {}),
        "trace": (f"{_ORGANIZATION}/trace/{trace}/", {}),
        "trace page": (f"/explore/traces/trace/{trace}/", {}),
        "p95(span.duration) by transaction": (f"{_ORGANIZATION}/events/", percentiles),
    }
