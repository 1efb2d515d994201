"""What real browsers and Node servers sent: every item is taken, and found again."""

import sqlite3
from pathlib import Path

import pytest

from local_sentry.store.database import FILE_NAME
from local_sentry_process import eventually, local_sentry, recorded_envelopes


@pytest.mark.parametrize("name", ["browser-static.jsonl", "browser-stream-and-replay.jsonl"])
def test_every_recorded_item_is_stored(name: str, tmp_path: Path) -> None:
    recorded = list(recorded_envelopes(name))
    with local_sentry(tmp_path) as server:
        for _, body in recorded:
            assert server.send(body, "kijko-web").status_code == 200
        kinds = [kind for kind, _ in recorded]
        eventually(lambda: len(server.issues()) == 2)
        eventually(
            lambda: (
                counted(tmp_path)
                == {
                    "errors": kinds.count("event"),
                    "transactions": kinds.count("transaction"),
                    "sessions": 1,  # Of two words on it, the last is kept.
                    "segments": kinds.count("replay_recording"),
                    "raw": 0,
                    "problems": 0,
                }
            )
        )
        assert {issue["title"].split(":")[0] for issue in server.issues()} == {
            "RangeError",
            "Error",
        }


def test_streamed_spans_join_the_trace_of_the_server(tmp_path: Path) -> None:
    with local_sentry(tmp_path) as server:
        for _, body in recorded_envelopes("browser-stream-and-replay.jsonl"):
            server.send(body, "kijko-web")
        trace = "7d0715084f5340df924a8389e84edfbe"
        path = f"/api/0/organizations/kijko/trace-meta/{trace}/"
        eventually(lambda: server.get(path)["spansCountMap"].get("ui.action.drag"))
        meta = server.get(path)
        assert meta["spansCount"] > 25
        assert meta["errorsCount"] >= 1
        page = server.client.get(f"/explore/traces/trace/{trace}/")
        assert "timeline.drag" in page.text


def counted(data: Path) -> dict[str, int]:
    connection = sqlite3.connect(data / FILE_NAME)
    try:
        return {
            name: connection.execute("SELECT count(*) FROM " + rest).fetchone()[0]  # noqa: S608
            for name, rest in {
                "errors": "events WHERE kind = 'error'",
                "transactions": "events WHERE kind = 'transaction'",
                "sessions": "sessions",
                "segments": "replay_segments",
                "raw": "items",
                "problems": "items WHERE problem IS NOT NULL",
            }.items()
        }
    finally:
        connection.close()
