"""Alert rules, when they fired, and up to where they have looked."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A rule as clients write it. `frequency` is minutes, `date_created` µs since the epoch."""

    id: int
    project_id: int
    name: str
    environment: str | None
    frequency: int
    action_match: str
    filter_match: str
    conditions: tuple[JsonObject, ...]
    filters: tuple[JsonObject, ...]
    actions: tuple[JsonObject, ...]
    status: str
    date_created: int
    last_triggered: int | None = None


_SELECT = """
    SELECT a.id, a.project_id, a.name, a.environment, a.frequency, a.action_match, a.filter_match,
        a.conditions, a.filters, a.actions, a.status, a.date_created,
        (SELECT max(fired) FROM alert_firings f WHERE f.rule_id = a.id)
    FROM alert_rules a
"""


def _from_row(row: sqlite3.Row) -> AlertRule:
    conditions, filters, actions = (tuple(orjson.loads(row[place])) for place in (7, 8, 9))
    number, project_id, name, environment, frequency, action_match, filter_match = row[:7]
    status, created, last = row[10:]
    return AlertRule(
        number, project_id, name, environment, frequency, action_match, filter_match,
        conditions, filters, actions, status, created, last,
    )  # fmt: skip


def active(connection: sqlite3.Connection) -> list[AlertRule]:
    """The rules that are to be watched."""
    rows = connection.execute(f"{_SELECT} WHERE a.status = 'active' ORDER BY a.id").fetchall()
    return [_from_row(row) for row in rows]


def of_projects(connection: sqlite3.Connection, project_ids: list[int]) -> list[AlertRule]:
    """The rules of some projects, newest first."""
    marks = ",".join("?" * len(project_ids))
    rows = connection.execute(
        f"{_SELECT} WHERE a.project_id IN ({marks}) ORDER BY a.id DESC", project_ids
    ).fetchall()
    return [_from_row(row) for row in rows]


def save(session: WriteSession, rule: AlertRule) -> int:
    """Makes a rule when its id is 0, else changes it; returns its id."""
    lists = [orjson.dumps(part).decode() for part in (rule.conditions, rule.filters, rule.actions)]
    values = (
        rule.name, rule.environment, rule.frequency, rule.action_match, rule.filter_match, *lists,
        rule.status,
    )  # fmt: skip
    if rule.id:
        session.connection.execute(
            "UPDATE alert_rules SET name = ?, environment = ?, frequency = ?, action_match = ?,"
            " filter_match = ?, conditions = ?, filters = ?, actions = ?, status = ? WHERE id = ?",
            (*values, rule.id),
        )
        return rule.id
    row = session.connection.execute(
        "INSERT INTO alert_rules (name, environment, frequency, action_match, filter_match,"
        " conditions, filters, actions, status, project_id, date_created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (*values, rule.project_id, rule.date_created),
    ).fetchone()
    return int(row[0])


def delete(session: WriteSession, rule_id: int) -> None:
    """Deletes a rule with its history."""
    session.connection.execute("DELETE FROM alert_firings WHERE rule_id = ?", (rule_id,))
    session.connection.execute("DELETE FROM alert_rules WHERE id = ?", (rule_id,))


@dataclass(frozen=True, slots=True)
class Position:
    """Up to which entry of `issue_activity` and which row of `events` rules have looked."""

    activity_id: int
    event_row: int


def position(connection: sqlite3.Connection) -> Position:
    """Where the rules have come to."""
    return Position(
        *connection.execute("SELECT activity_id, event_row FROM alert_position").fetchone()
    )


def newest(connection: sqlite3.Connection) -> Position:
    """Where there is nothing more to look at, for now."""
    row = connection.execute(
        "SELECT coalesce((SELECT max(id) FROM issue_activity), 0),"
        " coalesce((SELECT max(id) FROM events), 0)"
    ).fetchone()
    return Position(*row)


def move(session: WriteSession, to: Position) -> None:
    """Notes where the rules have come to."""
    session.connection.execute(
        "UPDATE alert_position SET activity_id = ?, event_row = ?", (to.activity_id, to.event_row)
    )


@dataclass(frozen=True, slots=True)
class Seen:
    """Something that happened to an issue since the rules last looked."""

    issue_id: int
    project_id: int
    what: str
    event_row: int | None = None


def since(
    connection: sqlite3.Connection, start: Position, limit: int
) -> tuple[list[Seen], Position]:
    """What happened after a position, and the position after that."""
    activity = connection.execute(
        "SELECT id, issue_id, project_id, type FROM issue_activity WHERE id > ?"
        " ORDER BY id LIMIT ?",
        (start.activity_id, limit),
    ).fetchall()
    events = connection.execute(
        "SELECT id, issue_id, project_id FROM events WHERE id > ? ORDER BY id LIMIT ?",
        (start.event_row, limit),
    ).fetchall()
    found = [Seen(row[1], row[2], row[3]) for row in activity]
    found += [Seen(row[1], row[2], "event", row[0]) for row in events if row[1] is not None]
    return found, Position(
        activity[-1][0] if activity else start.activity_id,
        events[-1][0] if events else start.event_row,
    )


def count_events(
    connection: sqlite3.Connection,
    issue_id: int,
    environment: str | None,
    since: int,
    *,
    users: bool = False,
) -> int:
    """Events of an issue since a time (µs), in one environment or in all; or users they hit."""
    what = "count(DISTINCT user_hash)" if users else "count(*)"
    row = connection.execute(
        f"SELECT {what} FROM events WHERE issue_id = ?1 AND timestamp >= ?2 AND (?3 IS NULL OR"  # noqa: S608 - one of the two above
        " environment_id = (SELECT id FROM environments WHERE name = ?3))",
        (issue_id, since, environment),
    ).fetchone()
    return int(row[0])


def last_fired(connection: sqlite3.Connection, rule_id: int, issue_id: int) -> int | None:
    """When a rule last fired for an issue, µs since the epoch."""
    row = connection.execute(
        "SELECT max(fired) FROM alert_firings WHERE rule_id = ? AND issue_id = ?",
        (rule_id, issue_id),
    ).fetchone()
    return row[0]  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that fired. `fired` is µs since the epoch; `problem` says what could not be done."""

    rule_id: int
    issue_id: int
    event_id: bytes | None
    fired: int
    problem: str | None


def add_firing(session: WriteSession, firing: Firing) -> None:
    """Notes a firing; of a rule that was deleted meanwhile, nothing."""
    session.connection.execute(
        "INSERT INTO alert_firings (rule_id, issue_id, event_id, fired, problem)"
        " SELECT ?1, ?2, ?3, ?4, ?5 WHERE EXISTS (SELECT 1 FROM alert_rules WHERE id = ?1)",
        (firing.rule_id, firing.issue_id, firing.event_id, firing.fired, firing.problem),
    )


def firings(connection: sqlite3.Connection, rule_id: int, limit: int) -> list[Firing]:
    """The newest firings of a rule."""
    rows = connection.execute(
        "SELECT rule_id, issue_id, event_id, fired, problem FROM alert_firings WHERE rule_id = ?"
        " ORDER BY id DESC LIMIT ?",
        (rule_id, limit),
    ).fetchall()
    return [Firing(*row) for row in rows]
