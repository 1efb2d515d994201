"""Opens issues that come again: a resolved one is a regression, an archived one escalates.

Source of the rules: Sentry's `GroupResolution.has_resolution`. An issue that is resolved in a
release is opened again by that release or a later one; resolved in the next release, only by one
that is later than the newest of that moment; archived, by the condition it was archived until.
"""

import sqlite3

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.protocol.versions import is_later
from local_sentry.store import issue_activity
from local_sentry.store.session import WriteSession

_IN_RELEASE = "in_release"
_IN_NEXT_RELEASE = "in_next_release"
REGRESSION = "set_regression"
ESCALATING = "set_escalating"


def came_again(session: WriteSession, issue_id: int, at: int, release_id: int | None) -> bool:
    """Opens an issue of which an event was just counted, if its state asks for that.

    Returns:
        Whether it was opened.
    """
    row = session.connection.execute(
        """
        SELECT status, resolution, resolution_release_id, archive_until, archive_times_seen,
            archive_users_seen, times_seen, users_seen FROM issues
        WHERE id = ? AND status != 'unresolved'
        """,
        (issue_id,),
    ).fetchone()
    if row is None:
        return False
    status, resolution, resolved_in, until, most_times, most_users, times, users = row
    if status == "resolved":
        if _still_resolved(session.connection, resolution, resolved_in, release_id):
            return False
        _open(session, issue_id, "regressed")
        data: JsonObject = {"version": _release(session.connection, release_id)[0]}
        issue_activity.add(session, issue_id, REGRESSION, at, actor=None, data=data)
    elif (
        (until is not None and at >= until)
        or (most_times is not None and times >= most_times)
        or (most_users is not None and users >= most_users)
    ):
        _open(session, issue_id, "escalating")
        issue_activity.add(session, issue_id, ESCALATING, at, actor=None)
    else:
        return False
    return True


def _open(session: WriteSession, issue_id: int, substatus: str) -> None:
    session.connection.execute(
        """
        UPDATE issues SET status = 'unresolved', substatus = ?2, resolution = NULL,
            resolution_release_id = NULL, resolved_at = NULL, archive_until = NULL,
            archive_times_seen = NULL, archive_users_seen = NULL
        WHERE id = ?1
        """,
        (issue_id, substatus),
    )


def _still_resolved(
    connection: sqlite3.Connection, how: str | None, resolved_in: int | None, seen_in: int | None
) -> bool:
    if how not in (_IN_RELEASE, _IN_NEXT_RELEASE) or resolved_in is None or seen_in is None:
        return False
    if seen_in == resolved_in:
        return how == _IN_NEXT_RELEASE
    resolved_version, resolved_date = _release(connection, resolved_in)
    version, date = _release(connection, seen_in)
    return not is_later(version, resolved_version, is_younger=date > resolved_date)


def _release(connection: sqlite3.Connection, release_id: int | None) -> tuple[str, int]:
    if release_id is None:
        return "", 0
    version, date = connection.execute(
        "SELECT version, date_created FROM releases WHERE id = ?", (release_id,)
    ).fetchone()
    return version, date
