"""What hangs on traces beside their spans and errors: logs and metrics, kept alike."""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import orjson

from local_sentry.protocol.lenient_json import JsonObject
from local_sentry.store import attribute_keys
from local_sentry.store.session import WriteSession


class Telemetry(Protocol):
    """What a log and a value of a metric have in common."""

    @property
    def item_id(self) -> bytes:
        """16 bytes made from the content."""

    @property
    def timestamp(self) -> int:
        """µs since the epoch."""

    @property
    def trace_id(self) -> bytes | None:
        """The trace it hangs on."""

    @property
    def span_id(self) -> bytes | None:
        """The span it hangs on."""

    @property
    def attributes(self) -> JsonObject:
        """Name to scalar."""


_T = TypeVar("_T", bound=Telemetry)
_SHARED = (
    "item_id", "project_id", "timestamp", "trace_id", "span_id", "release_id", "environment_id",
    "attributes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows go, and what all of them have in common.

    Attributes:
        table: logs or metrics.
        kind: what `attribute_keys` calls such an item.
        project_id: whose they are.
        release_id: of which release.
        environment_id: in which environment.
    """

    table: str
    kind: str
    project_id: int
    release_id: int | None
    environment_id: int | None


def insert(
    session: WriteSession,
    place: Place,
    found: Iterable[_T],
    columns: Sequence[str],
    values: Callable[[_T], tuple[object, ...]],
) -> None:
    """Stores rows; one that is there already is left alone.

    Args:
        session: the open transaction.
        place: where to.
        found: what.
        columns: what this table has that the other has not.
        values: a row's values of these columns.
    """
    names = (*_SHARED, *columns)
    marks = ", ".join("?" * len(names))
    sql = f"INSERT INTO {place.table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - our own names
    for each in found:
        attribute_keys.saw(session, place.project_id, place.kind, each.attributes, each.timestamp)
        session.connection.execute(
            sql,
            (
                each.item_id,
                place.project_id,
                each.timestamp,
                each.trace_id,
                each.span_id,
                place.release_id,
                place.environment_id,
                orjson.dumps(each.attributes).decode(),
                *values(each),
            ),
        )


@dataclass(frozen=True, slots=True)
class TraceCounts:
    """How many logs and metrics a trace has."""

    logs: int
    metrics: int


def counts_of_trace(connection: sqlite3.Connection, trace_id: bytes) -> TraceCounts:
    """Counts what hangs on a trace."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM logs WHERE trace_id = ?1),"
        " (SELECT count(*) FROM metrics WHERE trace_id = ?1)",
        (trace_id,),
    ).fetchone()
    return TraceCounts(row[0], row[1])
