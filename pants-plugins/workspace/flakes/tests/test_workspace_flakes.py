"""Flakes, durations and the records they come from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspace.flakes import records
from workspace.flakes.flakiness import find_flakes, report
from workspace.flakes.junit import failed_cases
from workspace.flakes.observer import Observer, fingerprint
from workspace.flakes.records import TestRun


def run(
    answer: str, address: str = "a", inputs: str = "i", when: float = 0, **more: Any
) -> TestRun:
    return TestRun(address, inputs, answer == "passed", more.pop("seconds", 1.0), when, **more)


def test_failing_and_passing_on_the_same_inputs_is_a_flake() -> None:
    runs = [
        run("failed", when=1, failed_cases=("t.one",)),
        run("passed", when=2),
        run("failed", when=3, failed_cases=("t.two",)),
        run("failed", "fixed", "before"),
        run("passed", "fixed", "after"),
        run("failed", "broken"),
    ]
    (flake,) = find_flakes(runs)
    assert (flake.address, flake.failed, flake.passed, flake.last_failed) == ("a", 2, 1, 3)
    assert flake.cases == ("t.one", "t.two")
    assert (
        "a\n  failed 2, passed 1; last failed 1970-01-01 00:00 UTC\n  inputs i\n  t.one"
        in report([flake], 6)
    )


def test_a_report_without_flakes_says_from_how_much() -> None:
    assert report([], 3) == "No flakes in 3 recorded runs."
    assert "Run ./pants test" in report([], 0)


answers = st.lists(
    st.builds(
        TestRun,
        st.sampled_from("abc"),
        st.sampled_from("xy"),
        st.booleans(),
        st.just(1.0),
        st.floats(0, 9),
    ),
    max_size=30,
)


@given(answers)
def test_flakes_are_exactly_the_questions_with_two_answers(runs: list[TestRun]) -> None:
    unsure = {
        one.address
        for one in runs
        for other in runs
        if (one.address, one.inputs) == (other.address, other.inputs) and one.passed != other.passed
    }
    assert {flake.address for flake in find_flakes(runs)} == unsure
    assert find_flakes(runs) == find_flakes(reversed(runs))


def test_records_of_several_writers_are_read_together_and_torn_lines_passed_over(
    tmp_path: Path,
) -> None:
    first, second = run("passed", when=1), run("failed", "b", when=2, failed_cases=("t.one",))
    records.append(tmp_path / "r", "test/2", [second])
    records.append(tmp_path / "r", "test-1", [first, first])
    records.append(tmp_path / "r", "unused", [])
    with (tmp_path / "r" / "test-1.jsonl").open("a") as stream:
        stream.write('{"address": "torn\n[]\n{"version": 2}\n')
    assert records.read(tmp_path / "r") == [first, second]
    assert sorted(file.name for file in (tmp_path / "r").iterdir()) == [
        "test-1.jsonl",
        "test-2.jsonl",
    ]
    assert records.read(tmp_path / "nothing") == []


def test_records_do_not_grow_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "LARGEST_BYTES", 1000)
    for when in range(100):
        records.append(tmp_path, "local", [run("passed", when=when)])
    kept = records.read(tmp_path)
    assert (tmp_path / "local.jsonl").stat().st_size <= 1000
    assert kept[-1].when == 99


def test_a_duration_is_the_median_of_the_latest_that_passed() -> None:
    runs = [run("passed", when=n, seconds=float(n)) for n in range(10)]
    assert records.durations([*runs, run("failed", when=20, seconds=99)]) == {"a": 7.0}
    assert records.durations([run("failed")]) == {}


REPORT = b"""<testsuites><testsuite><testcase classname="tests.test_a" name="test_one">
<failure/></testcase>
<testcase classname="tests.test_a" name="test_two"/><testcase name="test_three"><error/></testcase>
</testsuite></testsuites>"""


def process(
    span: str, parent: str, code: int, source: str = "Ran", **definition: Any
) -> dict[str, Any]:
    said = {
        "definition": json.dumps(definition),
        "exit_code": code,
        "source": source,
        "total_elapsed_ms": 2500,
    }
    return {"name": "process", "span_id": span, "parent_ids": (parent,), "metadata": said}


def result(span: str, *addresses: str, **artifacts: Any) -> dict[str, Any]:
    return {
        "name": "pants.backend.python.goals.pytest_runner.run_python_tests",
        "span_id": span,
        "start_secs": 100,
        "duration_secs": 5,
        "metadata": {"addresses": addresses},
        "artifacts": {"stdout": "digest", **artifacts},
    }


def test_a_result_is_paired_with_the_process_that_gave_it() -> None:
    observer = Observer(lambda snapshot: [snapshot])
    other = {"name": "parse", "span_id": "x", "metadata": {"addresses": ["a"]}, "artifacts": {}}
    assert observer.observe([process("1", "t", 1, argv=["a"]), process("2", "u", 0), other]) == []
    (seen,) = observer.observe([result("t", "a", xml_results=REPORT)])
    assert seen == TestRun(
        "a",
        fingerprint('{"argv": ["a"]}'),
        False,
        2.5,
        105.0,
        ("test_three", "tests.test_a.test_one"),
    )


def test_what_a_cache_answers_is_news_only_after_a_failure() -> None:
    inputs = fingerprint('{"argv": ["a"]}')
    cached = [process("1", "t", 0, "HitRemotely", argv=["a"]), result("t", "a")]
    assert Observer(lambda _: []).observe(cached) == []
    (seen,) = Observer(lambda _: [], [("a", inputs)]).observe(cached)
    assert seen.passed


def test_how_busy_the_machine_is_is_no_input() -> None:
    assert fingerprint('{"argv": [], "concurrency_available": 1}') == fingerprint(
        '{"concurrency_available": 9, "argv": []}'
    )
    assert fingerprint('{"argv": []}') != fingerprint('{"argv": ["x"]}')
    assert fingerprint("not JSON") != fingerprint("other")


def test_a_report_that_cannot_be_read_names_nothing() -> None:
    assert failed_cases(b"<torn") == ()
