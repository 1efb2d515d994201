"""Nothing that was acknowledged is lost, and nothing counts twice."""

import hashlib
import json
import os
import resource
import secrets
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from local_sentry.app import prepare_data
from local_sentry.store.database import FILE_NAME
from local_sentry_process import (
    envelope,
    error_envelope,
    error_event,
    event_id,
    eventually,
    local_sentry,
)


def stored_events(data: Path) -> list[str]:
    connection = sqlite3.connect(data / FILE_NAME)
    try:
        return [row[0].hex() for row in connection.execute("SELECT event_id FROM events")]
    finally:
        connection.close()


def test_kill_9_during_ingest_loses_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    with local_sentry(tmp_path) as server:
        target = httpx.URL(server.dsn("kijko-api"))
        url = f"{server.url}/api/{target.path.strip('/')}/envelope/?sentry_key={target.username}"
        stop = threading.Event()

        def send() -> None:
            with httpx.Client() as client:
                while not stop.is_set():
                    own = event_id()
                    try:
                        answer = client.post(url, content=error_envelope(f"boom {own}", id=own))
                    except httpx.TransportError:
                        return
                    if answer.status_code == 200:
                        acknowledged.append(own)

        senders = [threading.Thread(target=send) for _ in range(4)]
        for sender in senders:
            sender.start()
        eventually(lambda: len(acknowledged) > 200)
        server.kill()
        stop.set()
        for sender in senders:
            sender.join()
    with local_sentry(tmp_path) as server:
        server.send(error_envelope("the last one", id="f" * 32))
        eventually(lambda: "f" * 32 in stored_events(tmp_path))
        stored = stored_events(tmp_path)
        assert set(acknowledged) <= set(stored)
        assert len(stored) == len(set(stored))
        total = sum(int(issue["count"]) for issue in server.issues(query=""))
        assert total == len(stored)


def test_what_waited_in_the_journal_is_processed_at_the_next_start(tmp_path: Path) -> None:
    own = [event_id() for _ in range(300)]
    with local_sentry(tmp_path) as server:
        for each in own:
            server.send(error_envelope("waiting", id=each))
        server.kill()
    with local_sentry(tmp_path):
        eventually(lambda: set(own) <= set(stored_events(tmp_path)))


def test_a_full_disk_is_said_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    prepare_data(tmp_path)  # Whose tables have room.
    acknowledged: list[str] = []
    refused = 0
    with local_sentry(tmp_path, preexec_fn=small_files) as server:
        for _ in range(300):
            own = event_id()
            answer = server.send(error_envelope("fill", id=own, extra={"x": own * 300}))
            assert answer.status_code in (200, 429)
            if answer.status_code == 200:
                acknowledged.append(own)
            else:
                refused += 1
                assert answer.json()["causes"] == ["the disk is full"]
                assert answer.headers["x-sentry-rate-limits"] == "60::organization:disk_full"
                assert answer.headers["retry-after"] == "60"
    assert refused
    assert acknowledged
    with local_sentry(tmp_path):
        eventually(lambda: set(acknowledged) <= set(stored_events(tmp_path)))


def test_what_a_full_disk_refuses_the_api_is_asked_for_again(tmp_path: Path) -> None:
    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))

    prepare_data(tmp_path)
    organization = "/api/0/organizations/kijko"
    content = secrets.token_bytes(3_000_000)
    name = hashlib.sha1(content, usedforsecurity=False).hexdigest()
    with local_sentry(tmp_path, preexec_fn=small_files) as server:
        upload = f"{organization}/chunk-upload/"
        answer = server.client.post(upload, files={"file": (name, content)})
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "60"), answer.text
        assert "disk is full" in answer.json()["detail"]
        # Until the database cannot grow either.
        statuses = set()
        for number in range(200):
            body = {"version": f"v{number}@{'x' * 200}", "projects": ["kijko-api"],
                    "commits": [{"id": f"{number:040x}", "message": "m" * 20_000}]}  # fmt: skip
            statuses.add(server.client.post(f"{organization}/releases/", json=body).status_code)
        assert statuses == {201, 429}
        assert server.client.get(f"{organization}/releases/").status_code == 200
    with local_sentry(tmp_path) as server:
        assert server.client.post(upload, files={"file": (name, content)}).status_code == 200


def test_contents_wait_for_room_on_their_disk(tmp_path: Path) -> None:
    """The blob store on a disk of its own, which is full and then is not."""
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(blobs)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.strip()}")
    try:
        with local_sentry(tmp_path) as server:
            for number in range(8):
                item = (
                    {"type": "attachment", "filename": f"{number}"},
                    secrets.token_bytes(80_000),
                )
                assert server.send(envelope(item, event_id=event_id())).status_code == 200
            server.send(error_envelope("behind the attachments"))
            eventually(lambda: sum(1 for _ in blobs.glob("??/*.zst")) >= 2, "the first contents")
            assert server.issues() == []  # In order: it waits behind what has no room.
            subprocess.run(
                ["mount", "-o", "remount,size=8m", str(blobs)], check=True, capture_output=True
            )
            eventually(lambda: server.issues(), "what waited")
            assert sum(1 for _ in blobs.glob("??/*.zst")) == 8
    finally:
        subprocess.run(["umount", str(blobs)], check=True, capture_output=True)


def test_a_clock_that_is_wrong_is_set_right(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        wrong = time.time() + 86_400
        sent_at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(wrong))
        event = error_event("from tomorrow", timestamp=wrong - 60)
        server.send(
            envelope(
                ({"type": "event"}, json.dumps(event).encode()),
                event_id=event_id(), sent_at=sent_at,
            )
        )  # fmt: skip
        server.send(error_envelope("from 1999", timestamp="1999-01-01T00:00:00Z"))
        eventually(lambda: len(server.issues()) == 2)
        for issue in server.issues(query="lastSeen:-5m"):
            assert issue["title"].startswith("ValueError: from")
        assert len(server.issues(query="lastSeen:-5m")) == 2


def test_two_servers_do_not_share_a_folder(tmp_path: Path) -> None:
    with local_sentry(tmp_path):
        second = subprocess.run(
            [sys.executable, "-m", "local_sentry", "serve", "--port", "0", "--data", str(tmp_path)],
            capture_output=True, text=True, timeout=60, check=False, env=_environment(),
        )  # fmt: skip
    assert second.returncode == 1
    assert "Another local-sentry has" in second.stderr
    assert "Traceback" not in second.stderr


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
