"""Reads JSON as clients really send it, and writes it back however odd it was."""

import json
import math
from typing import TypeAlias

import orjson

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"
JsonObject: TypeAlias = "dict[str, JsonValue]"

# A JSON object on its way out.
Document: TypeAlias = dict[str, object]

MAX_DEPTH = 48


class InvalidJsonError(ValueError):
    """The bytes are not JSON, not even read with goodwill."""


def parse(data: bytes | memoryview) -> JsonValue:
    """Parses JSON; forgives invalid UTF-8, lone surrogates, NaN and infinities.

    Raises:
        InvalidJsonError: the text is not JSON, or is nested deeper than any client nests.
    """
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        return _parse_forgivingly(bytes(data))
    return value


def _parse_forgivingly(data: bytes) -> JsonValue:
    text = data.decode("utf-8", "replace")
    try:
        value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
        # Escaped lone surrogates survive json.loads and break every later encoder.
        cleaned = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        parsed: JsonValue = orjson.loads(cleaned)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(str(error)) from error
    return parsed


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def trimmed(value: JsonValue, depth: int = MAX_DEPTH) -> JsonValue:
    """The same value with everything below `depth` levels replaced by a note."""
    if isinstance(value, dict):
        if depth == 0:
            return "<nested too deeply>"
        return {key: trimmed(inner, depth - 1) for key, inner in value.items()}
    if isinstance(value, list):
        if depth == 0:
            return "<nested too deeply>"
        return [trimmed(inner, depth - 1) for inner in value]
    return value


def dump(value: object) -> bytes:
    """JSON bytes of a value that is no deeper than `MAX_DEPTH` levels plus a response around it."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def as_object(value: JsonValue) -> JsonObject:
    """The value if it is an object, else an empty one: clients send null and lists too."""
    return value if isinstance(value, dict) else {}


def as_list(value: JsonValue) -> list[JsonValue]:
    """The value if it is a list; Sentry also allows `{"values": [...]}` around one."""
    if isinstance(value, dict):
        value = value.get("values")
    return value if isinstance(value, list) else []


def as_text(value: JsonValue, limit: int = 8192) -> str:
    """Scalars as text, anything else as an empty string; at most `limit` characters."""
    if isinstance(value, str):
        return value[:limit]
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)[:limit]
