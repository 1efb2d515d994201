"""Finds out which DSN key a sender uses.

Source: https://develop.sentry.dev/sdk/overview/#authentication. The key comes in the query
(`sentry_key`), in `X-Sentry-Auth` or `Authorization: Sentry …`, or in the envelope's `dsn`.
"""

import re
from urllib.parse import parse_qs, urlsplit

from local_sentry.protocol.errors import InvalidEnvelopeError, RejectedRequestError

_KEY = re.compile(r"[0-9a-zA-Z_-]{1,64}")


def key_from_request(query: str, auth_header: str) -> str | None:
    """The public key named by the request itself, or None when only the envelope can say.

    Raises:
        RejectedRequestError: the key is given in a form that no DSN has.
    """
    found: str | None = None
    if "sentry_key=" in query:
        found = parse_qs(query, max_num_fields=50).get("sentry_key", [""])[-1]
    elif auth_header[:7].lower() == "sentry ":
        fields = dict(part.strip().partition("=")[::2] for part in auth_header[7:].split(","))
        found = fields.get("sentry_key")
    if found is not None and not _KEY.fullmatch(found):
        raise RejectedRequestError(400, "bad sentry DSN public key")
    return found


def key_from_dsn(dsn: str, project_id: int) -> str:
    """The public key of the DSN in an envelope's header.

    Raises:
        RejectedRequestError: it is no DSN, or it names another project than the address does.
    """
    try:
        parts = urlsplit(dsn)
        key = parts.username or ""
    except ValueError as error:
        raise InvalidEnvelopeError("invalid envelope header", "invalid dsn") from error
    if parts.scheme not in ("http", "https") or not _KEY.fullmatch(key):
        raise InvalidEnvelopeError("invalid envelope header", "invalid dsn")
    if parts.path.rstrip("/").rsplit("/", 1)[-1] != str(project_id):
        raise InvalidEnvelopeError("project id header mismatch between envelope and request")
    return key
