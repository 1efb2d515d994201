"""Ownership rules: `path:src/* #team` on each line, and whom they give an event to.

Source: https://docs.sentry.io/product/issues/ownership-rules/. All rules that match name owners;
the last of them says who is assigned.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local_sentry.protocol.lenient_json import JsonObject, as_object, as_text
from local_sentry.services import glob
from local_sentry.services.assignees import UnknownAssigneeError, parse_assignee
from local_sentry.services.code_paths import CodePaths, plain_path
from local_sentry.services.stacktrace import Frame
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

    def __str__(self) -> str:
        """The rule without its owners, as it is written."""
        return f"{self.matcher}:{self.pattern}"


@dataclass(frozen=True, slots=True)
class Subject:
    """What rules are compared with.

    Attributes:
        frames: of the event's stacks.
        tags: of the event.
        url: of its request.
        paths: where the frames' files lie in repositories.
    """

    frames: tuple[Frame, ...]
    tags: dict[str, str]
    url: str
    paths: CodePaths

    @classmethod
    def of(
        cls, event: JsonObject, frames: tuple[Frame, ...], tags: dict[str, str], paths: CodePaths
    ) -> "Subject":
        """Of an event's payload."""
        url = as_text(as_object(event.get("request")).get("url"), 2048)
        return cls(frames, tags, url or tags.get("url", ""), paths)

    def values(self, matcher: str) -> Iterator[str]:
        """What of the event a matcher looks at."""
        if matcher == "url":
            yield self.url
        elif matcher.startswith("tags."):
            yield self.tags.get(matcher[5:], "")
        for frame in self.frames:
            if matcher == "module":
                yield frame.module
            elif matcher in ("path", "codeowners"):
                yield from (plain_path(frame.filename), plain_path(frame.abs_path))
                mapped = self.paths.of(frame)
                if mapped is not None:
                    yield mapped.path


def matching(rules: Sequence[Rule], subject: Subject) -> list[Rule]:
    """The rules that match, in their order."""
    return [rule for rule in rules if _matches(rule, subject)]


def _matches(rule: Rule, subject: Subject) -> bool:
    compiled = glob.codeowners if rule.matcher == "codeowners" else glob.glob
    pattern = compiled(rule.pattern)
    return any(value and pattern.fullmatch(value) for value in subject.values(rule.matcher))


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
