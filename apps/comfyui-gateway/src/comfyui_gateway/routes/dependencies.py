"""What routes get from the application, and how they read headers.

They are coroutines, though none awaits: FastAPI would send plain functions to a thread.
"""

import asyncio
import re
from collections.abc import Coroutine
from contextlib import suppress
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Query, Request

from comfyui_gateway.problems import HeaderInvalid
from comfyui_gateway.services.gateway import Gateway

T = TypeVar("T")

_WAIT = re.compile(r"^\s*wait\s*=\s*\"?(\d{1,6})\"?\s*$", re.IGNORECASE)
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")


async def the_gateway(request: Request) -> Gateway:
    """The running gateway."""
    gateway = request.app.state.gateway
    if not isinstance(gateway, Gateway):
        raise TypeError("the application has not been started")
    return gateway


async def wanted_wait(
    request: Request,
    prefer: Annotated[
        str | None, Header(description="`wait=SECONDS` (RFC 7240): answer when the job has ended.")
    ] = None,
    wait: Annotated[
        float | None, Query(ge=0, description="The same as `Prefer: wait=SECONDS`.")
    ] = None,
) -> float:
    """How many seconds a client wants to wait, at most those the settings allow."""
    seconds = wait
    if seconds is None:
        found = [match for part in (prefer or "").split(",") if (match := _WAIT.match(part))]
        seconds = float(found[0].group(1)) if found else 0.0
    return min(seconds, (await the_gateway(request)).settings.max_wait_seconds)


async def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key and the same request give the same job."),
    ] = None,
) -> str | None:
    """The Idempotency-Key header.

    Raises:
        HeaderInvalid: it is too long or holds characters that are not visible ASCII.
    """
    if idempotency_key is not None and not _KEY.match(idempotency_key):
        raise HeaderInvalid(
            "Idempotency-Key must be 1 to 255 visible ASCII characters; a UUID is a good key."
        )
    return idempotency_key


TheGateway = Annotated[Gateway, Depends(the_gateway)]
Wait = Annotated[float, Depends(wanted_wait)]
IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]


async def while_connected(request: Request, work: Coroutine[object, object, T]) -> T | None:
    """The result of `work`, or None as soon as the client has gone; the work is then cancelled."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        for task in (working, leaving):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
