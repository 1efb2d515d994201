"""Hand an environment to a program that Pants starts, so that only that program sees it.

What Pants is told of a process (its arguments, its environment) is logged, and is part of what it
knows of the process. So the process is told where to read instead: from a named pipe, of which
nothing is ever on the disk.
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path

from workspace.ci.clean_clone import INHERITED

_SENTRY = "SENTRY_"


def for_uploads(environment: Mapping[str, str]) -> dict[str, str]:
    """What an upload sees: where programs and certificates are, and what Sentry's tools read."""
    return {
        name: value
        for name, value in environment.items()
        if name in INHERITED or name.startswith(_SENTRY)
    }


def offer(environment: Mapping[str, str]) -> str:
    """Hold an environment ready for the one program that will take it.

    Returns:
        The path of a pipe in a folder that only this user can enter. It is gone once it is read.
    """
    folder = Path(tempfile.mkdtemp(prefix="kijko-publish-"))
    pipe = folder / "environment"
    os.mkfifo(pipe, 0o600)
    content = json.dumps(dict(environment)).encode()
    # It waits until the pipe is read; if that never happens, it ends with the process.
    threading.Thread(target=_write, args=(pipe, content), daemon=True).start()
    return str(pipe)


def take(path: str) -> dict[str, str]:
    """Read an environment that was offered. It can be taken once.

    Raises:
        OSError: nothing is offered there.
    """
    environment: dict[str, str] = json.loads(Path(path).read_bytes())
    return environment


def _write(pipe: Path, content: bytes) -> None:
    try:
        pipe.write_bytes(content)
    except BrokenPipeError:
        pass  # the reader ended; that it did is its own story
    finally:
        pipe.unlink()
        pipe.parent.rmdir()
