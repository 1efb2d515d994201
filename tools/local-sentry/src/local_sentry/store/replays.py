"""Session replays: one row each, their recordings in the blob store, links to errors and traces."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession

MAX_URLS = 500


@dataclass(frozen=True, slots=True)
class ReplayEvent:
    """What a `replay_event` item says. Times are µs since the epoch."""

    replay_id: bytes
    started: int
    finished: int
    replay_type: str
    platform: str
    release: str
    environment: str
    user: JsonObject
    user_hash: bytes | None
    urls: tuple[str, ...]
    error_ids: tuple[bytes, ...]
    trace_ids: tuple[bytes, ...]
    tags: JsonObject
    contexts: JsonObject


@dataclass(frozen=True, slots=True)
class Activity:
    """What happened in a recording. Times are µs since the epoch, None when it is empty."""

    clicks: int = 0
    dead_clicks: int = 0
    rage_clicks: int = 0
    first_timestamp: int | None = None
    last_timestamp: int | None = None


def _row_of(session: WriteSession, project_id: int, replay_id: bytes, at: int) -> int:
    found = session.connection.execute(
        "SELECT id FROM replays WHERE replay_id = ?", (replay_id,)
    ).fetchone()
    if found is None:
        found = session.connection.execute(
            "INSERT INTO replays (project_id, replay_id, started, finished, replay_type, platform)"
            " VALUES (?1, ?2, ?3, ?3, 'session', 'javascript') RETURNING id",
            (project_id, replay_id, at),
        ).fetchone()
    return int(found[0])


def add_event(
    session: WriteSession,
    project_id: int,
    event: ReplayEvent,
    *,
    release_id: int | None,
    environment_id: int | None,
) -> None:
    """Adds what a `replay_event` says to its replay. Doing it again changes nothing."""
    row = _row_of(session, project_id, event.replay_id, event.started)
    connection = session.connection
    urls = orjson.loads(
        connection.execute("SELECT urls FROM replays WHERE id = ?", (row,)).fetchone()[0]
    )
    new = list(event.urls)
    if urls[-len(new) :] != new:
        # Each segment repeats the page that the one before it ended on.
        urls += new[1:] if urls[-1:] == new[:1] else new
    connection.execute(
        """
        UPDATE replays SET
            started = min(started, ?2), finished = max(finished, ?3), replay_type = ?4,
            platform = ?5, release_id = coalesce(?6, release_id),
            environment_id = coalesce(?7, environment_id), user_hash = coalesce(?8, user_hash),
            user = CASE ?9 WHEN '{}' THEN user ELSE ?9 END, urls = ?10,
            tags = json_patch(tags, ?11), contexts = json_patch(contexts, ?12)
        WHERE id = ?1
        """,
        (
            row,
            event.started,
            event.finished,
            event.replay_type,
            event.platform,
            release_id,
            environment_id,
            event.user_hash,
            orjson.dumps(event.user).decode(),
            orjson.dumps(urls[:MAX_URLS]).decode(),
            orjson.dumps(event.tags).decode(),
            orjson.dumps(event.contexts).decode(),
        ),
    )
    connection.executemany(
        "INSERT INTO replay_errors VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(row, event_id) for event_id in event.error_ids],
    )
    connection.executemany(
        "INSERT INTO replay_traces VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(row, trace_id) for trace_id in event.trace_ids],
    )
    _count_errors(connection, event.replay_id)


def add_segment(
    session: WriteSession,
    project_id: int,
    replay_id: bytes,
    segment_id: int,
    recording: bytes,
    activity: Activity,
    received: int,
) -> None:
    """Stores a segment; one that is there already is left alone.

    Args:
        session: the open transaction.
        project_id: the project it was sent to.
        replay_id: the replay; it may begin to exist with this.
        segment_id: the place of the segment in the replay, from 0.
        recording: the JSON list of rrweb events.
        activity: what happens in it.
        received: µs since the epoch.

    Raises:
        OSError: the disk refused the recording.
    """
    row = _row_of(session, project_id, replay_id, activity.first_timestamp or received)
    is_new = session.connection.execute(
        "INSERT INTO replay_segments VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (
            row,
            segment_id,
            session.blobs.put(recording),
            len(recording),
            activity.first_timestamp,
            activity.last_timestamp,
            received,
        ),
    ).rowcount
    if is_new:
        session.connection.execute(
            """
            UPDATE replays SET segments = segments + 1, clicks = clicks + ?2,
                dead_clicks = dead_clicks + ?3, rage_clicks = rage_clicks + ?4,
                started = min(started, coalesce(?5, started)),
                finished = max(finished, coalesce(?6, finished))
            WHERE id = ?1
            """,
            (
                row,
                activity.clicks,
                activity.dead_clicks,
                activity.rage_clicks,
                activity.first_timestamp,
                activity.last_timestamp,
            ),
        )


def saw_error(session: WriteSession, replay_id: bytes) -> None:
    """Counts the errors of a replay again, after an error that names the replay was stored."""
    _count_errors(session.connection, replay_id)


def _count_errors(connection: sqlite3.Connection, replay_id: bytes) -> None:
    connection.execute(
        """
        UPDATE replays SET errors = (SELECT count(*) FROM (
            SELECT event_id FROM replay_errors WHERE replay_row = replays.id
            UNION SELECT event_id FROM events WHERE replay_id = ?1 AND issue_id IS NOT NULL
        )) WHERE replay_id = ?1
        """,
        (replay_id,),
    )


@dataclass(frozen=True, slots=True)
class Replay:
    """A replay. Times are µs since the epoch; `row` is what `replay_segments` refers to."""

    row: int
    replay_id: bytes
    project_id: int
    project_slug: str
    started: int
    finished: int
    replay_type: str
    platform: str
    release: str | None
    environment: str | None
    user: JsonObject
    urls: list[str]
    tags: JsonObject
    contexts: JsonObject
    segments: int
    errors: int
    clicks: int
    dead_clicks: int
    rage_clicks: int
    is_archived: bool

    @property
    def duration(self) -> int:
        """From the first to the last moment, µs."""
        return self.finished - self.started


# For every query on replays: the row with the names its ids stand for.
SELECT = """
    SELECT y.*, p.slug AS project_slug, r.version AS release, v.name AS environment
    FROM replays y JOIN projects p ON p.id = y.project_id
    LEFT JOIN releases r ON r.id = y.release_id
    LEFT JOIN environments v ON v.id = y.environment_id
"""


def from_row(row: sqlite3.Row) -> Replay:
    """A replay from a row of `SELECT`."""
    return Replay(
        row=row["id"],
        replay_id=row["replay_id"],
        project_id=row["project_id"],
        project_slug=row["project_slug"],
        started=row["started"],
        finished=row["finished"],
        replay_type=row["replay_type"],
        platform=row["platform"],
        release=row["release"],
        environment=row["environment"],
        user=orjson.loads(row["user"]),
        urls=orjson.loads(row["urls"]),
        tags=orjson.loads(row["tags"]),
        contexts=orjson.loads(row["contexts"]),
        segments=row["segments"],
        errors=row["errors"],
        clicks=row["clicks"],
        dead_clicks=row["dead_clicks"],
        rage_clicks=row["rage_clicks"],
        is_archived=bool(row["is_archived"]),
    )


def get(connection: sqlite3.Connection, replay_id: bytes) -> Replay | None:
    """A replay by its id."""
    row = connection.execute(f"{SELECT} WHERE y.replay_id = ?", (replay_id,)).fetchone()
    return from_row(row) if row is not None else None


def recent(connection: sqlite3.Connection, since: int, limit: int) -> list[Replay]:
    """The newest replays that began after a time (µs since the epoch)."""
    rows = connection.execute(
        f"{SELECT} WHERE y.started >= ? AND NOT y.is_archived ORDER BY y.started DESC LIMIT ?",
        (since, limit),
    )
    return [from_row(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment of a replay; `blob` is the name in `Blobs` of its JSON list of rrweb events."""

    segment_id: int
    blob: bytes
    size: int


def segments(connection: sqlite3.Connection, row: int) -> list[Segment]:
    """The segments of a replay (by its row), in order."""
    rows = connection.execute(
        "SELECT segment_id, blob, size FROM replay_segments WHERE replay_row = ?"
        " ORDER BY segment_id",
        (row,),
    )
    return [Segment(*found) for found in rows]


def error_ids(connection: sqlite3.Connection, row: int) -> list[bytes]:
    """The ids of the errors that happened in a replay (by its row), named from either side."""
    rows = connection.execute(
        """
        SELECT event_id FROM replay_errors WHERE replay_row = ?1 UNION
        SELECT e.event_id FROM events e JOIN replays y ON y.replay_id = e.replay_id
        WHERE y.id = ?1 AND e.issue_id IS NOT NULL
        """,
        (row,),
    )
    return [found[0] for found in rows]


def trace_ids(connection: sqlite3.Connection, row: int) -> list[bytes]:
    """The ids of the traces a replay (by its row) began or took part in."""
    rows = connection.execute("SELECT trace_id FROM replay_traces WHERE replay_row = ?", (row,))
    return [found[0] for found in rows]


def of_trace(connection: sqlite3.Connection, trace_id: bytes) -> list[bytes]:
    """The ids of the replays that saw a trace."""
    rows = connection.execute(
        "SELECT y.replay_id FROM replay_traces t JOIN replays y ON y.id = t.replay_row"
        " WHERE t.trace_id = ?",
        (trace_id,),
    )
    return [found[0] for found in rows]


def of_event(connection: sqlite3.Connection, event_id: bytes) -> bytes | None:
    """The id of the replay an error happened in, named from either side."""
    row = connection.execute(
        """
        SELECT y.replay_id FROM replay_errors x JOIN replays y ON y.id = x.replay_row
        WHERE x.event_id = ?1
        UNION SELECT replay_id FROM events WHERE event_id = ?1 AND replay_id IS NOT NULL LIMIT 1
        """,
        (event_id,),
    ).fetchone()
    return bytes(row[0]) if row is not None else None


def of_issues(connection: sqlite3.Connection, issue_ids: list[int]) -> dict[int, list[bytes]]:
    """The ids of the replays in which issues were seen, for `replay-count`."""
    marks = ",".join("?" * len(issue_ids))
    rows = connection.execute(
        f"""
        SELECT issue_id, replay_id FROM events
        WHERE issue_id IN ({marks}) AND replay_id IS NOT NULL
        UNION
        SELECT e.issue_id, y.replay_id FROM events e
        JOIN replay_errors x ON x.event_id = e.event_id JOIN replays y ON y.id = x.replay_row
        WHERE e.issue_id IN ({marks})
        """,  # noqa: S608 - question marks only
        (*issue_ids, *issue_ids),
    )
    found: dict[int, list[bytes]] = {issue_id: [] for issue_id in issue_ids}
    for issue_id, replay_id in rows:
        found[issue_id].append(replay_id)
    return found
