"""The SDK's hooks: scrubs each kind of item on its way out, or drops it, but never lets it be."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from observability._scrub.values import scrub_mapping, scrub_value

# Sentry's own words about the event rather than about a person; they must arrive as they are.
_EVENT_STRUCTURE = (
    "event_id",
    "timestamp",
    "start_timestamp",
    "type",
    "level",
    "platform",
    "release",
    "dist",
    "environment",
    "sdk",
    "modules",
    "debug_meta",
    "transaction_info",
    "measurements",
    "_meta",
)
_TELEMETRY_STRUCTURE = (
    "trace_id",
    "span_id",
    "time_unix_nano",
    "timestamp",
    "severity_number",
    "severity_text",
    "type",
    "unit",
)
_SDK_ATTRIBUTES = ("sentry.release", "sentry.environment", "sentry.sdk.name", "sentry.sdk.version")

# The SDK's item types are TypedDicts of its own; a hook takes one and returns the same kind.
Item = TypeVar("Item", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class Scrubber:
    """The hooks, one for each kind of item."""

    ignored_transactions: frozenset[str] = frozenset()

    def error(self, event: Item, hint: dict[str, Any]) -> Item | None:
        """``before_send``."""
        return _guarded(_event, event)

    def transaction(self, event: Item, hint: dict[str, Any]) -> Item | None:
        """``before_send_transaction``; its spans are scrubbed with it."""
        if event.get("transaction") in self.ignored_transactions:
            return None
        return _guarded(_event, event)

    def breadcrumb(self, crumb: Item, hint: dict[str, Any]) -> Item | None:
        """``before_breadcrumb``."""
        return _guarded(_breadcrumb, crumb)

    def log(self, log: Item, hint: dict[str, Any]) -> Item | None:
        """``before_send_log``."""
        return _guarded(_telemetry, log)

    def metric(self, metric: Item, hint: dict[str, Any]) -> Item | None:
        """``before_send_metric``."""
        return _guarded(_telemetry, metric)


def _guarded(scrub: Callable[[Mapping[str, object]], dict[str, object]], item: Item) -> Item | None:
    try:
        return cast(Item, scrub(item))
    except Exception:
        return None


def _event(event: Mapping[str, object]) -> dict[str, object]:
    scrubbed = scrub_mapping(event, keep=_EVENT_STRUCTURE)
    user = event.get("user")
    if isinstance(user, Mapping):
        # An account's id is enough to count people; everything else says who they are.
        scrubbed["user"] = {"id": scrub_value(user["id"])} if "id" in user else {}
    return scrubbed


def _breadcrumb(crumb: Mapping[str, object]) -> dict[str, object]:
    return scrub_mapping(crumb, keep=("timestamp", "type", "level"))


def _telemetry(item: Mapping[str, object]) -> dict[str, object]:
    scrubbed = scrub_mapping(item, keep=_TELEMETRY_STRUCTURE)
    attributes = item.get("attributes")
    if isinstance(attributes, Mapping):
        scrubbed["attributes"] = scrub_mapping(attributes, keep=_SDK_ATTRIBUTES)
    return scrubbed
