"""What could grow without end does not: tags that never repeat, blobs on a disk that is full."""

import contextlib
import hashlib
import secrets
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from local_sentry.app import prepare_data
from local_sentry.store import retention
from local_sentry.store.blobs import Blobs
from local_sentry.store.database import FILE_NAME, connect
from local_sentry.store.session import WriteSession
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)

MOST_MEMORY = 300_000_000
ORGANIZATION = "/api/0/organizations/kijko"


def resident_bytes(server: LocalSentry) -> int:
    parent = psutil.Process(server.process.pid)
    return sum(each.memory_info().rss for each in (parent, *parent.children(recursive=True)))


def rows(data: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        return found


def seen(server: LocalSentry, title: str) -> dict[str, Any] | None:
    return next((each for each in server.issues(query="") if title in each["title"]), None)


def test_ten_thousand_tags_cost_neither_memory_nor_the_lists(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        for number in range(100):
            # New keys with each event, and one key that is new in its value.
            tags = {f"key{number}.{n}": "x" for n in range(100)} | {"request": event_id()}
            sent = server.send(error_envelope("many tags", tags=tags))
            assert sent.status_code == 200
        issue = eventually(lambda: (i := seen(server, "many tags")) and i["count"] == "100" and i)
        assert rows(tmp_path, "tags") > 10_000
        path = f"{ORGANIZATION}/issues/{issue['id']}"
        assert len(server.get(f"{path}/tags/")) <= 1000
        values = server.get(f"{path}/tags/request/values/")
        assert 0 < len(values) <= 100
        assert len(server.get(f"{ORGANIZATION}/tags/")) <= 1000
        page = server.client.get(f"/organizations/kijko/issues/{issue['id']}/")
        assert page.status_code == 200
        assert len(page.content) < 1_000_000
        assert len(server.issues(query="key99.99:x")) == 1
        assert resident_bytes(server) < MOST_MEMORY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WriteSession]:
    with contextlib.closing(connect(prepare_data(tmp_path))) as connection:
        yield WriteSession(connection, Blobs(tmp_path))


def tagged(session: WriteSession, issue: int, value: str, at: int) -> None:
    tag = session.tag("request", value)
    session.connection.execute(
        "INSERT INTO issue_tags VALUES (?, ?, 1, ?, ?)", (issue, tag, at, at)
    )


def test_values_that_nothing_has_any_more_are_forgotten(store: WriteSession) -> None:
    for number in range(1000):
        tagged(store, 1, f"old{number}", at=1_000)
    tagged(store, 1, "new", at=3_000)
    retention.delete_unused_tags(store, cutoff=2_000)
    left = store.connection.execute("SELECT value FROM tags").fetchall()
    assert [row["value"] for row in left] == ["new"]


def test_a_forgotten_value_that_comes_again_is_stored_again(
    store: WriteSession, tmp_path: Path
) -> None:
    """The worker remembers ids; the process that forgets values is another one."""
    store.catch_up()
    tagged(store, 1, "rare", at=1_000)
    with contextlib.closing(connect(tmp_path / FILE_NAME)) as connection:
        retention.delete_unused_tags(WriteSession(connection, Blobs(tmp_path)), cutoff=2_000)
    store.catch_up()
    tagged(store, 1, "rare", at=3_000)
    found = store.connection.execute(
        "SELECT value FROM issue_tags JOIN tags ON tags.id = tag_id"
    ).fetchall()
    assert [row["value"] for row in found] == ["rare"]


def small_disk(folder: Path, size: str) -> tuple[str, ...]:
    """A command whose program sees a disk of that size in a folder; skips where none may mount."""
    folder.mkdir(parents=True, exist_ok=True)
    script = 'mount -t tmpfs -o "size=$0,mode=755" none "$1" && shift && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", script, size, str(folder))
    try:
        subprocess.run([*prefix, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody mount a small disk")
    return prefix


def make_room(server: LocalSentry, folder: Path) -> None:
    subprocess.run(
        ["nsenter", f"--target={server.process.pid}", "--mount",
         "mount", "-o", "remount,size=64m", str(folder)],
        check=True, capture_output=True,
    )  # fmt: skip


def attachments(server: LocalSentry, id: str) -> list[dict[str, Any]]:  # noqa: A002
    path = f"/api/0/projects/kijko/kijko-api/events/{id}/attachments/"
    found: list[dict[str, Any]] = server.get(path)
    return found


def upload(server: LocalSentry, chunk: bytes) -> httpx.Response:
    name = hashlib.sha1(chunk, usedforsecurity=False).hexdigest()
    return server.client.post(
        f"{ORGANIZATION}/chunk-upload/", files=[("file", (name, chunk, "application/octet-stream"))]
    )


def is_full(answer: httpx.Response) -> httpx.Response | None:
    assert answer.status_code in (200, 429), answer.text
    return answer if answer.status_code == 429 else None


def test_a_full_blob_store_delays_what_was_accepted_and_loses_nothing(tmp_path: Path) -> None:
    blobs = tmp_path / "blobs"
    own, contents = event_id(), [secrets.token_bytes(300_000) for _ in range(8)]
    with local_sentry(tmp_path, prefix=small_disk(blobs, "1m")) as server:
        for number, content in enumerate(contents):
            item = ({"type": "attachment", "filename": str(number)}, content)
            assert server.send(envelope(item, event_id=own)).status_code == 200
        assert server.send(error_envelope("behind the attachments")).status_code == 200
        # The disk takes two or three, and nothing that the API wants to keep in it either.
        refused = eventually(lambda: is_full(upload(server, secrets.token_bytes(300_000))))
        assert refused.json()["detail"].startswith("The disk is full")
        assert len(attachments(server, own)) < len(contents)
        assert server.issues(query="") == []
        make_room(server, blobs)
        eventually(lambda: len(attachments(server, own)) == len(contents))
        eventually(lambda: seen(server, "behind the attachments"))
        for found in attachments(server, own):
            path = f"/api/0/projects/kijko/kijko-api/events/{own}/attachments/{found['id']}/"
            answer = server.client.get(path, params={"download": "1"})
            assert answer.content == contents[int(found["name"])]
        assert upload(server, secrets.token_bytes(300_000)).status_code == 200
