"""What a search means by a time: `age:-24h`, `lastSeen:>2026-11-01`."""

from local_sentry.services.periods import parse_period
from local_sentry.services.search import Filter, InvalidQueryError
from local_sentry.services.timestamps import parse_timestamp


def compared_moment(found: Filter, value: str, now: int) -> tuple[str, int]:
    """How a time is to compare, and with which moment (µs since the epoch).

    `-24h` means younger than a day, `+24h` older.

    Raises:
        InvalidQueryError: the value is neither a moment nor a span of time.
    """
    period = parse_period(value)
    if period is not None:
        operator = ">=" if period < 0 else "<=" if found.operator == "=" else found.operator
        return operator, now - abs(period)
    moment = parse_timestamp(value)
    if moment is None:
        raise InvalidQueryError(f'"{found.key}:" takes a time, like {found.key}:-24h.')
    return found.operator, moment
