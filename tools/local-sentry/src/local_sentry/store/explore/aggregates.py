"""Functions over many rows: `count()`, `p95(span.duration)`, `failure_rate()` and more."""

import re
import sqlite3
from array import array
from collections.abc import Callable
from dataclasses import dataclass

from local_sentry.services.search import InvalidQueryError
from local_sentry.store.explore.columns import Column, Dataset, Fragment, Kind
from local_sentry.store.explore.conditions import amount

_CALL = re.compile(r"(\w+)\((.*)\)")
_PERCENTILE = re.compile(r"p(\d{2,3})")
_OPERATORS = {
    "equals": "=", "notEquals": "!=", "less": "<", "greater": ">",
    "lessOrEquals": "<=", "greaterOrEquals": ">=",
}  # fmt: skip
_NUMERIC: tuple[Kind, ...] = ("integer", "number", "duration")


class Percentile:
    """An aggregate for SQLite: `percentile(value, fraction)`, by linear interpolation."""

    def __init__(self) -> None:
        self._values = array("d")
        self._fraction = 0.5

    def step(self, value: float | None, fraction: float) -> None:
        """Takes a value."""
        if isinstance(value, int | float):
            self._values.append(value)
            self._fraction = fraction

    def finalize(self) -> float | None:
        """The percentile of all that was taken; None without any."""
        if not self._values:
            return None
        ordered = sorted(self._values)
        place = (len(ordered) - 1) * self._fraction
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def install(connection: sqlite3.Connection) -> None:
    """Makes `percentile` known to a connection."""
    connection.create_aggregate("percentile", 2, Percentile)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments, as text."""

    name: str
    arguments: tuple[str, ...]


def parse_call(field: str) -> Call | None:
    """The function a field calls; None when it is a plain column."""
    match = _CALL.fullmatch(field.strip())
    if match is None:
        return None
    arguments = tuple(part.strip() for part in _split(match[2]) if part.strip())
    return Call(match[1], arguments)


def _split(text: str) -> list[str]:
    """Splits at the commas that stand outside of brackets: `tags[a,number],b` has two parts."""
    parts, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter in "[(") - (letter in "])")
        if letter == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


class Aggregates:
    """The functions of a dataset over a stretch of time."""

    def __init__(self, dataset: Dataset, seconds: float) -> None:
        """Prepares.

        Args:
            dataset: whose rows.
            seconds: the length of the period, for rates.
        """
        self._dataset = dataset
        self._seconds = max(seconds, 1.0)
        self._tally = dataset.tally
        self._rows = f"coalesce(sum({self._tally.rows}), 0)" if self._tally else "count(*)"
        self._plain: dict[str, Callable[[Call], Column]] = {
            "count": self._count,
            "count_unique": self._count_unique,
            "count_if": self._count_if,
            "failure_rate": lambda call: self._failures("number", is_share=True),
            "failure_count": lambda call: self._failures("integer", is_share=False),
            "last_seen": lambda call: self._time("max"),
            "first_seen": lambda call: self._time("min"),
            "percentile": self._percentile,
            **dict.fromkeys(("avg", "sum", "min", "max"), self._number),
            "any": self._any,
            **dict.fromkeys(("epm", "tpm", "spm"), lambda call: self._rate(60)),
            **dict.fromkeys(("eps", "tps", "sps"), lambda call: self._rate(1)),
            "per_minute": lambda call: self._rate(60),
            "per_second": lambda call: self._rate(1),
        }

    def column(self, field: str) -> Column:
        """The column of a call.

        Raises:
            InvalidQueryError: there is no such function, or it does not take these arguments.
        """
        call = parse_call(field)
        if call is None:
            raise InvalidQueryError(f"{field} is no function.")
        if match := _PERCENTILE.fullmatch(call.name):
            digits = int(match[1])
            fraction = digits / (1000 if digits > 100 else 100)
            return self._at(call, call.arguments[:1], fraction)
        build = self._plain.get(call.name)
        if build is None:
            known = ", ".join(sorted([*self._plain, "p50", "p75", "p90", "p95", "p99", "p100"]))
            raise InvalidQueryError(f"{call.name} is not a function here. There are: {known}.")
        return build(call)

    def _measured(self, call: Call, arguments: tuple[str, ...]) -> Column:
        """The numbers that a function is about."""
        name = arguments[0] if arguments else self._dataset.measured
        if name is None:
            raise InvalidQueryError(f"{call.name}() takes a field, like {call.name}(field).")
        try:
            column = self._dataset.column(name, "number")
        except ValueError as error:
            raise InvalidQueryError(str(error)) from error
        if column.kind not in _NUMERIC:
            raise InvalidQueryError(f"{call.name}({name}): {name} is no number.")
        return self._of_metric(column, arguments[1:])

    def _of_metric(self, column: Column, rest: tuple[str, ...]) -> Column:
        """`value,name,type,unit`: the values of one metric."""
        conditions, values = [], list[object]()
        for name, wanted in zip(("metric.name", "metric.type", "metric.unit"), rest, strict=False):
            if wanted in ("", "-", "none") or name not in self._dataset.columns:
                continue
            conditions.append(f"{self._dataset.columns[name].shown.sql} = ?")
            values.append(wanted)
        if not conditions:
            return column
        sql = f"CASE WHEN {' AND '.join(conditions)} THEN {column.shown.sql} END"
        return Column(Fragment(sql, (*values, *column.shown.values)), column.kind, column.unit)

    def _named(self, call: Call) -> Column:
        if not call.arguments:
            raise InvalidQueryError(f"{call.name}() takes a field, like {call.name}(field).")
        try:
            return self._dataset.column(call.arguments[0])
        except ValueError as error:
            raise InvalidQueryError(str(error)) from error

    def _count(self, call: Call) -> Column:
        if not call.arguments or call.arguments[0] == self._dataset.measured:
            if len(call.arguments) > 1:
                column = self._measured(call, call.arguments)
                return Column(
                    Fragment(f"count({column.shown.sql})", column.shown.values), "integer"
                )
            return Column(Fragment(self._rows), "integer")
        if call.arguments[0] in ("message", "span.duration", "id"):
            return Column(Fragment(self._rows), "integer")
        shown = self._named(call).shown
        return Column(Fragment(f"count({shown.sql})", shown.values), "integer")

    def _count_unique(self, call: Call) -> Column:
        if call.arguments == ("user",) and self._dataset.name == "errors":
            return Column(Fragment("count(DISTINCT e.user_hash)"), "integer")
        grouped = self._named(call).grouped
        return Column(Fragment(f"count(DISTINCT {grouped.sql})", grouped.values), "integer")

    def _count_if(self, call: Call) -> Column:
        if len(call.arguments) != 3 or call.arguments[1] not in _OPERATORS:
            raise InvalidQueryError(
                f"count_if takes a field, one of {', '.join(_OPERATORS)}, and a value."
            )
        column, text = self._named(call), call.arguments[2].strip('"')
        number = amount(text, column)
        operand: object = text if number is None or column.kind == "string" else number
        operator = _OPERATORS[call.arguments[1]]
        sql = self._sum_of(f"{column.shown.sql} {operator} ?")
        return Column(Fragment(sql, (*column.shown.values, operand)), "integer")

    def _failures(self, kind: Kind, *, is_share: bool) -> Column:
        if self._dataset.failed is None:
            raise InvalidQueryError(f"{self._dataset.name} know no failures.")
        sql = self._sum_of(self._dataset.failed)
        share = f"coalesce({sql} * 1.0 / {self._rows}, 0)"  # Of no rows, NULL.
        return Column(Fragment(share if is_share else sql), kind)

    def _sum_of(self, condition: str) -> str:
        """How many meet a condition."""
        weight = f" * {self._tally.rows}" if self._tally else ""
        return f"coalesce(sum(({condition}){weight}), 0)"

    def _time(self, function: str) -> Column:
        return Column(Fragment(f"{function}({self._dataset.time})"), "date")

    def _rate(self, per: int) -> Column:
        return Column(Fragment(f"{self._rows} * 1.0 * ? / ?", (per, self._seconds)), "number")

    def _number(self, call: Call) -> Column:
        if call.name in ("min", "max") and call.arguments[:1] == ("timestamp",):
            return self._time(call.name)
        column = self._measured(call, call.arguments)
        shown = column.shown
        if self._tally is not None:
            shares = f" / {self._rows}" if call.name == "avg" else ""
            shown = Fragment(f"sum({self._tally.total}) / 1000.0{shares}")
        else:
            shown = Fragment(f"{call.name}({shown.sql})", shown.values)
        return Column(
            shown,
            "number" if column.kind == "integer" else column.kind,
            column.unit,
        )

    def _any(self, call: Call) -> Column:
        column = self._named(call)
        shown = column.shown
        return Column(Fragment(f"max({shown.sql})", shown.values), column.kind, column.unit)

    def _percentile(self, call: Call) -> Column:
        try:
            fraction = float(call.arguments[-1])
        except (ValueError, IndexError):
            fraction = -1.0
        if not 0 <= fraction <= 1:
            raise InvalidQueryError("percentile takes a field and a number from 0 to 1.")
        return self._at(call, call.arguments[:-1], fraction)

    def _at(self, call: Call, arguments: tuple[str, ...], fraction: float) -> Column:
        column = self._measured(call, arguments or ())
        shown = column.shown
        sql = f"percentile({shown.sql}, ?)"
        if self._tally is not None:
            shown, sql = Fragment(""), f"quantile({self._tally.values}, ?) / 1000.0"
        return Column(
            Fragment(sql, (*shown.values, fraction)),
            "number" if column.kind == "integer" else column.kind,
            column.unit,
        )
