"""Any value is scrubbed whatever its shape, and nothing it does stops the program."""

import json
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observability._scrub.items import Scrubber
from observability._scrub.values import scrub_value

MAIL = "ann@example.org"


class Hostile:
    """Refuses to be looked at."""

    def __repr__(self) -> str:
        raise RuntimeError(MAIL)


class HostileMapping(OrderedDict[str, str]):
    """Refuses to be listed."""

    def items(self) -> Any:
        """Fail."""
        raise RuntimeError(MAIL)


class Text(str):
    """A text that lies about itself."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError(MAIL)


def test_private_names_hide_their_values_whatever_they_are() -> None:
    value = {
        "password": 1234,
        "apiKey": ["a", "b"],
        "X-Forwarded-For": "unknown, hidden",
        "http.query": "wait=3",
        "user.email": "ann at example",
        "token": None,
        "http.fragment": "",
        "has_password": True,
        "token_count": 7,
        "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    }
    assert scrub_value(value) == {
        "password": "[Filtered]",
        "apiKey": "[Filtered]",
        "X-Forwarded-For": "[Filtered]",
        "http.query": "[Filtered]",
        "user.email": "[Filtered]",
        "token": None,
        "http.fragment": "",
        "has_password": True,
        "token_count": 7,
        "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    }


def test_keys_are_scrubbed_and_no_value_is_lost() -> None:
    assert scrub_value({MAIL: 1, "bob@example.org": 2, 3: MAIL}) == {
        "[email]": 1,
        "[email]#1": 2,
        3: "[email]",
    }


def test_bytes_and_strangers_become_scrubbed_text() -> None:
    assert scrub_value([MAIL.encode(), bytearray(b"\xff"), memoryview(b"x")]) == [
        "[email]",
        "\\xff",
        "x",
    ]
    assert scrub_value(ValueError(MAIL)) == "ValueError('[email]')"
    assert scrub_value(Text(MAIL)) == "[email]"
    assert scrub_value({1, 2}) == [1, 2]
    now = datetime.now(UTC)
    assert scrub_value((now, 1.5, None)) == [now, 1.5, None]


def test_what_fails_when_looked_at_is_dropped_and_the_rest_kept() -> None:
    value = {"a": Hostile(), "b": HostileMapping(c="d"), "e": MAIL}
    assert scrub_value(value) == {"a": "[Filtered]", "b": "[Filtered]", "e": "[email]"}


def test_cycles_end_and_siblings_are_no_cycle() -> None:
    shared = [MAIL]
    cyclic: dict[str, object] = {"one": shared, "two": shared}
    cyclic["self"] = cyclic
    assert scrub_value(cyclic) == {"one": ["[email]"], "two": ["[email]"], "self": "[Filtered]"}


def test_depth_and_width_have_an_end() -> None:
    deep: list[object] = [MAIL]
    for _ in range(100_000):
        deep = [deep]
    text = json.dumps(scrub_value(deep))
    assert text.count("[") < 50
    assert MAIL not in text
    wide = scrub_value([[MAIL] for _ in range(300_000)])
    assert isinstance(wide, list)
    assert wide[0] == ["[email]"]
    assert wide[-1] == "[Filtered]"
    while deep:  # a list this deep is taken apart by hand, not by the interpreter's stack
        inner = deep[0]
        deep = inner if isinstance(inner, list) else []


def test_frames_keep_where_the_code_is_and_what_it_says() -> None:
    frame = {
        "filename": "node_modules/@ann/page@home.org/x.py",
        "abs_path": "/app/node_modules/@ann/page@home.org/x.py",
        "module": "a.b",
        "function": "token",
        "lineno": 3,
        "context_line": "token = read('ann@example.org')",
        "pre_context": ["password = 1"],
        "vars": {"password": "'hunter2'", "to": "'ann@example.org'"},
    }
    scrubbed = scrub_value({"exception": {"values": [{"stacktrace": {"frames": [frame, 5]}}]}})
    assert scrubbed == {
        "exception": {
            "values": [
                {
                    "stacktrace": {
                        "frames": [
                            frame
                            | {
                                "context_line": "token = read('[email]')",
                                "vars": {"password": "[Filtered]", "to": "'[email]'"},
                            },
                            5,
                        ]
                    }
                }
            ]
        }
    }


def test_an_event_keeps_its_structure_and_only_the_accounts_id() -> None:
    structure = {
        "event_id": "0af7651916cd43dd8448eb211c80319c",
        "timestamp": "2026-11-24T12:00:00.000000Z",
        "release": "kijko-api@1.2.3.4+abc1234",
        "modules": {"package": "1.2.3.4"},
        "contexts": {"trace": {"trace_id": "0af7651916cd43dd8448eb211c80319c", "op": "x"}},
        "spans": [{"span_id": "b7ad6b7169203331", "timestamp": "2026-11-24T12:00:00.000000Z"}],
    }
    event = structure | {"user": {"id": "7", "email": MAIL, "name": "Ann", "geo": {"city": "B"}}}
    scrubber = Scrubber()
    assert scrubber.error(event, {}) == structure | {"user": {"id": "7"}}
    assert scrubber.transaction(event, {}) == structure | {"user": {"id": "7"}}


def test_an_item_that_cannot_be_read_at_all_is_dropped() -> None:
    assert Scrubber().error(HostileMapping(message=MAIL), {}) is None
    assert Scrubber().breadcrumb(HostileMapping(message=MAIL), {}) is None
    assert Scrubber().log(HostileMapping(body=MAIL), {}) is None


def test_probes_are_not_worth_a_transaction() -> None:
    scrubber = Scrubber(ignored_transactions=frozenset({"/healthz"}))
    assert scrubber.transaction({"transaction": "/healthz"}, {}) is None
    assert scrubber.error({"transaction": "/healthz"}, {}) == {"transaction": "/healthz"}


_leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.emails()
    | st.datetimes()
    | st.builds(Hostile)
)
_keys = st.text(max_size=10) | st.sampled_from(["password", "frames", "data", MAIL, "code.x"])
_values = st.recursive(
    _leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4),
    max_leaves=20,
)


@given(_values)
def test_scrubbing_a_value_twice_is_scrubbing_it_once(value: object) -> None:
    once = scrub_value(value)
    assert scrub_value(once) == once


@given(st.dictionaries(_keys, _values, max_size=4))
def test_no_item_stops_the_program(item: dict[str, Any]) -> None:
    scrubber = Scrubber()
    for hook in (
        scrubber.error,
        scrubber.transaction,
        scrubber.breadcrumb,
        scrubber.log,
        scrubber.metric,
    ):
        assert isinstance(hook(item, {}), dict)


@pytest.mark.parametrize("key", ["code.file.path", "code.function.name"])
def test_where_a_log_record_was_made_is_kept(key: str) -> None:
    assert scrub_value({key: "/app/page@home.org/x.py"}) == {key: "/app/page@home.org/x.py"}
