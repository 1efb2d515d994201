"""Large things lie in files beside the database, named by what they hold.

`DATA/blobs/ab/abcdef….zst`: the name is the BLAKE2b-256 of the content, so the same content is kept
once and writing it again changes nothing. A file is whole and on the disk before its name exists;
the row that refers to it is committed after that. What no row refers to is swept up by retention.
"""

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from local_sentry.store.compression import compress, decompress

FOLDER = "blobs"
_SUFFIX = ".zst"


class BlobMissingError(Exception):
    """A row refers to a file that is not there."""

    def __init__(self, digest: bytes) -> None:
        super().__init__(f"The file of blob {digest.hex()} is gone. local-sentry doctor says more.")


class Blobs:
    """The files of one data folder. Safe to use from several threads and processes."""

    def __init__(self, data: Path) -> None:
        """Names the folder inside the data folder; it appears with the first file."""
        self._folder = data / FOLDER

    def put(self, content: bytes | memoryview) -> bytes:
        """Keeps some content and returns its name, 32 bytes.

        Raises:
            OSError: the disk refused; nothing is kept.
        """
        digest = hashlib.blake2b(content, digest_size=32).digest()
        path = self.path(digest)
        if path.exists():
            os.utime(path)  # Young again: a sweep that runs now must not take it.
            return digest
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_name(f".{secrets.token_hex(8)}")
        try:
            with unfinished.open("xb") as file:
                file.write(compress(content))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
        _sync(path.parent)
        return digest

    def get(self, digest: bytes) -> bytes:
        """The content of that name.

        Raises:
            BlobMissingError: there is none.
        """
        try:
            return decompress(self.path(digest).read_bytes())
        except FileNotFoundError:
            raise BlobMissingError(digest) from None

    def has(self, digest: bytes) -> bool:
        """Whether there is content of that name."""
        return self.path(digest).exists()

    def remove(self, digest: bytes) -> None:
        """Forgets content that no row refers to any more."""
        self.path(digest).unlink(missing_ok=True)

    def all(self) -> Iterator[tuple[bytes, os.stat_result]]:
        """Every name with what the file system says of its file."""
        for path in self._folder.glob(f"??/*{_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError, ValueError):
                yield bytes.fromhex(path.stem), path.stat()

    def remove_unfinished(self, older_than: float) -> None:
        """Removes what a crash left half written before a time, in seconds since the epoch."""
        for path in self._folder.glob("??/.*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < older_than:
                    path.unlink()

    def path(self, digest: bytes) -> Path:
        """The file of a name, whether it is there or not."""
        name = digest.hex()
        return self._folder / name[:2] / f"{name}{_SUFFIX}"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
