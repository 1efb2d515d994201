"""What is private in a text goes, what is structure stays, in time linear in the text's length."""

import re
import re._constants as opcodes  # type: ignore[import-not-found]
import re._parser as regex_parser  # type: ignore[import-not-found]
import uuid
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from observability._scrub import assignments, text
from observability._scrub.text import scrub_source, scrub_text

PRIVATE = {
    "mail ann.smith+x@example.co.uk, or jörg@exämple.de.": "mail [email], or [email].",
    "to=ann%40example.org": "to=[email]",
    "git@github.com:x/y": "[email]:x/y",
    "peer 10.0.0.1:80, 203.0.113.9.": "peer [ip]:80, [ip].",
    "http://192.168.1.2:8188/prompt": "http://[ip]:8188/prompt",
    "[2001:db8::1]:443 fe80::1. ::ffff:10.1.2.3 ip:fe80::2": "[[ip]]:443 [ip]. [ip] ip:[ip]",
    "GET http://u:p@ss@h.example/x/y?token=1&a=b#c HTTP": (
        "GET http://[Filtered]@h.example/x/y?[Filtered] HTTP"
    ),
    "/api/jobs?wait=3&email=ann@x.org": "/api/jobs?[Filtered]",
    "/login#access_token=abc": "/login#[Filtered]",
    "postgres://kijko:hunter2@db/kijko": "postgres://[Filtered]@db/kijko",
    "https://abc@o1.ingest.sentry.io/4": "https://[Filtered]@o1.ingest.sentry.io/4",
    "Authorization: Bearer abc.def-123": "Authorization: [Filtered]",
    '{"authorization": "Bearer xyz", "b": 1}': '{"authorization": "[Filtered]", "b": 1}',
    'cookie: a=b; c="d"\nnext': "cookie: [Filtered]\nnext",
    "{'password': 'it\\'s', \"token\":\"x y\"}": (
        "{'password': '[Filtered]', \"token\":\"[Filtered]\"}"
    ),
    'body={"user": {"password": "x", "id": 1}}': (
        'body={"user": {"password": "[Filtered]", "id": 1}}'
    ),
    'x={\\"password\\": \\"a b\\", \\"y\\": 1}': 'x={\\"password\\": \\"[Filtered]\\", \\"y\\": 1}',
    "password=b'a b c' x": "password='[Filtered]' x",
    "secrets: [a, b] x": "secrets: [Filtered] x",
    "X-Api-Key: 12345": "X-Api-Key: [Filtered]",
    "dbPassword=1 aws_secret_access_key = AbC/1+2==": (
        "dbPassword=[Filtered] aws_secret_access_key = [Filtered]"
    ),
    "run --password hunter2 --token=abc -p x": "run --password [Filtered] --token=[Filtered] -p x",
    "curl with bearer abc": "curl with bearer [Filtered]",
    "sent Basic dXNlcjpwYXNz": "sent Basic [Filtered]",
    "sntrys_eyJpYXQiOjE2OTk=_abc/def": "[Filtered]",
    "ghp_aaaaaaaaaaaaaaaaaaaaaaaa AKIAABCDEFGHIJKLMNOP": "[Filtered] [Filtered]",
    "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-1": "jwt [Filtered]",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- x": "[Filtered] x",
    "-----BEGIN PRIVATE KEY-----\nMIIE": "[Filtered]",
}

STRUCTURE = [
    "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    "sentry-trace_id=0af7,sentry-public_key=abc,sentry-release=kijko-api%400.1.0%2Babc1234",
    "kijko-api@0.1.0+abc1234 kijko-api@1.2.3.4+abc1234",
    "react@19.3.1/index.js @sentry/node logo@2x.png src/page@home.tsx",
    "2026-11-24T19:09:00.123456+00:00 19:09:00",
    "127.0.0.1:8188 [::1]:8188 0.0.0.0 ::",
    "v1.2.3.4 1.2.3.4.5 999.1.1.1 Mozilla/5.0 Chrome/120.0.0.0 Safari/537.36",
    "sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "std::dead::beefx test_a.py::test_b 00:1A:2B:3C:4D:5E",
    "max_tokens=55 token_count: 3 tokens: 4 author=me",
    "a basic workflow; Basic Workflow; and/or, what/ever? yes",
    "POST /api/workflows/{workflow_id}/execute",
    "SELECT id FROM jobs WHERE state = $1 AND queue = $2",
    "KeyError: 'token'",
    "docs/page.html#chapter",
]


@pytest.mark.parametrize(("private", "scrubbed"), PRIVATE.items())
def test_what_is_private_goes(private: str, scrubbed: str) -> None:
    assert scrub_text(private) == scrubbed


@pytest.mark.parametrize("structure", STRUCTURE)
def test_what_is_structure_stays(structure: str) -> None:
    assert scrub_text(structure) == structure


def test_source_lines_keep_their_code_but_no_credentials() -> None:
    code = "    token = read_token(f'/x?wait={s}')  # see 10.0.0.1"
    assert scrub_source(code) == code
    assert scrub_source('key = "AKIAABCDEFGHIJKLMNOP"') == 'key = "[Filtered]"'
    assert scrub_source('"password": "hunter2", token=x') == '"password": "[Filtered]", token=x'
    assert scrub_source('to = "ann@example.org"') == 'to = "[email]"'


# Texts made of what the rules look for, so that they meet each other in every order.
_pieces = st.sampled_from(
    [
        *(*PRIVATE, *STRUCTURE, *"@.:=?#/\\\"'[](){}-_+%&;, \n", "token", "password=", "Bearer "),
        *("[Filtered]", "[email]", "[ip]", "cookie:", "--", "eyJ", "b'", "::", "1.1.1.1", "a"),
        *("Z", "://"),
    ]
)
texts = st.lists(_pieces | st.text(max_size=5), max_size=12).map("".join)


@given(texts)
def test_scrubbing_twice_is_scrubbing_once(value: str) -> None:
    once = scrub_text(value)
    assert scrub_text(once) == once


@given(texts)
def test_scrubbing_a_source_line_twice_is_scrubbing_it_once(value: str) -> None:
    once = scrub_source(value)
    assert scrub_source(once) == once


_words = st.from_regex(r"[a-z][a-z0-9]{0,15}", fullmatch=True)


@given(_words, _words, st.sampled_from(["com", "org", "co.uk", "berlin"]), texts)
def test_no_email_address_survives(name: str, host: str, ending: str, around: str) -> None:
    address = f"{name}@q{host}.{ending}"
    assert address not in scrub_text(f"{around} {address} {around}")


@given(st.ip_addresses(), st.sampled_from([" {} ", "({})", "'{}'", "ip={}", "[{}]", "{}, x"]))
def test_no_address_of_a_machine_survives(address: IPv4Address | IPv6Address, around: str) -> None:
    scrubbed = scrub_text(around.format(address))
    if address.is_loopback or address.is_unspecified:
        assert scrubbed == around.format(address)
    else:
        assert scrubbed == around.format("[ip]")


@given(
    st.sampled_from(["password", "api_key", "X-Auth-Token", "client_secret", "DSN", "apiKey"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=30),
    st.sampled_from(['{{"{}": "{}"}}', "{{'{}': '{}'}}"]),
)
def test_no_named_credential_survives(name: str, value: str, form: str) -> None:
    value = "".join(char for char in value if char not in "\"'\\") + "Zz9Zz9"
    assert scrub_text(form.format(name, value)) == form.format(name, "[Filtered]")


@given(st.uuids(), texts)
def test_job_ids_survive(job: uuid.UUID, around: str) -> None:
    assert scrub_text(f"job {job} of {job.hex}") == f"job {job} of {job.hex}"
    assert scrub_text(f"/api/jobs/{job}/events") == f"/api/jobs/{job}/events"


@pytest.mark.parametrize(
    ("piece", "scrubbed"),
    [
        ("a", "a"),
        ("a-", "a-"),
        ("::", "::"),
        ("1.", "1."),
        ("eyJ-", "eyJ-"),
        ("://", "://"),
        ("--a ", "--a "),
        ("\\", "\\"),
        ("token ", "token "),
    ],
)
def test_a_million_characters_of_nearly_something_are_left_alone(piece: str, scrubbed: str) -> None:
    times = 1_000_000 // len(piece)
    assert scrub_text(piece * times) == scrubbed * times


@pytest.mark.parametrize(
    ("hostile", "scrubbed"),
    [
        ("password=" + "\\'" * 500_000, "password=\\'[Filtered]" + "\\'" * 499_999),
        ("password='" + "\\'" * 500_000, "password='[Filtered]"),
        ("-----BEGIN PRIVATE KEY-----" * 40_000, "[Filtered]"),
        ("http://" + "u@" * 500_000 + "h", "http://[Filtered]@h"),
        ("x" * 1_000_000 + "@example.org", "[email]"),
        ("/" + "a" * 500_000 + "?" + "?" * 500_000, "/" + "a" * 500_000 + "?[Filtered]"),
    ],
)
def test_a_million_hostile_characters_are_read_to_the_end(hostile: str, scrubbed: str) -> None:
    assert scrub_text(hostile) == scrubbed


def test_no_pattern_can_backtrack_over_a_run() -> None:
    """The proof that time is linear: every repeat without a limit is possessive."""
    patterns = [*text.PATTERNS, assignments._NAMED, assignments._VALUE, assignments._LINE]
    patterns.append(assignments._LITERAL)
    assert len(patterns) >= 10
    for pattern in patterns:
        tree = regex_parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)
        for operator, limits in _operations(tree):
            if operator in (opcodes.MAX_REPEAT, opcodes.MIN_REPEAT):
                assert limits[1] < 64, pattern.pattern


def _operations(tree: object) -> Iterator[tuple[object, tuple[int, int]]]:
    """Every operation of a parsed pattern, however deep, with its first two arguments."""
    if isinstance(tree, regex_parser.SubPattern | list):
        for part in tree:
            yield from _operations(part)
    elif isinstance(tree, tuple):
        if len(tree) == 2 and isinstance(tree[1], tuple) and len(tree[1]) == 3:
            yield tree[0], tree[1][:2]
        for part in tree:
            yield from _operations(part)
