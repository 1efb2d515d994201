"""Sees whether anything that was started is still there."""

from collections.abc import Sequence

import psutil


def processes_below_us() -> list[psutil.Process]:
    """Return every process that descends from this one now."""
    return psutil.Process().children(recursive=True)


def still_running(processes: Sequence[psutil.Process]) -> list[str]:
    """Name those that are not gone; a zombie that nobody has reaped yet counts as gone."""
    names = []
    for process in processes:
        try:
            # psutil compares start times too, so another process with the same id is not meant.
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                names.append(f"{process.name()} ({process.pid})")
        except psutil.NoSuchProcess:
            continue
    return names
