"""Grouping: what is one issue and what is two; what issues are called."""

from typing import Any

import pytest

from local_sentry.services.grouping import group_hash
from local_sentry.services.parameterization import parameterize
from local_sentry.services.stacktrace import exceptions_of
from local_sentry.services.titles import Description, describe


def frame(function: str, *, in_app: bool = True, **fields: Any) -> dict[str, Any]:
    return {"function": function, "filename": "app/work.py", "in_app": in_app} | fields


def error(*frames: dict[str, Any], value: str = "bad", kind: str = "ValueError") -> dict[str, Any]:
    exception: dict[str, Any] = {"type": kind, "value": value}
    if frames:
        exception["stacktrace"] = {"frames": list(frames)}
    return {"exception": {"values": [exception]}}


def grouped(event: dict[str, Any], **tags: str) -> bytes:
    return group_hash(event, exceptions_of(event), tags)


def named(event: dict[str, Any], platform: str) -> Description:
    return describe(event, exceptions_of(event), platform)


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return grouped(first) == grouped(second)


def test_the_same_in_app_frames_are_one_issue_whatever_the_message() -> None:
    library = frame("send", in_app=False, filename="site-packages/lib.py")
    assert same(error(frame("a"), value="x"), error(frame("a"), library, value="y"))
    assert not same(error(frame("a")), error(frame("b")))
    assert not same(error(frame("a")), error(frame("a"), kind="KeyError"))


def test_line_numbers_and_depth_of_recursion_do_not_matter() -> None:
    once = error(frame("walk", lineno=3))
    deep = error(frame("walk", lineno=7), frame("walk", lineno=7), frame("walk", lineno=7))
    assert same(once, deep)


def test_bundle_hashes_in_file_names_do_not_matter() -> None:
    first = error(frame("onClick", filename="app:///_next/static/chunks/36ah8pk5g_paq.js"))
    second = error(frame("onClick", filename="app:///_next/static/chunks/9zah1pk5g_paq.js"))
    assert same(first, second)


def test_without_frames_type_and_normalized_value_decide() -> None:
    assert same(error(value="job 12 failed"), error(value="job 977 failed"))
    assert not same(error(value="job 12 failed"), error(value="job 12 vanished"))


def test_every_exception_of_the_chain_counts() -> None:
    alone = error(frame("a"))
    chained = error(frame("a"))
    chained["exception"]["values"].insert(0, {"type": "OSError", "value": "disk"})
    assert not same(alone, chained)


def test_fingerprints_decide_first() -> None:
    one = error(frame("a")) | {"fingerprint": ["mine"]}
    two = error(frame("b"), kind="KeyError") | {"fingerprint": ["mine"]}
    assert same(one, two)


@pytest.mark.parametrize("default", ["{{ default }}", "{{default}}"])
def test_default_in_a_fingerprint_means_the_usual_grouping(default: str) -> None:
    one = error(frame("a")) | {"fingerprint": [default, "eu"]}
    two = error(frame("b")) | {"fingerprint": [default, "eu"]}
    three = error(frame("a"), value="other") | {"fingerprint": [default, "eu"]}
    assert not same(one, two)
    assert same(one, three)
    assert not same(one, error(frame("a")))


def test_variables_in_a_fingerprint_are_filled_in() -> None:
    first = error(frame("a")) | {"fingerprint": ["{{ error.type }}", "{{ tags.shop }}"]}
    assert grouped(first, shop="7") == grouped(first | {"fingerprint": ["ValueError", "7"]})


def test_messages_group_by_template() -> None:
    first = {"logentry": {"message": "slow: %s ms", "params": [7]}}
    second = {"logentry": {"message": "slow: %s ms", "params": [9]}}
    assert same(first, second)
    assert same({"message": "took 12 ms"}, {"message": "took 99 ms"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("user 42 not found", "user <int> not found"),
        ("took 1.25 s", "took <float> s"),
        ("mail to ada@example.org", "mail to <email>"),
        ("at https://x.org/a?b=1 now", "at <url> now"),
        ("id 6f3c1b2a-0e1d-4c5b-8a7f-1234567890ab", "id <uuid>"),
        ("from 10.0.0.1:80", "from <ip>:<int>"),
        ("sha 91a8b5d865856e53606b359a8dac00432c1f2c88", "sha <hex>"),
        ("on 2026-11-24T00:00:42.169Z", "on <date>"),
        ("version two", "version two"),
    ],
)
def test_variable_parts_are_named(text: str, expected: str) -> None:
    assert parameterize(text) == expected


def test_titles_and_culprits_are_sentrys() -> None:
    event = error(frame("work", module="app.work"), frame("lib", in_app=False), value="no\nmore")
    error_name = named(event, "python")
    assert (error_name.kind, error_name.title, error_name.culprit) == (
        "error",
        "ValueError: no",
        "app.work in work",
    )
    script = named(error(frame("onClick", filename="a.js")), "javascript")
    assert script.culprit == "onClick(a.js)"
    assert named({}, "other").title == "<unlabeled event>"
    message: dict[str, Any] = {"logentry": {"message": "%s of %d", "params": ["a", 2]}}
    formatted = named(message, "python")
    assert formatted.title == "a of 2"


def test_a_width_in_a_message_template_is_not_obeyed() -> None:
    event: dict[str, Any] = {"logentry": {"message": "%999999999d", "params": [1]}}
    assert named(event, "python").title == "%999999999d"
