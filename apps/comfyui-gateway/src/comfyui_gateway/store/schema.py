"""Brings the schema up to date when the gateway starts, one process at a time."""

import asyncio
from io import StringIO
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]  # see postgres_types

from comfyui_gateway.problems import StartRefused
from comfyui_gateway.store.postgres_types import Connection

HEAD = "0001"
"""The newest migration; a test keeps it equal to what alembic finds."""

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 0x6B696A6B6F  # "kijko"


async def migrate(dsn: str) -> None:
    """Run the migrations that are missing; a current database costs one query.

    Raises:
        StartRefused: the database belongs to a newer gateway, or refuses the change.
    """
    connection: Connection = await asyncpg.connect(dsn, timeout=10)
    try:
        if await _revision(connection) == HEAD:
            return
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        installed = await _revision(connection)
        if installed != HEAD:
            await connection.execute(await asyncio.to_thread(_script, installed))
    finally:
        await connection.close()


async def _revision(connection: Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    return None if revision is None else str(revision)


def _script(installed: str | None) -> str:
    """The missing migrations as SQL, in a transaction of their own."""
    # Imported here: a gateway whose schema is current never pays for alembic and SQLAlchemy.
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = config.attributes["script"] = StringIO()
    try:
        command.upgrade(config, f"{installed}:head" if installed else "head", sql=True)
    except CommandError as unknown:
        raise StartRefused(
            f"The database was made by another release of the gateway ({unknown}); "
            "start that release, or give another DATABASE_URL or GATEWAY_DATA_DIR."
        ) from unknown
    return script.getvalue()
