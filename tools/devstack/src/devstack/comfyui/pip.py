"""Makes a virtual environment and runs its pip, telling how far it is."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from devstack.children import Child, child
from devstack.comfyui.errors import ComfyUIInstallError

_SECONDS_FOR_VENV = 180.0
_SECONDS_FOR_PIP = 3600.0
_SECONDS_BETWEEN_LOOKS = 0.2
_UNWANTED = frozenset(
    {"VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"}
    | {"PIP_REQUIRE_HASHES", "PIP_NO_DEPS", "PIP_DRY_RUN", "PIP_REPORT", "PIP_QUIET"}
)
# The last is how pip says it where it was told not to try again.
_NETWORK_SIGNS = ("connection broken", "Max retries", "name resolution", "(from versions: none)")


@dataclass(frozen=True)
class VirtualEnvironment:
    """A virtual environment in the making."""

    root: Path
    log: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.root / "bin" / "python"

    async def pip(
        self,
        *arguments: str | Path,
        scratch: Path,
        on_line: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """Run pip.

        Args:
            arguments: As on its command line.
            scratch: A folder for its temporary files, which may be large.
            on_line: Told each line it prints, soon after.

        Raises:
            ComfyUIInstallError: It failed; the message has what it said.
        """
        command = (self.python, "-m", "pip", *arguments)
        environment = _environment() | {"TMPDIR": str(scratch)}
        async with child("pip", command, log=self.log, environment=environment, grace=3) as pip:
            status = await _follow(pip, on_line)
        if status != 0:
            raise _failure(pip)


async def make_environment(root: Path, log: Path) -> VirtualEnvironment:
    """Make a virtual environment with pip, of a Python for which every wheel exists.

    Raises:
        ComfyUIInstallError: No fit Python can make one.
    """
    tried = []
    for python in _pythons():
        command = (python, "-m", "venv", root)
        async with child("venv", command, log=log, environment=_environment(), grace=1) as venv:
            try:
                status = await asyncio.wait_for(venv.wait(), _SECONDS_FOR_VENV)
            except TimeoutError:
                status = None
        if status == 0:
            return VirtualEnvironment(root, log)
        tried.append(str(python))
        await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
    raise ComfyUIInstallError(
        f"No virtual environment could be made with {' or '.join(tried)}.",
        f"Install CPython 3.11 with its venv module (on Debian: python3-venv); {log} says more.",
    )


def _pythons() -> list[Path]:
    """Return interpreters to try: 3.11 first, as wheels of torch for the CPU are kept for it."""
    found = {minor: shutil.which(f"python3.{minor}") for minor in (11, 12, 13)}
    # Not sys.executable: that may be a virtual environment, whose life is not ours to know.
    found[sys.version_info.minor] = str(getattr(sys, "_base_executable", sys.executable))
    order = dict.fromkeys((11, sys.version_info.minor, 12, 13))
    return [Path(python) for minor in order if (python := found[minor])]


def _environment() -> dict[str, str]:
    """Return our environment without what would lead pip to another place than the venv."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _UNWANTED and not name.startswith("PYTHON")
    }
    fixed = {
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "PIP_PROGRESS_BAR": "off",
        "PYTHONNOUSERSITE": "1",
        "PYTHONUNBUFFERED": "1",
    }
    # Older pips read only their own setting for a local certificate authority.
    if "SSL_CERT_FILE" in kept:
        kept.setdefault("PIP_CERT", kept["SSL_CERT_FILE"])
    return kept | fixed


async def _follow(running: Child, on_line: Callable[[str], None]) -> int:
    ending = asyncio.ensure_future(running.wait())
    told = 0
    try:
        async with asyncio.timeout(_SECONDS_FOR_PIP):
            while not ending.done():
                await asyncio.wait({ending}, timeout=_SECONDS_BETWEEN_LOOKS)
                lines = running.output().splitlines()
                for line in lines[told:]:
                    on_line(line)
                told = len(lines)
            return ending.result()
    except TimeoutError:
        raise ComfyUIInstallError(
            f"pip did not finish within {_SECONDS_FOR_PIP / 60:.0f} minutes.",
            f"See {running.log} for where it stood, and try again.",
        ) from None
    finally:
        ending.cancel()


def _failure(pip: Child) -> ComfyUIInstallError:
    output = pip.output()
    errors = [line for line in output.splitlines() if line.startswith("ERROR")]
    said = " ".join(errors[-2:]) or "it gave no reason"
    if "No space left on device" in output:
        return ComfyUIInstallError(
            "The disk filled up while ComfyUI was being installed.",
            "Free about 3 GB, or set KIJKO_CACHE to a folder on a larger disk.",
        )
    if any(sign in output for sign in _NETWORK_SIGNS):
        return ComfyUIInstallError(
            f"pip could not reach its package index: {said}.",
            "Check the network, or point pip at an index of yours with PIP_INDEX_URL.",
        )
    return ComfyUIInstallError(f"pip failed: {said}.", f"All it said is in {pip.log}.")
