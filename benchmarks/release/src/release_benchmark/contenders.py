"""The two ways to release five apps: one command, or a script of sentry-cli, app after app."""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from release_benchmark.world import PYTHON, WEB, World

_PATIENCE = 300.0
# As Sentry's documentation has it, one app after another.
_SCRIPT = r"""
set -eu
for app in $PYTHON_APPS; do
  release="$app@$VERSION+$SHA"; export SENTRY_PROJECT="$app"
  sentry-cli releases new "$release"
  sentry-cli releases set-commits "$release" --local
  sentry-cli sourcemaps upload --release "$release" --ext py "$app/src"
  sentry-cli code-mappings upload "mappings/$app.json" --repo kijko/mono --default-branch main
  sentry-cli releases finalize "$release"
  sentry-cli deploys new --release "$release" --env production
  git tag "$app@$VERSION"
done
for app in $WEB_APPS; do
  release="$app@$VERSION+$SHA"; export SENTRY_PROJECT="$app"
  sentry-cli releases new "$release"
  sentry-cli releases set-commits "$release" --local
  if [ "$INJECT" = yes ]; then sentry-cli sourcemaps inject "dist/$app"; fi
  sentry-cli sourcemaps upload --release "$release" "dist/$app"
  find "dist/$app" -name '*.map' -delete
  sentry-cli releases finalize "$release"
  sentry-cli deploys new --release "$release" --env production
  git tag "$app@$VERSION"
done
"""


class BenchmarkError(Exception):
    """A program cannot be had, or fails."""


@dataclass(frozen=True)
class Server:
    """A running local-sentry and a token for it."""

    url: str
    token: str


def add_debug_ids(world: World) -> None:
    """Make a copy of the builds with debug ids in scripts and maps."""
    shutil.copytree(world.folder / "built", world.folder / "injected")
    command = [str(_sentry_cli()), "sourcemaps", "inject", str(world.folder / "injected")]
    subprocess.run(command, check=True, capture_output=True)


def by_script(world: World, server: Server, version: str, *, inject: bool) -> float:
    """Release by the script; seconds of wall time."""
    environment = _environment(server) | {
        "PATH": f"{_sentry_cli().parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHON_APPS": " ".join(PYTHON),
        "WEB_APPS": " ".join(WEB),
        "VERSION": version,
        "INJECT": "yes" if inject else "no",
        "SHA": world.git("rev-parse", "HEAD")[:12],
    }
    mappings = world.checkout / "mappings"
    mappings.mkdir(exist_ok=True)
    for app in PYTHON:
        module = app.replace("-", "_")
        mapping = {"stackRoot": f"{module}/", "sourceRoot": f"{app}/src/{module}/"}
        (mappings / f"{app}.json").write_text(json.dumps([mapping]))
    return _timed(["bash", "-c", _SCRIPT], world, environment)


def by_command(world: World, server: Server) -> float:
    """Release by one command; seconds of wall time."""
    arguments = [
        "run", "--affected", "--quiet",
        "--projects", str(world.folder / "projects.json"),
        "--affected-from", str(world.folder / "affects.json"),
        *(part for app in WEB for part in ("--artifact", f"{app}=dist/{app}")),
    ]  # fmt: skip
    return _timed([sys.executable, "-m", "release_cli", *arguments], world, _environment(server))


def _timed(command: list[str], world: World, environment: dict[str, str]) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        command, cwd=world.checkout, env=environment, capture_output=True, text=True, check=False
    )
    taken = time.perf_counter() - began
    if done.returncode:
        raise BenchmarkError(f"{command[0]} failed: {(done.stderr or done.stdout)[-800:]}")
    return taken


def _environment(server: Server) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PYTHONPATH": _path(),
        "SENTRY_URL": server.url,
        "SENTRY_ORG": "kijko",
        "SENTRY_AUTH_TOKEN": server.token,
        "SENTRY_DISABLE_UPDATE_CHECK": "1",
        "SENTRY_CLI_NO_TELEMETRY": "1",
        "SENTRY_LOAD_DOTENV": "0",
        "SENTRY_NO_PROGRESS_BAR": "1",
        "RELEASE_REPOSITORY": "kijko/mono",
    }


def _path() -> str:
    return os.pathsep.join(str(Path(each).absolute()) for each in sys.path if each)


def _sentry_cli() -> Path:
    for folder in (Path(sys.executable).parent, *(Path(p).parent / "bin" for p in sys.path)):
        if (folder / "sentry-cli").is_file():
            return folder / "sentry-cli"
    found = shutil.which("sentry-cli")
    if found is None:
        raise BenchmarkError("sentry-cli is not installed.")
    return Path(found)


@contextlib.contextmanager
def local_sentry(data: Path) -> Iterator[Server]:
    """Runs local-sentry while the block lasts.

    Raises:
        BenchmarkError: it does not start.
    """
    program = [sys.executable, "-m", "local_sentry"]
    environment = os.environ | {"PYTHONPATH": _path()}
    process = subprocess.Popen(
        [*program, "serve", "--port", "0", "--data", str(data), "--quiet"],
        stdout=subprocess.PIPE, text=True, env=environment,
    )  # fmt: skip
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    try:
        line = _first_line(process.stdout.readline)
        if not line:
            raise BenchmarkError("local-sentry did not start.")
        made = subprocess.run(
            [*program, "token", "--data", str(data), "--scope", "org:ci", "--scope",
             "project:releases", "--scope", "org:read"],
            stdout=subprocess.PIPE, text=True, check=True, env=environment,
        )  # fmt: skip
        yield Server(json.loads(line)["url"], made.stdout.split()[-1])
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        process.stdout.close()


def _first_line(read: Callable[[], str]) -> str:
    lines: queue.Queue[str] = queue.Queue()
    reader = threading.Thread(target=lambda: lines.put(read()), daemon=True)
    reader.start()
    return lines.get(timeout=_PATIENCE)
