"""Conventional commits: what a message says about the change (conventionalcommits.org 1.0.0)."""

import re
from dataclasses import dataclass

from release_cli.services.versions import Level

_SUBJECT = re.compile(
    r"(?P<type>[A-Za-z]+)(?:\((?P<scope>[^()\n]+)\))?(?P<bang>!)?: +(?P<subject>\S.*)"
)
_BREAKING = re.compile(r"^BREAKING[ -]CHANGE: +(?P<why>\S.*)", re.MULTILINE)
_MINOR = frozenset(("feat", "feature"))


@dataclass(frozen=True, slots=True)
class Said:
    """What a commit's message says.

    Attributes:
        type: `feat`, `fix` …; empty where the message follows no convention.
        scope: in parentheses after the type.
        subject: the rest of the first line.
        breaking: what no longer works as before, or None.
    """

    type: str
    scope: str
    subject: str
    breaking: str | None

    @property
    def level(self) -> Level:
        """How far the version moves; what follows no convention is a patch."""
        if self.breaking is not None:
            return Level.MAJOR
        return Level.MINOR if self.type in _MINOR else Level.PATCH


def read_message(message: str) -> Said:
    """Take a commit's message apart."""
    first = message.partition("\n")[0].strip()
    footer = _BREAKING.search(message)
    breaking = footer.group("why") if footer else None
    match = _SUBJECT.fullmatch(first)
    if match is None:
        return Said("", "", first, breaking)
    subject = match.group("subject")
    if match.group("bang") and breaking is None:
        breaking = subject
    return Said(match.group("type").lower(), match.group("scope") or "", subject, breaking)
