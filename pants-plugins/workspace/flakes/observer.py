"""Test runs, out of the units of work that Pants tells its plugins about."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from workspace.flakes.junit import failed_cases
from workspace.flakes.records import TestRun

Unit = Mapping[str, Any]
# What Pants adds to a process as it runs it, which no run could see.
NOT_AN_INPUT = ("concurrency_available", "execution_slot_variable", "level", "description")


class Observer:
    """Pairs each test's result with the process that gave it.

    Args:
        read_report: gives the contents of a result's XML reports.
        known_to_have_failed: addresses and inputs of failures on record. A result that comes from
            a cache is news only where the same inputs failed before.
    """

    def __init__(
        self,
        read_report: Callable[[Any], Iterable[bytes]],
        known_to_have_failed: Iterable[tuple[str, str]] = (),
    ) -> None:
        self._read_report = read_report
        self._failed = set(known_to_have_failed)
        self._processes: dict[str, Unit] = {}

    def observe(self, completed: Iterable[Unit]) -> list[TestRun]:
        """Take what completed since the last call, in the order in which it did."""
        runs = []
        for unit in completed:
            if unit["name"] == "process":
                for parent in unit.get("parent_ids") or ():
                    self._processes[parent] = unit
            elif _is_test_result(unit):
                process = self._processes.pop(unit["span_id"], None)
                if process:
                    runs += self._runs(unit, process)
        return runs

    def _runs(self, unit: Unit, process: Unit) -> list[TestRun]:
        said = process["metadata"]
        passed = said.get("exit_code") == 0
        inputs = fingerprint(str(said.get("definition", "")))
        addresses = [str(address) for address in unit["metadata"]["addresses"]]
        reports = unit.get("artifacts", {}).get("xml_results")
        cases: tuple[str, ...] = ()
        if reports is not None and not passed:
            cases = tuple(
                case for report in self._read_report(reports) for case in failed_cases(report)
            )
        seconds = said.get("total_elapsed_ms", 0) / 1000
        when = unit["start_secs"] + unit.get("duration_secs", 0)
        ran = said.get("source") == "Ran"
        found = [
            TestRun(address, inputs, passed, seconds / len(addresses), float(when), cases)
            for address in addresses
            if ran or (address, inputs) in self._failed
        ]
        self._failed.update((run.address, run.inputs) for run in found if not run.passed)
        return found


def fingerprint(definition: str) -> str:
    """A digest of a process: its files, environment and command, not how busy the machine was."""
    try:
        said = json.loads(definition)
    except ValueError:
        said = {"definition": definition}
    kept = {name: value for name, value in said.items() if name not in NOT_AN_INPUT}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _is_test_result(unit: Unit) -> bool:
    metadata = unit.get("metadata") or {}
    return "addresses" in metadata and "stdout" in (unit.get("artifacts") or {})
