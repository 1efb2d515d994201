"""Takes an artifact bundle apart, believing nothing it says about its names and sizes.

A bundle is a zip archive behind an 8-byte header (`SYSB`, version), with a `manifest.json`.
Source: https://getsentry.github.io/symbolic/ `symbolic::debuginfo::sourcebundle`. No name in it is
ever used as a path: contents go to the blob store. Names that would be tricks as paths still
refuse the bundle, because whoever sends them is up to something.
"""

import stat
import uuid
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO

from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonObject,
    JsonValue,
    as_object,
    as_text,
    parse,
)
from local_sentry.store.artifacts import ArtifactFile
from local_sentry.store.blobs import Blobs

MAX_FILES = 20_000
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_TOTAL_BYTES = 1024 * 1024 * 1024
MAX_MANIFEST_BYTES = 16 * 1024 * 1024
# Deflate cannot do better than about 1030 to 1; sources stay below 50.
MAX_RATIO = 200
_RATIO_MATTERS_ABOVE = 4 * 1024 * 1024
_MANIFEST = "manifest.json"


class InvalidBundleError(Exception):
    """The archive is no artifact bundle, or one that was made to do harm."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle holds, its files already in the blob store."""

    bundle_id: bytes | None
    files: tuple[ArtifactFile, ...]


def parse_debug_id(value: JsonValue) -> bytes | None:
    """The 16 bytes of a debug id, or None when it is none."""
    if not isinstance(value, str) or len(value) > 45:
        return None
    try:
        return uuid.UUID(value).bytes
    except ValueError:
        return None


def unpack(archive: IO[bytes], blobs: Blobs) -> Contents:
    """Reads a bundle and puts its files into the blob store.

    Raises:
        InvalidBundleError: see there; what was put into the blob store is swept up later.
        OSError: the disk refused.
    """
    try:
        with zipfile.ZipFile(archive) as bundle:
            return _contents(bundle, blobs)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError) as error:
        raise InvalidBundleError(f"Not an artifact bundle: {error}.") from error


def _contents(bundle: zipfile.ZipFile, blobs: Blobs) -> Contents:
    entries = {entry.filename: entry for entry in _checked(bundle)}
    if _MANIFEST not in entries:
        raise InvalidBundleError("The bundle has no manifest.json. Upload it with sentry-cli.")
    try:
        manifest = parse(_read(bundle, entries.pop(_MANIFEST), MAX_MANIFEST_BYTES))
    except InvalidJsonError as error:
        raise InvalidBundleError(f"The bundle's manifest is not JSON: {error}.") from error
    described = as_object(as_object(manifest).get("files"))
    files = [
        _file(name, as_object(described[name]), _read(bundle, entry, MAX_FILE_BYTES), blobs)
        for name, entry in entries.items()
        if name in described
    ]
    return Contents(parse_debug_id(as_object(manifest).get("debug_id")), tuple(files))


def _checked(bundle: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
    if len(entries) > MAX_FILES:
        raise InvalidBundleError(f"The bundle has more than {MAX_FILES} files.")
    if sum(entry.file_size for entry in entries) > MAX_TOTAL_BYTES:
        raise InvalidBundleError(f"The bundle unpacks to more than {MAX_TOTAL_BYTES} bytes.")
    seen: set[str] = set()
    for entry in entries:
        name = entry.filename
        if is_trick(name) or name in seen:
            raise InvalidBundleError(f"The bundle has a file with a forbidden name: {name[:80]!r}.")
        if stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 0x1:
            raise InvalidBundleError(f"{name[:80]!r} in the bundle is a link or encrypted.")
        is_bomb = entry.file_size > MAX_RATIO * max(entry.compress_size, 1)
        if is_bomb and entry.file_size > _RATIO_MATTERS_ABOVE:
            raise InvalidBundleError(f"{name[:80]!r} in the bundle unpacks to too much.")
        seen.add(name)
        yield entry


def is_trick(name: str) -> bool:
    """Whether a name would lead somewhere else if it were used as a path."""
    path = PurePosixPath(name)
    return (
        not name
        or len(name) > 4096
        or path.is_absolute()
        or ".." in path.parts
        or any(char in name for char in "\\\0")
        or (len(name) > 1 and name[1] == ":")
    )


def _read(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo, limit: int) -> bytes:
    # The size in the archive's index may be a lie: what counts is what comes out.
    with bundle.open(entry) as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise InvalidBundleError(f"{entry.filename[:80]!r} in the bundle is larger than {limit}.")
    return content


def _file(name: str, about: JsonObject, content: bytes, blobs: Blobs) -> ArtifactFile:
    headers = {
        key.lower(): as_text(value, 2048) for key, value in as_object(about.get("headers")).items()
    }
    url = as_text(about.get("url"), 2048) or as_text(about.get("path"), 2048) or f"~/{name}"
    return ArtifactFile(
        path=name,
        url=url,
        type=as_text(about.get("type"), 32) or "source",
        debug_id=parse_debug_id(headers.get("debug-id")),
        source_map=headers.get("sourcemap", ""),
        blob=blobs.put(content),
        size=len(content),
    )
