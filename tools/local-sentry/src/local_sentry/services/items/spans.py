"""`span` items: containers of streamed spans."""

from local_sentry.models import Span
from local_sentry.protocol.lenient_json import InvalidJsonError, as_text, parse
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.spans import streamed_spans
from local_sentry.store import spans


def store(incoming: Incoming) -> None:
    """Stores the spans of a `span` item; one of the older kind, a single span, stays raw."""
    if "items" not in str(incoming.item.headers.get("content_type")):
        incoming.keep_raw()
        return
    try:
        container = parse(incoming.item.payload)
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    trace = incoming.trace
    groups: dict[tuple[str, str], list[Span]] = {}
    for span in streamed_spans(container, incoming.clock):
        release = span.release or as_text(trace.get("release"), 200)
        environment = span.environment or as_text(trace.get("environment"), 64)
        groups.setdefault((release, environment), []).append(span)
    for (release, environment), group in groups.items():
        release_id, environment_id = incoming.saw_release(
            release, environment, incoming.record.received
        )
        spans.insert(
            incoming.session,
            incoming.project_id,
            group,
            release_id=release_id,
            environment_id=environment_id,
        )
