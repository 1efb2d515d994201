"""Patterns with `*`, as ownership rules write them, and those of a CODEOWNERS file.

Paths come from senders: what a star has passed over is never tried again (atomic groups), so that
no path makes a pattern of many stars slow.
"""

import re
from functools import lru_cache

_STARS = re.compile(r"(\*+)")


def _literal(text: str) -> str:
    return "".join("[^/]" if letter == "?" else re.escape(letter) for letter in text)


def _translated(pattern: str, star: str) -> str:
    """The pattern; `star` is what a single `*` stands for, two of them are anything."""
    first, *rest = _STARS.split(pattern)
    following = list(zip(rest[::2], rest[1::2], strict=True))
    parts = [_literal(first)]
    for place, (stars, text) in enumerate(following, 1):
        passed = "." if len(stars) > 1 else star
        # The first place where the text follows will do, but for the last, which is at the end.
        if place < len(following):
            parts.append(f"(?>{passed}*?{_literal(text)})")
        else:
            parts.append(f"{passed}*{_literal(text)}")
    return "".join(parts)


@lru_cache(maxsize=2048)
def glob(pattern: str) -> re.Pattern[str]:
    """The whole text; `*` is anything, also a slash, as in Sentry's rules."""
    return re.compile(_translated(pattern, "."), re.IGNORECASE | re.DOTALL)


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
    folders = "/(?:.*/)?".join(_translated(part, "[^/]") for part in body.split("/**/"))
    return re.compile(f"{front}{folders}{behind}", re.DOTALL)
