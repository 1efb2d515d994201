"""The benchmark runs on the real programs and says every ratio; their size is not tested."""

import itertools
import json
import subprocess
import sys

import pytest

from sentry_benchmark.envelopes import SPANS, errors, trace_id_of, transactions
from sentry_benchmark.measure import REACH


def test_a_short_run_says_every_ratio() -> None:
    few = ["--rounds", "1", "--errors", "40", "--seconds", "0.5", "--issues", "60",
           "--spans", "1000", "--turns", "2"]  # fmt: skip
    command = [sys.executable, "-m", "sentry_benchmark", "--json", *few]
    run = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    if "cannot be installed" in run.stderr:
        pytest.skip(run.stderr.strip())
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == REACH.keys()
    # Other programs may do nothing.
    assert all(value > 0 for name, value in found.items() if "other programs" not in name)


@pytest.mark.parametrize("kind", [errors, transactions])
def test_every_envelope_is_a_new_one_with_true_lengths(kind: object) -> None:
    source = errors() if kind is errors else transactions()
    seen = set()
    for body in itertools.islice(source, 50):
        head, item, payload, rest = body.split(b"\n")
        assert json.loads(item)["length"] == len(payload)
        assert rest == b""
        seen.add(json.loads(head)["event_id"])
    assert len(seen) == 50


def test_each_error_of_a_full_store_is_an_issue_of_its_own() -> None:
    types = {
        json.loads(body.split(b"\n")[2])["exception"]["values"][0]["type"]
        for body in itertools.islice(errors(200, days=1), 200)
    }
    assert len(types) == 200


def test_a_transaction_has_its_spans_and_a_trace() -> None:
    body = next(transactions())
    event = json.loads(body.split(b"\n")[2])
    assert len(event["spans"]) + 1 == SPANS
    assert trace_id_of(body) == event["contexts"]["trace"]["trace_id"]
