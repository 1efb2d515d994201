"""Becomes another program that the kernel ends as soon as the process that started it is dead.

Run as `python -I -S child_launcher.py PARENT PROGRAM ARGUMENT…`. Linux only. Not a `preexec_fn`:
Python code between fork and exec may wait for ever on a lock of a thread that was not forked.
"""

import ctypes
import os
import signal
import sys

CANNOT_RUN = 127
"""Exit status when the program cannot be run, as a shell's."""

_PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    """Ask for the signal, make sure that the parent still lives to cause it, and become `command`.

    The signal comes when the thread that started us ends: the gateway's main one, with its loop.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{os.path.basename(command[0])} cannot be run: {error.strerror}\n")  # noqa: PTH119 - pathlib is slow to load
        sys.exit(CANNOT_RUN)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
