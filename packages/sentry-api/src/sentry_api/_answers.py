"""Turns answers that are not what was hoped for into typed errors."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import orjson

from sentry_api import errors
from sentry_api._call import Call

_LONGEST_DETAIL = 500  # characters of what a server says that a message repeats
_LONGEST_WAIT = 24 * 3600.0
_SCOPE = re.compile(r"\b(?:org|project|team|event|alerts|member):[a-z]+\b")
_DEFAULT_WAIT = 5.0


def error_of(
    call: Call, status: int, headers: Mapping[str, str], body: bytes
) -> errors.AnsweredWithError:
    """The error that an answer of 400 or more is."""
    detail = detail_of(body)
    what = f"{call.method} {call.path}"
    said = f": {detail.rstrip('.')}." if detail else "."
    match status:
        case 401:
            return errors.NotAuthenticated(
                f"Sentry does not know the token (401 for {what}).",
                "Set SENTRY_AUTH_TOKEN to a token of this server.",
                status=status,
                detail=detail,
            )
        case 403:
            scopes = tuple(dict.fromkeys(_SCOPE.findall(detail))) or call.scopes
            wanted = " or ".join(scopes) or "more"
            return errors.NotAllowed(
                f"The token may not do this ({what}): it lacks {wanted}.",
                f"Use a token with the scope {scopes[0]}." if scopes else "Use another token.",
                status=status,
                detail=detail,
                scopes=scopes,
            )
        case 404:
            return errors.NotFound(
                f"Sentry has nothing at {what}{said}",
                "Check the names, and that the token may see what they name.",
                status=status,
                detail=detail,
            )
        case 409:
            return errors.Conflict(
                f"Sentry says that something stands in the way of {what}{said}",
                "Look at what is there already.",
                status=status,
                detail=detail,
            )
        case 429:
            wait = retry_after(headers)
            seconds = _DEFAULT_WAIT if wait is None else wait
            return errors.RateLimited(
                f"Sentry takes no more calls for now (429 for {what}).",
                f"Try again in {seconds:.0f} s.",
                status=status,
                detail=detail,
                retry_after=seconds,
            )
    if status >= 500:
        return errors.ServerFailed(
            f"Sentry failed ({status} for {what}){said}",
            "Try again later; if it stays, look at Sentry's status page or the server's log.",
            status=status,
            detail=detail,
            retry_after=retry_after(headers),
        )
    return errors.InvalidRequest(
        f"Sentry does not accept {what} ({status}){said}",
        "Correct what it names.",
        status=status,
        detail=detail,
    )


def detail_of(body: bytes) -> str:
    """What an error's body says, in one short line: ``detail``, or the fields that are wrong."""
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""  # a page for people, of a proxy perhaps
    if isinstance(said, dict):
        detail = said.get("detail", said.get("error"))
        if isinstance(detail, dict):
            detail = detail.get("message")
        said = detail or "; ".join(f"{field}: {_line(value)}" for field, value in said.items())
    return _line(said)


def _line(value: object) -> str:
    text = " ".join(str(part) for part in value) if isinstance(value, list) else str(value)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= _LONGEST_DETAIL else f"{text[:_LONGEST_DETAIL]}…"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds after which the server wants to be asked again, if it says so.

    ``Retry-After`` is seconds or a date (RFC 9110); ``X-Sentry-Rate-Limit-Reset`` is a Unix time.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return min(float(text), _LONGEST_WAIT)
    if text:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            moment = None
        if moment is not None:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return _until(moment.timestamp())
    return reset_in(headers)


def reset_in(headers: Mapping[str, str]) -> float | None:
    """Seconds until the window of the rate limit ends, if the server names one."""
    text = headers.get("x-sentry-rate-limit-reset", "").strip()
    return _until(float(text)) if re.fullmatch(r"\d{1,12}", text, re.ASCII) else None


def _until(moment: float) -> float:
    return min(max(0.0, moment - datetime.now(UTC).timestamp()), _LONGEST_WAIT)
