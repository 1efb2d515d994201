"""Takes out of a message what differs from one occurrence to the next."""

import re

_PATTERN = re.compile(
    r"""
    (?P<email>[a-zA-Z0-9._%+-]{1,64}@[a-zA-Z0-9.-]{1,190}\.[a-zA-Z]{2,24}\b)
  | (?P<url>\b(?:https?|wss?|ftp|file|app)://[^\s'"<>)\]]{1,2048})
  | (?P<uuid>\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\b)
  | (?P<date>\b\d{4}-[01]\d-[0-3]\d(?:[T\ ][0-2]\d:[0-5]\d(?::[0-5]\d(?:[.,]\d{1,9})?)?
        (?:Z|[+-][0-2]\d:?[0-5]\d)?)?\b)
  | (?P<ip>\b(?:\d{1,3}\.){3}\d{1,3}\b | \b(?:[0-9a-fA-F]{1,4}:){7}[0-9a-fA-F]{1,4}\b)
  | (?P<hex>\b0[xX][0-9a-fA-F]+\b
        | \b(?=[0-9a-fA-F]*\d)(?=[0-9a-fA-F]*[a-fA-F])[0-9a-fA-F]{7,128}\b)
  | (?P<float>[+-]?\b\d+\.\d+(?:[eE][+-]?\d+)?\b)
  | (?P<int>-?\b\d+\b | (?<=[_\-/:=\#])\d+ | \d{3,})
    """,
    re.VERBOSE,
)


def parameterize(text: str) -> str:
    """The message with `<int>`, `<uuid>`, `<email>`, … in place of values."""
    return _PATTERN.sub(lambda match: f"<{match.lastgroup}>", text[:2048])
