"""Cursors: where the next page of a list begins. Opaque to clients, checked when they come back."""

import base64
import binascii

from kijko_mcp.errors import Unclear

_LONGEST = 8


def cursor_at(offset: int) -> str:
    """The cursor of the page that begins at an offset."""
    return base64.urlsafe_b64encode(f"o{offset}".encode()).decode().rstrip("=")


def offset_of(cursor: str) -> int:
    """Where the page of a cursor begins; 0 without one.

    Raises:
        Unclear: this server made no such cursor.
    """
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, binascii.Error):
        text = ""
    if len(text) > _LONGEST or not text.startswith("o") or not text[1:].isdecimal():
        raise Unclear("That is no cursor of this server.", "Ask again without one.")
    return int(text[1:])
