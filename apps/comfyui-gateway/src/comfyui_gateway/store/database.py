"""Connections to Postgres: one pool that waits for the disk, and one for what may be lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import asyncpg  # type: ignore[import-untyped]  # see postgres_types
import orjson

from comfyui_gateway.problems import DatabaseUnavailable, StartRefused
from comfyui_gateway.store.postgres_types import Connection, Pool
from comfyui_gateway.store.schema import migrate

if TYPE_CHECKING:
    from comfyui_gateway.settings import Settings

DATABASE_ERRORS = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
COMMAND_TIMEOUT = 30.0
CONNECT_TIMEOUT = 10.0


class Database:
    """A Postgres with our schema in it.

    `durable` commits are on disk when they return: accepting, claiming, ending and cancelling a
    job. `relaxed` commits are not: the queue's entries, heartbeats, giving back and progress, all
    of which the next look at the tables repairs when a crash of Postgres takes the last moments.
    """

    def __init__(self, dsn: str, durable: Pool, relaxed: Pool, own_pids: set[int]) -> None:
        self.dsn = dsn
        self.durable = durable
        self.relaxed = relaxed
        self._own_pids = own_pids

    def is_own(self, backend_pid: int) -> bool:
        """Whether a notification was sent by a connection of this process."""
        return backend_pid in self._own_pids

    async def ping(self) -> None:
        """Ask Postgres anything.

        Raises:
            DatabaseUnavailable: it does not answer.
        """
        with database_errors():
            await self.relaxed.fetchval("SELECT 1", timeout=5)


class database_errors:  # noqa: N801 - reads as the statement it is
    """Turns the driver's many ways to say "no database" into the one problem a client is told."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(
            error,
            OSError
            | TimeoutError
            | asyncpg.InterfaceError
            | asyncpg.PostgresConnectionError
            | asyncpg.OperatorInterventionError
            | asyncpg.InsufficientResourcesError,
        ):
            raise DatabaseUnavailable(
                "Postgres does not answer or is out of resources; nothing was changed. "
                "Try again in a moment.",
                headers={"Retry-After": "2"},
            ) from error


@asynccontextmanager
async def open_database(settings: "Settings") -> AsyncIterator[Database]:
    """Start or reach Postgres, bring its schema up to date, and open the pools.

    Raises:
        StartRefused: there is no Postgres to be had; the sentence says why.
    """
    embedded = None
    if settings.database_url is None:
        # Imported here: whoever brings a Postgres need not load ours.
        from comfyui_gateway.store.embedded_postgres import EmbeddedPostgres

        embedded = EmbeddedPostgres(settings.postgres_dir)
        await embedded.start()
        dsn = embedded.dsn
    else:
        dsn = settings.database_url.get_secret_value()
    try:
        try:
            await migrate(dsn)
        except DATABASE_ERRORS as failed:
            raise StartRefused(
                f"Postgres cannot be used: {failed}. Check DATABASE_URL and that the server runs."
            ) from failed
        async with _pools(dsn, settings.concurrency) as database:
            yield database
    finally:
        if embedded is not None:
            await embedded.stop()


@asynccontextmanager
async def _pools(dsn: str, concurrency: int) -> AsyncIterator[Database]:
    own_pids: set[int] = set()

    async def prepare(connection: Connection) -> None:
        pid = connection.get_server_pid()
        own_pids.add(pid)
        connection.add_termination_listener(lambda _: own_pids.discard(pid))
        await register_codecs(connection)

    async def keep(connection: object) -> None:
        """Nothing here changes a session, so handing a connection back needs no round trip."""

    async with (
        asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=max(4, min(8, concurrency)),
            init=prepare,
            reset=keep,
            command_timeout=COMMAND_TIMEOUT,
            timeout=CONNECT_TIMEOUT,
            max_inactive_connection_lifetime=60,
            server_settings={"application_name": "gateway"},
        ) as durable,
        asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=6,
            init=prepare,
            reset=keep,
            command_timeout=COMMAND_TIMEOUT,
            timeout=CONNECT_TIMEOUT,
            max_inactive_connection_lifetime=60,
            server_settings={"application_name": "gateway", "synchronous_commit": "off"},
        ) as relaxed,
    ):
        yield Database(dsn, durable, relaxed, own_pids)


async def register_codecs(connection: Connection) -> None:
    """Let JSON columns be Python values on both sides."""
    await connection.set_type_codec(
        "jsonb",
        encoder=lambda value: (
            b"\x01" + (value.encode() if isinstance(value, str) else orjson.dumps(value))
        ),
        decoder=lambda raw: orjson.loads(raw[1:]),
        schema="pg_catalog",
        format="binary",
    )
