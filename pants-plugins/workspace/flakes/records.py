"""Records of test runs: one line of JSON each, in a folder that CI keeps and restores."""

from __future__ import annotations

import dataclasses
import json
import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(".pants.d/test-records")
LARGEST_BYTES = 2_000_000
RECENT = 5


@dataclass(frozen=True)
class TestRun:
    """One test target, run once.

    Attributes:
        address: of the target.
        inputs: a digest of all that the run could see: files, environment, command.
        passed: whether it did.
        seconds: how long it took.
        when: seconds since 1970.
        failed_cases: the test functions that failed, where the report tells.
    """

    __test__ = False  # for pytest, which collects by name

    address: str
    inputs: str
    passed: bool
    seconds: float
    when: float
    failed_cases: tuple[str, ...] = ()


def read(folder: Path) -> list[TestRun]:
    """All records, the oldest first. A torn line, or one of another version, is passed over."""
    runs = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(errors="replace").splitlines():
            run = _run(line)
            if run is not None:
                runs.append(run)
    return sorted(set(runs), key=lambda run: (run.when, run.address))


def _run(line: str) -> TestRun | None:
    try:
        values = json.loads(line)
        values["failed_cases"] = tuple(values["failed_cases"])
        return TestRun(**values)
    except (ValueError, TypeError, KeyError):
        return None


def append(folder: Path, writer: str, runs: Iterable[TestRun]) -> None:
    """Add records to a writer's file; beyond LARGEST_BYTES its older half is dropped.

    Args:
        folder: of all records; made if missing.
        writer: who writes, so that files of several CI jobs can be laid together.
        runs: what to add.
    """
    lines = [json.dumps(dataclasses.asdict(run), sort_keys=True) + "\n" for run in runs]
    if not lines:
        return
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{re.sub(r'[^A-Za-z0-9._-]', '-', writer) or 'local'}.jsonl"
    with file.open("a", encoding="utf-8") as stream:
        stream.write("".join(lines))
    if file.stat().st_size > LARGEST_BYTES:
        kept = file.read_text(errors="replace").splitlines(keepends=True)
        partial = file.with_suffix(".partial")
        partial.write_text("".join(kept[len(kept) // 2 :]))
        partial.replace(file)


def durations(runs: Iterable[TestRun]) -> dict[str, float]:
    """How long each test takes: the median of its latest runs that passed, in seconds."""
    recent: dict[str, list[float]] = {}
    for run in sorted(runs, key=lambda one: one.when):
        if run.passed:
            recent.setdefault(run.address, []).append(run.seconds)
    return {address: statistics.median(times[-RECENT:]) for address, times in recent.items()}
