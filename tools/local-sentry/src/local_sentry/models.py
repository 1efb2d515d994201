"""The nouns shared by the layers, as frozen dataclasses."""

from dataclasses import dataclass, field

from local_sentry.protocol.lenient_json import JsonObject

# Sentry's words: what kind of thing each type of issue is.
ISSUE_CATEGORIES = {
    "error": "error",
    "monitor_check_in_failure": "outage",
    "metric_issue": "metric",
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project as the pages and the API show it. Times are µs since the epoch."""

    id: int
    slug: str
    name: str
    platform: str | None
    date_created: int
    first_event: int | None
    first_transaction: int | None
    item_types: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProjectKey:
    """A DSN key."""

    id: int
    project_id: int
    public_key: str
    secret_key: str
    label: str
    is_active: bool
    rate_limit_window: int | None
    rate_limit_count: int | None
    date_created: int


@dataclass(frozen=True, slots=True)
class LocalUser:
    """Whoever works at this machine: there is one, and every token is theirs."""

    id: int = 1
    name: str = "Local User"
    username: str = "local"
    email: str = "local@localhost"


@dataclass(frozen=True, slots=True)
class User:
    """Who an event is about, as far as the sender said."""

    id: str = ""
    email: str = ""
    username: str = ""
    ip_address: str = ""

    @property
    def tag(self) -> str:
        """Sentry's `user` tag: the strongest identifier there is, or empty."""
        for name in ("id", "email", "username", "ip_address"):
            if value := getattr(self, name):
                return f"{'ip' if name == 'ip_address' else name}:{value}"
        return ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What every event and span says about where it comes from."""

    project_id: int
    release: str
    environment: str
    trace_id: bytes | None
    span_id: bytes | None
    transaction: str


@dataclass(frozen=True, slots=True)
class ErrorEvent:
    """An error or message, normalized. Times are µs since the epoch."""

    event_id: bytes
    origin: Origin
    timestamp: int
    received: int
    kind: str
    level: str
    platform: str
    logger: str
    title: str
    culprit: str
    metadata: JsonObject
    tags: dict[str, str]
    user: User
    unhandled: bool
    group_hash: bytes


@dataclass(frozen=True, slots=True)
class Span:
    """One span. `start` is µs since the epoch, `duration` µs."""

    trace_id: bytes
    span_id: bytes
    parent_span_id: bytes | None
    segment_id: bytes
    is_segment: bool
    start: int
    duration: int
    op: str
    description: str
    transaction: str
    status: str
    release: str
    environment: str
    event_id: bytes | None
    attributes: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction event: itself and the spans it carries, its own root first."""

    event_id: bytes
    origin: Origin
    timestamp: int
    received: int
    title: str
    user: User
    spans: tuple[Span, ...]
