"""Globs over the workspace's paths, as pants.toml writes them: `*` within a folder, `**` across."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=256)
def _pattern(glob: str) -> re.Pattern[str]:
    translated = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", glob):
        translated += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
            part, re.escape(part)
        )
    return re.compile(translated)


def first_match(globs: Iterable[str], path: str) -> str | None:
    """The first glob that matches the whole path, or None.

    A glob that begins with `!` takes back what it matches, wherever it stands.
    """
    found = None
    for glob in globs:
        if glob.startswith("!"):
            if _pattern(glob[1:]).fullmatch(path):
                return None
        elif found is None and _pattern(glob).fullmatch(path):
            found = glob
    return found
