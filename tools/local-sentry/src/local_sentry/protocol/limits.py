"""How large the items of an envelope may be; what is larger is a 413, as SDKs expect.

Source: https://develop.sentry.dev/sdk/data-model/envelopes/#size-limits and getsentry/relay.
"""

from collections.abc import Iterable

from local_sentry.protocol.envelope import Item
from local_sentry.protocol.errors import TooLargeError

_KIB = 1024
_MIB = 1024 * 1024

EVENT_TYPES = frozenset({"event", "error", "transaction", "feedback"})
CONTAINER_TYPES = frozenset({"span", "log", "trace_metric"})
_BYTES = {
    "session": 100 * _KIB,
    "sessions": 100 * _KIB,
    "check_in": 100 * _KIB,
    "client_report": 4 * _MIB,
    "user_report": 100 * _KIB,
    "replay_event": _MIB,
    "replay_recording": 10 * _MIB,
    "profile": 50 * _MIB,
    "profile_chunk": 50 * _MIB,
}
_MAX_SESSIONS = 100


def check_sizes(items: Iterable[Item], *, max_event: int, max_container: int) -> None:
    """Checks the sizes of items, in bytes.

    Args:
        items: of one envelope.
        max_event: the limit for an event or a transaction.
        max_container: the limit for a container of spans, logs or metrics.

    Raises:
        TooLargeError: one is too large, or there are too many sessions.
    """
    sessions = 0
    for item in items:
        if item.type in EVENT_TYPES:
            limit: int | None = max_event
        elif item.type in CONTAINER_TYPES:
            limit = max_container
        else:
            limit = _BYTES.get(item.type)
        if limit is not None and len(item.payload) > limit:
            raise TooLargeError(item.type, limit)
        sessions += item.type == "session"
    if sessions > _MAX_SESSIONS:
        raise TooLargeError("session", _MAX_SESSIONS, "items")
