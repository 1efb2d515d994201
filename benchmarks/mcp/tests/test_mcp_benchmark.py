"""The benchmark runs on the real programs and says every ratio; their size is not tested."""

import json
import shutil
import subprocess
import sys

import pytest

from mcp_benchmark.cli import REACH


def test_a_short_run_says_every_ratio() -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed")
    command = [sys.executable, "-m", "mcp_benchmark", "--json", "--rounds", "1"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=800, check=False)
    if "npm cannot install" in run.stderr:
        pytest.skip("npm cannot install the official server here")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    asked = found.pop("by question")
    assert found.keys() == REACH.keys()
    assert all(value > 0 for value in found.values())
    assert len(asked) > 20
    for each in asked.values():
        assert each.keys() == {"latency", "tokens", "ours", "theirs", "facts"}
        assert all(value > 0 for value in each.values())
