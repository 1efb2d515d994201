"""Ownership rules: `path:src/* #team` on each line.

Source: https://docs.sentry.io/product/issues/ownership-rules/.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.store.catalog import Team

_MATCHERS = ("path", "module", "url", "codeowners")
_TAG = re.compile(r"tags\.[\w.\-]+")
_MOST_RULES = 1000


class InvalidOwnershipError(ValueError):
    """A rule cannot be understood; the message says which."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What matches `pattern` belongs to `owners`, each `user:N` or `team:N`."""

    matcher: str
    pattern: str
    owners: tuple[str, ...]


def parse_ownership(raw: str, teams: Sequence[Team]) -> list[Rule]:
    """The rules of a text, a line each; `#` at the start of a line begins a comment.

    Raises:
        InvalidOwnershipError: a line is no rule, or names an owner nobody knows.
    """
    rules = []
    for number, line in enumerate(raw.splitlines(), 1):
        words = line.split()
        if not words or line.lstrip().startswith("#"):
            continue
        matcher, _, pattern = words[0].partition(":")
        if not pattern or not (matcher in _MATCHERS or _TAG.fullmatch(matcher)):
            raise InvalidOwnershipError(
                f"Line {number} is no rule. A rule is written like: path:src/* #team"
            )
        if len(words) == 1:
            raise InvalidOwnershipError(f"Line {number} names no owner.")
        try:
            owners = tuple(filter(None, (parse_assignee(word, teams) for word in words[1:])))
        except UnknownAssigneeError as error:
            raise InvalidOwnershipError(f"Line {number}: {error}") from error
        rules.append(Rule(matcher, pattern, owners))
    if len(rules) > _MOST_RULES:
        raise InvalidOwnershipError(f"There can be at most {_MOST_RULES} rules.")
    return rules
