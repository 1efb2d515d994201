"""Which tests failed and passed on the same inputs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from workspace.flakes.records import TestRun


@dataclass(frozen=True)
class Flake:
    """A test that gave two answers to one question.

    Attributes:
        address: of the target.
        inputs: the digest on which it did both, the latest where there are several.
        failed: how often it failed on inputs on which it also passed.
        passed: how often it passed on those.
        last_failed: seconds since 1970.
        cases: the test functions that failed.
    """

    address: str
    inputs: str
    failed: int
    passed: int
    last_failed: float
    cases: tuple[str, ...]


def find_flakes(runs: Iterable[TestRun]) -> list[Flake]:
    """The tests that failed and passed on the same inputs, the latest failure first."""
    by_question: dict[tuple[str, str], list[TestRun]] = {}
    for run in runs:
        by_question.setdefault((run.address, run.inputs), []).append(run)
    unsure: dict[str, list[list[TestRun]]] = {}
    for (address, _), answers in by_question.items():
        if len({run.passed for run in answers}) == 2:
            unsure.setdefault(address, []).append(answers)
    flakes = []
    for address, questions in unsure.items():
        failed = [run for answers in questions for run in answers if not run.passed]
        last = max(failed, key=lambda run: (run.when, run.inputs))
        flakes.append(
            Flake(
                address,
                last.inputs,
                len(failed),
                sum(run.passed for answers in questions for run in answers),
                last.when,
                tuple(sorted({case for run in failed for case in run.failed_cases})),
            )
        )
    return sorted(flakes, key=lambda flake: (-flake.last_failed, flake.address))


def report(flakes: Sequence[Flake], known: int) -> str:
    """What a person reads.

    Args:
        flakes: what to tell of.
        known: how many runs are on record.
    """
    if not known:
        return "No test runs are on record here. Run ./pants test first."
    if not flakes:
        return f"No flakes in {known} recorded runs."
    lines = [
        f"{len(flakes)} of the tests in {known} recorded runs failed and passed on the same inputs:"
    ]
    for flake in flakes:
        last = datetime.fromtimestamp(flake.last_failed, timezone.utc)  # Python 3.9
        lines += [
            "",
            f"{flake.address}",
            f"  failed {flake.failed}, passed {flake.passed}; last failed {last:%Y-%m-%d %H:%M %Z}",
            f"  inputs {flake.inputs[:12]}",
            *(f"  {case}" for case in flake.cases),
        ]
    return "\n".join(lines)
