"""Sentry's search syntax: text becomes a tree of conditions, knowing nothing of SQL.

Source: https://docs.sentry.io/concepts/search/. `key:value`, `!key:value`, `key:[a,b]`, `key:>5`,
quotes, `*` wildcards, free text, `AND`, `OR` and parentheses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

_MAX_LENGTH = 4096
_MAX_DEPTH = 20
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<paren>[()])
      | (?P<filter>(?P<negated>!)?(?P<key>[\w.@\-]+(?:\[[^\]\s]*\]|\([^()\s]*\))?|"[^"]+")
            :(?P<value>\[[^\]]*\]|(?:[<>]=?)?(?:"(?:\\.|[^"\\])*"|(?:\\.|[^\s()"])*)))
      | (?P<quoted>"(?:\\.|[^"\\])*")
      | (?P<word>[^\s()]+)
    )""",
    re.VERBOSE,
)


class InvalidQueryError(ValueError):
    """The search text cannot be understood; the message says where."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`key:value`. `operator` is `=`, `>`, `<`, `>=` or `<=`; several values are alternatives."""

    key: str
    operator: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class FreeText:
    """Words that are to appear in what an issue is called."""

    text: str


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; without any, everything does."""

    conditions: "tuple[Condition, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """At least one condition holds."""

    conditions: "tuple[Condition, ...]"


Condition: TypeAlias = Filter | FreeText | All | Either


def parse_query(text: str) -> Condition:
    """The tree of a search text.

    Raises:
        InvalidQueryError: unbalanced parentheses, a dangling operator, an empty value, too long.
    """
    if len(text) > _MAX_LENGTH:
        raise InvalidQueryError(f"The search is longer than {_MAX_LENGTH} characters.")
    return _Parser(_tokens(text)).parse()


def _tokens(text: str) -> list[Condition | str]:
    tokens: list[Condition | str] = []
    for match in _TOKEN.finditer(text):
        if match["paren"]:
            tokens.append(match["paren"])
        elif match["filter"]:
            tokens.append(_filter(match))
        elif match["quoted"]:
            tokens.append(FreeText(_unquote(match["quoted"])))
        elif match["word"].upper() in ("AND", "OR"):
            tokens.append(match["word"].upper())
        else:
            tokens.append(FreeText(match["word"]))
    return tokens


def _filter(match: re.Match[str]) -> Filter:
    key = match["key"].strip('"')
    raw = match["value"]
    operator = "="
    values: tuple[str, ...] = (raw,)
    if raw.startswith("[") and raw.endswith("]"):
        values = tuple(_unquote(part.strip()) for part in raw[1:-1].split(",") if part.strip())
    else:
        for candidate in (">=", "<=", ">", "<"):
            if raw.startswith(candidate):
                operator = candidate
                break
        values = (_unquote(raw[len(operator) :] if operator != "=" else raw),)
    if not values or (values == ("",) and not raw.endswith('""')):
        raise InvalidQueryError(f'Empty value after "{key}:". Write {key}:"" for an empty one.')
    return Filter(key, operator, values, bool(match["negated"]))


def _unquote(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return re.sub(r"\\(.)", r"\1", text)


class _Parser:
    def __init__(self, tokens: list[Condition | str]) -> None:
        self._tokens = tokens
        self._position = 0

    def parse(self) -> Condition:
        if not self._tokens:
            return All(())
        condition = self._either(0)
        if self._peek() is not None:
            raise InvalidQueryError('A ")" has no "(" before it.')
        return condition

    def _peek(self) -> Condition | str | None:
        return self._tokens[self._position] if self._position < len(self._tokens) else None

    def _either(self, depth: int) -> Condition:
        branches = [self._all(depth)]
        while self._peek() == "OR":
            self._position += 1
            branches.append(self._all(depth))
        return branches[0] if len(branches) == 1 else Either(tuple(branches))

    def _all(self, depth: int) -> Condition:
        conditions = [self._term(depth)]
        while (found := self._peek()) not in (None, "OR", ")"):
            if found == "AND":
                self._position += 1
            conditions.append(self._term(depth))
        return _joined(conditions)

    def _term(self, depth: int) -> Condition:
        found = self._peek()
        self._position += 1
        if found is None and depth:
            raise InvalidQueryError('A "(" is never closed.')
        if found is None or found in ("AND", "OR"):
            raise InvalidQueryError("AND and OR stand between two conditions.")
        if found == ")":
            raise InvalidQueryError("There is nothing between the parentheses.")
        if found != "(":
            if isinstance(found, str):
                raise InvalidQueryError(f"Unexpected {found!r}.")
            return found
        if depth >= _MAX_DEPTH:
            raise InvalidQueryError(f"Parentheses are nested deeper than {_MAX_DEPTH} levels.")
        inside = self._either(depth + 1)
        if self._peek() != ")":
            raise InvalidQueryError('A "(" is never closed.')
        self._position += 1
        return inside


def _joined(conditions: Sequence[Condition]) -> Condition:
    """Neighbouring words are one phrase, as in Sentry."""
    joined: list[Condition] = []
    for condition in conditions:
        last = joined[-1] if joined else None
        if isinstance(condition, FreeText) and isinstance(last, FreeText):
            joined[-1] = FreeText(f"{last.text} {condition.text}")
        else:
            joined.append(condition)
    return joined[0] if len(joined) == 1 else All(tuple(joined))
