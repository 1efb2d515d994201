"""Takes uploads of artifact bundles: chunks first, then the order to put them together.

For the routes `chunk-upload` and `artifactbundle/assemble`:

    missing = await bundles.missing(checksums)              # of what `assemble` was asked
    await bundles.add_chunk(sha1_hex, content)              # a part of the multipart upload
    assembly = await bundles.assemble(Assemble(checksum, chunks, project_ids, version, dist))
    {"state": assembly.state, "missingChunks": assembly.missing, "detail": assembly.detail}

Putting together happens before the answer: there is no `assembling` to wait for.
The protocol is the one that `sentry-cli` speaks.
"""

import asyncio
import hashlib
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local_sentry.services.bundle_archive import InvalidBundleError, unpack
from local_sentry.store import artifacts
from local_sentry.store.artifacts import Bundle, Chunk
from local_sentry.store.blobs import Blobs
from local_sentry.store.readers import Readers
from local_sentry.store.session import WriteSession
from local_sentry.store.writer import Writer

MAX_CHUNK_BYTES = 8 * 1024 * 1024
MAX_BUNDLE_BYTES = 512 * 1024 * 1024
MAX_CHUNKS = MAX_BUNDLE_BYTES // 4096
_SHA1 = re.compile(r"[0-9a-f]{40}")

OK = "ok"
NOT_FOUND = "not_found"
ERROR = "error"


class InvalidChunkError(Exception):
    """A chunk that is too large, or whose name is not the SHA-1 of its content."""


@dataclass(frozen=True, slots=True)
class Assemble:
    """What to put together. Checksums are SHA-1 as 40 hex digits.

    Attributes:
        checksum: of the whole archive.
        chunks: of its parts, in order.
        project_ids: the projects it is for.
        version: the release it is for; empty for none (debug ids are enough).
        dist: the distribution of that release; empty for none.
    """

    checksum: str
    chunks: tuple[str, ...]
    project_ids: tuple[int, ...]
    version: str = ""
    dist: str = ""


@dataclass(frozen=True, slots=True)
class Assembly:
    """How it went: `ok`, `not_found` (chunks are missing, upload them) or `error` (see detail)."""

    state: str
    missing: tuple[str, ...] = ()
    detail: str | None = None


class ArtifactBundles:
    """The uploads of one data folder."""

    def __init__(self, data: Path, readers: Readers, writer: Writer) -> None:
        """Connects the service to the store of the data folder."""
        self._data = data
        self._blobs = Blobs(data)
        self._readers = readers
        self._writer = writer

    async def missing(self, checksums: Sequence[str]) -> tuple[str, ...]:
        """Those checksums of which no chunk is here, in order."""
        wanted = [bytes.fromhex(each) for each in checksums if _SHA1.fullmatch(each)]
        found = await self._readers.run(partial(artifacts.chunks, checksums=wanted))
        return tuple(
            each
            for each in dict.fromkeys(checksums)
            if not _SHA1.fullmatch(each) or bytes.fromhex(each) not in found
        )

    async def add_chunk(self, checksum: str, content: bytes) -> None:
        """Keeps a chunk.

        Raises:
            InvalidChunkError: see there.
            OSError: the disk refused.
        """
        if len(content) > MAX_CHUNK_BYTES:
            raise InvalidChunkError(f"A chunk may have {MAX_CHUNK_BYTES} bytes. Send smaller ones.")
        sha1 = hashlib.sha1(content, usedforsecurity=False).digest()
        if sha1.hex() != checksum:
            raise InvalidChunkError(
                f"A chunk is named {checksum[:40]} but its SHA-1 is {sha1.hex()}. Send it again."
            )
        blob = await asyncio.to_thread(self._blobs.put, content)
        chunk = Chunk(sha1, blob, len(content))
        await self._writer.run(partial(artifacts.add_chunk, chunk=chunk, at=_now()))

    async def assemble(self, wanted: Assemble) -> Assembly:
        """Puts a bundle together and makes its files known. Doing it again changes nothing.

        Raises:
            OSError: the disk refused.
        """
        if not _SHA1.fullmatch(wanted.checksum):
            return Assembly(ERROR, detail="The checksum is no SHA-1.")
        checksum = bytes.fromhex(wanted.checksum)
        if not await self._readers.run(partial(artifacts.has_bundle, checksum=checksum)):
            if missing := await self.missing(wanted.chunks):
                return Assembly(NOT_FOUND, missing)
            if not wanted.chunks:
                return Assembly(NOT_FOUND)
            try:
                bundle = await self._unpack(checksum, wanted.chunks)
            except InvalidBundleError as error:
                return Assembly(ERROR, detail=str(error))
            await self._writer.run(partial(_add, bundle=bundle, wanted=wanted))
        else:
            await self._writer.run(partial(_link, checksum=checksum, wanted=wanted))
        return Assembly(OK)

    async def _unpack(self, checksum: bytes, chunks: Sequence[str]) -> Bundle:
        parts = [bytes.fromhex(each) for each in chunks[:MAX_CHUNKS]]
        found = await self._readers.run(partial(artifacts.chunks, checksums=parts))
        return await asyncio.to_thread(self._join, checksum, [found[part] for part in parts])

    def _join(self, checksum: bytes, chunks: Sequence[Chunk]) -> Bundle:
        size = sum(chunk.size for chunk in chunks)
        if size > MAX_BUNDLE_BYTES:
            raise InvalidBundleError(f"The bundle is larger than {MAX_BUNDLE_BYTES} bytes.")
        digest = hashlib.sha1(usedforsecurity=False)
        with tempfile.TemporaryFile(dir=self._data) as archive:
            for chunk in chunks:
                content = self._blobs.get(chunk.blob)
                digest.update(content)
                archive.write(content)
            if digest.digest() != checksum:
                raise InvalidBundleError("The chunks do not add up to the checksum. Upload again.")
            contents = unpack(archive, self._blobs)
        return Bundle(checksum, contents.bundle_id, size, _now(), contents.files)


def _add(session: WriteSession, bundle: Bundle, wanted: Assemble) -> None:
    artifacts.add_bundle(session, bundle)
    _link(session, bundle.checksum, wanted)


def _link(session: WriteSession, checksum: bytes, wanted: Assemble) -> None:
    artifacts.link_bundle(session, checksum, wanted.project_ids, wanted.version, wanted.dist)


def _now() -> int:
    return time.time_ns() // 1000
