"""Patterns with `*`, as ownership rules write them, and those of a CODEOWNERS file."""

import re
from functools import lru_cache


def _translated(pattern: str, star: str) -> str:
    parts = []
    place = 0
    while place < len(pattern):
        letter = pattern[place]
        if pattern.startswith("**", place):
            parts.append(".*")
            place += 1
        elif letter == "*":
            parts.append(star)
        elif letter == "?":
            parts.append("[^/]")
        else:
            parts.append(re.escape(letter))
        place += 1
    return "".join(parts)


@lru_cache(maxsize=2048)
def glob(pattern: str) -> re.Pattern[str]:
    """The whole text; `*` is anything, also a slash, as in Sentry's rules."""
    return re.compile(_translated(pattern, ".*"), re.IGNORECASE | re.DOTALL)


@lru_cache(maxsize=2048)
def codeowners(pattern: str) -> re.Pattern[str]:
    """A path in a repository; `*` stays within a folder, a folder owns all that is in it.

    Source: https://docs.github.com/en/repositories, "About code owners".
    """
    body = pattern.strip("/")
    anywhere = "/" not in pattern.rstrip("/")
    front = "(?:.*/)?" if anywhere else ""
    # `docs/*` are the files of that folder alone; everything else may be a folder.
    behind = "" if body.endswith("/*") else "/.+" if pattern.endswith("/") else "(?:/.*)?"
    return re.compile(f"{front}{_translated(body, '[^/]*')}{behind}", re.DOTALL)
