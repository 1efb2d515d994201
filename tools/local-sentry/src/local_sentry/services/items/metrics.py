"""`trace_metric` items: containers of counters, gauges and distributions.

Source: https://develop.sentry.dev/sdk/telemetry/metrics/.
"""

from collections.abc import Iterator

from local_sentry.protocol.lenient_json import JsonValue, as_text
from local_sentry.services import ids
from local_sentry.services.attributes import identified, items_of, plain
from local_sentry.services.items.containers import store_container
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import Clock, parse_timestamp
from local_sentry.store import metrics
from local_sentry.store.metrics import Metric

_TYPES = ("counter", "gauge", "distribution")


def parse_metrics(container: JsonValue, project_id: int, clock: Clock) -> Iterator[Metric]:
    """The metrics of a container; what has no name or no number is left out."""
    found = items_of(container)
    times = [at for raw in found if (at := parse_timestamp(raw.get("timestamp"))) is not None]
    clock = clock.for_time(max(times, default=None))
    for item_id, raw in identified(project_id, found):
        attributes = plain(raw.get("attributes"))
        name, value, kind = as_text(raw.get("name"), 200), raw.get("value"), raw.get("type")
        if not name or isinstance(value, bool) or not isinstance(value, int | float):
            continue
        yield Metric(
            item_id=item_id,
            timestamp=clock.correct(parse_timestamp(raw.get("timestamp"))),
            trace_id=ids.trace_id(raw.get("trace_id")),
            span_id=ids.span_id(raw.get("span_id")),
            name=name,
            type=kind if isinstance(kind, str) and kind in _TYPES else "distribution",
            unit=as_text(raw.get("unit"), 64),
            value=float(value),
            release=as_text(attributes.get("sentry.release"), 200).strip(),
            environment=as_text(attributes.get("sentry.environment"), 64).strip(),
            attributes=attributes,
        )


def store(incoming: Incoming) -> None:
    """Stores the metrics of a `trace_metric` item."""
    store_container(incoming, parse_metrics, metrics.insert)
