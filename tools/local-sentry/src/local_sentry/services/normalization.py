"""Makes typed events and spans of what clients send, and sets right what can be."""

from collections.abc import Iterator

from local_sentry.models import ErrorEvent, Origin, Transaction, User
from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_list, as_object, as_text
from local_sentry.services import ids
from local_sentry.services.grouping import group_hash
from local_sentry.services.spans import spans_of_transaction
from local_sentry.services.stacktrace import ExceptionValue, exceptions_of
from local_sentry.services.timestamps import Clock, parse_timestamp
from local_sentry.services.titles import describe

LEVELS = ("sample", "debug", "info", "warning", "error", "fatal")
MAX_TAGS = 200
_LEVEL_ALIASES = {"log": "info", "warn": "warning", "critical": "fatal", "trace": "debug"}
_TAG_CONTEXTS = (
    ("browser", ("name", "version")),
    ("os", ("name", "version")),
    ("client_os", ("name", "version")),
    ("runtime", ("name", "version")),
)


def _level(event: JsonObject) -> str:
    level = as_text(event.get("level"), 32).lower()
    level = _LEVEL_ALIASES.get(level, level)
    return level if level in LEVELS else "error"


def _user(event: JsonObject) -> User:
    raw = as_object(event.get("user"))
    return User(
        id=as_text(raw.get("id"), 128),
        email=as_text(raw.get("email"), 128),
        username=as_text(raw.get("username"), 128),
        ip_address=as_text(raw.get("ip_address"), 64).replace("{{auto}}", ""),
    )


def _origin(event: JsonObject, project_id: int) -> Origin:
    trace = as_object(as_object(event.get("contexts")).get("trace"))
    return Origin(
        project_id=project_id,
        release=as_text(event.get("release"), 200).strip(),
        environment=as_text(event.get("environment"), 64).strip(),
        trace_id=ids.trace_id(trace.get("trace_id")),
        span_id=ids.span_id(trace.get("span_id")),
        transaction=as_text(event.get("transaction"), 200),
    )


def _client_tags(event: JsonObject) -> Iterator[tuple[str, str]]:
    raw = event.get("tags")
    pairs: list[tuple[JsonValue, JsonValue]] = []
    if isinstance(raw, dict):
        pairs = list(raw.items())
    elif isinstance(raw, list):
        pairs = [(pair[0], pair[1]) for pair in raw if isinstance(pair, list) and len(pair) == 2]
    for key, value in pairs[:MAX_TAGS]:
        name = as_text(key, 200).strip().replace(" ", "-")
        text = as_text(value, 200).strip()
        if name and text:
            yield name.replace("\n", ""), text.replace("\n", " ")


def _derived_tags(
    event: JsonObject, chain: tuple[ExceptionValue, ...], level: str, user: User
) -> Iterator[tuple[str, str]]:
    yield "level", level
    for name in ("release", "environment", "dist", "transaction", "logger", "server_name"):
        yield name, as_text(event.get(name), 200).strip()
    yield "user", user.tag
    yield "url", as_text(as_object(event.get("request")).get("url"), 200)
    contexts = as_object(event.get("contexts"))
    for name, fields in _TAG_CONTEXTS:
        context = as_object(contexts.get(name))
        values = [as_text(context.get(field), 100).strip() for field in fields]
        if values[0]:
            yield name, " ".join(filter(None, values))
            yield f"{name}.name", values[0]
    device = as_object(contexts.get("device"))
    yield "device", as_text(device.get("model") or device.get("family"), 100)
    if chain:
        handled = chain[-1].handled
        yield "handled", {True: "yes", False: "no", None: ""}[handled]
        yield "mechanism", chain[-1].mechanism


def normalize_error(
    event: JsonObject, *, event_id: str, project_id: int, clock: Clock
) -> ErrorEvent:
    """An error or message as the store takes it.

    Args:
        event: the payload of an `event` item.
        event_id: the id of its envelope.
        project_id: the project of the address it came to.
        clock: compares the sender's clock with ours.
    """
    clock = clock.for_event(event.get("timestamp"))
    level = _level(event)
    user = _user(event)
    platform = as_text(event.get("platform"), 64) or "other"
    chain = exceptions_of(event)
    tags = dict(_client_tags(event))
    tags |= {key: value for key, value in _derived_tags(event, chain, level, user) if value}
    description = describe(event, chain, platform)
    return ErrorEvent(
        event_id=bytes.fromhex(event_id),
        origin=_origin(event, project_id),
        timestamp=clock.correct(parse_timestamp(event.get("timestamp"))),
        received=clock.received,
        kind=description.kind,
        level=level,
        platform=platform,
        logger=as_text(event.get("logger"), 200),
        title=description.title,
        culprit=description.culprit,
        metadata=description.metadata,
        tags=tags,
        user=user,
        unhandled=any(value.handled is False for value in chain),
        group_hash=group_hash(event, chain, tags),
    )


def normalize_transaction(
    event: JsonObject, *, event_id: str, project_id: int, clock: Clock
) -> Transaction | None:
    """A transaction and its spans; None when it belongs to no trace."""
    origin = _origin(event, project_id)
    if origin.trace_id is None or origin.span_id is None:
        return None
    clock = clock.for_event(event.get("timestamp"))
    return Transaction(
        event_id=bytes.fromhex(event_id),
        origin=origin,
        timestamp=clock.correct(parse_timestamp(event.get("timestamp"))),
        received=clock.received,
        title=origin.transaction or "<unlabeled transaction>",
        user=_user(event),
        spans=tuple(
            spans_of_transaction(
                event, as_list(event.get("spans")), origin, bytes.fromhex(event_id), clock
            )
        ),
    )
