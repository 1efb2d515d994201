"""What people paste: addresses, short ids, event ids, trace ids, and which of them it is."""

import asyncio
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from kijko_mcp.desk import Desk, gathered
from kijko_mcp.errors import NothingFound, Unclear
from sentry_api import NotFound
from sentry_api.models.events import Event
from sentry_api.models.issues import Issue

_HEX = re.compile(r"[0-9a-f]{32}")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*-[A-Za-z0-9]{1,10}")
_IN_PATH = re.compile(r"/(issues|replays|trace|traces|releases|events)/([^/]+)")
LAST = ("", "last", "latest", "the last", "newest", "last error", "last crash", "crash")


@dataclass(frozen=True, slots=True)
class Pasted:
    """An address taken apart: ids by what they are of."""

    ids: dict[str, str]

    def get(self, kind: str) -> str | None:
        """The id of that kind."""
        return self.ids.get(kind)


def taken_apart(text: str) -> Pasted | None:
    """A pasted ``http(s)://`` or ``sentry://`` address; None when it is none."""
    parts = urlsplit(text.strip())
    if parts.scheme == "sentry":
        kind = {"issue": "issues", "replay": "replays", "release": "releases"}
        return Pasted({kind.get(parts.netloc, parts.netloc): parts.path.strip("/")})
    if parts.scheme not in ("http", "https"):
        return None
    found = dict(_IN_PATH.findall(parts.path))
    if "traces" in found:
        found["trace"] = found.pop("traces")
        if found["trace"] == "trace":
            found["trace"] = parts.path.rstrip("/").rsplit("/", 1)[-1]
    if not found:
        raise Unclear(
            "That address leads to nothing that can be explained.",
            "Paste an issue's, a trace's or a replay's.",
        )
    return Pasted(found)


def hex_id(text: str) -> str | None:
    """A 32-digit id, with or without dashes."""
    plain = text.strip().lower().replace("-", "")
    return plain if _HEX.fullmatch(plain) else None


async def find_issue(desk: Desk, target: str, project: str) -> tuple[Issue, Event]:
    """The issue that is meant, with the event that shows it best.

    Raises:
        NothingFound: there is none.
        Unclear: it cannot be an issue.
    """
    text = target.strip()
    await desk.find_organization()
    if text.lower() in LAST:
        return await _newest(desk, project)
    pasted = taken_apart(text)
    event_id = "latest"
    if pasted is not None:
        event_id = pasted.get("events") or "latest"
        text = pasted.get("issues") or event_id
    if identity := hex_id(text):
        return await _of_event(desk, identity)
    if not (text.isdigit() or _SHORT.fullmatch(text)):
        raise Unclear(
            "That is no issue.",
            "Give a short id like KIJKO-API-1, an address, an event id, or `last`.",
        )
    try:
        return await _both(desk, text.upper(), hex_id(event_id) or "latest")
    except NotFound:
        raise NothingFound("There is no such issue.", "List them with find_errors.") from None


async def _newest(desk: Desk, project: str) -> tuple[Issue, Event]:
    where = await desk.one_or_all(project)
    found = [
        each
        async for each in desk.sentry.issues.search(
            "is:unresolved", projects=[p.id for p in where], sort="date", period="14d", limit=1
        )
    ]
    if not found:
        of = f" in {where[0].slug}" if where else ""
        raise NothingFound(
            f"No unresolved error{of} in the last 14 days.", "Ask find_errors with a longer period."
        )
    return await _both(desk, found[0].id, "latest")


async def _of_event(desk: Desk, event: str) -> tuple[Issue, Event]:
    try:
        place = await desk.sentry.events.find(event)
        group = place.group_id or place.event.group_id
        if group is not None:
            return await _both(desk, group, event)
    except NotFound:
        pass
    # It may be a trace's id: the newest error in it.
    (found,) = await gathered(desk.sentry.issues.search(f"trace:{event}", period="90d", limit=1))
    if not found:
        raise NothingFound("There is no event, and no error in a trace, of that id.", "Check it.")
    return await _both(desk, found[0].id, "latest")


async def _both(desk: Desk, issue: str, event: str) -> tuple[Issue, Event]:
    """An issue, by id or short id, and one of its events, asked for at the same time."""
    return await asyncio.gather(
        desk.sentry.issues.get(issue), desk.sentry.events.get_of_issue(issue, event)
    )
