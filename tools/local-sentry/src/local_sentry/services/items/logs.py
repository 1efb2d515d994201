"""`log` items: containers of structured logs.

Source: https://develop.sentry.dev/sdk/telemetry/logs/.
"""

from collections.abc import Iterator

from local_sentry.protocol.lenient_json import JsonValue, as_text
from local_sentry.services import ids
from local_sentry.services.attributes import identified, items_of, plain
from local_sentry.services.items.containers import store_container
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import Clock, parse_timestamp
from local_sentry.store import logs
from local_sentry.store.logs import Log

# The first of the four numbers that OpenTelemetry gives each severity.
_NUMBERS = {"trace": 1, "debug": 5, "info": 9, "warn": 13, "error": 17, "fatal": 21}
_ALIASES = {"warning": "warn", "log": "info", "critical": "fatal"}
_LONGEST_BODY = 64 * 1024


def parse_logs(container: JsonValue, project_id: int, clock: Clock) -> Iterator[Log]:
    """The logs of a container."""
    found = items_of(container)
    times = [at for raw in found if (at := parse_timestamp(raw.get("timestamp"))) is not None]
    clock = clock.for_time(max(times, default=None))
    for item_id, raw in identified(project_id, found):
        attributes = plain(raw.get("attributes"))
        severity = as_text(raw.get("level"), 16).lower()
        severity = _ALIASES.get(severity, severity)
        if severity not in _NUMBERS:
            severity = "info"
        number = raw.get("severity_number")
        is_number = isinstance(number, int) and not isinstance(number, bool) and 1 <= number <= 24
        yield Log(
            item_id=item_id,
            timestamp=clock.correct(parse_timestamp(raw.get("timestamp"))),
            trace_id=ids.trace_id(raw.get("trace_id")),
            span_id=ids.span_id(raw.get("span_id"))
            or ids.span_id(attributes.get("sentry.trace.parent_span_id")),
            severity=severity,
            severity_number=number if is_number and isinstance(number, int) else _NUMBERS[severity],
            body=as_text(raw.get("body"), _LONGEST_BODY),
            release=as_text(attributes.get("sentry.release"), 200).strip(),
            environment=as_text(attributes.get("sentry.environment"), 64).strip(),
            attributes=attributes,
        )


def store(incoming: Incoming) -> None:
    """Stores the logs of a `log` item."""
    store_container(incoming, parse_logs, logs.insert)
