"""Sentry's search syntax as a tree."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sentry.services.search import (
    All,
    Condition,
    Either,
    Filter,
    FreeText,
    InvalidQueryError,
    parse_query,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", All(())),
        ("is:unresolved", Filter("is", "=", ("unresolved",))),
        ("!level:error", Filter("level", "=", ("error",), negated=True)),
        ('release:"a b"', Filter("release", "=", ("a b",))),
        ("level:[error, fatal]", Filter("level", "=", ("error", "fatal"))),
        ("timesSeen:>=5", Filter("timesSeen", ">=", ("5",))),
        ("age:-24h", Filter("age", "=", ("-24h",))),
        ("two words", FreeText("two words")),
        ('"exactly: this"', FreeText("exactly: this")),
        ("url:http://x.org/a:b", Filter("url", "=", ("http://x.org/a:b",))),
        ("a:1 OR b:2", Either((Filter("a", "=", ("1",)), Filter("b", "=", ("2",))))),
        (
            "x (a:1 OR b:2)",
            All((FreeText("x"), Either((Filter("a", "=", ("1",)), Filter("b", "=", ("2",)))))),
        ),
        ("a:1 AND b:2", All((Filter("a", "=", ("1",)), Filter("b", "=", ("2",))))),
        ('a:""', Filter("a", "=", ("",))),
    ],
)
def test_queries_are_understood(text: str, expected: Condition) -> None:
    assert parse_query(text) == expected


@pytest.mark.parametrize("text", ["(a:1", "a:1)", "OR", "a:1 OR", "AND a:1", "()", "a:", "(" * 50])
def test_what_makes_no_sense_is_said(text: str) -> None:
    with pytest.raises(InvalidQueryError):
        parse_query(text)


def test_what_is_not_closed_is_called_so() -> None:
    for text in ("(", "a:1 (", "(a:1 OR"):
        with pytest.raises(InvalidQueryError, match=r"never closed|between two"):
            parse_query(text)
    with pytest.raises(InvalidQueryError, match="never closed"):
        parse_query("(")


@given(st.text(max_size=200))
def test_any_text_is_a_query_or_a_sentence(text: str) -> None:
    with contextlib.suppress(InvalidQueryError):
        parse_query(text)
