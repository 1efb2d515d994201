"""The files, functions and modules that the stacks of issues name."""

from collections.abc import Sequence

from local_sentry.store.session import WriteSession

FIELDS = ("filename", "abs_path", "module", "function", "lineno")
_MOST = 2000  # of one issue


def add(session: WriteSession, issue_id: int, found: Sequence[tuple[str, str]]) -> None:
    """Notes fields of frames with their values; what is noted already stays once."""
    count = session.connection.execute(
        "SELECT count(*) FROM issue_frames WHERE issue_id = ?", (issue_id,)
    ).fetchone()[0]
    session.connection.executemany(
        "INSERT INTO issue_frames VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (issue_id, field, session.string(value))
            for field, value in found[: max(0, _MOST - count)]
        ],
    )
