"""The benchmark runs on the real programs and says every ratio; their size is not tested."""

import json
import subprocess
import sys

from release_benchmark.cli import REACH


def test_a_short_run_says_every_ratio() -> None:
    command = [sys.executable, "-m", "release_benchmark", "--json", "--rounds", "1", "--small"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == REACH.keys()
    assert all(value > 0 for value in found.values())
