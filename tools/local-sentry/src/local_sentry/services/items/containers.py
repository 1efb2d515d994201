"""Items that hold many at once: logs and trace metrics come in containers."""

from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from local_sentry.protocol.lenient_json import InvalidJsonError, JsonValue, parse
from local_sentry.services.items.incoming import Incoming
from local_sentry.services.timestamps import Clock
from local_sentry.store.session import WriteSession


class Telemetry(Protocol):
    """What every item of a container says of itself."""

    @property
    def timestamp(self) -> int:
        """When it was, µs since the epoch."""

    @property
    def release(self) -> str:
        """Of which release; empty for none."""

    @property
    def environment(self) -> str:
        """In which environment; empty for none."""


_T = TypeVar("_T", bound=Telemetry)
Insert = Callable[[WriteSession, int, list[_T], int | None, int | None], None]


def store_container(
    incoming: Incoming,
    parse_items: Callable[[JsonValue, int, Clock], Iterator[_T]],
    insert: Insert[_T],
) -> None:
    """Stores what a container holds, by release and environment; an empty one is kept raw."""
    try:
        container = parse(incoming.item.payload)
    except InvalidJsonError as error:
        incoming.keep_raw(f"invalid JSON data: {error}")
        return
    groups: dict[tuple[str, str], list[_T]] = {}
    for each in parse_items(container, incoming.project_id, incoming.clock):
        groups.setdefault((each.release, each.environment), []).append(each)
    if not groups:
        incoming.keep_raw("there is nothing in it")
    for (release, environment), group in groups.items():
        release_id, environment_id = incoming.saw_release(release, environment, group[-1].timestamp)
        insert(incoming.session, incoming.project_id, group, release_id, environment_id)
