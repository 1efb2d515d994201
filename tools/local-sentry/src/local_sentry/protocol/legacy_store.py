"""The body of the legacy store route: one event, as JSON or as old SDKs packed it.

Source: https://develop.sentry.dev/sdk/foundations/transport/ and getsentry/relay, `store` endpoint:
what does not begin like JSON is base64, and what that holds may be zlib.
"""

import base64
import binascii
import zlib

import orjson

from local_sentry.protocol.envelope import new_event_id, parse_event_id
from local_sentry.protocol.errors import RejectedRequestError, TooLargeError
from local_sentry.protocol.lenient_json import InvalidJsonError, parse


def event_of_store(body: bytes, limit: int) -> tuple[str, bytes]:
    """The id of the event and the envelope that a sender of today would have made of it.

    Args:
        body: of the request.
        limit: most bytes of the event.

    Raises:
        RejectedRequestError: 400, there is no event in it; 413, it is too large.
    """
    payload = _unpacked(body, limit)
    try:
        event = parse(payload)
    except InvalidJsonError as error:
        raise RejectedRequestError(400, "invalid JSON data", (str(error),)) from error
    if not isinstance(event, dict):
        raise RejectedRequestError(400, "invalid JSON data", ("expected an object",))
    event_id = parse_event_id(event.get("event_id")) or new_event_id()
    return event_id, _wrapped(payload, event_id)


def _unpacked(body: bytes, limit: int) -> bytes:
    if body.lstrip()[:1] in (b"{", b"["):
        return body
    try:
        decoded = base64.b64decode(body, validate=True)
    except binascii.Error:
        return body
    if decoded[:1] == b"{":
        return decoded
    decoder = zlib.decompressobj()
    try:
        inflated = decoder.decompress(decoded, limit + 1)
    except zlib.error:
        return body
    if len(inflated) > limit:
        raise TooLargeError("event", limit)
    return inflated


def _wrapped(payload: bytes, event_id: str) -> bytes:
    header = orjson.dumps({"event_id": event_id})
    item = orjson.dumps({"type": "event", "length": len(payload)})
    return b"\n".join((header, item, payload, b""))
