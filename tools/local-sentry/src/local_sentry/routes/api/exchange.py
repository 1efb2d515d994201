"""How every route of the API reads its request, reaches the store and answers."""

from collections.abc import Callable
from sqlite3 import Connection
from typing import TypeVar
from urllib.parse import quote, urlencode

import orjson
from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from local_sentry.protocol.lenient_json import dump
from local_sentry.routes.api.problems import (
    BadParameterError,
    InvalidBodyError,
    TooLargeBodyError,
)
from local_sentry.store.blobs import Blobs
from local_sentry.store.readers import QueryTimeoutError, Readers
from local_sentry.store.session import WriteSession
from local_sentry.store.writer import Writer

_IN_PATHS = "/%:@!$&'()*+,;=~"
LARGEST_BODY = 8 * 1024 * 1024
_T = TypeVar("_T")
_Model = TypeVar("_Model", bound=BaseModel)


def json_response(
    value: object, headers: dict[str, str] | None = None, *, status: int = 200
) -> Response:
    """A JSON answer."""
    return Response(dump(value), status, headers, "application/json")


def base_url(request: Request) -> str:
    """The address the client used, without a slash at the end."""
    return str(request.base_url).rstrip("/")


def blobs_of(request: Request) -> Blobs:
    """The contents that rows refer to."""
    blobs: Blobs = request.app.state.blobs
    return blobs


async def read(request: Request, query: Callable[[Connection], _T]) -> _T:
    """Runs a reading function for a request, with a connection of the server's readers."""
    readers: Readers = request.app.state.readers
    return await readers.run(query)


async def write(request: Request, command: Callable[[WriteSession], _T]) -> _T:
    """Runs a command of a request in a transaction of its own.

    Raises:
        QueryTimeoutError: the writer did not come to it in time; it may still be done.
    """
    writer: Writer = request.app.state.writer
    try:
        return await writer.run(command)
    except TimeoutError as error:
        raise QueryTimeoutError("the store is busy writing") from error


async def raw_body(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """The bytes of a request's body.

    Raises:
        TooLargeBodyError: there are more than `largest`.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise TooLargeBodyError(f"The body is larger than {largest} bytes.")
    return bytes(body)


async def body_of(request: Request, model: type[_Model]) -> _Model:
    """A request's JSON body as a model.

    Raises:
        InvalidBodyError: it is no JSON object, or fields are missing or wrong.
        TooLargeBodyError: it is too large.
    """
    data = await raw_body(request)
    try:
        value = orjson.loads(data or b"{}")
    except orjson.JSONDecodeError as error:
        raise InvalidBodyError({"detail": [f"JSON parse error - {error}"]}) from error
    return validated(value, model)


def validated(value: object, model: type[_Model]) -> _Model:
    """A JSON value as a model.

    Raises:
        InvalidBodyError: fields are missing or wrong.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        problems: dict[str, list[str]] = {}
        for found in error.errors():
            field = ".".join(str(part) for part in found["loc"]) or "nonFieldErrors"
            missing = found["type"] == "missing"
            said = "This field is required." if missing else found["msg"]
            problems.setdefault(field, []).append(said)
        raise InvalidBodyError(problems) from error


def whole_number(request: Request, name: str, default: int, most: int) -> int:
    """A query parameter that counts something, at least 1.

    Raises:
        BadParameterError: it is no whole number.
    """
    text = request.query_params.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise BadParameterError(f"{name} must be a whole number")
    return max(1, min(int(text), most))


def page_of(request: Request, default: int = 100, most: int = 100) -> tuple[int, int]:
    """How many results one page has, and how many come before it.

    Raises:
        BadParameterError: `per_page`, `limit` or `cursor` cannot be understood.
    """
    limit = whole_number(request, "limit", whole_number(request, "per_page", default, most), most)
    return limit, _offset(request)


def _offset(request: Request) -> int:
    """The place that a cursor `0:{offset}:{is previous}` names."""
    cursor = request.query_params.get("cursor", "")
    parts = cursor.split(":")
    if not cursor:
        return 0
    if len(parts) != 3 or not (parts[1].isascii() and parts[1].isdigit()) or len(parts[1]) > 9:
        raise BadParameterError("Invalid cursor parameter.")
    return int(parts[1])


def link_header(request: Request, offset: int, limit: int, *, more: bool) -> str:
    """Sentry's `Link` header, by which clients turn pages."""
    # As it was asked for: the path that routes see is decoded, and may hold anything.
    path = quote(request.scope["raw_path"], safe=_IN_PATHS)
    parameters = [(k, v) for k, v in request.query_params.multi_items() if k != "cursor"]
    address = f"{base_url(request)}{path}?{urlencode([*parameters, ('cursor', '')])}"
    links = []
    for rel, cursor, results in (
        ("previous", f"0:{max(0, offset - limit)}:1", offset > 0),
        ("next", f"0:{offset + limit}:0", more),
    ):
        found = "true" if results else "false"
        url = f"{address}{quote(cursor, safe='')}"
        links.append(f'<{url}>; rel="{rel}"; results="{found}"; cursor="{cursor}"')
    return ", ".join(links)


def one_page(request: Request, found: list[_T], *, default: int = 100) -> Response:
    """The page of a list that the request asks for, with its `Link` header.

    Raises:
        BadParameterError: `per_page` or `cursor` cannot be understood.
    """
    limit, offset = page_of(request, default)
    link = link_header(request, offset, limit, more=len(found) > offset + limit)
    return json_response(found[offset : offset + limit], {"link": link})
