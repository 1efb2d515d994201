"""Where a redirect leads: followed for reads on the same server, which has the token already."""

import aiohttp
from yarl import URL

from sentry_api._call import Call
from sentry_api.errors import RedirectRefused

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_ADVICE = "Set SENTRY_URL to the server's own address, as it stands in the browser."


def followed(call: Call, response: aiohttp.ClientResponse) -> URL:
    """The address to ask next.

    Raises:
        RedirectRefused: it is on another server, or the call is more than reading.
    """
    asked = response.url
    if call.method != "GET" or response.status not in _REDIRECTS:
        raise RedirectRefused(
            f"Sentry answers {call.method} {call.path} with {response.status}, which is"
            " no answer to it.",
            _ADVICE,
        )
    target = _target(asked, response.headers.get("location", ""))
    if target is None or target.origin() != asked.origin():
        named = target.host if target is not None else None
        raise RedirectRefused(
            f"{asked.host} sends {call.path} on to {named or 'nowhere'},"
            " which must not see the token.",
            _ADVICE,
        )
    return target


def _target(asked: URL, location: str) -> URL | None:
    try:
        target = asked.join(URL(location, encoded=True))
        return target if location and target.origin() else None
    except ValueError:
        return None  # no address, or one without a host
