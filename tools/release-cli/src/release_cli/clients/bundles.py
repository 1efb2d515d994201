"""An artifact bundle of sources: the archive that Sentry keeps under a release.

A zip behind an 8-byte header (`SYSB`, version 2) with a `manifest.json`; source:
https://getsentry.github.io/symbolic/ `symbolic::debuginfo::sourcebundle`. `sentry-cli` writes the
release into it, so that each release is a new archive; here the same sources are the same bytes
on every machine (nothing is compressed before it is sent), and a server that has them is only told
that another release has them too.
"""

import hashlib
import io
import json
import struct
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from release_cli.clients.artifacts import Source

_HEADER = b"SYSB" + struct.pack("<I", 2)
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_NAMESPACE = uuid.UUID("6f1d5c0e-6d0a-5c43-9d0e-3f6a5b7f2a11")


@dataclass(frozen=True, slots=True)
class Bundle:
    """An archive and its SHA-1 in hexadecimal digits."""

    content: bytes
    checksum: str
    files: int

    def chunks(self, size: int) -> Iterator[tuple[str, bytes]]:
        """Its parts of at most `size` bytes, each with its SHA-1."""
        for start in range(0, len(self.content), size):
            part = self.content[start : start + size]
            yield sha1(part), part


def make_bundle(sources: Sequence[Source], project: str) -> Bundle:
    """The bundle of Python sources, which depends on nothing but them and the project.

    Args:
        sources: by their path in the artifact, which is what stack traces call them.
        project: the Sentry project's slug.
    """
    digest = hashlib.sha256(project.encode())
    for source in sources:
        digest.update(source.path.encode() + b"\0" + hashlib.sha256(source.content).digest())
    manifest = {
        "debug_id": str(uuid.uuid5(_NAMESPACE, digest.hexdigest())),
        "files": {
            _inside(source): {"type": "source", "url": f"~/{source.path}", "headers": {}}
            for source in sources
        },
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for source in sources:
            _add(archive, _inside(source), source.content)
        _add(archive, "manifest.json", json.dumps(manifest, sort_keys=True).encode())
    content = _HEADER + buffer.getvalue()
    return Bundle(content, sha1(content), len(sources))


def sha1(content: bytes) -> str:
    """The checksum that Sentry names chunks by."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _inside(source: Source) -> str:
    return f"files/_/_/{source.path}"


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _LONG_AGO)
    entry.external_attr = 0o100644 << 16
    archive.writestr(entry, content)
