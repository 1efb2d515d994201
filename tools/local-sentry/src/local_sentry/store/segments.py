"""The files of the journal, and how one is made ready before it is needed.

A file that grows costs its file system a transaction of its own with every sync, milliseconds on
a busy disk. A file whose blocks are already written costs none. So, while much arrives, a thread
fills the next file with zeros; where that fails or space is short, files grow as they are written.
"""

import contextlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

SEGMENT_BYTES = 32 * 1024 * 1024
_CHUNK = bytes(1024 * 1024)
MOST_OF_FREE_SPACE = 1 / 16


def path_of(folder: Path, number: int) -> Path:
    """The file of a segment."""
    return folder / f"{number:012d}.journal"


def numbers(folder: Path) -> list[int]:
    """Numbers of the segments present, oldest first."""
    return sorted(int(path.stem) for path in folder.glob("*.journal"))


# macOS has no fdatasync.
sync = getattr(os, "fdatasync", os.fsync)


def sync_folder(folder: Path) -> None:
    """Puts the names of new files on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@dataclass(frozen=True, slots=True)
class Segment:
    """An open file of the journal."""

    number: int
    file: int
    is_prepared: bool


def create(folder: Path, number: int, *, is_prepared: bool = False) -> Segment:
    """An empty segment, whose name is on the disk.

    Raises:
        OSError: the disk refused.
    """
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    file = os.open(path_of(folder, number), flags, 0o600)
    try:
        sync_folder(folder)
    except OSError:
        os.close(file)
        raise
    return Segment(number, file, is_prepared)


class Preparation:
    """Fills one segment with zeros, in a thread."""

    def __init__(self, folder: Path, number: int) -> None:
        """Starts at once."""
        self.number = number
        self._folder = folder
        self._segment: Segment | None = None
        self._abandoned = threading.Event()
        self._thread = threading.Thread(target=self._run, name="segments", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Whether `take` would not wait."""
        return not self._thread.is_alive()

    def take(self) -> Segment | None:
        """The segment, waiting for it; None when it could not be prepared."""
        self._thread.join()
        return self._segment

    def abandon(self) -> None:
        """Stops, and leaves nothing behind."""
        self._abandoned.set()
        segment = self.take()
        if segment is not None:
            self._remove(segment)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # The journal does without.
            disk = os.statvfs(self._folder)
            if disk.f_bavail * disk.f_frsize * MOST_OF_FREE_SPACE < SEGMENT_BYTES:
                return
            segment = create(self._folder, self.number, is_prepared=True)
            try:
                self._fill(segment.file)
            except OSError:
                self._remove(segment)
                raise
            self._segment = segment

    def _fill(self, file: int) -> None:
        size = 0
        while size < SEGMENT_BYTES and not self._abandoned.is_set():
            size += os.pwrite(file, _CHUNK[: SEGMENT_BYTES - size], size)
            sync(file)  # In bites, so that the senders' syncs come between.

    def _remove(self, segment: Segment) -> None:
        os.close(segment.file)
        path_of(self._folder, segment.number).unlink(missing_ok=True)
