"""The worker may die at any time; nothing is lost, nothing stored twice, nothing held up."""

import contextlib
import sqlite3
from functools import partial
from pathlib import Path

import psutil
import pytest

from local_sentry.app import journal_folder, prepare_data
from local_sentry.services.processing import process
from local_sentry.store import items
from local_sentry.store.database import FILE_NAME
from local_sentry.store.journal import JournalWriter, Position, Record
from local_sentry.store.processor import Processor
from local_sentry.store.session import WriteSession
from local_sentry.worker import KEPT
from local_sentry_process import error_envelope, event_id, eventually, local_sentry


def stored_events(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        return [row[0].hex() for row in connection.execute("SELECT event_id FROM events")]


def kept(data: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        rows = connection.execute("SELECT problem FROM items WHERE type = ?", (items.UNPROCESSED,))
        return [row[0] for row in rows]


def append(data: Path, messages: list[str]) -> tuple[list[str], Position]:
    ids = [event_id() for _ in messages]
    writer = JournalWriter(journal_folder(data), after=Position(0, 0))
    end = writer.append(
        [
            Record(1_795_000_000_000_000, 2, own, error_envelope(message, id=own))
            for own, message in zip(ids, messages, strict=True)
        ]
    )
    writer.close()
    return ids, end


def test_a_killed_worker_is_replaced_and_loses_nothing(tmp_path: Path) -> None:
    sent: list[str] = []
    with local_sentry(tmp_path) as server:
        parent = psutil.Process(server.process.pid)
        for _ in range(3):
            (worker,) = eventually(parent.children)
            for _ in range(40):
                own = event_id()
                assert server.send(error_envelope("survives", id=own)).status_code == 200
                sent.append(own)
            worker.kill()
            eventually(partial(is_replaced, parent, worker.pid))
        eventually(lambda: set(sent) <= set(stored_events(tmp_path)))
        assert len(stored_events(tmp_path)) == len(sent)
        assert not kept(tmp_path)


def is_replaced(parent: psutil.Process, worker: int) -> bool:
    return any(child.pid != worker for child in parent.children())


def test_the_worker_ends_with_its_server(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        (worker,) = eventually(psutil.Process(server.process.pid).children)
        server.kill()
        eventually(lambda: not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE)


def test_two_workers_store_nothing_twice(tmp_path: Path) -> None:
    database = prepare_data(tmp_path)
    ids, end = append(tmp_path, [f"number {n}" for n in range(30)])
    first, second = (
        Processor(database, journal_folder(tmp_path), process, one_by_one=True) for _ in range(2)
    )
    while first.position < end or second.position < end:
        first.step(end)
        second.step(end)
    first.close()
    second.close()
    assert sorted(stored_events(tmp_path)) == sorted(ids)


def test_a_record_that_ends_the_worker_is_kept_and_the_next_is_processed(tmp_path: Path) -> None:
    database = prepare_data(tmp_path)
    ids, end = append(tmp_path, ["deadly", "harmless"])
    processor = Processor(database, journal_folder(tmp_path), process, one_by_one=True)
    processor.keep_next(end, KEPT)
    assert processor.step(end)
    processor.close()
    assert stored_events(tmp_path) == ids[1:]
    assert kept(tmp_path) == [KEPT]


def test_what_fails_in_one_record_is_rolled_back_and_said(tmp_path: Path) -> None:
    database = prepare_data(tmp_path)
    ids, end = append(tmp_path, ["first", "second"])

    def failing(session: WriteSession, record: Record) -> None:
        process(session, record)
        if record.event_id == ids[0]:
            raise LookupError("no such thing")

    processor = Processor(database, journal_folder(tmp_path), failing)
    processor.step(end)
    processor.close()
    assert stored_events(tmp_path) == ids[1:]
    assert kept(tmp_path) == ["LookupError: no such thing"]


def test_a_worker_that_keeps_dying_leaves_one_record_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole path, with a worker that a certain record really ends."""
    deadly = tmp_path / "deadly"
    deadly.mkdir()
    # The interpreter runs this before the worker: a record that says so ends the process.
    (deadly / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'local_sentry.worker' in ' '.join(sys.orig_argv):\n"
        "    import local_sentry.protocol.lenient_json as j\n"
        "    real = j.parse\n"
        "    import local_sentry.services.items.incoming as i\n"
        "    def parse(data):\n"
        "        if b'ends the worker' in bytes(data): os._exit(9)\n"
        "        return real(data)\n"
        "    i.parse = parse\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(deadly))
    data = tmp_path / "data"
    with local_sentry(data) as server:
        server.send(error_envelope("before"))
        server.send(error_envelope("ends the worker"))
        own = event_id()
        server.send(error_envelope("after", id=own))
        eventually(lambda: own in stored_events(data))
        assert kept(data) == [KEPT]
