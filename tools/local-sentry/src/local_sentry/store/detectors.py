"""Metric monitors: what they look at, what they say is too much, and how it stands."""

import sqlite3
from dataclasses import dataclass

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Detector:
    """A metric monitor as clients write it. Times are µs since the epoch.

    Attributes:
        query: `dataset`, `aggregate`, `query`, `timeWindow` (seconds), `environment` ….
        conditions: `type`, `comparison` and `conditionResult` each.
        config: `detectionType` and `comparisonDelta` (seconds).
        workflow_ids: the alert rules it is connected to.
        priority: 0 fine, 50 warning, 75 critical.
        checked: when it was last looked at.
    """

    id: int
    project_id: int
    name: str
    description: str | None
    owner: str | None
    enabled: bool
    query: JsonObject
    conditions: tuple[JsonObject, ...]
    config: JsonObject
    workflow_ids: tuple[str, ...]
    date_created: int
    date_updated: int
    priority: int = 0
    checked: int = 0


_SELECT = """
    SELECT id, project_id, name, description, owner, enabled, query, conditions, config,
        workflow_ids, date_created, date_updated, priority, checked FROM detectors
"""


def _from_row(row: sqlite3.Row) -> Detector:
    number, project_id, name, description, owner, enabled = row[:6]
    query, conditions, config, workflow_ids = (orjson.loads(text) for text in row[6:10])
    return Detector(
        number, project_id, name, description, owner, bool(enabled), query, tuple(conditions),
        config, tuple(workflow_ids), *row[10:],
    )  # fmt: skip


def of_projects(connection: sqlite3.Connection, project_ids: list[int]) -> list[Detector]:
    """The monitors of some projects, newest first."""
    marks = ",".join("?" * len(project_ids))
    rows = connection.execute(
        f"{_SELECT} WHERE project_id IN ({marks}) ORDER BY id DESC", project_ids
    ).fetchall()
    return [_from_row(row) for row in rows]


def due(connection: sqlite3.Connection, before: int) -> list[Detector]:
    """The monitors to watch that nobody has looked at since a time, the longest waiting first."""
    rows = connection.execute(
        f"{_SELECT} WHERE enabled AND checked < ? ORDER BY checked LIMIT 100", (before,)
    ).fetchall()
    return [_from_row(row) for row in rows]


def save(session: WriteSession, detector: Detector) -> int:
    """Makes a monitor when its id is 0, else changes it; returns its id."""
    values = (
        detector.name, detector.description, detector.owner, detector.enabled,
        orjson.dumps(detector.query).decode(), orjson.dumps(detector.conditions).decode(),
        orjson.dumps(detector.config).decode(), orjson.dumps(detector.workflow_ids).decode(),
        detector.date_updated,
    )  # fmt: skip
    if detector.id:
        session.connection.execute(
            "UPDATE detectors SET name = ?, description = ?, owner = ?, enabled = ?, query = ?,"
            " conditions = ?, config = ?, workflow_ids = ?, date_updated = ?, checked = 0"
            " WHERE id = ?",
            (*values, detector.id),
        )
        return detector.id
    row = session.connection.execute(
        "INSERT INTO detectors (name, description, owner, enabled, query, conditions, config,"
        " workflow_ids, date_updated, project_id, date_created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (*values, detector.project_id, detector.date_created),
    ).fetchone()
    return int(row[0])


def delete(session: WriteSession, detector_id: int) -> None:
    """Deletes a monitor; its issues stay."""
    session.connection.execute("DELETE FROM detectors WHERE id = ?", (detector_id,))


def stands(session: WriteSession, detector_id: int, priority: int, checked: int) -> None:
    """Notes how a monitor stands, and when that was seen."""
    session.connection.execute(
        "UPDATE detectors SET priority = ?, checked = ? WHERE id = ?",
        (priority, checked, detector_id),
    )
