"""The program's beginning and end, as `release` and as `python -m release_cli`.

A run lives for half a second, most of which Python takes to load what it needs. So what speaks to
Sentry is loaded beside the rest, garbage is hardly looked for, and at the end nothing is taken
apart: the system takes the memory back anyway.
"""

import gc
import importlib
import os
import sys
import threading
from typing import NoReturn

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> NoReturn:
    """Run the command line and end the program with its exit status."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # Pydantic would look for plugins of itself in the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # With a DSN the SDK is loaded first, and the two would meet inside Pydantic.
    if sys.argv[1:2] == ["run"] and not os.environ.get("SENTRY_DSN"):
        threading.Thread(target=_load_ahead, daemon=True).start()
    from release_cli.cli import command_line

    status = command_line()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more, or the disk is full
        status = status or 1
    os._exit(status)


def _load_ahead() -> None:
    """Load what a run needs, while certificates are read, and git and Pants are waited for.

    In this order: the verb waits for the first, so that no two threads are inside Pydantic at once,
    whose modules import each other.
    """
    for module in ("workspace", "release_run"):
        importlib.import_module(f"release_cli.services.{module}")


if __name__ == "__main__":
    main()
