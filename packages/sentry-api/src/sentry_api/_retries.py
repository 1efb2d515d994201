"""When a call is made again, and after how long: tenacity with Sentry's own wishes.

Only calls that may be repeated are. A server that says when is believed, up to ``patience``.
"""

import tenacity

from sentry_api import errors

# What the next try may find mended. An answer of another shape will be so again.
_PASSING = (errors.NoConnection, errors.TookTooLong, errors.RateLimited)
_PASSING_STATUSES = frozenset({500, 502, 503, 504})
_jittered = tenacity.wait_random_exponential(multiplier=0.2, max=10)


def _wish(error: BaseException | None) -> float | None:
    wish: float | None = getattr(error, "retry_after", None)
    return wish


def passes(error: BaseException, patience: float) -> bool:
    """Whether it makes sense to try again within ``patience`` seconds."""
    if isinstance(error, errors.ServerFailed):
        return error.status in _PASSING_STATUSES and (_wish(error) or 0.0) <= patience
    return isinstance(error, _PASSING) and (_wish(error) or 0.0) <= patience


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    wish = _wish(error)
    return _jittered(state) if wish is None else wish + _jittered(state) / 10


def attempts(*, repeatable: bool, most: int, patience: float) -> tenacity.AsyncRetrying:
    """The tries of one call; the last error is raised as it is.

    Args:
        repeatable: Whether doing it twice is the same as doing it once.
        most: How many tries at most.
        patience: Seconds that all of them may take; a wish for longer ends them at once.
    """
    return tenacity.AsyncRetrying(
        stop=tenacity.stop_after_attempt(most if repeatable else 1)
        | tenacity.stop_before_delay(patience),
        wait=_wait,
        retry=tenacity.retry_if_exception(lambda error: passes(error, patience)),
        reraise=True,
    )
