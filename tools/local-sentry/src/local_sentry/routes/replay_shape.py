"""Sentry's JSON shape of a replay.

Source: Sentry's OpenAPI description (https://github.com/getsentry/sentry-api-schema).
"""

from collections.abc import Sequence

from local_sentry.protocol.lenient_json import (
    Document,
    JsonObject,
    JsonValue,
    as_object,
    as_text,
)
from local_sentry.services.timestamps import isoformat
from local_sentry.store.replays import Replay


def _named(context: JsonObject, *names: str) -> Document:
    return {name: as_text(context.get(name)) or None for name in names}


def _tags(tags: JsonObject) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in tags.items():
        values: list[JsonValue] = value if isinstance(value, list) else [value]
        found[key] = [as_text(each) for each in values]
    return found


def replay(found: Replay, errors: Sequence[bytes], traces: Sequence[bytes]) -> Document:
    """A replay with the ids of its errors and traces."""
    contexts, user = found.contexts, found.user
    names = (as_text(user.get(n)) for n in ("username", "email", "id", "ip_address"))
    return {
        "id": found.replay_id.hex(),
        "project_id": str(found.project_id),
        "trace_ids": [trace.hex() for trace in traces],
        "error_ids": [error.hex() for error in errors],
        "environment": found.environment,
        "tags": _tags(found.tags),
        "user": {
            "id": as_text(user.get("id")) or None,
            "username": as_text(user.get("username")) or None,
            "email": as_text(user.get("email")) or None,
            "ip": as_text(user.get("ip_address")) or None,
            "display_name": next(filter(None, names), None),
            "geo": {"city": None, "country_code": None, "region": None, "subdivision": None},
        },
        "sdk": _named(as_object(contexts.get("sdk")), "name", "version"),
        "os": _named(as_object(contexts.get("os")), "name", "version"),
        "browser": _named(as_object(contexts.get("browser")), "name", "version"),
        "device": _named(as_object(contexts.get("device")), "name", "brand", "model", "family"),
        "ota_updates": {"channel": None, "runtime_version": None, "update_id": None},
        "is_archived": found.is_archived,
        "urls": list(found.urls),
        "segment_names": [],
        "clicks": [],
        "count_dead_clicks": found.dead_clicks,
        "count_rage_clicks": found.rage_clicks,
        "count_errors": len(errors),
        "count_warnings": 0,
        "count_infos": 0,
        "warning_ids": [],
        "info_ids": [],
        "duration": found.duration // 1_000_000,
        "started_at": isoformat(found.started),
        "finished_at": isoformat(found.finished),
        "activity": min(10, len(errors) + found.clicks // 5 + len(found.urls)),
        "count_urls": len(found.urls),
        "replay_type": found.replay_type,
        "count_segments": found.segments,
        "platform": found.platform,
        "releases": [found.release] if found.release else [],
        "dist": None,
        "has_viewed": False,
    }


def only(shape: Document, fields: Sequence[str]) -> Document:
    """What a client asked for of a replay; the id always."""
    # `user.email` asks for `user`, `browser.name` for `browser`.
    wanted = {field.partition(".")[0] for field in fields} | {"id"}
    kept = {name: value for name, value in shape.items() if name in wanted}
    return kept if fields else shape
