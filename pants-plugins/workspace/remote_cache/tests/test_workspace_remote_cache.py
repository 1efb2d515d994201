"""A shared cache: a real BuildGrid serves a suite to a machine that has never run it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path.cwd()
LAUNCHER = (Path("pants"), Path("3rdparty/python/launcher"))
BUILDGRID = Path(sys.executable).with_name("bgd")
PANTS_TOML = """
[GLOBAL]
backend_packages = ["pants.backend.shell"]
pantsd = false
dynamic_ui = false
[anonymous-telemetry]
enabled = false
"""
# Pants asks the cache and starts the process at once, and takes what answers first. So that speed
# decides nothing, a test that runs a second time does not end: only the cache can answer then.
SUITE = """
experimental_test_shell_command(
    name="{name}",
    command="mkdir {folder}/{name} || exec sleep 3600",
    tools=["mkdir", "sleep"],
)
"""
NAMES = ("one", "two")
SERVER = """
server:
  - !channel
    address: 127.0.0.1:0
    insecure-mode: true
description: A shared cache for one machine.
authorization: {{method: none}}
monitoring: {{enabled: false}}
instances:
  - name: ''
    storages:
      - !disk-storage &storage
        path: {folder}
    caches:
      - !lru-action-cache &cache
        storage: *storage
        max-cached-refs: 10000
        cache-failed-actions: false
        allow-updates: true
    services:
      - !action-cache {{cache: *cache}}
      - !cas {{storage: *storage}}
      - !bytestream {{storage: *storage}}
thread-pool-size: 20
"""
PATIENCE = 240  # seconds, for a machine that does much else


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a BuildGrid with an empty store."""
    settings, log = tmp_path / "server.yml", tmp_path / "server.log"
    settings.write_text(SERVER.format(folder=tmp_path / "cas"))
    with (
        log.open("w") as output,
        subprocess.Popen(
            [BUILDGRID, "server", "start", str(settings)], stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield f"grpc://127.0.0.1:{_port(process, log)}"
        finally:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    """The port that the system gave it, which it does not tell."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        for connection in psutil.Process(process.pid).net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN:
                return int(connection.laddr.port)
        time.sleep(0.1)
    raise AssertionError(f"BuildGrid does not listen: {log.read_text()}")


def run_suite(workspace: Path, server: str, store: Path) -> str:
    """Run the suite with an empty store of its own; what Pants says of it."""
    done = subprocess.run(
        [
            "./pants",
            *("--remote-cache-read", "--remote-cache-write"),
            *(f"--remote-store-address={server}", f"--local-store-dir={store}"),
            *("test", "::"),
        ],
        cwd=workspace,
        env={
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PANTS_", "PEX_", "PYTHON"))
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.timeout(4 * PATIENCE)
def test_a_second_machine_is_served_what_the_first_has_run(server: str, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    for part in LAUNCHER:
        (workspace / part).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / LAUNCHER[0], workspace / LAUNCHER[0])
    shutil.copytree(ROOT / LAUNCHER[1], workspace / LAUNCHER[1])
    for build in workspace.rglob("BUILD"):
        build.unlink()  # it speaks of targets that are not here
    (workspace / "pants.toml").write_text(PANTS_TOML)
    suite = [SUITE.format(name=name, folder=tmp_path) for name in NAMES]
    (workspace / "BUILD").write_text("".join(suite))
    first = run_suite(workspace, server, tmp_path / "first")
    assert "cached" not in first
    second = run_suite(workspace, server, tmp_path / "second")
    for name in NAMES:
        (line,) = (line for line in second.splitlines() if line.startswith(f"✓ //:{name} "))
        assert "cached remotely" in line
