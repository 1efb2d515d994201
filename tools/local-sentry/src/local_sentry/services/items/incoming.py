"""An item on its way into the store, with what every kind of item needs to know."""

from dataclasses import dataclass

from local_sentry.protocol.envelope import Envelope, Item
from local_sentry.protocol.lenient_json import InvalidJsonError, JsonObject, as_object, parse
from local_sentry.services.timestamps import Clock
from local_sentry.store import bookkeeping, items
from local_sentry.store.journal import Record
from local_sentry.store.session import WriteSession


@dataclass(frozen=True, slots=True)
class Incoming:
    """An item, the envelope and the record it came in, and the sender's clock."""

    session: WriteSession
    record: Record
    envelope: Envelope
    item: Item
    clock: Clock

    @property
    def project_id(self) -> int:
        """The project of the address it came to."""
        return self.record.project_id

    @property
    def trace(self) -> JsonObject:
        """The envelope's trace context (`trace` header)."""
        return as_object(self.envelope.headers.get("trace"))

    def payload(self) -> JsonObject:
        """The payload, which is a JSON object.

        Raises:
            InvalidJsonError: it is none.
        """
        value = parse(self.item.payload)
        if not isinstance(value, dict):
            raise InvalidJsonError("expected an object")
        return value

    def keep_raw(self, problem: str | None = None) -> None:
        """Keeps the item as it came; `problem` says why it could not be used."""
        items.insert_item(self.session, self.record, self.item, problem)

    def saw_release(self, version: str, environment: str, at: int) -> tuple[int | None, int | None]:
        """Notes release and environment and returns their ids; see `bookkeeping.saw_release`."""
        return bookkeeping.saw_release(self.session, self.project_id, version, environment, at)
