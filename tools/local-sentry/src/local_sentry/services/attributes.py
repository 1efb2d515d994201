"""Attributes as streamed items carry them: `{"name": {"value": …, "type": …}}`.

Source: https://develop.sentry.dev/sdk/telemetry/logs/#log-envelope-item-payload; spans and metrics
have the same.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator

import orjson

from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_object, trimmed

MAX_ITEMS = 1000
_MAX_ATTRIBUTES = 256


def bounded(attributes: JsonObject) -> JsonObject:
    """The first attributes, their names and depths cut; those without a value are left out."""
    kept = list(attributes.items())[:_MAX_ATTRIBUTES]
    return {key[:200]: trimmed(value, 8) for key, value in kept if value is not None}


def plain(attributes: JsonValue) -> JsonObject:
    """The attributes as name and value."""
    return bounded(
        {
            key: value.get("value") if isinstance(value, dict) else value
            for key, value in as_object(attributes).items()
        }
    )


def items_of(container: JsonValue) -> list[JsonObject]:
    """The items of a container, at most `MAX_ITEMS`."""
    found = as_object(container).get("items")
    return [as_object(raw) for raw in found[:MAX_ITEMS]] if isinstance(found, list) else []


def identified(project_id: int, items: list[JsonObject]) -> Iterator[tuple[bytes, JsonObject]]:
    """Each item with 16 bytes that are the same when the same container is sent again.

    Logs and metrics have no ids of their own. Equal items of one container are told apart.
    """
    seen: Counter[bytes] = Counter()
    for raw in items:
        content = orjson.dumps(raw, option=orjson.OPT_SORT_KEYS)
        digest = hashlib.blake2b(content, digest_size=16, salt=project_id.to_bytes(8, "little"))
        item_id = digest.digest()
        seen[item_id] += 1
        if seen[item_id] > 1:
            digest.update(str(seen[item_id]).encode())
        yield digest.digest(), raw
