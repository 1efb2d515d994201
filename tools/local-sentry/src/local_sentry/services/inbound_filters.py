"""Which events a project does not want: filters that are switched on, and globs of its own.

Source: https://docs.sentry.io/concepts/data-management/filtering/ and the names of the API.
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import lru_cache

from local_sentry.protocol.lenient_json import JsonObject, as_list, as_object, as_text

MESSAGES = "filters:error_messages"
RELEASES = "filters:releases"
GLOBS = (MESSAGES, RELEASES)
SWITCHES = ("browser-extensions", "filtered-transaction", "localhost", "web-crawlers")
_ON = "1"

_EXTENSION = re.compile(r"(chrome|moz|safari|safari-web|edge)-extension:", re.IGNORECASE)
_CRAWLER = re.compile(
    r"bot\b|bot/|crawler|spider|slurp|mediapartners|facebookexternalhit|twitterbot|lighthouse",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"(^|.*[\s/_-])(healthz?|healthy|healthcheck|heartbeat|livez?|readyz?|ping|up)/?$",
    re.IGNORECASE,
)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_LONGEST_TEXT = 1000  # characters of a message that a glob looks at


def switch(name: str) -> str:
    """The option that a filter is kept under."""
    return f"filters:{name}"


def is_on(options: Mapping[str, str], name: str) -> bool:
    """Whether a filter is switched on."""
    return options.get(switch(name)) == _ON


def switched(name: str, *, on: bool) -> dict[str, str]:
    """The options that switch a filter."""
    return {switch(name): _ON if on else ""}


def reason(options: Mapping[str, str], kind: str, payload: JsonObject) -> str | None:
    """Why an event is not wanted, in Sentry's word for it; None when it is.

    Args:
        options: What is set for the project.
        kind: Of the item: ``event``, ``error`` or ``transaction``.
        payload: The event.
    """
    if kind == "transaction":
        name = as_text(payload.get("transaction"), _LONGEST_TEXT)
        unwanted = is_on(options, "filtered-transaction") and _HEALTH.match(name)
        return "filtered-transaction" if unwanted else None
    checks = {
        "browser-extensions": _comes_from_an_extension,
        "localhost": _comes_from_this_machine,
        "web-crawlers": _comes_from_a_crawler,
    }
    for name, check in checks.items():
        if is_on(options, name) and check(payload):
            return name
    if any(_matches(options.get(MESSAGES, ""), message) for message in _messages(payload)):
        return "error-message"
    if _matches(options.get(RELEASES, ""), as_text(payload.get("release"), 250)):
        return "release-version"
    return None


def _matches(globs: str, text: str) -> bool:
    return any(_pattern(glob).fullmatch(text) for glob in globs.splitlines() if glob)


@lru_cache(maxsize=1000)
def _pattern(glob: str) -> re.Pattern[str]:
    # Only stars and question marks mean anything.
    return re.compile(translate(glob.strip().replace("[", "[[]")), re.IGNORECASE)


def _exceptions(payload: JsonObject) -> list[JsonObject]:
    found = payload.get("exception")
    values = as_object(found).get("values") if isinstance(found, dict) else found
    return [as_object(value) for value in as_list(values)]


def _messages(payload: JsonObject) -> Iterator[str]:
    logged = payload.get("logentry")
    for text in (payload.get("message"), as_object(logged).get("formatted")):
        if isinstance(text, str):
            yield text[:_LONGEST_TEXT]
    for exception in _exceptions(payload):
        kind, value = as_text(exception.get("type"), 200), as_text(exception.get("value"))
        yield f"{kind}: {value}"[:_LONGEST_TEXT]


def _user_agent(payload: JsonObject) -> str:
    headers = as_object(payload.get("request")).get("headers")
    pairs = list(headers.items()) if isinstance(headers, dict) else as_list(headers)
    for pair in pairs:
        if isinstance(pair, list | tuple) and len(pair) == 2:
            name, value = pair
            if as_text(name, 64).lower() == "user-agent":
                return as_text(value, 1000)
    return ""


def _comes_from_a_crawler(payload: JsonObject) -> bool:
    return _CRAWLER.search(_user_agent(payload)) is not None


def _comes_from_an_extension(payload: JsonObject) -> bool:
    for exception in _exceptions(payload):
        for frame in as_list(as_object(exception.get("stacktrace")).get("frames")):
            path = as_object(frame).get("abs_path") or as_object(frame).get("filename")
            if _EXTENSION.match(as_text(path, 1000)):
                return True
    return False


def _comes_from_this_machine(payload: JsonObject) -> bool:
    if as_text(as_object(payload.get("user")).get("ip_address"), 64) in _LOOPBACK:
        return True
    url = as_text(as_object(payload.get("request")).get("url"), 2000)
    host = re.match(r"[a-z]+://(\[[^\]]*\]|[^:/?#]*)", url, re.IGNORECASE)
    return host is not None and host[1].strip("[]").lower() in _LOOPBACK
