"""One call as data: where it goes, what it carries, what it needs, whether it may be repeated."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeGuard
from urllib.parse import quote

from yarl import URL

from sentry_api.errors import BadConfiguration

Method = Literal["GET", "POST", "PUT", "DELETE"]
Value = str | int | float | bool | datetime | None
Parameters = Mapping[str, Value | Sequence[Value]]
_PLACE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Call:
    """A call to Sentry's API.

    Attributes:
        method: The HTTP method.
        template: The address below ``/api/0``, such as ``/organizations/{organization}/issues/``.
            What stands in braces comes from ``places``. Rate limits are kept by template.
        scopes: Any one of these allows the call, weakest first; for the message of a 403.
        places: What stands in the template's braces.
        query: Parameters; a sequence repeats its name, None leaves it out.
        body: What goes as JSON.
        files: Chunks, by the name of their part: (part, file name, content).
        repeatable: Whether doing it twice is the same as doing it once.
    """

    method: Method
    template: str
    scopes: tuple[str, ...]
    places: Mapping[str, str | int] = field(default_factory=dict)
    query: Parameters = field(default_factory=dict)
    body: Any = None
    files: Sequence[tuple[str, str, bytes]] = ()
    repeatable: bool = False

    @property
    def path(self) -> str:
        """The address with every part quoted, so that no name can lead to another address.

        Raises:
            BadConfiguration: a name is empty or a path in itself.
        """
        return _PLACE.sub(self._part, self.template)

    def _part(self, match: re.Match[str]) -> str:
        name = match[1]
        text = str(self.places[name])
        if text.strip() in ("", ".", ".."):
            raise BadConfiguration(
                f"{text!r} cannot be the name of a Sentry {name}.", f"Give the {name}'s own name."
            )
        return quote(text, safe="@+:")

    def url(self, base: str) -> URL:
        """The whole address on the server ``base``."""
        address = URL(f"{base}/api/0{self.path}", encoded=True)
        parameters = self.parameters()
        return address.with_query(parameters) if parameters else address

    def parameters(self) -> list[tuple[str, str]]:
        """The query as Sentry reads it: times in UTC, booleans as 1 and 0."""
        return [
            (name, _text(one))
            for name, value in self.query.items()
            for one in (value if _is_several(value) else (value,))
            if one is not None
        ]


def _is_several(value: Value | Sequence[Value]) -> TypeGuard[Sequence[Value]]:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value)


def get(template: str, *scopes: str, query: Parameters | None = None, **places: str | int) -> Call:
    """A call that reads."""
    return Call("GET", template, scopes, places, query or {}, repeatable=True)


def post(
    template: str,
    *scopes: str,
    body: Any = None,
    repeatable: bool = False,
    **places: str | int,
) -> Call:
    """A call that makes something; ``repeatable`` where a second one changes nothing more."""
    return Call("POST", template, scopes, places, body=body, repeatable=repeatable)


def put(
    template: str,
    *scopes: str,
    body: Any = None,
    query: Parameters | None = None,
    repeatable: bool = True,
    **places: str | int,
) -> Call:
    """A call that sets something to what it gives."""
    return Call("PUT", template, scopes, places, query or {}, body=body, repeatable=repeatable)


def delete(template: str, *scopes: str, **places: str | int) -> Call:
    """A call that removes something."""
    return Call("DELETE", template, scopes, places, repeatable=True)
