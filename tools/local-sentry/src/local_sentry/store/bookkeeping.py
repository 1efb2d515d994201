"""Which releases and environments a project has been seen with, and what it has ever sent."""

import orjson

from local_sentry.store.session import WriteSession


def saw_release(
    session: WriteSession, project_id: int, version: str, environment: str, at: int
) -> tuple[int | None, int | None]:
    """Notes that a project sent something from a release and an environment at a time.

    Returns:
        The row ids of the release and of the environment; None for what was not named.
    """
    release_id = session.release(version, at)
    environment_id = session.environment(environment)
    if release_id is not None:
        session.connection.execute(
            """
            INSERT INTO release_projects (release_id, project_id, first_event, last_event)
            VALUES (?1, ?2, ?3, ?3)
            ON CONFLICT DO UPDATE SET
                first_event = min(coalesce(first_event, ?3), ?3),
                last_event = max(coalesce(last_event, ?3), ?3)
            """,
            (release_id, project_id, at),
        )
    if environment_id is not None:
        session.connection.execute(
            "INSERT INTO project_environments VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (project_id, environment_id, at),
        )
    return release_id, environment_id


def saw_item(session: WriteSession, project_id: int, type: str, at: int) -> None:  # noqa: A002 - Sentry's word
    """Notes that a project sends items of a type; the first event and transaction are dated."""
    known = session.item_types.get(project_id)
    if known is None:
        row = session.connection.execute(
            "SELECT item_types FROM projects WHERE id = ?", (project_id,)
        ).fetchone()
        known = session.item_types[project_id] = set(orjson.loads(row[0])) if row else set()
    if type in known or len(known) >= 100:
        return
    known.add(type)
    session.connection.execute(
        "UPDATE projects SET item_types = ? WHERE id = ?",
        (orjson.dumps(sorted(known)).decode(), project_id),
    )
    if type == "event":
        session.connection.execute(
            "UPDATE projects SET first_event = coalesce(first_event, ?) WHERE id = ?",
            (at, project_id),
        )
    elif type == "transaction":
        session.connection.execute(
            "UPDATE projects SET first_transaction = coalesce(first_transaction, ?) WHERE id = ?",
            (at, project_id),
        )
