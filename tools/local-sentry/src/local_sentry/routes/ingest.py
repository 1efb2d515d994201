"""The DSN routes: `/api/{project_id}/envelope/` and the legacy `/store/`.

A bare ASGI application, because every microsecond here is paid for each event of every sender.
Sources: https://develop.sentry.dev/sdk/data-model/envelopes/ and getsentry/relay.
"""

import asyncio
import re
import time
from collections.abc import Callable

import orjson
import structlog
from starlette.types import Receive, Scope, Send

from local_sentry.protocol.auth import key_from_dsn, key_from_request
from local_sentry.protocol.encodings import BodyReader
from local_sentry.protocol.envelope import (
    Envelope,
    Item,
    new_event_id,
    parse_envelope,
    parse_event_id,
)
from local_sentry.protocol.errors import RejectedRequestError, ThrottledError, TooLargeError
from local_sentry.protocol.legacy_store import event_of_store
from local_sentry.protocol.lenient_json import InvalidJsonError, as_object, parse
from local_sentry.protocol.limits import EVENT_TYPES, check_sizes
from local_sentry.services.keyring import Keyring
from local_sentry.services.rate_limits import RateLimits
from local_sentry.services.refusals import Refusals
from local_sentry.settings import Settings
from local_sentry.store.appender import Appender
from local_sentry.store.journal import Record

PATH = re.compile(r"/api/(\d{1,18})/(envelope|store)/?")
_log = structlog.get_logger(__name__)

_HEADERS: list[tuple[bytes, bytes]] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"x-sentry-error, x-sentry-rate-limits, retry-after"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-type", b"application/json"),
]
_PREFLIGHT_HEADERS: list[tuple[bytes, bytes]] = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST"),
    (
        b"access-control-allow-headers",
        (
            b"x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept,"
            b" content-type, authentication, authorization, content-encoding, transfer-encoding,"
            b" sentry-trace, baggage"
        ),
    ),
    (b"access-control-max-age", b"3600"),
    (b"content-length", b"0"),
]


class Ingest:
    """Takes requests of senders and answers when they are safe in the journal."""

    def __init__(
        self,
        settings: Settings,
        keyring: Keyring,
        appender: Appender,
        refusals: Refusals,
        backlog: Callable[[], int],
    ) -> None:
        """Connects the route to what it needs.

        Args:
            settings: the limits.
            keyring: says who may send.
            appender: where accepted requests go.
            refusals: counts what is not accepted.
            backlog: bytes accepted but not yet processed.
        """
        self._settings = settings
        self._keyring = keyring
        self._appender = appender
        self._refusals = refusals
        self._rate_limits = RateLimits()
        self._backlog = backlog
        self._backlog_checked = float("-inf")
        self._backlog_full = False
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request whose path matches `PATH`."""
        if scope["method"] == "OPTIONS":
            await _respond(send, 200, b"", _PREFLIGHT_HEADERS)
            return
        try:
            event_id = await self._accept(scope, receive)
        except RejectedRequestError as rejection:
            await _refuse(send, rejection)
            return
        body = b'{"id":"%s"}' % event_id.encode() if event_id else b"{}"
        await _respond(send, 200, body, _HEADERS)

    async def _accept(self, scope: Scope, receive: Receive) -> str | None:
        match = PATH.fullmatch(scope["path"])
        if match is None or scope["method"] != "POST":
            raise RejectedRequestError(405, "method not allowed", ("senders use POST",))
        project_id, route = int(match[1]), match[2]
        headers = dict(scope["headers"])
        key = _key(scope, headers)
        if key is not None:
            await self._check_key(key, project_id)
        elif route == "store":
            raise RejectedRequestError(401, "missing authorization information")
        self._check_backlog()
        received = time.time_ns() // 1000
        body = await self._read_body(headers, receive)
        size = len(body)
        try:
            if route == "store":
                event_id, body = event_of_store(body, self._settings.max_event_bytes)
            envelope = parse_envelope(body)
            if key is None:
                await self._check_dsn(envelope, project_id)
            self._check_sizes(envelope, project_id)
            event_id = envelope.event_id or _own_event_id(envelope) or new_event_id()
            has_event = any(item.type in EVENT_TYPES for item in envelope.items)
            answer = event_id if envelope.event_id or has_event else None
            if not envelope.items:
                return answer
            await self._appender.append(Record(received, project_id, event_id, body))
        finally:
            self._in_flight -= size
        return answer

    async def _check_key(self, public_key: str, project_id: int) -> None:
        key = await self._keyring.check(public_key, project_id)
        try:
            self._rate_limits.check(key)
        except ThrottledError as refusal:
            self._refusals.count(project_id, "rate_limited", refusal.reason)
            raise

    async def _check_dsn(self, envelope: Envelope, project_id: int) -> None:
        if envelope.dsn is None:
            raise RejectedRequestError(401, "missing authorization information")
        await self._check_key(key_from_dsn(envelope.dsn, project_id), project_id)

    def _check_sizes(self, envelope: Envelope, project_id: int) -> None:
        try:
            check_sizes(
                envelope.items,
                max_event=self._settings.max_event_bytes,
                max_container=self._settings.max_container_bytes,
            )
        except TooLargeError as refusal:
            reason = f"too_large:{refusal.what[:64]}"
            self._refusals.count(project_id, "invalid", reason, envelope.items)
            raise

    def _check_backlog(self) -> None:
        now = time.monotonic()
        if now - self._backlog_checked > 1.0:
            self._backlog_checked = now
            self._backlog_full = self._backlog() > self._settings.max_backlog_bytes
        if self._backlog_full:
            raise ThrottledError(
                "too much waits to be processed", retry_after=30, reason="backlog_full"
            )

    async def _read_body(self, headers: dict[bytes, bytes], receive: Receive) -> bytes:
        """Reads the body; counts it as in flight, which the caller takes back."""
        encoding = headers.get(b"content-encoding", b"").decode("latin-1")
        reader = BodyReader(encoding, self._settings.max_envelope_bytes)
        counted = 0
        try:
            async with asyncio.timeout(self._settings.body_timeout):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RejectedRequestError(400, "invalid request body", ("unexpected end",))
                    chunk: bytes = message.get("body", b"")
                    reader.feed(chunk)
                    self._in_flight += reader.size - counted
                    counted = reader.size
                    if self._in_flight > self._settings.max_bytes_in_flight:
                        raise ThrottledError(
                            "too many large requests at once", retry_after=5, reason="memory"
                        )
                    more = message.get("more_body", False)
            return reader.finish()
        except TimeoutError:
            self._in_flight -= counted
            raise RejectedRequestError(
                408, "invalid request body", ("the body took too long",)
            ) from None
        except BaseException:
            self._in_flight -= counted
            raise


def _own_event_id(envelope: Envelope) -> str | None:
    """The id inside the event, for the senders that leave it out of the envelope."""
    item: Item | None = next((i for i in envelope.items if i.type in EVENT_TYPES), None)
    if item is None:
        return None
    try:
        return parse_event_id(as_object(parse(item.payload)).get("event_id"))
    except InvalidJsonError:
        return None


def _key(scope: Scope, headers: dict[bytes, bytes]) -> str | None:
    auth_header = headers.get(b"x-sentry-auth") or headers.get(b"authorization", b"")
    return key_from_request(scope["query_string"].decode("latin-1"), auth_header.decode("latin-1"))


async def _refuse(send: Send, rejection: RejectedRequestError) -> None:
    headers = list(_HEADERS)
    headers.append((b"x-sentry-error", rejection.detail.encode("ascii", "replace")))
    if rejection.retry_after is not None:
        seconds = str(rejection.retry_after)
        scope = rejection.scope if isinstance(rejection, ThrottledError) else "organization"
        limit = f"{seconds}::{scope}:{rejection.reason}"
        headers += [
            (b"retry-after", seconds.encode()),
            (b"x-sentry-rate-limits", limit.encode()),
        ]
    _log.info("rejected", status=rejection.status, detail=rejection.detail, causes=rejection.causes)
    await _respond(send, rejection.status, orjson.dumps(rejection.body()), headers)


async def _respond(
    send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
