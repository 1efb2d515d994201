"""Which attributes spans, logs and metrics have ever had, so that search can offer them."""

import sqlite3
from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store.session import WriteSession

MAX_KEYS = 2000  # Of one kind of item in one project: who makes up names forever is not followed.


@dataclass(frozen=True, slots=True)
class AttributeKey:
    """The name of an attribute and the kind of its values: string, number or boolean."""

    key: str
    kind: str


def _kind(value: object) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "string" if isinstance(value, str) else None


def saw(
    session: WriteSession, project_id: int, item_type: str, attributes: JsonObject, at: int
) -> None:
    """Notes the keys of an item's attributes. `item_type` is span, log or metric."""
    known = session.attribute_keys.get((project_id, item_type))
    if known is None:
        rows = session.connection.execute(
            "SELECT key, kind FROM attribute_keys WHERE project_id = ? AND item_type = ?",
            (project_id, item_type),
        )
        known = session.attribute_keys[project_id, item_type] = {(row[0], row[1]) for row in rows}
    for key, value in attributes.items():
        kind = _kind(value)
        if kind is None or (key, kind) in known or len(known) >= MAX_KEYS:
            continue
        known.add((key, kind))
        session.connection.execute(
            "INSERT INTO attribute_keys VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (project_id, item_type, key, kind, at),
        )


def listed(
    connection: sqlite3.Connection, project_ids: list[int], item_type: str
) -> list[AttributeKey]:
    """The keys that items of some projects (of all, if none is named) have had, by name."""
    marks = ",".join("?" * len(project_ids))
    where = f"AND project_id IN ({marks})" if project_ids else ""
    rows = connection.execute(
        f"SELECT DISTINCT key, kind FROM attribute_keys WHERE item_type = ? {where} ORDER BY key",  # noqa: S608 - question marks only
        (item_type, *project_ids),
    )
    return [AttributeKey(row[0], row[1]) for row in rows]
