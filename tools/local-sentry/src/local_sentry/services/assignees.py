"""Who an issue can be given to, in the ways clients write it."""

from collections.abc import Sequence

from local_sentry.models import LocalUser
from local_sentry.store.catalog import Team


class UnknownAssigneeError(ValueError):
    """Nobody here is called that."""


def parse_assignee(text: str, teams: Sequence[Team]) -> str | None:
    """`user:N` or `team:N` for what a client wrote; None for nobody.

    Accepts `me`, an id, a name or an address of a user, `#team`, `team:id` and `team:slug`.

    Raises:
        UnknownAssigneeError: nobody here is called that.
    """
    text = text.strip()
    if not text or text.lower() == "none":
        return None
    kind, colon, name = text.partition(":")
    if text.startswith("#"):
        kind, colon, name = "team", ":", text[1:]
    if not colon or kind not in ("user", "team"):
        kind, name = "user", text
    if kind == "team":
        for team in teams:
            if name in (team.slug, str(team.id)):
                return f"team:{team.id}"
    else:
        person = LocalUser()
        known = ("me", str(person.id), person.username, person.email, person.name)
        if name.lower() in (each.lower() for each in known):
            return f"user:{person.id}"
    raise UnknownAssigneeError(f"There is no {kind} {name!r} here.")
