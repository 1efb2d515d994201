"""Trace, span and event ids: hex on the wire, bytes in the store."""

import re

_HEX = re.compile(r"[0-9a-fA-F]+")


def _id_bytes(value: object, size: int) -> bytes | None:
    text = value.replace("-", "") if isinstance(value, str) and len(value) <= 36 else ""
    if len(text) != size * 2 or not _HEX.fullmatch(text) or not text.strip("0"):
        return None
    return bytes.fromhex(text)


def trace_id(value: object) -> bytes | None:
    """The 16 bytes of a trace id, or None when it is none; all zeros are none."""
    return _id_bytes(value, 16)


def event_id(value: object) -> bytes | None:
    """The 16 bytes of an event id, or None when it is none; all zeros are none."""
    return _id_bytes(value, 16)


def span_id(value: object) -> bytes | None:
    """The 8 bytes of a span id, or None when it is none; all zeros are none."""
    return _id_bytes(value, 8)
