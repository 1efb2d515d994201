"""Changes the state of issues, merges and deletes them."""

from collections.abc import Sequence
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import issue_activity
from local_sentry.store.issues import Owner
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Archive:
    """Until when an issue is archived; without any condition until it escalates, or forever."""

    until: int | None = None
    times_seen: int | None = None
    users_seen: int | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether there is a condition."""
        return any(v is not None for v in (self.until, self.times_seen, self.users_seen))


_NOT_RESOLVED = "resolution = NULL, resolution_release_id = NULL, resolved_at = NULL"
_NOT_ARCHIVED = "archive_until = NULL, archive_times_seen = NULL, archive_users_seen = NULL"


def resolve(
    session: WriteSession,
    issue_id: int,
    at: int,
    *,
    actor: str | None,
    resolution: str = "now",
    release_id: int | None = None,
    data: "JsonObject | None" = None,
) -> None:
    """Resolves an issue.

    Args:
        session: the open transaction.
        issue_id: which one.
        at: now, µs.
        actor: who does it; None for the server itself.
        resolution: `now`, `in_release`, or `in_next_release` with the newest release there is.
        release_id: the release that the resolution speaks of.
        data: what the history is to say about it.
    """
    session.connection.execute(
        f"UPDATE issues SET status = 'resolved', resolution = ?2, resolution_release_id = ?3,"  # noqa: S608 - constants
        f" resolved_at = ?4, {_NOT_ARCHIVED} WHERE id = ?1",
        (issue_id, resolution, release_id, at),
    )
    kind = "set_resolved" if resolution == "now" else "set_resolved_in_release"
    issue_activity.add(session, issue_id, kind, at, actor=actor, data=data)


def unresolve(session: WriteSession, issue_id: int, at: int, *, actor: str, substatus: str) -> None:
    """Opens an issue again."""
    session.connection.execute(
        f"UPDATE issues SET status = 'unresolved', substatus = ?, {_NOT_RESOLVED}, {_NOT_ARCHIVED}"  # noqa: S608 - constants
        " WHERE id = ?",
        (substatus, issue_id),
    )
    issue_activity.add(session, issue_id, "set_unresolved", at, actor=actor)


def archive(
    session: WriteSession, issue_id: int, at: int, *, actor: str, substatus: str, until: Archive
) -> None:
    """Archives an issue; the counts of `until` are absolute."""
    session.connection.execute(
        f"UPDATE issues SET status = 'ignored', substatus = ?, archive_until = ?,"  # noqa: S608 - constants
        f" archive_times_seen = ?, archive_users_seen = ?, {_NOT_RESOLVED} WHERE id = ?",
        (substatus, until.until, until.times_seen, until.users_seen, issue_id),
    )
    issue_activity.add(session, issue_id, "set_ignored", at, actor=actor)


def assign(
    session: WriteSession, issue_id: int, at: int, *, actor: str, assignee: str | None
) -> None:
    """Gives an issue to `user:N` or `team:N`, or to nobody."""
    _assign(session, issue_id, at, actor, assignee, {})


def _assign(
    session: WriteSession,
    issue_id: int,
    at: int,
    actor: str | None,
    assignee: str | None,
    data: JsonObject,
) -> None:
    session.connection.execute(
        "UPDATE issues SET assigned_to = ? WHERE id = ?", (assignee, issue_id)
    )
    kind = "unassigned"
    if assignee is not None:
        kind = "assigned"
        assignee_type, _, number = assignee.partition(":")
        data = data | {"assignee": number, "assigneeType": assignee_type}
    issue_activity.add(session, issue_id, kind, at, actor=actor, data=data)


def set_owners(session: WriteSession, issue_id: int, owners: Sequence[Owner]) -> None:
    """Notes who may own an issue, who counts most first."""
    session.connection.execute(
        "UPDATE issues SET owners = ? WHERE id = ?",
        (orjson.dumps(owners).decode(), issue_id),
    )


def assign_if_free(
    session: WriteSession, issue_id: int, at: int, *, assignee: str, reason: str
) -> None:
    """Gives an issue that nobody ever had to `user:N` or `team:N`, for a reason of `Owner`."""
    had = session.connection.execute(
        "SELECT 1 FROM issue_activity WHERE issue_id = ? AND type IN ('assigned', 'unassigned')",
        (issue_id,),
    ).fetchone()
    if had is None:
        _assign(session, issue_id, at, None, assignee, {"integration": reason})


def prioritize(session: WriteSession, issue_id: int, at: int, *, actor: str, priority: str) -> None:
    """Sets how urgent an issue is: high, medium or low."""
    session.connection.execute("UPDATE issues SET priority = ? WHERE id = ?", (priority, issue_id))
    data: JsonObject = {"priority": priority}
    issue_activity.add(session, issue_id, "set_priority", at, actor=actor, data=data)


def merge(session: WriteSession, parent: int, children: list[int], at: int, *, actor: str) -> None:
    """Makes one issue of several; events, counts and hashes move to the parent."""
    for child in children:
        execute = session.connection.execute
        ids = (parent, child)
        execute("UPDATE issue_hashes SET issue_id = ? WHERE issue_id = ?", ids)
        execute("UPDATE events SET issue_id = ? WHERE issue_id = ?", ids)
        execute("UPDATE issue_activity SET issue_id = ? WHERE issue_id = ?", ids)
        execute(
            "INSERT INTO issue_hours SELECT ?1, hour, events FROM issue_hours WHERE issue_id = ?2"
            " ON CONFLICT DO UPDATE SET events = events + excluded.events",
            ids,
        )
        execute(
            "INSERT INTO issue_users SELECT ?1, user_hash FROM issue_users WHERE issue_id = ?2"
            " ON CONFLICT DO NOTHING",
            ids,
        )
        execute(
            "INSERT INTO issue_tags SELECT ?1, tag_id, events, first_seen, last_seen"
            " FROM issue_tags WHERE issue_id = ?2 ON CONFLICT DO UPDATE SET"
            " events = events + excluded.events,"
            " first_seen = min(first_seen, excluded.first_seen),"
            " last_seen = max(last_seen, excluded.last_seen)",
            ids,
        )
        execute(
            "INSERT INTO issue_frames SELECT ?1, field, value_id FROM issue_frames"
            " WHERE issue_id = ?2 ON CONFLICT DO NOTHING",
            ids,
        )
        execute(
            "UPDATE issues SET times_seen = issues.times_seen + c.times_seen,"
            " users_seen = (SELECT count(*) FROM issue_users WHERE issue_id = ?1),"
            " first_seen = min(issues.first_seen, c.first_seen),"
            " last_seen = max(issues.last_seen, c.last_seen)"
            " FROM issues c WHERE issues.id = ?1 AND c.id = ?2",
            ids,
        )
        _forget(session, child)
    data: JsonObject = {"issues": [{"id": child} for child in children]}
    issue_activity.add(session, parent, "merge", at, actor=actor, data=data)


def delete(session: WriteSession, issue_id: int) -> None:
    """Deletes an issue with its events."""
    events = "SELECT id FROM events WHERE issue_id = ?"
    for sql in (
        f"DELETE FROM event_payloads WHERE event_row IN ({events})",  # noqa: S608 - constants
        f"DELETE FROM event_tags WHERE event_row IN ({events})",  # noqa: S608 - constants
        "DELETE FROM events WHERE issue_id = ?",
        "DELETE FROM issue_hashes WHERE issue_id = ?",
        "DELETE FROM issue_activity WHERE issue_id = ?",
    ):
        session.connection.execute(sql, (issue_id,))
    _forget(session, issue_id)


def _forget(session: WriteSession, issue_id: int) -> None:
    for table in ("issue_hours", "issue_users", "issue_tags", "issue_frames"):
        session.connection.execute(f"DELETE FROM {table} WHERE issue_id = ?", (issue_id,))  # noqa: S608 - constants
    session.connection.execute("DELETE FROM issues WHERE id = ?", (issue_id,))
