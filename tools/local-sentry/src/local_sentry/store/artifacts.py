"""Uploaded artifact bundles: their chunks until they are put together, then their files.

Contents lie in the blob store. A file is found by its debug id, or by the release it was uploaded
for and the address that stack traces call it by (`~/static/app.js`).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from local_sentry.store.session import WriteSession

SOURCE_MAP = "source_map"
MINIFIED_SOURCE = "minified_source"
SOURCE = "source"


@dataclass(frozen=True, slots=True)
class ArtifactFile:
    """A file of a bundle. `blob` is its name in `Blobs`, `size` bytes.

    Attributes:
        path: in the archive; a label, never used as a path.
        url: what stack traces call it.
        type: `source`, `minified_source`, `source_map` or another word of the bundle's manifest.
        debug_id: 16 bytes.
        source_map: what its `Sourcemap` header names; empty for nothing.
    """

    path: str
    url: str
    type: str
    debug_id: bytes | None
    source_map: str
    blob: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle as uploaded. `checksum` is the SHA-1 of the archive, `received` µs."""

    checksum: bytes
    bundle_id: bytes | None
    size: int
    received: int
    files: tuple[ArtifactFile, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """An uploaded part of a file. `blob` is its name in `Blobs`, `size` bytes."""

    sha1: bytes
    blob: bytes
    size: int


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """A bundle of a project, with the releases and distributions it belongs to."""

    id: int
    bundle_id: bytes
    received: int
    file_count: int
    associations: tuple[tuple[str, str], ...]


def add_chunk(session: WriteSession, chunk: Chunk, at: int) -> None:
    """Notes a chunk; `at` (µs) makes one that is there already young again."""
    session.connection.execute(
        "INSERT INTO chunks VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET received = excluded.received",
        (chunk.sha1, chunk.blob, chunk.size, at),
    )


def chunks(connection: sqlite3.Connection, checksums: Sequence[bytes]) -> dict[bytes, Chunk]:
    """The chunks that are here, of those asked for by SHA-1."""
    found = {}
    for sha1 in checksums:
        row = connection.execute(
            "SELECT sha1, blob, size FROM chunks WHERE sha1 = ?", (sha1,)
        ).fetchone()
        if row is not None:
            found[sha1] = Chunk(*row)
    return found


def add_bundle(session: WriteSession, bundle: Bundle) -> None:
    """Stores a bundle with its files; the same archive is stored once."""
    row = session.connection.execute(
        "INSERT INTO artifact_bundles (checksum, bundle_id, size, file_count, received)"
        " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id",
        (bundle.checksum, bundle.bundle_id, bundle.size, len(bundle.files), bundle.received),
    ).fetchone()
    if row is None:
        return
    session.connection.executemany(
        "INSERT INTO artifact_files (bundle_id, path, url, type, debug_id, source_map, blob, size)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (row[0], file.path, file.url, file.type, file.debug_id, file.source_map, file.blob,
             file.size)
            for file in bundle.files
        ],
    )  # fmt: skip


def has_bundle(connection: sqlite3.Connection, checksum: bytes) -> bool:
    """Whether an archive of that SHA-1 was taken apart already."""
    found = connection.execute("SELECT 1 FROM artifact_bundles WHERE checksum = ?", (checksum,))
    return found.fetchone() is not None


def link_bundle(
    session: WriteSession, checksum: bytes, project_ids: Sequence[int], version: str, dist: str
) -> None:
    """Says that a bundle belongs to projects and, unless `version` is empty, to a release."""
    session.connection.executemany(
        "INSERT INTO artifact_bundle_releases"
        " SELECT id, ?2, ?3, ?4 FROM artifact_bundles WHERE checksum = ?1 ON CONFLICT DO NOTHING",
        [(checksum, project_id, version, dist) for project_id in project_ids],
    )


_FILE = "f.path, f.url, f.type, f.debug_id, f.source_map, f.blob, f.size"


def by_debug_id(
    connection: sqlite3.Connection, project_id: int, debug_id: bytes
) -> list[ArtifactFile]:
    """The files of a project that carry a debug id, of the newest bundle first."""
    rows = connection.execute(
        f"SELECT {_FILE} FROM artifact_files f WHERE f.debug_id = ? AND EXISTS ("  # noqa: S608 - constants
        "   SELECT 1 FROM artifact_bundle_releases r"
        "   WHERE r.bundle_id = f.bundle_id AND r.project_id = ?)"
        " ORDER BY f.bundle_id DESC",
        (debug_id, project_id),
    )
    return [ArtifactFile(*row) for row in rows]


def of_release(
    connection: sqlite3.Connection, project_id: int, version: str, dist: str, urls: Sequence[str]
) -> list[ArtifactFile]:
    """The files of a release that have one of some addresses, of the newest bundle first."""
    marks = ",".join("?" * len(urls))
    rows = connection.execute(
        f"SELECT {_FILE} FROM artifact_bundle_releases r"  # noqa: S608 - question marks only
        " JOIN artifact_files f ON f.bundle_id = r.bundle_id"
        " WHERE r.project_id = ? AND r.version = ? AND r.dist IN ('', ?)"
        f" AND f.url IN ({marks}) ORDER BY f.bundle_id DESC",
        (project_id, version, dist, *urls),
    )
    return [ArtifactFile(*row) for row in rows]


def has_release(connection: sqlite3.Connection, project_id: int, version: str) -> bool:
    """Whether anything was uploaded for a release of a project."""
    found = connection.execute(
        "SELECT 1 FROM artifact_bundle_releases WHERE project_id = ? AND version = ? LIMIT 1",
        (project_id, version),
    )
    return found.fetchone() is not None


def ending_with(
    connection: sqlite3.Connection, project_id: int, version: str, dist: str, path: str
) -> ArtifactFile | None:
    """The source of a release whose address ends with a path, the shortest such address."""
    row = connection.execute(
        f"SELECT {_FILE} FROM artifact_bundle_releases r"  # noqa: S608 - constants
        " JOIN artifact_files f ON f.bundle_id = r.bundle_id"
        " WHERE r.project_id = ? AND r.version = ? AND r.dist IN ('', ?)"
        " AND substr(f.url, -length(?4)) = ?4 ORDER BY length(f.url), f.bundle_id DESC LIMIT 1",
        (project_id, version, dist, f"/{path}"),
    ).fetchone()
    return ArtifactFile(*row) if row is not None else None


def bundles(connection: sqlite3.Connection, project_id: int, query: str) -> list[BundleSummary]:
    """The bundles of a project, newest first.

    Args:
        connection: to read with.
        project_id: whose.
        query: part of a release, a distribution or a bundle's id; empty for all.
    """
    rows = connection.execute(
        "SELECT b.id, coalesce(b.bundle_id, substr(b.checksum, 1, 16)) AS uid, b.received,"
        " b.file_count FROM artifact_bundles b WHERE EXISTS ("
        "   SELECT 1 FROM artifact_bundle_releases r WHERE r.bundle_id = b.id"
        "   AND r.project_id = ?1 AND (?2 = '' OR instr(lower(r.version), ?2)"
        "     OR instr(lower(r.dist), ?2)"
        "     OR instr(lower(hex(coalesce(b.bundle_id, substr(b.checksum, 1, 16)))), ?3)))"
        " ORDER BY b.id DESC",
        (project_id, query.lower(), query.lower().replace("-", "") or "-"),
    ).fetchall()
    return [
        BundleSummary(number, uid, received, count, _associations(connection, project_id, number))
        for number, uid, received, count in rows
    ]


def _associations(
    connection: sqlite3.Connection, project_id: int, number: int
) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(
        "SELECT version, dist FROM artifact_bundle_releases"
        " WHERE bundle_id = ? AND project_id = ? ORDER BY version, dist",
        (number, project_id),
    )
    return tuple((row[0], row[1]) for row in rows)


def files(connection: sqlite3.Connection, number: int) -> list[ArtifactFile]:
    """The files of a bundle, by their path."""
    rows = connection.execute(
        f"SELECT {_FILE} FROM artifact_files f WHERE f.bundle_id = ? ORDER BY f.path",  # noqa: S608 - constants
        (number,),
    )
    return [ArtifactFile(*row) for row in rows]


def holding(
    connection: sqlite3.Connection,
    project_id: int,
    *,
    debug_id: bytes | None = None,
    url: str = "",
    version: str = "",
    dist: str = "",
) -> list[int]:
    """The bundles of a project in which a file is: by its debug id, or by release and address."""
    if debug_id is not None:
        rows = connection.execute(
            "SELECT DISTINCT f.bundle_id FROM artifact_files f JOIN artifact_bundle_releases r"
            " ON r.bundle_id = f.bundle_id WHERE r.project_id = ? AND f.debug_id = ?"
            " ORDER BY f.bundle_id",
            (project_id, debug_id),
        )
    else:
        rows = connection.execute(
            "SELECT DISTINCT f.bundle_id FROM artifact_bundle_releases r JOIN artifact_files f"
            " ON f.bundle_id = r.bundle_id WHERE r.project_id = ? AND r.version = ?"
            " AND r.dist IN ('', ?) AND ?4 != '' AND instr(f.url, ?4) ORDER BY f.bundle_id",
            (project_id, version, dist, url),
        )
    return [row[0] for row in rows]
