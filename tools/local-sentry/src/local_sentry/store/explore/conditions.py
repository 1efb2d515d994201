"""A search text's conditions as SQL over a dataset."""

import re
from collections.abc import Callable

from local_sentry.services.search import (
    All,
    Condition,
    Either,
    Filter,
    FreeText,
    InvalidQueryError,
)
from local_sentry.services.search_moments import compared_moment
from local_sentry.store.explore.columns import Column, Dataset, Fragment
from local_sentry.store.like import like_pattern

_AMOUNT = re.compile(
    r"([+-]?\d+(?:\.\d+)?)(ns|us|µs|ms|s|sec|min|m|h|hr|d|day|k|b)?", re.IGNORECASE
)
_MILLISECONDS = {
    "ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1e3, "sec": 1e3, "m": 6e4, "min": 6e4,
    "h": 3.6e6, "hr": 3.6e6, "d": 8.64e7, "day": 8.64e7,
}  # fmt: skip
_TIMES = {"k": 1e3, "m": 1e6, "b": 1e9}
_TRUE = ("1", "true", "yes")


def amount(text: str, column: Column) -> float | None:
    """A number as people write it, `1.5s` or `10k`; durations in ms; None when it is none."""
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        return None
    units = _MILLISECONDS if column.kind == "duration" else _TIMES
    scale = units.get((match[2] or "").lower(), 1.0 if not match[2] else None)
    return None if scale is None else float(match[1]) * scale


def joined(word: str, parts: list[Fragment]) -> Fragment:
    """Conditions with AND or OR between them."""
    if not parts:
        return Fragment("1")
    return Fragment(
        "(" + f" {word} ".join(part.sql for part in parts) + ")",
        tuple(value for part in parts for value in part.values),
    )


class Conditions:
    """Translates the tree of a search."""

    def __init__(
        self,
        dataset: Dataset,
        now: int,
        aggregate: Callable[[str], Column] | None = None,
    ) -> None:
        """Prepares.

        Args:
            dataset: what is searched.
            now: µs, for relative times.
            aggregate: the column of an aggregate like `p95(span.duration)`, where one may stand.
        """
        self._dataset = dataset
        self._now = now
        self._aggregate = aggregate

    def sql(self, condition: Condition) -> Fragment:
        """The SQL of a condition.

        Raises:
            InvalidQueryError: a field does not take that value.
        """
        match condition:
            case All(conditions):
                return joined("AND", [self.sql(inner) for inner in conditions])
            case Either(conditions):
                return joined("OR", [self.sql(inner) for inner in conditions])
            case FreeText(text):
                return self._contains(text)
            case Filter():
                found = self._filter(condition)
                return Fragment(f"NOT {found.sql}", found.values) if condition.negated else found

    def _contains(self, text: str) -> Fragment:
        pattern = f"%{like_pattern(text)}%"
        parts = [Fragment(f"{c} LIKE ? ESCAPE '\\'", (pattern,)) for c in self._dataset.searched]
        return joined("OR", parts) if parts else Fragment("0")

    def _column(self, name: str) -> Column:
        if name.endswith(")") and self._aggregate is not None:
            return self._aggregate(name)
        try:
            return self._dataset.column(name)
        except ValueError as error:
            raise InvalidQueryError(str(error)) from error

    def _filter(self, found: Filter) -> Fragment:
        if found.key == "has":
            return joined("OR", [self._has(name) for name in found.values])
        column = self._column(found.key)
        if column.kind == "date":
            return joined("OR", [self._time(column, found, value) for value in found.values])
        return joined("OR", [self._one(column, found, value) for value in found.values])

    def _has(self, name: str) -> Fragment:
        shown = self._column(name).shown
        return Fragment(f"coalesce({shown.sql}, '') != ''", shown.values)

    def _one(self, column: Column, found: Filter, value: str) -> Fragment:
        shown = column.shown
        number = amount(value, column)
        if column.kind == "boolean":
            wanted = value.lower() in _TRUE
            return Fragment(f"({shown.sql}) = ?", (*shown.values, wanted))
        if column.kind in ("integer", "number", "duration") or found.operator != "=":
            if number is None:
                said = f'"{found.key}:" takes a number, like {found.key}:>5.'
                raise InvalidQueryError(said)
            value_sql = f"CAST({shown.sql} AS REAL)" if column.kind == "string" else shown.sql
            return Fragment(f"coalesce({value_sql} {found.operator} ?, 0)", (*shown.values, number))
        if value == "":
            return Fragment(f"coalesce({shown.sql}, '') = ''", shown.values)
        if "*" in value:
            comparison, operand = "{} LIKE ? ESCAPE '\\'", like_pattern(value)
        else:
            comparison, operand = "{} = ?", value
        if column.lookup is not None:
            condition = comparison.format(column.lookup.value)
            # NULL keys match nothing, and negated everything.
            return Fragment(f"coalesce({column.lookup.matching(condition)}, 0)", (operand,))
        if column.matching is not None:
            sql = column.matching.sql.format(condition=comparison.format("value"))
            return Fragment(sql, (*column.matching.values, operand))
        # Attributes may be numbers or booleans; text compares with all of them.
        text = f"CAST({shown.sql} AS TEXT)"
        stored = {"true": "1", "false": "0"}.get(operand.lower())  # as SQLite keeps JSON's
        if stored is not None:
            return Fragment(f"coalesce({text} IN (?, ?), 0)", (*shown.values, operand, stored))
        return Fragment(f"coalesce({comparison.format(text)}, 0)", (*shown.values, operand))

    def _time(self, column: Column, found: Filter, value: str) -> Fragment:
        operator, moment = compared_moment(found, value, self._now)
        return Fragment(f"{column.shown.sql} {operator} ?", (*column.shown.values, moment))
