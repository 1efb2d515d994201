"""`check_in` items: what recurring jobs say about their runs.

Source: https://develop.sentry.dev/sdk/telemetry/check-ins/.
"""

import re

from local_sentry.protocol.lenient_json import InvalidJsonError, as_object, as_text, trimmed
from local_sentry.services import ids
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import SECOND
from local_sentry.store import monitors
from local_sentry.store.monitors import CheckIn

_STATUSES = ("ok", "error", "in_progress", "missed", "timeout")
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
    config = trimmed(as_object(payload.get("monitor_config")), 4)
    monitor_id = monitors.find_or_create(
        incoming.session, incoming.project_id, slug, as_object(config), at
    )
    duration = payload.get("duration")
    is_number = isinstance(duration, int | float) and not isinstance(duration, bool)
    trace = as_object(as_object(payload.get("contexts")).get("trace"))
    monitors.check_in(
        incoming.session,
        monitor_id,
        CheckIn(
            check_in_id=check_in_id,
            status=str(status),
            timestamp=at,
            duration=round(min(max(0.0, float(duration)), _LONGEST_DURATION) * SECOND)
            if is_number and isinstance(duration, int | float)
            else None,
            trace_id=ids.trace_id(trace.get("trace_id")),
        ),
        release_id=release_id,
        environment_id=environment_id,
    )
