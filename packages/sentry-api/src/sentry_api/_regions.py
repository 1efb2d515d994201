"""Which address answers for an organization: on sentry.io that is its region's.

An organization's own token names its region; for others the organization is asked once. A region
is believed only where it belongs to the server that was configured, because it gets the token.
Source: https://docs.sentry.io/organization/data-storage-location/
"""

import base64
import binascii
from urllib.parse import urlsplit

import orjson

from sentry_api.errors import RedirectRefused

_ORGANIZATION_TOKEN = "sntrys_"  # noqa: S105 - how such tokens begin


def region_in_token(token: str | None) -> str | None:
    """The region that an organization's token carries (``sntrys_<base64 of JSON>_<secret>``)."""
    if token is None or not token.startswith(_ORGANIZATION_TOKEN):
        return None
    payload = token.removeprefix(_ORGANIZATION_TOKEN).rpartition("_")[0]
    try:
        said = orjson.loads(base64.b64decode(payload + "=" * (-len(payload) % 4)))
    except (binascii.Error, ValueError):
        return None
    region = said.get("region_url") if isinstance(said, dict) else None
    return region if isinstance(region, str) and region else None


def trusted(base: str, region: str) -> str:
    """The region's address, without a slash at its end.

    Raises:
        RedirectRefused: it does not belong to the server ``base``.
    """
    ours, theirs = urlsplit(base), urlsplit(region)
    family = ".".join((ours.hostname or "").split(".")[-2:])
    is_family = family == "sentry.io" and (theirs.hostname or "").endswith(".sentry.io")
    same = (theirs.hostname, _port(theirs.port, theirs.scheme)) == (
        ours.hostname,
        _port(ours.port, ours.scheme),
    )
    below = (theirs.hostname or "").endswith(f".{ours.hostname}") and theirs.port == ours.port
    encrypted = theirs.scheme == "https" or (theirs.scheme == "http" == ours.scheme)
    if not (encrypted and (same or below or is_family) and theirs.username is None):
        raise RedirectRefused(
            f"{ours.netloc} says that {theirs.netloc or region!r} answers for this organization,"
            " but that is another server.",
            "Set SENTRY_URL to the region's own address if you trust it.",
        )
    return region.rstrip("/")


def _port(port: int | None, scheme: str) -> int | None:
    return port or {"http": 80, "https": 443}.get(scheme)
