"""An export is merged into a folder that holds data: nothing twice, nothing lost."""

import contextlib
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

from local_sentry.archive import export_data, import_data
from local_sentry.doctor import examine
from local_sentry.store.database import FILE_NAME
from local_sentry.store.merge_plan import LEFT_OUT, MERGED
from local_sentry_process import (
    LocalSentry,
    envelope,
    error_envelope,
    event_id,
    eventually,
    local_sentry,
)
from local_sentry_story import tell

ORGANIZATION = "/api/0/organizations/kijko"


def rows(data: Path, table: str) -> int:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        found: int = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
        return found


def tables(data: Path) -> set[str]:
    with contextlib.closing(sqlite3.connect(data / FILE_NAME)) as connection:
        found = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return {row[0] for row in found}


def send_error(server: LocalSentry, name: str, number: str | None = None, **fields: Any) -> None:
    server.send(error_envelope(name, number, fingerprint=[name], **fields))


def counts(server: LocalSentry) -> dict[str, tuple[int, int]]:
    return {
        issue["metadata"]["value"]: (int(issue["count"]), issue["userCount"])
        for issue in server.issues(query="", limit=100)
    }


def other_items(server: LocalSentry) -> None:
    """One of each kind that the story leaves out."""
    now = time.time()
    check_in = {"check_in_id": event_id(), "monitor_slug": "merged", "status": "ok"}
    session = {"sid": event_id(), "init": True, "status": "exited", "errors": 0, "started": now,
               "timestamp": now, "attrs": {"release": "kijko-api@1.0.0"}}  # fmt: skip
    metric = {"items": [{"timestamp": now, "trace_id": event_id(), "name": "cuts", "value": 1,
                         "type": "counter"}]}  # fmt: skip
    about = {"type": "trace_metric", "item_count": 1,
             "content_type": "application/vnd.sentry.items.trace-metric+json"}  # fmt: skip
    for header, payload in (
        ({"type": "check_in"}, check_in), ({"type": "session"}, session), (about, metric),
    ):  # fmt: skip
        server.send(envelope((header, json.dumps(payload).encode())))
    server.send(envelope(({"type": "attachment", "filename": "a"}, b"x"), event_id=event_id()))
    commit = {"id": "a" * 40, "repository": "r", "message": "m",
              "patch_set": [{"path": "a.py", "type": "M"}]}  # fmt: skip
    body = {"version": "kijko-api@9.0.0", "projects": ["kijko-api"], "commits": [commit]}
    assert server.client.post(f"{ORGANIZATION}/releases/", json=body).status_code == 201


def test_two_folders_become_one(tmp_path: Path) -> None:
    one, two, archive = tmp_path / "one", tmp_path / "two", tmp_path / "two.tar.gz"
    shared = event_id()
    with local_sentry(one) as server:
        # Other words first, so that the ids of everything differ.
        for n in range(5):
            send_error(server, f"only here {n}", tags={f"key {n}": "v"}, release=f"r{n}@1")
        send_error(server, "in both", shared, user={"id": "1"}, release="kijko-api@1.0.0")
        send_error(server, "in both", user={"id": "2"}, release="kijko-api@1.0.0")
        eventually(lambda: sum(n for n, _ in counts(server).values()) == 7, "the first folder")
        kept = server.issues(query='"in both"')[0]
        server.client.put(f"{ORGANIZATION}/issues/{kept['id']}/", json={"assignedTo": "me"})
    with local_sentry(two) as server:
        send_error(server, "in both", shared, user={"id": "1"}, release="kijko-api@1.0.0")
        send_error(server, "in both", user={"id": "3"}, tags={"a": "b"})
        story = tell(server)
        other_items(server)
        eventually(lambda: rows(two, "attachments") and rows(two, "metrics"), "the items")
        eventually(lambda: rows(two, "sessions") and rows(two, "check_ins"), "the items")
        server.client.put(f"{ORGANIZATION}/issues/{story.issue_id}/", json={"assignedTo": "#kijko"})
        before = {table: rows(two, table) for table in tables(two)}
        spans = server.get(f"{ORGANIZATION}/trace/{story.trace_id}/")
        export_data(two, archive)
    assert import_data(archive, one) is not None
    assert import_data(archive, one) is None
    assert examine(one).ok, examine(one)
    for table in ("spans", "logs", "metrics", "replays", "replay_segments", "attachments",
                  "check_ins", "sessions", "commits", "span_attributes"):  # fmt: skip
        assert rows(one, table) == before[table] > 0, table
    with local_sentry(one) as server:
        found = counts(server)
        assert found["in both"] == (3, 3)
        assert found["render failed"] == (1, 1)
        assert len([name for name in found if name.startswith("only here")]) == 5
        merged = server.issues(query='"in both"')[0]
        assert (merged["id"], merged["assignedTo"]["type"]) == (kept["id"], "user")
        (came,) = server.issues(query='"render failed"')
        assert came["assignedTo"]["name"] == "kijko"
        assert came["shortId"] != merged["shortId"]
        assert [i["id"] for i in server.issues(query="shop:red")] == [came["id"]]
        assert [i["id"] for i in server.issues(query="a:b")] == [merged["id"]]
        assert [i["id"] for i in server.issues(query="stack.filename:src/render.py")] == [
            came["id"]
        ]
        assert len(server.get(f"{ORGANIZATION}/trace/{story.trace_id}/")) == len(spans) > 0
        segments = f"/api/0/projects/kijko/kijko-web/replays/{story.replay_id}/recording-segments/"
        assert server.get(segments, download="true")
        event = server.get(f"{ORGANIZATION}/issues/{came['id']}/events/latest/")
        assert event["id"] == story.event_id
        send_error(server, "in both", user={"id": "1"})
        eventually(lambda: counts(server)["in both"] == (4, 3), "what comes afterwards")


def test_a_later_export_of_the_same_folder_adds_what_is_new(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    with local_sentry(source) as server:
        send_error(server, "first")
        eventually(lambda: len(counts(server)) == 1)
        export_data(source, tmp_path / "1.tar.gz")
        send_error(server, "first")
        send_error(server, "second")
        eventually(lambda: sum(n for n, _ in counts(server).values()) == 3)
        export_data(source, tmp_path / "2.tar.gz")
    assert import_data(tmp_path / "1.tar.gz", target) is not None
    assert import_data(tmp_path / "2.tar.gz", target) is not None
    assert import_data(tmp_path / "1.tar.gz", target) is None
    with local_sentry(target) as server:
        assert counts(server) == {"first": (2, 0), "second": (1, 0)}


def test_what_waits_in_the_journal_is_merged_too(tmp_path: Path) -> None:
    source, target, archive = tmp_path / "source", tmp_path / "target", tmp_path / "all.tar.gz"
    with local_sentry(source) as server:
        for _ in range(50):
            send_error(server, "in a hurry")
        export_data(source, archive)
    with local_sentry(target) as server:
        send_error(server, "here")
        eventually(lambda: len(counts(server)) == 1)
    import_data(archive, target)
    with local_sentry(target) as server:
        expected = {"here": (1, 0), "in a hurry": (50, 0)}
        eventually(lambda: counts(server) == expected, "the backlog")


def test_every_table_is_merged_or_left_out_for_a_reason(tmp_path: Path) -> None:
    with local_sentry(tmp_path):
        pass
    found = tables(tmp_path)
    assert found - MERGED - set(LEFT_OUT) == set()
    assert found >= MERGED
