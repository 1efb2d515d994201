"""What is served to browsers: scripts, the debug ids in them, their source maps."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_SCRIPTS = (".js", ".mjs", ".cjs")
_MAPS = tuple(f"{each}.map" for each in _SCRIPTS)
# The comments at the end of a script that say its debug id, and where its map is.
_DEBUG_ID = re.compile(rb"//[#@] debugId=([0-9a-fA-F-]{36})\s*$", re.MULTILINE)
_SOURCE_MAP = re.compile(rb"//[#@] sourceMappingURL=(?!data:)(\S+)\s*$", re.MULTILINE)
_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Script:
    """A script.

    Attributes:
        debug_id: which its map shares; None until it was given one.
        is_mapped: whether it has a source map, here or, as it says itself, elsewhere.
        has_map: whether that is here.
    """

    path: Path
    debug_id: str | None
    is_mapped: bool
    has_map: bool


@dataclass(frozen=True, slots=True)
class Served:
    """A folder of scripts, and the source maps in it."""

    folder: Path
    scripts: tuple[Script, ...]
    maps: tuple[Path, ...]

    @property
    def ids(self) -> frozenset[str]:
        """The debug ids of its scripts."""
        return frozenset(each.debug_id for each in self.scripts if each.debug_id is not None)

    @property
    def is_bare(self) -> bool:
        """Whether it has source maps, and a script without a debug id."""
        return bool(self.maps) and any(each.debug_id is None for each in self.scripts)


def look_at(folders: Sequence[Path]) -> list[Served]:
    """See what is in folders that are served."""
    return [_look_at(folder) for folder in folders]


def _look_at(folder: Path) -> Served:
    files = [Path(at, name) for at, _, names in os.walk(folder) for name in names]
    maps = tuple(each for each in files if each.name.endswith(_MAPS))
    known = frozenset(map(str, maps))
    scripts = tuple(_script(each, known) for each in files if each.name.endswith(_SCRIPTS))
    return Served(folder, scripts, maps)


def _script(file: Path, maps: frozenset[str]) -> Script:
    with file.open("rb", buffering=0) as script:
        script.seek(max(0, os.fstat(script.fileno()).st_size - _TAIL_BYTES))
        tail = script.read()
    debug_id, named = _DEBUG_ID.search(tail), _SOURCE_MAP.search(tail)
    places = [f"{file}.map"]
    if named is not None:
        places.append(os.path.normpath(file.parent / named.group(1).decode(errors="replace")))
    has_map = not maps.isdisjoint(places)
    return Script(
        file,
        debug_id.group(1).decode().lower() if debug_id else None,
        is_mapped=has_map or named is not None,
        has_map=has_map,
    )
