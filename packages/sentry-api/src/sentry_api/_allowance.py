"""What Sentry still lets us do: its rate-limit headers, by address.

A server that says "none remaining until then" is not asked before then, so that a 429 need not
happen. Source: https://docs.sentry.io/api/ratelimits/
"""

import asyncio
import time
from collections.abc import Mapping

from sentry_api import _answers
from sentry_api._call import Call


class Allowance:
    """When each address may be asked again."""

    def __init__(self, patience: float) -> None:
        """Begins with nothing known.

        Args:
            patience: Seconds that a call waits at most; beyond that the server may say 429.
        """
        self._patience = patience
        self._not_before: dict[tuple[str, str], float] = {}

    async def wait(self, call: Call) -> None:
        """Returns when the address may be asked."""
        until = self._not_before.get((call.method, call.template), 0.0)
        wait = until - time.monotonic()
        if 0 < wait <= self._patience:
            await asyncio.sleep(wait)

    def learn(self, call: Call, headers: Mapping[str, str]) -> None:
        """Remembers what an answer says of the next call."""
        remaining = headers.get("x-sentry-rate-limit-remaining")
        reset = _answers.reset_in(headers)
        key = (call.method, call.template)
        if remaining == "0" and reset:
            self._not_before[key] = time.monotonic() + reset
        elif remaining is not None:
            self._not_before.pop(key, None)
