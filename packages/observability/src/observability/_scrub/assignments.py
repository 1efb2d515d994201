"""Removes credentials that a text gives by name: ``password=…``, ``"token": "…"``, ``--key …``.

It works on headers, query strings, JSON (also JSON inside JSON), Python reprs and command lines.
"""

import re
from collections.abc import Callable

from observability._scrub.names import names_secret
from observability._scrub.placeholders import FILTERED

# Only the name and the sign are one match, so that a harmless name never hides one in its value.
_NAMED = re.compile(
    r"(?<![\w.-])(?P<dashes>-++)?+(?P<name>[A-Za-z_][\w.-]*+)"
    r"(?:\\*+[\"']?[ \t]*+[:=][ \t]*+|(?(dashes)[ \t]++|(?!)))"
)
# An opening quote may be escaped (JSON inside JSON) and then ends at one that is escaped as much.
_QUOTED = r"[bBrRuUfF]{0,2}(?P<quote>\\*+[\"'])(?:(?!(?P=quote))(?:\\[^\n]|[^\\\n]|\\(?![^\n])))*+"
_VALUE = re.compile(
    _QUOTED
    + r"|[\[({][^\])}\n]*+[\])}]?[^\s,;&)}\]<>\"'\\]*+"  # a list, a mapping, or a placeholder
    + r"|[^\s\"',;&)}\]<>\\][^\s,;&)}<>]*+"
)
_LINE = re.compile(_QUOTED + r"|[^\s\"'\\][^\r\n]*+")
_LITERAL = re.compile(_QUOTED)
_WHOLE_LINE = ("authorization", "cookie")


def scrub_assignments(text: str) -> str:
    """Replace each value whose name says that it is a credential."""
    return _scrub(text, lambda name: _LINE if name.lower().endswith(_WHOLE_LINE) else _VALUE)


def scrub_literals(text: str) -> str:
    """Replace only string literals: ``password = "…"`` goes, ``token = read_token()`` stays."""
    return _scrub(text, lambda _name: _LITERAL)


def _scrub(text: str, value_of: Callable[[str], re.Pattern[str]]) -> str:
    parts: list[str] = []
    done = 0
    named = _NAMED.search(text)
    while named is not None:
        end = named.end()
        if names_secret(named["name"]):
            value = value_of(named["name"]).match(text, end)
            if value is not None:
                parts += (text[done:end], value["quote"] or "", FILTERED)
                done = end = value.end()
        named = _NAMED.search(text, end)
    return "".join([*parts, text[done:]]) if parts else text
