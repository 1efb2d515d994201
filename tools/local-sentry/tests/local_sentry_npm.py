"""Installs the official npm clients, once per machine and version, into Kijko's cache."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from filelock import FileLock

_INSTALL_SECONDS = 600


def _cache() -> Path:
    given = os.environ.get("KIJKO_CACHE")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(given) if given else Path(base) / "kijko") / "npm"


def npm_program(package: str, version: str, script: str) -> list[str]:
    """The command that runs a script of an npm package; skips the test where there is no npm.

    Args:
        package: the name on the registry.
        version: exactly this one.
        script: the file inside the package.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    folder = _cache() / f"{package.replace('/', '+')}@{version}"
    program = folder / "node_modules" / package / script
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{folder}.lock", timeout=_INSTALL_SECONDS):
        if not (folder / "complete").is_file():
            _install(npm, folder, f"{package}@{version}")
    return [node, str(program)]


def _install(npm: str, folder: Path, wanted: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "package.json").write_text('{"private": true}')
    try:
        done = subprocess.run(
            [npm, "install", wanted, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save",
             "--prefix", str(folder)],
            capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False, cwd=folder,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        pytest.skip(f"npm did not install {wanted} in {_INSTALL_SECONDS} s")
    if done.returncode != 0:
        pytest.skip(f"npm cannot install {wanted}: {done.stderr.strip()[-300:]}")
    (folder / "complete").write_text("")


def quiet_environment(home: Path, server_url: str) -> dict[str, str]:
    """An environment in which a client finds its server, and nothing of the person who runs it."""
    kept = ("PATH", "LANG", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home),
        "SENTRY_CONFIG_DIR": str(home / ".sentry"),
        "SENTRY_URL": server_url,
        "SENTRY_HOST": server_url,
        "SENTRY_AUTH_TOKEN": "sntryu_" + "0" * 64,
        "SENTRY_ORG": "kijko",
        "SENTRY_CLI_NO_TELEMETRY": "1",
        "NO_COLOR": "1",
        "CI": "1",
    }
