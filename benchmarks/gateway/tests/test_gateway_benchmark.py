"""The benchmark runs on the real programs and says every ratio; their size is not tested."""

import json
import subprocess
import sys

import pytest

from devstack.comfyui import ComfyUIInstallError, installed
from gateway_benchmark.cli import REACH
from gateway_benchmark.measure import Measured, ratios


async def test_a_short_run_says_every_ratio() -> None:
    try:
        await installed()
    except ComfyUIInstallError as error:
        pytest.skip(f"no ComfyUI: {error}")
    few = ["--rounds", "1", "--sequential", "2", "--concurrent", "4", "--in-flight", "2"]
    command = [sys.executable, "-m", "gateway_benchmark", "--json", "--size", "64", *few]
    run = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)  # noqa: ASYNC221
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    assert found.keys() == REACH.keys()
    assert all(value > 0 for value in found.values())


def test_ratios_say_what_a_reader_thinks_they_say() -> None:
    slow = Measured(latencies=[2.0, 2.0, 9.0], throughputs=[50.0])
    quick = Measured(latencies=[1.0, 1.0, 1.0], throughputs=[100.0])
    found = ratios({"gateway": slow, "direct": quick, "comfy-api-proxy": slow})
    assert found["latency, of direct"] == 2.0
    assert found["throughput, of direct"] == 0.5
    assert found["latency, of comfy-api-proxy"] == found["throughput, of comfy-api-proxy"] == 1.0
