"""Who waits for which job: changes from this process and from NOTIFY meet here."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from comfyui_gateway.models import FINISHED, JobChange
from comfyui_gateway.store.notifications import JOBS_CHANNEL, NotificationHub, decode_change

_REMEMBERED = 10_000


class Subscription:
    """The newest change of one job; a slow reader misses steps, never the last one."""

    def __init__(self) -> None:
        self._newest: JobChange | None = None
        self._stale = False
        self._wake = asyncio.Event()

    def offer(self, change: JobChange) -> None:
        """Replace whatever was not read yet, unless that is newer."""
        if self._newest is None or _is_newer(change, self._newest):
            self._newest = change
        self._wake.set()

    def mark_stale(self) -> None:
        """Say that changes may have been missed: the reader is to ask the store."""
        self._stale = True
        self._wake.set()

    async def next(self) -> JobChange | None:
        """Wait for a change; None means "look at the store"."""
        await self._wake.wait()
        self._wake.clear()
        change, self._newest = self._newest, None
        if self._stale:
            self._stale = False
            return None
        return change


class JobFeed:
    """Distributes changes to the subscriptions of this process and remembers progress."""

    def __init__(self, hub: NotificationHub) -> None:
        self._subscriptions: dict[UUID, set[Subscription]] = {}
        self._latest: OrderedDict[UUID, JobChange] = OrderedDict()
        self._ended: OrderedDict[UUID, None] = OrderedDict()
        self._listeners: list[Callable[[JobChange], None]] = []
        self.closed = False
        hub.listen(JOBS_CHANNEL, self._heard)
        hub.on_gap(self._gap)

    def on_change(self, listener: Callable[[JobChange], None]) -> None:
        """Call `listener` with every change of every job."""
        self._listeners.append(listener)

    def publish(self, change: JobChange) -> None:
        """Tell this process of a change; the others hear of it from NOTIFY."""
        if change.status in FINISHED:
            self._latest.pop(change.id, None)
            self._ended[change.id] = None
            if len(self._ended) > _REMEMBERED:
                self._ended.popitem(last=False)
        elif change.progress is not None:
            known = self._latest.get(change.id)
            if known is None or _is_newer(change, known):
                self._latest[change.id] = change
                self._latest.move_to_end(change.id)
                if len(self._latest) > _REMEMBERED:
                    self._latest.popitem(last=False)
        for listener in self._listeners:
            listener(change)
        for subscription in tuple(self._subscriptions.get(change.id, ())):
            subscription.offer(change)

    def latest(self, job_id: UUID) -> JobChange | None:
        """The newest progress heard of an unended job."""
        return self._latest.get(job_id)

    def has_ended(self, job_id: UUID) -> bool:
        """Whether the end of this job was heard of lately."""
        return job_id in self._ended

    @contextmanager
    def subscribe(self, job_id: UUID) -> Iterator[Subscription]:
        """Hear of one job from now on. Subscribe, then read the job: nothing falls between."""
        subscription = Subscription()
        self._subscriptions.setdefault(job_id, set()).add(subscription)
        try:
            yield subscription
        finally:
            remaining = self._subscriptions[job_id]
            remaining.discard(subscription)
            if not remaining:
                del self._subscriptions[job_id]

    def close(self) -> None:
        """Send everybody away who waits for a job here: this process is about to stop."""
        self.closed = True
        self._gap()

    @property
    def watched(self) -> int:
        """How many jobs somebody waits for."""
        return len(self._subscriptions)

    def _heard(self, payload: str, own: bool) -> None:
        if not own:
            self.publish(decode_change(payload))

    def _gap(self) -> None:
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                subscription.mark_stale()


def _is_newer(change: JobChange, known: JobChange) -> bool:
    if known.status in FINISHED:
        return False
    if change.status in FINISHED:
        return True
    return (change.attempt, change.sequence) >= (known.attempt, known.sequence)
