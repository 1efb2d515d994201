"""What is served to browsers: scripts, the debug ids in them, their source maps."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPTS = (".js", ".mjs", ".cjs")
_MAPS = tuple(f"{each}.map" for each in _SCRIPTS)
# The comment that debug ids are kept in, at the end of a script.
_COMMENT = re.compile(rb"//[#@] debugId=([0-9a-fA-F-]{36})\s*$", re.MULTILINE)
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Served:
    """A folder of scripts.

    Attributes:
        ids: the debug ids of its scripts, which their maps share.
        maps: the source maps of scripts.
        is_bare: whether a script has no debug id.
    """

    folder: Path
    ids: frozenset[str]
    maps: tuple[Path, ...]
    is_bare: bool


def look_at(folders: Sequence[Path]) -> list[Served]:
    """See what is in folders that are served."""
    return [_look_at(folder) for folder in folders]


def _look_at(folder: Path) -> Served:
    files = [Path(at, name) for at, _, names in os.walk(folder) for name in names]
    found = [_debug_id(each) for each in files if each.name.endswith(_SCRIPTS)]
    return Served(
        folder,
        frozenset(each for each in found if each is not None),
        tuple(each for each in files if each.name.endswith(_MAPS)),
        is_bare=None in found,
    )


def _debug_id(file: Path) -> str | None:
    with file.open("rb", buffering=0) as script:
        script.seek(max(0, os.fstat(script.fileno()).st_size - _TAIL_BYTES))
        match = _COMMENT.search(script.read())
    return match.group(1).decode().lower() if match else None
