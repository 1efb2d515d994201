"""The launcher on a workspace of its own, in a path with spaces, with an empty cache.

Installing takes the package index; where that cannot be reached the tests skip and say so.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path.cwd()
LOCKS = Path("3rdparty/python/launcher")
DEADLINE = 240.0


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "a work space"
    (root / LOCKS).mkdir(parents=True)
    for lockfile in (ROOT / LOCKS).glob("*.lock"):
        shutil.copy(lockfile, root / LOCKS)
    shutil.copy(ROOT / "pants", root)
    (root / "pants.toml").write_text('[GLOBAL]\npants_version = "2.17.1"\n')
    (root / "apps" / "some app").mkdir(parents=True)
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PANTS_")}
    return inherited | {
        "KIJKO_CACHE": str(tmp_path / "a cache"),
        "PANTS_PANTSD": "false",
        "PANTS_LOCAL_STORE_DIR": str(tmp_path / "store"),
        "PANTS_NAMED_CACHES_DIR": str(tmp_path / "named"),
    }


class Start:
    """One `./pants --version` under way, in a process group of its own."""

    def __init__(self, root: Path, cwd: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [str(root / "pants"), "--version"],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def kill(self) -> None:
        """End it as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate(timeout=DEADLINE)

    def result(self) -> tuple[int, str, str]:
        """Wait for the exit code, standard output and standard error."""
        out, err = self.process.communicate(timeout=DEADLINE)
        if "package index reachable" in err:
            pytest.skip("the package index cannot be reached")
        return self.process.returncode, out, err


@pytest.fixture
def starts() -> Iterator[list[Start]]:
    under_way: list[Start] = []
    yield under_way
    for start in under_way:
        if start.process.poll() is None:
            start.kill()


def wait_for(folder: Path, pattern: str) -> Path:
    """Wait until something in a folder, which need not be there yet, is named like the pattern."""
    end = time.monotonic() + DEADLINE
    while (found := next(folder.glob(pattern), None)) is None:
        assert time.monotonic() < end, f"{pattern} did not appear in {folder}"
        time.sleep(0.01)
    return found


def test_interrupted_then_two_at_once_then_at_once(
    workspace: Path, environment: dict[str, str], starts: list[Start]
) -> None:
    cache = Path(environment["KIJKO_CACHE"]) / "pants"
    first = Start(workspace, workspace, environment)
    starts.append(first)
    home = wait_for(cache, "*/venv/bin/pip").parents[2]
    first.kill()
    assert not (home / "environment").exists()

    together = [
        Start(workspace, folder, environment)
        for folder in (workspace, workspace / "apps" / "some app")
    ]
    starts += together
    results = [start.result() for start in together]
    assert [(code, out) for code, out, _ in results] == [(0, "2.17.1\n")] * 2, results
    assert sum("installing Pants 2.17.1" in err for _, _, err in results) == 1

    again = Start(workspace, Path("/"), environment)
    starts.append(again)
    code, out, err = again.result()
    assert (code, out) == (0, "2.17.1\n")
    assert "pants: " not in err


@pytest.mark.parametrize("broken", ["no Python", "no folder"])
def test_what_is_missing_is_one_sentence(
    workspace: Path, environment: dict[str, str], tmp_path: Path, broken: str
) -> None:
    environment |= {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    environment.pop("PYENV_ROOT", None)
    if broken == "no folder":
        (tmp_path / "file").touch()
        environment["KIJKO_CACHE"] = str(tmp_path / "file")
        sentence = "set KIJKO_CACHE to a folder that can be written"
    else:
        # Every Python this machine has is out of reach but one that refuses to do anything.
        bare = tmp_path / "bin"
        bare.mkdir()
        for tool in ("bash", "cat", "cksum", "dirname", "mkdir", "readlink"):
            found = shutil.which(tool)
            assert found
            (bare / tool).symlink_to(found)
        environment["PATH"] = str(bare)
        sentence = "needs CPython 3.9 to run Pants and found none"
    result = subprocess.run(
        ["/bin/bash", str(workspace / "pants"), "--version"],
        cwd=workspace,
        env=environment,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert result.returncode == 1
    assert sentence in result.stderr
    assert [line for line in result.stderr.splitlines() if line.startswith("pants: ")][1:] == []


@pytest.mark.parametrize("script", ["pants", ".ci/release", ".ci/run"])
def test_shell_scripts_pass_shellcheck(script: str) -> None:
    path = ROOT / script
    shellcheck = Path(sys.executable).with_name("shellcheck")
    result = subprocess.run(
        [str(shellcheck), str(path)], capture_output=True, text=True, check=False, timeout=DEADLINE
    )
    assert result.returncode == 0, result.stdout
