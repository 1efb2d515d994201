"""Sessions, from which the health of releases is told: sent one by one, or counted by a server."""

from dataclasses import dataclass

from local_sentry.store.session import WriteSession

HOUR = 3_600_000_000  # µs
_NO_ENVIRONMENT = 0


@dataclass(frozen=True, slots=True)
class Session:
    """The latest word on one session. Times are µs since the epoch, `duration` µs."""

    session_id: bytes
    started: int
    updated: int
    sequence: int
    status: str
    errors: int
    duration: int | None
    user_hash: bytes | None


@dataclass(frozen=True, slots=True)
class SessionCount:
    """Sessions that began in the same minute. `started` is µs since the epoch."""

    started: int
    exited: int
    errored: int
    crashed: int
    abnormal: int
    user_hash: bytes | None


_ENDED = "('exited', 'crashed', 'abnormal')"


def update(
    session: WriteSession,
    project_id: int,
    found: Session,
    *,
    release_id: int,
    environment_id: int | None,
) -> None:
    """Stores the latest word on a session; an older one, or one after its end, changes nothing."""
    session.connection.execute(
        f"""
        INSERT INTO sessions (project_id, session_id, release_id, environment_id, started, updated,
            sequence, status, errors, duration, user_hash)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET
            updated = excluded.updated, sequence = excluded.sequence, status = excluded.status,
            errors = max(errors, excluded.errors),
            duration = coalesce(excluded.duration, duration),
            user_hash = coalesce(excluded.user_hash, user_hash)
        WHERE excluded.sequence >= sequence AND status NOT IN {_ENDED}
        """,  # noqa: S608 - constants
        (
            project_id,
            found.session_id,
            release_id,
            environment_id,
            found.started,
            found.updated,
            found.sequence,
            found.status,
            found.errors,
            found.duration,
            found.user_hash,
        ),
    )


def add_counts(
    session: WriteSession,
    project_id: int,
    counts: list[SessionCount],
    *,
    release_id: int,
    environment_id: int | None,
) -> None:
    """Adds sessions that the sender has counted."""
    session.connection.executemany(
        """
        INSERT INTO session_counts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET exited = exited + excluded.exited,
            errored = errored + excluded.errored, crashed = crashed + excluded.crashed,
            abnormal = abnormal + excluded.abnormal
        """,
        [
            (
                project_id,
                release_id,
                environment_id or _NO_ENVIRONMENT,
                count.started // HOUR,
                count.user_hash or b"",
                count.exited,
                count.errored,
                count.crashed,
                count.abnormal,
            )
            for count in counts
        ],
    )
