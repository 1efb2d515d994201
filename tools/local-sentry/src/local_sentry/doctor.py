"""Examines a data folder without changing it."""

import contextlib
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local_sentry.app import journal_folder
from local_sentry.store import items
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect_readonly, migrations
from local_sentry.store.journal import backlog_bytes, end_of, read_position
from local_sentry.store.retention import referenced_blobs, usage

_COUNTED = ("issues", "events", "spans", "logs", "metrics", "replays", "sessions", "items")
_LITTLE_SPACE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at."""

    name: str
    ok: bool
    finding: str


@dataclass(frozen=True, slots=True)
class Report:
    """All that was looked at."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.ok for check in self.checks)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def examine(data: Path) -> Report:
    """Examines a data folder.

    Raises:
        sqlite3.Error: the database cannot be read at all.
    """
    return Report(tuple(_checks(data)))


def _checks(data: Path) -> Iterator[Check]:
    database = data / FILE_NAME
    if not database.exists():
        yield Check(
            "data folder", ok=False, finding=f"{data} holds no data. Run local-sentry serve."
        )
        return
    yield Check("data folder", ok=True, finding=str(data))
    free = shutil.disk_usage(data).free
    yield Check("disk", free > _LITTLE_SPACE, f"{free // 2**20} MiB free")
    with contextlib.closing(connect_readonly(database)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        known = len(migrations())
        finding = f"version {version}, this program knows {known}"
        finding += "; the next start brings it up to date" if version < known else ""
        yield Check("schema", version <= known, finding)
        if version != known:
            return
        problems = [row[0] for row in connection.execute("PRAGMA quick_check(5)")]
        yield Check("integrity", problems == ["ok"], "; ".join(problems))
        counts = {
            name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - constants
            for name in _COUNTED
        }
        yield Check("content", ok=True, finding=", ".join(f"{n} {k}" for k, n in counts.items()))
        counted = connection.execute("SELECT coalesce(sum(spans), 0) FROM span_hours").fetchone()[0]
        finding = f"{counted} spans are counted by the hour"
        yield Check("hours", counted == counts["spans"], finding)
        blobs = Blobs(data)
        missing = sum(not blobs.has(name) for name in referenced_blobs(connection))
        used = usage(connection, blobs)
        yield Check(
            "files",
            missing == 0,
            f"{used.blobs // 2**20} MiB beside {used.database // 2**20} MiB of database,"
            f" {missing} missing",
        )
        journal = journal_folder(data)
        waiting = backlog_bytes(journal, read_position(connection), end_of(journal))
        yield Check("journal", ok=True, finding=f"{waiting} bytes wait to be processed")
        unprocessed = items.counts_by_type(connection).get(items.UNPROCESSED, 0)
        yield Check(
            "processing", unprocessed == 0, f"{unprocessed} envelopes could not be processed"
        )
