"""Exports a data folder into one portable file, and imports it elsewhere.

A gzipped tar: `manifest.json`, a consistent copy of the database, the blobs it refers to and what
waits in the journal. Works beside a running server. It holds DSN keys and hashes of tokens, so that
senders and clients of the copy need no change: keep it as private as the folder.

A new folder becomes what the archive holds; into one with data the archive is merged.
"""

import contextlib
import hashlib
import io
import json
import re
import shutil
import sqlite3
import tarfile
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from local_sentry.app import journal_folder, locked, prepare_data
from local_sentry.store.blobs import FOLDER as BLOBS
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect, connect_readonly
from local_sentry.store.journal import JournalReader, JournalWriter, Position, read_position
from local_sentry.store.merging import merge
from local_sentry.store.retention import referenced_blobs
from local_sentry.store.session import WriteSession

FORMAT = 1
_EVERYTHING = Position(2**31, 0)
_JOURNAL_BYTES = 8 * 1024 * 1024
_MANIFEST = "manifest.json"
_IMPORTED = "imported.json"
_MEMBER = re.compile(
    rf"{re.escape(FILE_NAME)}|journal/\d{{12}}\.journal|{BLOBS}/[0-9a-f]{{2}}/[0-9a-f]{{64}}\.zst"
)


class ArchiveError(Exception):
    """The archive or the folder does not allow it; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What went into an archive or came out of it."""

    events: int
    blobs: int
    bytes: int


def export_data(data: Path, target: Path) -> Summary:
    """Writes the archive of a data folder; a file of that name is replaced when it is whole.

    Raises:
        ArchiveError: there is no data.
        OSError: the disk refused.
        sqlite3.Error: the database cannot be read.
    """
    if not (data / FILE_NAME).exists():
        raise ArchiveError(f"{data} holds no data. Choose the folder with --data.")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with tempfile.TemporaryDirectory(dir=data) as scratch:
            # The journal first: what it holds beyond the database's copy is processed on import.
            waiting = _copy_journal(data, Path(scratch) / "journal")
            copy = Path(scratch) / FILE_NAME
            with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
                connection.execute("VACUUM INTO ?", (str(copy),))
            summary = _write(data, copy, waiting, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return summary


def _copy_journal(data: Path, target: Path) -> list[Path]:
    target.mkdir()
    for path in sorted(journal_folder(data).glob("*.journal")):
        with contextlib.suppress(FileNotFoundError):  # Processed and discarded meanwhile.
            shutil.copyfile(path, target / path.name)
    return sorted(target.iterdir())


def _write(data: Path, copy: Path, waiting: list[Path], target: Path) -> Summary:
    blobs = Blobs(data)
    with contextlib.closing(connect_readonly(copy)) as connection:
        names = sorted(referenced_blobs(connection))
        events = connection.execute("SELECT count(*) FROM events").fetchone()[0]
    with tarfile.open(target, "w:gz", compresslevel=3) as archive:
        manifest = json.dumps({"format": FORMAT, "events": events, "blobs": len(names)}).encode()
        entry = tarfile.TarInfo(_MANIFEST)
        entry.size = len(manifest)
        archive.addfile(entry, io.BytesIO(manifest))
        archive.add(copy, FILE_NAME)
        for path in waiting:
            archive.add(path, f"journal/{path.name}")
        kept = 0
        for name in names:
            path = blobs.path(name)
            with contextlib.suppress(FileNotFoundError):  # Retention was quicker.
                archive.add(path, f"{BLOBS}/{path.parent.name}/{path.name}")
                kept += 1
    return Summary(events, kept, target.stat().st_size)


def import_data(source: Path, data: Path) -> Summary | None:
    """Fills a new data folder from an archive, or merges the archive into the data there is.

    Returns:
        What came in; None when this very archive was imported before.

    Raises:
        ArchiveError: the file is no archive.
        DataInUseError: a server has the folder open.
        IncompatibleDatabaseError: a later version has written the archive or the folder.
        OSError: the disk refused; the folder is left as it was, but for files nobody refers to.
    """
    digest = _digest(source)
    before = _imported(data)
    if digest in before:
        return None
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(data), tempfile.TemporaryDirectory(dir=data) as scratch:
        folder = Path(scratch)
        manifest = _unpack(source, folder)
        prepare_data(folder)
        if (data / FILE_NAME).exists():
            _merge(folder, data)
        else:
            _move(folder, data)
        kept = json.dumps({"blake2b": [*before, digest]})
        (data / _IMPORTED).write_text(kept, encoding="utf-8")
    return Summary(manifest["events"], manifest["blobs"], source.stat().st_size)


def _imported(data: Path) -> list[str]:
    path = data / _IMPORTED
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))["blake2b"]
    return [found] if isinstance(found, str) else list(found)


def _move(folder: Path, data: Path) -> None:
    for name in (BLOBS, "journal"):
        if (folder / name).exists():
            (folder / name).replace(data / name)
    (folder / FILE_NAME).replace(data / FILE_NAME)
    prepare_data(data)


def _merge(folder: Path, data: Path) -> None:
    for path in (folder / BLOBS).glob("??/*"):
        target = data / BLOBS / path.parent.name / path.name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.replace(target)  # Named by what they hold: the same name is the same file.
    database = prepare_data(data)
    with contextlib.closing(connect(database)) as connection:
        connection.execute("PRAGMA temp_store = FILE")
        projects = merge(WriteSession(connection, Blobs(data)), str(folder / FILE_NAME))
        here = read_position(connection)
    with contextlib.closing(connect(folder / FILE_NAME)) as connection:
        reader = JournalReader(journal_folder(folder), read_position(connection))
    if not journal_folder(folder).exists():
        return
    # What had not been processed there is processed here, by the next start.
    with contextlib.closing(JournalWriter(journal_folder(data), after=here)) as journal:
        while batch := reader.read(up_to=_EVERYTHING, max_bytes=_JOURNAL_BYTES):
            journal.append(
                [
                    replace(record, project_id=projects[record.project_id])
                    for record, _ in batch
                    if record.project_id in projects
                ]
            )


def _unpack(source: Path, folder: Path) -> dict[str, int]:
    try:
        with tarfile.open(source, "r:gz") as archive:
            entries = iter(archive)
            manifest = _manifest(archive, next(entries, None))
            for entry in entries:
                if not entry.isreg() or not _MEMBER.fullmatch(entry.name):
                    raise ArchiveError(
                        f"{source} holds a file that no export writes. Not imported."
                    )
                path = folder / entry.name
                path.parent.mkdir(parents=True, exist_ok=True)
                content = archive.extractfile(entry)
                if content is not None:
                    with path.open("xb") as file:
                        shutil.copyfileobj(content, file)
    except (tarfile.TarError, EOFError, ValueError, KeyError, FileExistsError) as error:
        raise ArchiveError(
            f"{source} is no whole archive of local-sentry: {error}. Export it again."
        ) from error
    if not (folder / FILE_NAME).exists():
        raise ArchiveError(f"{source} is cut short. Export it again.")
    return manifest


def _manifest(archive: tarfile.TarFile, entry: tarfile.TarInfo | None) -> dict[str, int]:
    content = archive.extractfile(entry) if entry is not None else None
    if entry is None or content is None or entry.name != _MANIFEST or entry.size > 10_000:
        raise ArchiveError("The file is no archive of local-sentry. Make one with export.")
    manifest = json.loads(content.read())
    if manifest["format"] != FORMAT:
        raise ArchiveError("The archive is of a later version. Import it with that one.")
    return {name: int(manifest[name]) for name in ("events", "blobs")}


def _digest(source: Path) -> str:
    digest = hashlib.blake2b()
    with source.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
