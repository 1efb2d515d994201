"""Knows the DSN keys by heart, because every envelope asks."""

import asyncio
import time

from local_sentry.models import ProjectKey
from local_sentry.protocol.errors import RejectedRequestError
from local_sentry.store import catalog
from local_sentry.store.readers import Readers

_SECONDS_BETWEEN_LOOKUPS = 1.0
_SECONDS_TRUSTED = 10.0


class Keyring:
    """Checks keys from memory; an unknown key is looked up, at most once a second.

    What is known is read again when it is ten seconds old: keys are changed by other processes too.
    """

    def __init__(self, readers: Readers) -> None:
        self._readers = readers
        self._keys: dict[str, ProjectKey] = {}
        self._looked_up = float("-inf")
        self._lock = asyncio.Lock()

    async def check(self, public_key: str, project_id: int) -> ProjectKey:
        """The key, which may send to the project.

        Raises:
            RejectedRequestError: 403, as Relay says it.
        """
        key = self._keys.get(public_key)
        if key is None or time.monotonic() - self._looked_up > _SECONDS_TRUSTED:
            await self.refresh()
            key = self._keys.get(public_key)
        if key is None or not key.is_active or key.project_id != project_id:
            raise RejectedRequestError(403, "event submission rejected with_reason: ProjectId")
        return key

    async def refresh(self, *, now: bool = False) -> None:
        """Reads the keys again, if the last time was long enough ago or `now` is set."""
        async with self._lock:
            if not now and time.monotonic() - self._looked_up < _SECONDS_BETWEEN_LOOKUPS:
                return
            keys = await self._readers.run(catalog.all_keys)
            self._keys = {key.public_key: key for key in keys}
            self._looked_up = time.monotonic()
