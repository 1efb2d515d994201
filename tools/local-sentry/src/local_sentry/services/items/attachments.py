"""`attachment` items: files that belong to the event of the envelope."""

from local_sentry.protocol.lenient_json import as_text
from local_sentry.services.items.incoming import Incoming
from local_sentry.store import attachments


def store(incoming: Incoming) -> None:
    """Stores an attachment. Its name is a label: no path is ever made of it."""
    headers = incoming.item.headers
    attachments.insert(
        incoming.session,
        incoming.project_id,
        bytes.fromhex(incoming.record.event_id),
        incoming.item.payload,
        name=as_text(headers.get("filename"), 255) or "attachment",
        content_type=as_text(headers.get("content_type"), 255) or "application/octet-stream",
        type=as_text(headers.get("attachment_type"), 64) or "event.attachment",
        received=incoming.record.received,
    )
