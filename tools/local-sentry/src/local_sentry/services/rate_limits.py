"""Counts what each DSN key sends and says when it is more than the key allows."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from local_sentry.models import ProjectKey
from local_sentry.protocol.errors import ThrottledError

REASON = "key_quota"


@dataclass(slots=True)
class _Window:
    ends: float
    count: int


class RateLimits:
    """The windows of all keys that have a limit: `count` envelopes in `window` seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._windows: dict[int, _Window] = {}

    def check(self, key: ProjectKey) -> None:
        """Counts an envelope of a key.

        Raises:
            ThrottledError: the key has sent all it may until its window ends.
        """
        seconds, most = key.rate_limit_window, key.rate_limit_count
        if not seconds or most is None:
            return
        now = self._clock()
        window = self._windows.get(key.id)
        if window is None or now >= window.ends or window.ends > now + seconds:
            window = self._windows[key.id] = _Window(now + seconds, 0)
        if window.count >= most:
            raise ThrottledError(
                f"the key may send {most} envelopes in {seconds} s",
                retry_after=max(1, math.ceil(window.ends - now)),
                reason=REASON,
                scope="key",
            )
        window.count += 1
