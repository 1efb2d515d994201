"""Sentry's way to write spans of time: `24h`, `14d`, `-30m`."""

import re

_PERIOD = re.compile(r"([+-]?)(\d{1,6})([smhdw]?)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_period(text: str) -> int | None:
    """The length in µs, negative with a minus sign; a bare number is seconds; None if neither."""
    match = _PERIOD.fullmatch(text.strip())
    if match is None:
        return None
    seconds = int(match[2]) * _UNITS[match[3] or "s"]
    return (-1 if match[1] == "-" else 1) * seconds * 1_000_000
