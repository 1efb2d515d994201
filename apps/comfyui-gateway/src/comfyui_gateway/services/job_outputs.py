"""The finished files of jobs on this disk: written whole, read back safely, one folder per attempt.

An attempt writes only below `outputs/<job id>/<attempt>/`. So a worker that lost its job to another
cannot touch the files of the one that ended it.
"""

import asyncio
import errno
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path, PurePosixPath
from typing import TypeVar
from uuid import UUID

from comfyui_gateway.models import StoredOutput
from comfyui_gateway.problems import OutputMissing, StorageFull

T = TypeVar("T")

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 120
_WRITE_SIZE = 4 * 1024 * 1024


class OutputStore:
    """The outputs folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            OSError: it cannot be made.
        """
        self._folder.mkdir(parents=True, exist_ok=True)

    async def attempt(self, job_id: UUID, attempt: int) -> "AttemptFolder":
        """An empty folder for one attempt at a job, and none of earlier attempts beside it.

        What those left is of no use any more, and may be what fills the disk. Later ones are not
        touched: this attempt may be the one that was given up.

        Raises:
            StorageFull: the disk is full.
        """
        path = self._folder / str(job_id) / str(attempt)
        try:
            await asyncio.to_thread(_make_empty, path)
        except OSError as error:
            raise _storage_problem(error) from error
        return AttemptFolder(self._folder, path)

    async def forget(self, job_id: UUID, *, keep: int | None = None) -> None:
        """Delete what attempts at a job left behind, except those of the attempt `keep`."""
        await asyncio.to_thread(_forget, self._folder / str(job_id), keep)

    def locate(self, output: StoredOutput) -> Path:
        """The file of an output.

        Raises:
            OutputMissing: it is not where it was put.
        """
        parts = PurePosixPath(output.path).parts
        path = self._folder.joinpath(*parts)
        if ".." in parts or path.is_symlink() or not path.is_file():
            raise OutputMissing(
                f"{output.name} was stored, but its file is gone; run the workflow again."
            )
        return path


class AttemptFolder:
    """Where one attempt puts its files."""

    def __init__(self, root: Path, path: Path) -> None:
        self._root = root
        self._names: set[str] = set()
        self.path = path

    def reserve(self, wanted: str) -> str:
        """A safe file name like the wanted one, not yet used by this attempt."""
        plain = _UNSAFE.sub("_", PurePosixPath(wanted.replace("\\", "/")).name).lstrip("._-")
        stem, dot, suffix = plain[-_LONGEST_NAME:].rpartition(".")
        if not stem:
            stem, dot, suffix = suffix or "output", "", ""
        name, number = f"{stem}{dot}{suffix}", 1
        while name.lower() in self._names:
            number += 1
            name = f"{stem}-{number}{dot}{suffix}"
        self._names.add(name.lower())
        return name

    async def save(self, wanted: str, media_type: str, content: bytes) -> StoredOutput:
        """Store a file that is already in memory; on disk when this returns.

        Raises:
            StorageFull: the disk is full; nothing of the file is left.
        """
        name = self.reserve(wanted)

        def write() -> str:
            with _Draft(self.path / name) as draft:
                draft.write(content)
            return draft.sha256

        sha256 = await _in_thread(write)
        return self._stored(name, media_type, len(content), sha256)

    async def save_stream(
        self, wanted: str, media_type: str, chunks: AsyncIterator[bytes]
    ) -> StoredOutput:
        """Store a file as it arrives; on disk when this returns.

        Raises:
            StorageFull: the disk is full; nothing of the file is left.
        """
        name = self.reserve(wanted)
        draft = _Draft(self.path / name)
        await _in_thread(draft.open)
        size = 0
        try:
            pending = bytearray()
            async for chunk in chunks:
                size += len(chunk)
                pending += chunk
                if len(pending) >= _WRITE_SIZE:
                    await _in_thread(draft.write, bytes(pending))
                    pending.clear()
            await _in_thread(draft.write, bytes(pending))
            await _in_thread(draft.commit)
        except BaseException:
            draft.abandon()
            raise
        return self._stored(name, media_type, size, draft.sha256)

    async def adopt(self, file: Path, wanted: str, media_type: str) -> StoredOutput:
        """Store a file that another program wrote inside this folder.

        Raises:
            StorageFull: the disk is full.
        """
        name = self.reserve(wanted)
        size, sha256 = await _in_thread(_adopt, file, self.path / name)
        return self._stored(name, media_type, size, sha256)

    def _stored(self, name: str, media_type: str, size: int, sha256: str) -> StoredOutput:
        return StoredOutput(
            name=name,
            media_type=media_type,
            bytes=size,
            sha256=sha256,
            path=(self.path / name).relative_to(self._root).as_posix(),
        )


class _Draft:
    """A file under a temporary name until it is whole and on disk."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._draft = target.with_name(f".{target.name}.part")
        self._hash = hashlib.sha256()
        self._file = -1

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()

    def open(self) -> None:
        self._file = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)

    def write(self, content: bytes) -> None:
        self._hash.update(content)
        view = memoryview(content)
        while view:
            view = view[os.write(self._file, view) :]

    def commit(self) -> None:
        # Renamed first, then synced: the file and its name are one trip to the disk.
        # Nobody knows the name before this returns, so nobody can see less than all of it.
        self._draft.rename(self._target)
        os.fsync(self._file)
        os.close(self._file)
        self._file = -1
        _sync(self._target.parent)

    def abandon(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._draft.unlink(missing_ok=True)

    def __enter__(self) -> "_Draft":
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.commit()
        finally:
            self.abandon()


async def _in_thread(function: Callable[..., T], *args: object) -> T:
    try:
        return await asyncio.to_thread(function, *args)
    except OSError as error:
        raise _storage_problem(error) from error


def _storage_problem(error: OSError) -> StorageFull | OSError:
    if error.errno in _FULL:
        return StorageFull(
            "The disk with the outputs folder has no room left; free some and run the job again."
        )
    return error


def _make_empty(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    for earlier in path.parent.iterdir():
        if int(earlier.name) <= int(path.name):
            shutil.rmtree(earlier, ignore_errors=True)
    path.mkdir()
    # Now, while ComfyUI works, and not when its file waits: the way to this folder made durable.
    _sync(path.parent)
    _sync(path.parent.parent)


def _adopt(file: Path, target: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_WRITE_SIZE):
            digest.update(chunk)
        size = content.tell()
        file.rename(target)
        os.fsync(content.fileno())
    _sync(target.parent)
    return size, digest.hexdigest()


def _forget(folder: Path, keep: int | None) -> None:
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for attempt in folder.iterdir() if folder.is_dir() else ():
        if attempt.name != str(keep):
            shutil.rmtree(attempt, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
