"""What a column of a dataset is, in SQL. Client text only ever becomes a bound parameter."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["string", "integer", "number", "duration", "date", "boolean"]


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of SQL with the values of its question marks."""

    sql: str
    values: tuple[object, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup:
    """A value that is kept once in another table, and by its id in ours."""

    key: str
    table: str
    value: str

    @property
    def shown(self) -> str:
        """The value of a row."""
        return f"(SELECT {self.value} FROM {self.table} WHERE id = {self.key})"  # noqa: S608 - our own names

    def matching(self, condition: str) -> str:
        """The rows whose value meets a condition on it."""
        return f"{self.key} IN (SELECT id FROM {self.table} WHERE {condition})"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be shown, grouped by and filtered.

    Attributes:
        shown: its value, before it is formatted for JSON.
        kind: Sentry's type.
        unit: Sentry's unit, of durations.
        lookup: where the value is kept, when it is kept once.
        matching: SQL for "the value meets `{condition}`", when there is an index for it; the
            condition is on the column `value`.
        key: what rows with the same value have in common, where that is quicker to compare.
    """

    shown: Fragment
    kind: Kind = "string"
    unit: str | None = None
    lookup: Lookup | None = None
    matching: Fragment | None = None
    key: str | None = None

    @property
    def grouped(self) -> Fragment:
        """What rows with the same value have in common."""
        key = self.lookup.key if self.lookup is not None else self.key
        return Fragment(key) if key is not None else self.shown


def plain(sql: str, kind: Kind = "string", unit: str | None = None) -> Column:
    """A column that is an expression over the row."""
    return Column(Fragment(sql), kind, unit)


def hexadecimal(expression: str) -> Column:
    """A column of bytes, as the hex digits that clients know ids by."""
    return plain(f"lower(hex({expression}))")


def placed(row: str) -> dict[str, Column]:
    """What every row of every dataset has: where it comes from."""
    slug = looked_up(f"{row}.project_id", "projects", "slug")
    return {
        "project": slug,
        "project.name": slug,
        "project.slug": slug,
        "project.id": plain(f"{row}.project_id", "integer"),
        "project_id": plain(f"{row}.project_id", "integer"),
        "release": looked_up(f"{row}.release_id", "releases", "version"),
        "environment": looked_up(f"{row}.environment_id", "environments", "name"),
    }


def looked_up(key: str, table: str, value: str) -> Column:
    """A column whose value is kept once in another table."""
    lookup = Lookup(key, table, value)
    return Column(Fragment(lookup.shown), lookup=lookup)


@dataclass(frozen=True, slots=True)
class Tally:
    """What a row says of the many it stands for, in SQL.

    Attributes:
        rows: how many.
        total: the sum of what is measured, µs.
        values: what is measured, µs, as `quantile` takes it.
    """

    rows: str
    total: str
    values: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """What can be asked.

    Attributes:
        name: Sentry's name of it.
        source: after FROM; the row's alias and those of its joins.
        restriction: what every row meets.
        time: the column of time, µs.
        project: the column of the project's id.
        environment: the column of the environment's id.
        columns: by Sentry's names.
        attribute: the column of any other name, asked for as a string or a number.
        measured: what `p95()` and the like are about when nothing is named.
        searched: the columns that free text is looked for in.
        failed: a row that is a failure.
        tally: what rows stand for, where they stand for many.
    """

    name: str
    source: str
    restriction: str
    time: str
    project: str
    environment: str
    columns: dict[str, Column]
    attribute: Callable[[str, Kind], Column]
    searched: tuple[str, ...]
    measured: str | None = None
    failed: str | None = None
    tally: Tally | None = None

    def column(self, name: str, kind: Kind = "string") -> Column:
        """The column of a name, with or without Sentry's `tags[name,type]` around it.

        Raises:
            ValueError: no column can have that name.
        """
        known = self.columns.get(name)
        if known is not None:
            return known
        if name.startswith("tags[") and name.endswith("]"):
            name, _, said = name[5:-1].partition(",")
            kind = "number" if said.strip() == "number" else kind
            name = name.strip()
        if not name or len(name) > 200 or set(name) & set('"\\\0') or not name.isprintable():
            raise ValueError(f"{name!r} cannot be the name of a field.")
        return self.columns.get(name) or self.attribute(name, kind)
