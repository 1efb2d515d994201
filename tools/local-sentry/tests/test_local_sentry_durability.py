"""Nothing that was acknowledged is lost, and nothing counts twice."""

import json
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

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
