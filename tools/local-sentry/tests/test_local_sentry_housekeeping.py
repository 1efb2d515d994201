"""A data folder grows old, large, moves to another machine and to a later version."""

import contextlib
import gzip
import io
import json
import os
import secrets
import sqlite3
import tarfile
import time
from pathlib import Path

import pytest

from local_sentry.app import prepare_data
from local_sentry.archive import ArchiveError, export_data, import_data
from local_sentry.doctor import examine
from local_sentry.services.housekeeping import Housekeeping
from local_sentry.settings import Settings
from local_sentry.store import retention
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect_readonly
from local_sentry.store.readers import Readers
from local_sentry.store.writer import Writer
from local_sentry_process import (
    FIXTURES,
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)

DAY = 86_400


def count(data: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        return found


def send_attachments(server: LocalSentry, number: int, size: int = 200_000) -> None:
    for _ in range(number):
        item = ({"type": "attachment", "filename": "core"}, secrets.token_bytes(size))
        assert server.send(envelope(item, event_id=event_id())).status_code == 200


async def keep_house(data: Path, **limits: int) -> None:
    database = prepare_data(data)
    settings = Settings(data=data, **limits)  # type: ignore[arg-type]
    readers, writer = Readers(database, timeout=60), Writer(database)
    writer.start()
    try:
        await Housekeeping(settings, readers, writer).run_once()
    finally:
        writer.stop()
        await readers.close()


def make_older(data: Path, seconds: float, message: str) -> None:
    """Moves the events of an issue, and their issue, into the past."""
    micros = round(seconds * 1e6)
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection, connection:
        connection.execute(
            "UPDATE events SET timestamp = timestamp - ? WHERE title LIKE ?",
            (micros, f"%{message}"),
        )
        connection.execute(
            "UPDATE issues SET last_seen = last_seen - ? WHERE title LIKE ?",
            (micros, f"%{message}"),
        )


async def test_what_is_too_old_goes_with_all_that_belongs_to_it(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        server.send(error_envelope("of long ago", tags={"a": "b"}))
        server.send(error_envelope("of today"))
        eventually(lambda: count(tmp_path, "events") == 2)
    make_older(tmp_path, 40 * DAY, "of long ago")
    await keep_house(tmp_path, retention_days=30)
    assert count(tmp_path, "events") == count(tmp_path, "event_payloads") == 1
    with local_sentry(tmp_path) as server:
        assert [issue["title"] for issue in server.issues(query="")] == ["ValueError: of today"]
        server.send(error_envelope("of long ago"))
        eventually(lambda: len(server.issues(query="")) == 2)
    assert count(tmp_path, "event_tags") > 0


async def test_what_is_too_much_goes_oldest_first(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        send_attachments(server, 12)
        server.send(error_envelope("the newest"))
        eventually(lambda: count(tmp_path, "attachments") == 12 and count(tmp_path, "events"))
    with contextlib.closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection, connection:
        connection.execute("UPDATE attachments SET received = received - (20 - id) * 3600000000")
    old = time.time() - 2 * 3600
    for path in (tmp_path / "blobs").glob("??/*"):
        os.utime(path, (old, old))
    limit = 2 * 1024 * 1024
    await keep_house(tmp_path, max_store_bytes=limit)
    with contextlib.closing(connect_readonly(tmp_path / FILE_NAME)) as connection:
        assert retention.usage(connection, Blobs(tmp_path)).total <= limit
        kept = [row[0] for row in connection.execute("SELECT id FROM attachments ORDER BY id")]
        assert len(retention.referenced_blobs(connection)) == len(kept)
    assert kept
    assert kept == list(range(13 - len(kept), 13))
    assert count(tmp_path, "events") == 1


def test_an_export_is_imported_whole_and_again_without_change(tmp_path: Path) -> None:
    source, target, archive = tmp_path / "source", tmp_path / "target", tmp_path / "all.tar.gz"
    with local_sentry(source) as server:
        send_attachments(server, 2)
        server.send(error_envelope("takes a journey"))
        eventually(lambda: count(source, "attachments") == 2 and count(source, "events") == 1)
        dsn = server.dsn("kijko-api")
        summary = export_data(source, archive)
    assert (summary.events, summary.blobs) == (1, 2)
    assert import_data(archive, target) is not None
    assert import_data(archive, target) is None
    report = examine(target)
    assert report.ok, report
    with local_sentry(target) as server:
        assert server.dsn("kijko-api").split("@")[0] == dsn.split("@")[0]
        assert [issue["title"] for issue in server.issues()] == ["ValueError: takes a journey"]
        server.send(error_envelope("arrives after the journey"))
        eventually(lambda: len(server.issues()) == 2)
    assert import_data(archive, target) is None


def test_an_export_carries_what_waits_in_the_journal(tmp_path: Path) -> None:
    source, target, archive = tmp_path / "source", tmp_path / "target", tmp_path / "all.tar.gz"
    sent = 50
    with local_sentry(source) as server:
        for _ in range(sent):
            server.send(error_envelope("in a hurry"))
        export_data(source, archive)
    import_data(archive, target)
    with local_sentry(target) as server:
        eventually(lambda: [i["count"] for i in server.issues()] == [str(sent)])


def test_archives_with_other_files_or_cut_short_are_refused(tmp_path: Path) -> None:
    evil, archive = tmp_path / "evil.tar.gz", tmp_path / "good.tar.gz"
    prepare_data(tmp_path / "source")
    export_data(tmp_path / "source", archive)
    with tarfile.open(evil, "w:gz") as tar:
        for name in ("manifest.json", "../outside"):
            content = json.dumps({"format": 1, "events": 0, "blobs": 0}).encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(archive.read_bytes()[:-500])
    (tmp_path / "text").write_text("not an archive", encoding="utf-8")
    for name in ("evil.tar.gz", "cut.tar.gz", "text"):
        with pytest.raises(ArchiveError):
            import_data(tmp_path / name, tmp_path / "target")
    assert not (tmp_path / "outside").exists()
    assert not (tmp_path / "target" / FILE_NAME).exists()


def test_a_folder_of_the_first_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """The database was written by the program when it knew one migration only."""
    packed = (FIXTURES / "version-1.sqlite3.gz").read_bytes()
    (tmp_path / FILE_NAME).write_bytes(gzip.decompress(packed))
    checks = {check.name: check for check in examine(tmp_path).checks}
    assert checks["schema"].ok
    assert "the next start" in checks["schema"].finding
    with local_sentry(tmp_path) as server:
        titles = {issue["title"] for issue in server.issues(query="", statsPeriod="90d")}
        assert "ValueError: from an earlier version" in titles
        assert len(titles) == 3
        server.send(error_envelope("from an earlier version", release="api@1"))
        eventually(lambda: "2" in [issue["count"] for issue in server.issues(query="")])
    assert examine(tmp_path).ok
