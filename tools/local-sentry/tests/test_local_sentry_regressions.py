"""A resolved issue comes again: when that opens it, by Sentry's rules."""

import contextlib
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sentry.app import journal_folder, prepare_data
from local_sentry.protocol.versions import is_later
from local_sentry.services.processing import process
from local_sentry.store.database import FILE_NAME
from local_sentry.store.journal import JournalWriter, Position, Record
from local_sentry.store.processor import Processor
from local_sentry_process import error_envelope, event_id

NOW = 1_795_000_000_000_000


class Store:
    """A data folder that takes events one at a time."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self._database = prepare_data(data)
        self._after = Position(0, 0)

    def send(self, release: str = "", user: str = "") -> None:
        """Stores an event of the issue."""
        own = event_id()
        body = error_envelope("again", id=own, timestamp=NOW / 1e6, release=release or None,
                              user={"id": user} if user else None)  # fmt: skip
        writer = JournalWriter(journal_folder(self.data), after=self._after)
        self._after = writer.append([Record(NOW, 2, own, body)])
        writer.close()
        processor = Processor(self._database, journal_folder(self.data), process)
        while processor.position < self._after:
            processor.step(self._after)
        processor.close()

    def change(self, columns: str) -> None:
        """Changes the issue, as the API would."""
        with contextlib.closing(sqlite3.connect(self.data / FILE_NAME)) as connection, connection:
            connection.execute(f"UPDATE issues SET {columns}")  # noqa: S608 - constants of the tests

    def resolve(self, how: str, release: str) -> None:
        """Resolves the issue in or after a release."""
        id_of = f"(SELECT id FROM releases WHERE version = '{release}')"  # noqa: S608
        self.change(f"status = 'resolved', resolution = '{how}', resolution_release_id = {id_of}")

    def state(self) -> tuple[str, str]:
        """Status and substatus of the issue."""
        with contextlib.closing(sqlite3.connect(self.data / FILE_NAME)) as connection:
            status, substatus = connection.execute(
                "SELECT status, substatus FROM issues"
            ).fetchone()
            return status, substatus

    def history(self) -> list[str]:
        """What happened to the issue."""
        with contextlib.closing(sqlite3.connect(self.data / FILE_NAME)) as connection:
            rows = connection.execute("SELECT type FROM issue_activity ORDER BY id")
            return [row[0] for row in rows]


def test_a_resolved_issue_that_comes_again_is_a_regression(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.send()
    store.change("status = 'resolved', resolution = 'now'")
    store.send()
    store.send()
    assert store.state() == ("unresolved", "regressed")
    assert store.history() == ["first_seen", "set_regression"]


@pytest.mark.parametrize(
    ("how", "resolved_in", "seen_in", "status"),
    [
        ("in_release", "api@1.1.0", "api@1.0.9", "resolved"),
        ("in_release", "api@1.1.0", "api@1.1.0", "unresolved"),
        ("in_release", "api@1.1.0", "api@1.2.0", "unresolved"),
        ("in_next_release", "api@1.1.0", "api@1.1.0", "resolved"),
        ("in_next_release", "api@1.1.0", "api@1.0.0", "resolved"),
        ("in_next_release", "api@1.1.0", "api@1.10.0", "unresolved"),
        ("in_next_release", "api@1.1.0", "", "unresolved"),
    ],
)
def test_an_issue_resolved_in_a_release_is_opened_by_the_right_ones(
    tmp_path: Path, how: str, resolved_in: str, seen_in: str, status: str
) -> None:
    store = Store(tmp_path)
    store.send(resolved_in)
    store.resolve(how, resolved_in)
    store.send(seen_in)
    assert store.state()[0] == status


def test_an_archived_issue_comes_back_when_it_was_seen_often_enough(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.send(user="1")
    store.change("status = 'ignored', archive_users_seen = 3")
    for user in ("1", "2"):
        store.send(user=user)
        assert store.state()[0] == "ignored"
    store.send(user="3")
    assert store.state() == ("unresolved", "escalating")


VERSION = st.tuples(*[st.integers(0, 20)] * 3).map(lambda v: (v, "app@" + ".".join(map(str, v))))


@given(VERSION, VERSION, st.booleans())
def test_semantic_versions_are_compared_as_numbers(
    one: tuple[tuple[int, ...], str], other: tuple[tuple[int, ...], str], is_younger: bool
) -> None:
    expected = is_younger if one[0] == other[0] else one[0] > other[0]
    assert is_later(one[1], other[1], is_younger=is_younger) is expected


def test_other_names_are_compared_by_age() -> None:
    assert is_later("a1b2c3", "d4e5f6", is_younger=True)
    assert not is_later("web@1.0.0", "api@9.0.0", is_younger=False)
    assert is_later("web@1.0.0", "web@1.0.0-rc.2", is_younger=False)
    assert is_later("web@1.0.0-rc.10", "web@1.0.0-rc.2", is_younger=False)
