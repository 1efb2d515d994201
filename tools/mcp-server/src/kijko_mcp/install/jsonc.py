"""Sets one member in JSON with comments, and leaves every other character as it was.

Editors' settings are written by hand: they hold comments and trailing commas, which a parser that
writes would lose. So the place is found, and only it is written.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from kijko_mcp.errors import Trouble

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TRAILING = re.compile(r'("(?:[^"\\\n]|\\.)*")|,(?=\s*[}\]])')
_SPACE = re.compile(r"\s*")
_DECODER = json.JSONDecoder()


class UnreadableSettings(Trouble):
    """A settings file is no JSON, or something else stands where the entry belongs."""


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    begin: int
    value: int
    end: int


def parsed(text: str) -> Any:
    """What a text says; nothing at all says ``{}``.

    Raises:
        UnreadableSettings: it is no JSON with comments.
    """
    plain = _plain(text)
    if not plain.strip():
        return {}
    try:
        return json.loads(plain)
    except (ValueError, RecursionError) as error:
        where = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise UnreadableSettings(
            f"The file is no JSON{where}.", "Correct it; nothing was written."
        ) from None


def with_member(text: str, path: Sequence[str], value: Any) -> str:
    """The text in which the member at ``path`` is ``value``; the objects above it are made.

    Raises:
        UnreadableSettings: it is no JSON, or something on the path is no object.
    """
    before = parsed(text)
    if _at(before, path) == value:
        return text
    if not _plain(text).strip():
        text = f"{text.rstrip()}\n{{}}\n".lstrip("\n")
    changed = _set(text, 0, path, value, depth=0)
    if parsed(changed) != _with(before, path, value):
        raise UnreadableSettings(
            "The file is written in a way that cannot be changed safely.",
            "Paste the entry yourself: --print shows it.",
        )
    return changed


def _set(text: str, start: int, path: Sequence[str], value: Any, depth: int) -> str:
    plain = _plain(text)
    begin = _after_space(plain, start)
    if plain[begin] != "{":
        raise UnreadableSettings(
            "Something other than an object stands where the entry belongs.",
            "Paste the entry yourself: --print shows it.",
        )
    members, end = _members(plain, begin)
    # Where a name stands twice, editors go by the last.
    for member in reversed(members):
        if member.name == path[0]:
            if len(path) > 1:
                return _set(text, member.value, path[1:], value, depth + 1)
            return text[: member.value] + _written(value, text, depth + 1) + text[member.end :]
    for name in reversed(path[1:]):
        value = {name: value}
    entry = f"{json.dumps(path[0])}: {_written(value, text, depth + 1)}"
    unit = _indent(text)
    line = f"\n{unit * (depth + 1)}"
    if not members:
        inside = text[begin + 1 : end].rstrip()
        return f"{text[: begin + 1]}{inside}{line}{entry}\n{unit * depth}{text[end:]}"
    last = members[-1].end
    has_comma = "," in _only_comments_blanked(text)[last:end]
    comma = "" if has_comma else ","
    rest = text[last:end]
    kept = rest.rstrip()
    tail = "," if has_comma else ""
    return f"{text[:last]}{comma}{kept}{line}{entry}{tail}\n{unit * depth}{text[end:]}"


def _members(plain: str, begin: int) -> tuple[list[_Member], int]:
    """The members of the object that begins there, and where its brace closes."""
    found: list[_Member] = []
    at = _after_space(plain, begin + 1)
    while plain[at] != "}":
        name, after = _DECODER.raw_decode(plain, at)
        value = _after_space(plain, _after_space(plain, after) + 1)
        _, end = _DECODER.raw_decode(plain, value)
        found.append(_Member(name, at, value, end))
        at = _after_space(plain, end)
        if plain[at] == ",":
            at = _after_space(plain, at + 1)
    return found, at


def _written(value: Any, text: str, depth: int) -> str:
    unit = _indent(text)
    lines = json.dumps(value, indent=unit, ensure_ascii=False).split("\n")
    return f"\n{unit * depth}".join(lines)


def _indent(text: str) -> str:
    """What this file indents by."""
    match = re.search(r"^([ \t]+)\S", text, re.MULTILINE)
    if match is None:
        return "  "
    return "\t" if match[1].startswith("\t") else match[1][:8]


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _blank(match: re.Match[str]) -> str:
    return match[0] if match[0].startswith('"') else re.sub(r"[^\n]", " ", match[0])


def _only_comments_blanked(text: str) -> str:
    return _TOKEN.sub(_blank, text)


def _plain(text: str) -> str:
    """The same JSON, character by character in the same place, without comments and last commas."""
    without = _only_comments_blanked(text.replace("\ufeff", " ", 1))
    return _TRAILING.sub(lambda match: match[1] or " ", without)


def _at(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _with(value: Any, path: Sequence[str], entry: Any) -> Any:
    if not path:
        return entry
    return {**value, path[0]: _with(value.get(path[0], {}), path[1:], entry)}
