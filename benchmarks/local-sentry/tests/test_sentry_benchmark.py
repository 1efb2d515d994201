"""The benchmark runs on the real programs and says every ratio; their size is not tested."""

import itertools
import json
import subprocess
import sys

import pytest

from sentry_benchmark.cli import REACH
from sentry_benchmark.load import envelopes


def test_a_short_run_says_every_ratio() -> None:
    few = ["--rounds", "1", "--errors", "40", "--seconds", "0.5"]
    command = [sys.executable, "-m", "sentry_benchmark", "--json", *few]
    run = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)
    if "cannot be installed" in run.stderr:
        pytest.skip(run.stderr.strip())
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == REACH.keys()
    assert all(value > 0 for value in found.values())


def test_every_error_is_a_new_one_with_true_lengths() -> None:
    seen = set()
    for body in itertools.islice(envelopes(), 50):
        head, item, payload, rest = body.split(b"\n")
        assert json.loads(item)["length"] == len(payload)
        assert rest == b""
        seen.add(json.loads(head)["event_id"])
    assert len(seen) == 50
