"""Envelopes: what is taken apart, and what is refused with which words."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sentry.protocol.envelope import MAX_ITEMS, parse_envelope
from local_sentry.protocol.errors import InvalidEnvelopeError, RejectedRequestError, TooLargeError

ID = "c33939be902044198493dd83d613739a"


def test_items_with_and_without_length_are_split() -> None:
    body = (
        b'{"event_id":"C33939BE-9020-4419-8493-dd83d613739a"}\n'
        b'{"type":"attachment","length":10}\nHello\nBye!\n'
        b'{"type":"event"}\n{"message":"x"}\n\n\n'
    )
    envelope = parse_envelope(body)
    assert envelope.event_id == ID
    assert [(item.type, bytes(item.payload)) for item in envelope.items] == [
        ("attachment", b"Hello\nBye!"),
        ("event", b'{"message":"x"}'),
    ]


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"\n", "missing envelope header"),
        (b"[]\n", "invalid envelope header"),
        (b"{nonsense\n", "invalid envelope header"),
        (b'{"event_id":"xyz"}\n', "invalid envelope header"),
        (b'{"dsn":7}\n', "invalid envelope header"),
        (b'{}\n{"type":"event","length":99}\n{}', "unexpected end of file"),
        (b'{}\n{"type":"event","length":1}\n{"a":1}\n', "missing newline after header or payload"),
        (b'{}\n{"type":"event","length":-1}\n{}\n', "invalid item header"),
        (b'{}\n{"type":"event","length":"2"}\n{}\n', "invalid item header"),
        (b'{}\n{"type":"event","length":true}\n{}\n', "invalid item header"),
        (b'{}\n{"length":2}\n{}\n', "invalid item header"),
        (b"{}\nnot a header\n{}\n", "invalid item header"),
    ],
)
def test_broken_framing_is_refused_with_relays_words(body: bytes, cause: str) -> None:
    with pytest.raises(InvalidEnvelopeError) as caught:
        parse_envelope(body)
    assert caught.value.status == 400
    assert caught.value.body()["detail"] == "invalid event envelope"
    assert caught.value.causes[0] == cause


def test_too_many_items_are_refused() -> None:
    item = b'{"type":"client_report","length":2}\n{}\n'
    with pytest.raises(TooLargeError):
        parse_envelope(b"{}\n" + item * (MAX_ITEMS + 1))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=20), st.binary(max_size=200)), max_size=8))
def test_whatever_was_framed_comes_out_again(items: list[tuple[str, bytes]]) -> None:
    lines = [b"{}"]
    for kind, payload in items:
        lines += [json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    envelope = parse_envelope(b"\n".join(lines))
    assert [(i.type, bytes(i.payload)) for i in envelope.items] == items


@given(st.binary(max_size=400))
def test_any_bytes_are_parsed_or_refused(body: bytes) -> None:
    with contextlib.suppress(RejectedRequestError):
        parse_envelope(body)
