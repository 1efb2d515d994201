"""Sentry's own normalization (Relay's, as a library) agrees on which events are valid."""

import json
from typing import Any

import pytest
from sentry_relay.processing import StoreNormalizer

from local_sentry_process import (
    LocalSentry,
    envelope,
    error_event,
    event_id,
    eventually,
    recorded_envelopes,
)


def relay_says(event: dict[str, Any]) -> dict[str, Any]:
    """The event as Relay would store it."""
    normalizer = StoreNormalizer(project_id=1, protocol_version="7", client="test/1")
    normalized: dict[str, Any] = normalizer.normalize_event(event)
    return normalized


def here(server: LocalSentry, event: dict[str, Any]) -> dict[str, Any]:
    """The event as this server shows it."""
    number = event_id()
    body = json.dumps(event).encode()
    assert server.send(envelope(({"type": "event"}, body), event_id=number)).status_code == 200
    address = f"/api/0/projects/kijko/kijko-api/events/{number}/"
    eventually(lambda: server.client.get(address).status_code == 200, "the event")
    shown: dict[str, Any] = server.get(address)
    return shown


EVENTS = {
    "plain": error_event("plain"),
    "critical": error_event("critical", level="critical"),
    "unknown level": error_event("unknown", level="nonsense"),
    "tags as pairs": error_event("pairs", tags=[["a", "b"], ["c", 1]]),
    "platform unknown": error_event("platform", platform="cobol"),
    "release and environment": error_event("release", release="a@1", environment="prod"),
    "message only": {"message": "said", "level": "info", "platform": "python"},
    "user": error_event("user", user={"id": 7, "email": "a@b.c"}),
    "wrong types": error_event("wrong", tags=3, user="me", breadcrumbs="none"),
}


@pytest.mark.parametrize("name", EVENTS)
def test_levels_tags_and_releases_come_out_alike(server: LocalSentry, name: str) -> None:
    event = EVENTS[name]
    relay, shown = relay_says(json.loads(json.dumps(event))), here(server, event)
    tags = {tag["key"]: tag["value"] for tag in shown["tags"]}
    assert tags["level"] == relay["level"]
    assert tags.get("release") == relay.get("release")
    assert tags.get("environment") == relay.get("environment")
    own = {key: value for key, value in relay.get("tags") or [] if value is not None}
    assert own.items() <= tags.items()
    assert (shown["type"] == "error") == (relay["type"] == "error")


def test_what_browsers_sent_is_valid_to_both(server: LocalSentry) -> None:
    for kind, body in recorded_envelopes("browser-static.jsonl"):
        if kind not in ("event", "transaction"):
            continue
        payload = json.loads(body.split(b"\n")[2])
        normalized = relay_says(payload)
        assert normalized["type"] == ("transaction" if kind == "transaction" else "error")
        assert server.send(body, "kijko-web").status_code == 200
