"""Builds artifact bundles byte by byte, and uploads them below HTTP."""

import hashlib
import io
import json
import struct
import zipfile
from pathlib import Path
from typing import Any

from local_sentry.app import prepare_data
from local_sentry.services.artifact_bundles import ArtifactBundles, Assemble, Assembly
from local_sentry.store.readers import Readers
from local_sentry.store.writer import Writer

MINIFIED = Path(__file__).parent / "fixtures" / "minified"
DEBUG_ID = "b1c2d3e4-0000-4000-8000-0123456789ab"


def bundle(files: dict[str, tuple[dict[str, Any], bytes]], **manifest: Any) -> bytes:
    """An artifact bundle: what the manifest says of each name, and its content."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (_, content) in files.items():
            archive.writestr(name, content)
        described = {"files": {name: about for name, (about, _) in files.items()}} | manifest
        archive.writestr("manifest.json", json.dumps(described))
    return b"SYSB" + struct.pack("<I", 2) + buffer.getvalue()


def javascript_bundle(name: str, debug_id: str | None = DEBUG_ID) -> bytes:
    """The bundle of a minified file and its source map, with a debug id or by address alone."""
    identified = {"debug-id": debug_id} if debug_id is not None else {}
    return bundle(
        {
            f"files/_/_/{name}": (
                {"type": "minified_source", "url": f"~/{name}",
                 "headers": identified | {"sourcemap": f"{name}.map"}},
                (MINIFIED / name).read_bytes(),
            ),
            f"files/_/_/{name}.map": (
                {"type": "source_map", "url": f"~/{name}.map", "headers": identified},
                (MINIFIED / f"{name}.map").read_bytes(),
            ),
        }
    )  # fmt: skip


async def upload(
    data: Path, content: bytes, *, projects: tuple[int, ...], version: str = "", dist: str = ""
) -> Assembly:
    """Uploads a bundle in two chunks into the data folder of a server that does not run."""
    database = prepare_data(data)
    readers = Readers(database, timeout=30)
    writer = Writer(database)
    writer.start()
    try:
        bundles = ArtifactBundles(data, readers, writer)
        half = len(content) // 2
        parts = [content[:half], content[half:]]
        checksums = tuple(sha1(part) for part in parts)
        wanted = Assemble(sha1(content), checksums, projects, version, dist)
        first = await bundles.assemble(wanted)
        assert first.missing == checksums, first
        for checksum, part in zip(checksums, parts, strict=True):
            await bundles.add_chunk(checksum, part)
        return await bundles.assemble(wanted)
    finally:
        writer.stop()
        await readers.close()


def sha1(content: bytes) -> str:
    """The checksum that clients name parts by."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
