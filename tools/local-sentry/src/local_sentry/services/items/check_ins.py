"""`check_in` items: what recurring jobs say about their runs.

Source: https://develop.sentry.dev/sdk/telemetry/check-ins/.
"""

import re
from dataclasses import replace

from local_sentry.protocol.lenient_json import (
    InvalidJsonError,
    JsonValue,
    as_object,
    as_text,
    trimmed,
)
from local_sentry.services import crons, ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.schedules import MINUTE, InvalidScheduleError, parse_schedule
from local_sentry.services.timestamps import SECOND
from local_sentry.store import monitors
from local_sentry.store.monitors import CheckIn

_STATUSES = ("ok", "error", "in_progress")
_NO_SLUG = re.compile(r"[^a-z0-9_-]+")
_LONGEST_DURATION = 30 * 24 * 3600  # s


def store(incoming: Incoming) -> None:
    """Stores a check-in; the monitor begins to exist with the first."""
    try:
        payload = incoming.payload()
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    slug = _NO_SLUG.sub("-", as_text(payload.get("monitor_slug"), 50).lower()).strip("-")
    check_in_id = ids.event_id(payload.get("check_in_id"))
    status = payload.get("status")
    if not slug or check_in_id is None or status not in _STATUSES:
        incoming.keep_raw("missing monitor_slug, check_in_id or status")
        return
    at = incoming.record.received
    release_id, environment_id = incoming.saw_release(
        as_text(payload.get("release"), 200).strip(),
        as_text(payload.get("environment"), 64).strip() or "production",
        at,
    )
    if environment_id is None:
        incoming.keep_raw("missing environment")
        return
    session = incoming.session
    config = as_object(trimmed(as_object(payload.get("monitor_config")), 4))
    try:
        schedule = parse_schedule(config) if config else None
    except InvalidScheduleError as error:
        incoming.keep_raw(f"monitor_config: {error}")
        config, schedule = {}, None
    monitor_id = monitors.find_or_create(session, incoming.project_id, slug, config, at)
    monitor = monitors.get(session.connection, monitor_id)
    schedule = schedule or crons.schedule_of(monitor)
    runs = status == "in_progress"
    trace = as_object(as_object(payload.get("contexts")).get("trace"))
    said = CheckIn(
        check_in_id=check_in_id,
        status=str(status),
        timestamp=at,
        duration=_duration(payload.get("duration")),
        trace_id=ids.trace_id(trace.get("trace_id")),
        deadline=at + schedule.max_runtime * MINUTE if runs and schedule else None,
        updated=at,
    )
    state = monitors.environment(session, monitor_id, environment_id, at)
    began, is_news = monitors.check_in(
        session,
        monitor_id,
        replace(said, expected=state.next_check_in),
        release_id=release_id,
        environment_id=environment_id,
    )
    if is_news and monitor.status == "active":
        crons.heard(session, monitor_id, state, replace(said, timestamp=began))


def _duration(value: JsonValue) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return round(min(max(0.0, float(value)), _LONGEST_DURATION) * SECOND)
