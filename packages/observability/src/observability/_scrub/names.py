"""Which names (of fields, headers, variables, parameters) announce a private value."""

import re
from functools import lru_cache
from itertools import pairwise

from observability._scrub.placeholders import EMAIL

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_SECRET_WORDS = frozenset(
    {
        *("apikey", "auth", "authorization", "bearer", "cookie", "cookies", "credential"),
        *("credentials", "csrf", "csrftoken", "dsn", "jwt", "passphrase", "passwd", "password"),
        *("passwords", "pwd", "privatekey", "secret", "secretkey", "secrets", "sessionid"),
        *("token", "xsrf"),
    }
)
_SECRET_PAIRS = frozenset(
    f"{first} key" for first in ("api", "access", "auth", "private", "secret", "signing")
) | {"session id", "set cookie", "connect sid"}
# A count or kind of secrets is not a secret: "token_count", "auth_type".
_ABOUT = frozenset({"count", "counts", "kind", "length", "limit", "total", "type", "usage"})

_PERSONAL_WORDS = frozenset({"email", "emails", "username", "forwarded"})
_PERSONAL_PAIRS = frozenset(
    {"ip address", "remote addr", "forwarded for", "real ip", "client ip", "user name", "e mail"}
)
_QUERY_NAMES = frozenset(
    {"query_string", "http.query", "url.query", "http.fragment", "url.fragment"}
)


@lru_cache(maxsize=4096)
def names_secret(name: str) -> bool:
    """Whether a value under this name is a credential (``x-api-key``, ``dbPassword``)."""
    words = _words(name)
    if not words or words[-1] in _ABOUT:
        return False
    return not _SECRET_WORDS.isdisjoint(words) or not _SECRET_PAIRS.isdisjoint(_pairs(words))


@lru_cache(maxsize=4096)
def names_private(name: str) -> bool:
    """Whether a value under this name is a credential, personal, or a query string."""
    if name.lower() in _QUERY_NAMES or names_secret(name):
        return True
    words = _words(name.replace(EMAIL, ""))
    return not _PERSONAL_WORDS.isdisjoint(words) or not _PERSONAL_PAIRS.isdisjoint(_pairs(words))


def _words(name: str) -> list[str]:
    # Nothing that names a field is this long; what is, is text, and text has its own rules.
    return [word.lower() for word in _WORD.findall(name)] if len(name) <= 128 else []


def _pairs(words: list[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(words)]
