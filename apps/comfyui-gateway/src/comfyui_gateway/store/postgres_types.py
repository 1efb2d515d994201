"""The part of asyncpg that is used here, typed: the package itself ships no types."""

# ruff: noqa: ASYNC109 - the parameters are asyncpg's

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

Row = Mapping[str, Any]
"""A row by column name; its values are judged where they become models."""


class Executes(Protocol):
    """Something that runs statements: a connection, or a pool that lends one for each."""

    async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:
        """Run a statement, or several without arguments; returns the last command tag."""

    async def fetch(self, query: str, *args: object, timeout: float | None = None) -> list[Row]:
        """Run a query and return its rows."""

    async def fetchrow(self, query: str, *args: object, timeout: float | None = None) -> Row | None:
        """Run a query and return its first row."""

    async def fetchval(self, query: str, *args: object, timeout: float | None = None) -> object:
        """Run a query and return the first value of its first row."""


class Connection(Executes, Protocol):
    """One connection."""

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """A transaction for a block."""

    def get_server_pid(self) -> int:
        """The process id of its backend."""

    def add_termination_listener(self, callback: Callable[[object], None]) -> None:
        """Call `callback` when the connection has ended."""

    async def add_listener(
        self, channel: str, callback: Callable[[object, int, str, object], None]
    ) -> None:
        """Call `callback` with every notification on a channel."""

    async def set_type_codec(
        self,
        typename: str,
        *,
        schema: str,
        encoder: Callable[[Any], bytes],
        decoder: Callable[[bytes], object],
        format: str,  # noqa: A002 - asyncpg's name
    ) -> None:
        """Say how values of a type become Python's and back."""

    async def close(self, *, timeout: float | None = None) -> None:
        """End it in order."""

    def terminate(self) -> None:
        """End it at once."""


class Pool(Executes, Protocol):
    """Connections to lend."""

    def acquire(self) -> AbstractAsyncContextManager[Connection]:
        """A connection for a block."""
