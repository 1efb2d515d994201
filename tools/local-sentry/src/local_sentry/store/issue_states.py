"""Resolves, archives and reopens issues; a resolved issue that comes again is a regression.

Source of the rules: Sentry's `GroupResolution.has_resolution`. An issue that is resolved in a
release is opened again by that release or a later one; resolved in the next release, only by one
that is later than the newest of that moment; archived, by the condition it was archived until.
"""

import sqlite3
from dataclasses import dataclass

from local_sentry.protocol.versions import is_later
from local_sentry.store import issue_activity
from local_sentry.store.session import WriteSession

NOW = "now"
IN_RELEASE = "in_release"
IN_NEXT_RELEASE = "in_next_release"


@dataclass(frozen=True, slots=True)
class Archive:
    """Until when an issue is archived; with nothing set, until a person says otherwise.

    `until` is µs since the epoch; `times_seen` and `users_seen` are totals of the issue.
    """

    until: int | None = None
    times_seen: int | None = None
    users_seen: int | None = None


def resolve(
    session: WriteSession,
    issue_id: int,
    at: int,
    *,
    how: str = NOW,
    release_id: int | None = None,
    actor: str | None = None,
) -> None:
    """Resolves an issue.

    Args:
        session: the open transaction.
        issue_id: the issue's row id.
        at: µs since the epoch.
        how: `NOW`, `IN_RELEASE` or `IN_NEXT_RELEASE`.
        release_id: the release it is resolved in; of the next release, the newest one there is.
        actor: who did it.
    """
    project_id = session.connection.execute(
        """
        UPDATE issues SET status = 'resolved', substatus = '', resolution = ?2,
            resolution_release_id = ?3, resolved_at = ?4, archive_until = NULL,
            archive_times_seen = NULL, archive_users_seen = NULL
        WHERE id = ?1 RETURNING project_id
        """,
        (issue_id, how, release_id, at),
    ).fetchone()[0]
    version = _version(session.connection, release_id)
    kind = issue_activity.RESOLVED if how == NOW else issue_activity.RESOLVED_IN_RELEASE
    data = (
        {}
        if how == NOW
        else {"version": version if how == IN_RELEASE else "", "current_release_version": version}
    )
    issue_activity.add(session, issue_id, project_id, kind, at, actor=actor, data=data)


def reopen(session: WriteSession, issue_id: int, at: int, *, actor: str | None = None) -> None:
    """Makes an issue unresolved by somebody's wish."""
    project_id = _open(session, issue_id, "ongoing")
    issue_activity.add(session, issue_id, project_id, issue_activity.UNRESOLVED, at, actor=actor)


def archive(
    session: WriteSession, issue_id: int, at: int, until: Archive, *, actor: str | None = None
) -> None:
    """Archives (ignores) an issue."""
    conditional = until != Archive()
    project_id = session.connection.execute(
        """
        UPDATE issues SET status = 'ignored', substatus = ?2, archive_until = ?3,
            archive_times_seen = ?4, archive_users_seen = ?5, resolution = NULL
        WHERE id = ?1 RETURNING project_id
        """,
        (
            issue_id,
            "archived_until_condition_met" if conditional else "archived_forever",
            until.until,
            until.times_seen,
            until.users_seen,
        ),
    ).fetchone()[0]
    issue_activity.add(session, issue_id, project_id, issue_activity.ARCHIVED, at, actor=actor)


def came_again(session: WriteSession, issue_id: int, at: int, release_id: int | None) -> None:
    """Opens an issue of which an event was just counted, if its state asks for that."""
    row = session.connection.execute(
        """
        SELECT status, resolution, resolution_release_id, archive_until, archive_times_seen,
            archive_users_seen, times_seen, users_seen FROM issues
        WHERE id = ? AND status != 'unresolved'
        """,
        (issue_id,),
    ).fetchone()
    if row is None:
        return
    status, resolution, resolved_in, until, most_times, most_users, times, users = row
    if status == "resolved":
        if _still_resolved(session.connection, resolution, resolved_in, release_id):
            return
        project_id = _open(session, issue_id, "regressed")
        version = _version(session.connection, release_id)
        issue_activity.add(
            session,
            issue_id,
            project_id,
            issue_activity.REGRESSION,
            at,
            data={"version": version} if version else {},
        )
    elif (
        (until is not None and at >= until)
        or (most_times is not None and times >= most_times)
        or (most_users is not None and users >= most_users)
    ):
        project_id = _open(session, issue_id, "escalating")
        issue_activity.add(session, issue_id, project_id, issue_activity.UNARCHIVED, at)


def _open(session: WriteSession, issue_id: int, substatus: str) -> int:
    row = session.connection.execute(
        """
        UPDATE issues SET status = 'unresolved', substatus = ?2, resolution = NULL,
            resolution_release_id = NULL, resolved_at = NULL, archive_until = NULL,
            archive_times_seen = NULL, archive_users_seen = NULL
        WHERE id = ?1 RETURNING project_id
        """,
        (issue_id, substatus),
    ).fetchone()
    return int(row[0])


def _still_resolved(
    connection: sqlite3.Connection, how: str | None, resolved_in: int | None, seen_in: int | None
) -> bool:
    if how not in (IN_RELEASE, IN_NEXT_RELEASE) or resolved_in is None or seen_in is None:
        return False
    if seen_in == resolved_in:
        return how == IN_NEXT_RELEASE
    resolved_version, resolved_date = _release(connection, resolved_in)
    version, date = _release(connection, seen_in)
    return not is_later(version, resolved_version, is_younger=date > resolved_date)


def _release(connection: sqlite3.Connection, release_id: int) -> tuple[str, int]:
    version, date = connection.execute(
        "SELECT version, date_created FROM releases WHERE id = ?", (release_id,)
    ).fetchone()
    return version, date


def _version(connection: sqlite3.Connection, release_id: int | None) -> str:
    return "" if release_id is None else _release(connection, release_id)[0]
