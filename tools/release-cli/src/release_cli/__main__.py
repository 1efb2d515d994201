"""The program's beginning and end, as `release` and as `python -m release_cli`.

A run lives for half a second. Looking for garbage meanwhile and taking everything apart at the end
would be a fifth of that, for memory that the system takes back anyway.
"""

import gc
import os
import sys
from typing import NoReturn

_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def main() -> NoReturn:
    """Run the command line and end the program with its exit status."""
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    # Pydantic would look for plugins of itself in the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    from release_cli.cli import command_line

    status = command_line()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:  # nobody reads any more, or the disk is full
        status = status or 1
    os._exit(status)


if __name__ == "__main__":
    main()
