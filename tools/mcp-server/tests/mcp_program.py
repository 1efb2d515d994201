"""Runs the program to its end, in a folder and a home of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DEADLINE = 240.0
_KEPT = ("PATH", "LANG", "SSL_CERT_FILE", "TMPDIR")


@dataclass(frozen=True)
class Done:
    """A run that came to its end."""

    status: int
    output: str
    errors: str


def run(folder: Path, home: Path, *arguments: str, more: Mapping[str, str] | None = None) -> Done:
    """`mcp-server` with these arguments; nobody sits at its terminal."""
    given = {name: os.environ[name] for name in _KEPT if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "kijko_mcp", *arguments],
        cwd=folder,
        env=given
        | {
            "HOME": str(home),
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
            "NO_COLOR": "1",
            "COLUMNS": "200",
        }
        | dict(more or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
