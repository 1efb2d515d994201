"""Takes envelopes apart, believing nothing they say about their own lengths.

Source: https://develop.sentry.dev/sdk/data-model/envelopes/. The wording of refusals is Relay's.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from local_sentry.protocol.errors import InvalidEnvelopeError, TooLargeError
from local_sentry.protocol.lenient_json import JsonObject

MAX_ITEMS = 1000
MAX_HEADER_BYTES = 64 * 1024

_EVENT_ID = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class Item:
    """One item of an envelope: its type, its header and its bytes as sent."""

    type: str
    headers: JsonObject
    payload: memoryview


@dataclass(frozen=True, slots=True)
class Envelope:
    """An envelope whose framing is sound; the payloads have not been looked into."""

    headers: JsonObject
    items: tuple[Item, ...]
    event_id: str | None
    dsn: str | None


def parse_event_id(value: object) -> str | None:
    """An event id as 32 lower-case hex digits, or None when it is none (or all zeros)."""
    if not isinstance(value, str) or not _EVENT_ID.fullmatch(value):
        return None
    text = value.replace("-", "").lower()
    return text if text.strip("0") else None


def new_event_id() -> str:
    """A fresh event id."""
    return uuid.uuid4().hex


def parse_envelope(body: bytes) -> Envelope:
    """Splits an envelope into its items without copying them.

    Raises:
        InvalidEnvelopeError: the framing is truncated or contradicts itself.
        TooLargeError: more items than `MAX_ITEMS`.
    """
    end = body.find(b"\n")
    first = body if end < 0 else body[:end]
    if not first.strip():
        raise InvalidEnvelopeError("missing envelope header")
    headers = _parse_header(first, "invalid envelope header")
    event_id = None
    if headers.get("event_id") is not None:
        event_id = parse_event_id(headers["event_id"])
        if event_id is None:
            raise InvalidEnvelopeError("invalid envelope header", "invalid event_id")
    dsn = headers.get("dsn")
    if dsn is not None and not isinstance(dsn, str):
        raise InvalidEnvelopeError("invalid envelope header", "invalid dsn")
    items = tuple(_items(body, len(body) if end < 0 else end + 1))
    return Envelope(headers, items, event_id, dsn)


def _items(body: bytes, position: int) -> Iterator[Item]:
    view = memoryview(body)
    size = len(body)
    count = 0
    while position < size:
        if body[position] == 0x0A:  # Blank lines between and after items are fine.
            position += 1
            continue
        count += 1
        if count > MAX_ITEMS:
            raise TooLargeError("items", MAX_ITEMS)
        end = body.find(b"\n", position)
        header_end = size if end < 0 else end
        headers = _parse_header(body[position:header_end], "invalid item header")
        kind = headers.get("type")
        if not isinstance(kind, str) or not kind:
            raise InvalidEnvelopeError("invalid item header", "missing field `type`")
        start = min(header_end + 1, size)
        stop = _payload_end(body, headers.get("length"), start)
        yield Item(kind[:64], headers, view[start:stop])
        position = stop + 1


def _payload_end(body: bytes, length: object, start: int) -> int:
    if length is None:
        end = body.find(b"\n", start)
        return len(body) if end < 0 else end
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise InvalidEnvelopeError("invalid item header", "invalid length")
    stop = start + length
    if stop > len(body):
        raise InvalidEnvelopeError("unexpected end of file")
    if stop < len(body) and body[stop] != 0x0A:
        raise InvalidEnvelopeError("missing newline after header or payload")
    return stop


def _parse_header(line: bytes, complaint: str) -> JsonObject:
    if len(line) > MAX_HEADER_BYTES:
        raise InvalidEnvelopeError(complaint, f"longer than {MAX_HEADER_BYTES} bytes")
    try:
        headers = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidEnvelopeError(complaint, str(error)) from error
    if not isinstance(headers, dict):
        raise InvalidEnvelopeError(complaint, "expected an object")
    return headers
