"""Reads what comes back: bodies within limits, cursors, shapes; aiohttp's errors as ours."""

from types import TracebackType
from typing import TypeVar

import aiohttp
from aiohttp.http_exceptions import ContentEncodingError
from pydantic import TypeAdapter, ValidationError

from sentry_api import errors
from sentry_api._call import Call

_T = TypeVar("_T")


class translated:  # noqa: N801 - read as a word: with translated(call)
    """Turns aiohttp's errors into ours."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            return
        what = f"{self._call.method} {self._call.path}"
        if isinstance(error, aiohttp.ServerTimeoutError):
            raise errors.TookTooLong(
                f"Sentry took too long over {what}.", "Try again, or raise SENTRY_API_TIMEOUT."
            ) from error
        if isinstance(error, aiohttp.ClientPayloadError) and isinstance(
            error.__cause__, ContentEncodingError
        ):
            raise errors.UnexpectedAnswer(
                f"The answer to {what} cannot be decompressed.", "Report it to the server's owner."
            ) from error
        if isinstance(error, aiohttp.ClientError):
            reason = f" ({type(error).__name__})" if not str(error) else f" ({error})"
            raise errors.NoConnection(
                f"There is no connection to Sentry for {what}{reason}.",
                "Check SENTRY_URL and the network.",
            ) from error


async def body_of(call: Call, response: aiohttp.ClientResponse, largest: int) -> bytes:
    """The whole body, unpacked.

    Raises:
        UnexpectedAnswer: it is larger than `largest` bytes.
    """
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > largest:
            raise errors.UnexpectedAnswer(
                f"The answer to {call.method} {call.path} is larger than {largest} bytes.",
                "Ask for less, or raise SENTRY_API_LARGEST_ANSWER.",
            )
    return bytes(body)


async def start_of(response: aiohttp.ClientResponse, most: int) -> bytes:
    """The first bytes of a body, of which more is not read."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= most:
            break
    return bytes(body[:most])


def next_cursor(response: aiohttp.ClientResponse) -> str | None:
    """The cursor in Sentry's ``Link`` header; its addresses are not followed."""
    following = response.links.get("next")
    if following is None or following.get("results") != "true":
        return None
    return str(following["cursor"]) if "cursor" in following else None


def parsed(call: Call, shape: TypeAdapter[_T], body: bytes) -> _T:
    """A body as what it should be.

    Raises:
        UnexpectedAnswer: it is something else; the message names the place, never the value.
    """
    try:
        return shape.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise errors.UnexpectedAnswer(
            f"The answer to {call.method} {call.path} is not what Sentry's API promises:"
            f" {where}: {first['msg']}.",
            "Check that SENTRY_URL is a Sentry server of a known version.",
        ) from None
