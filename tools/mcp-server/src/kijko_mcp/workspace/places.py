"""Where in this checkout a stack frame is, and what stands there."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from kijko_mcp.workspace.checkout import Checkout
from sentry_api.models.events import Frame
from sentry_api.models.settings import CodeMapping

_BEFORE, _AFTER = 2, 2
_LONGEST_LINE = 160
_SCHEMES = ("app:///", "app://", "webpack://_N_E/", "webpack://", "webpack-internal:///", "file://")


@dataclass(frozen=True, slots=True)
class Place:
    """A line of this checkout.

    Attributes:
        path: from the checkout's root.
        line: as the event says, counted from 1.
        code: the lines around it, `number: text`; only of a file that is what the release had.
        same: whether the file is what the release had; None when the release is not in git here.
        moved_to: where the same line stands now, when the file changed and it can be told.
    """

    path: str
    line: int
    code: tuple[str, ...] = ()
    same: bool | None = None
    moved_to: int | None = None

    @property
    def shown(self) -> str:
        """`path:line`, as editors open it."""
        return f"{self.path}:{self.moved_to or self.line}"

    @property
    def state(self) -> str:
        """Whether one may trust that line."""
        if self.same:
            return "unchanged since the release"
        if self.same is None:
            return "release not in this checkout's git, line as reported"
        if self.moved_to is not None:
            return f"file changed since the release, was line {self.line}"
        return "changed since the release, line as reported"


class Places:
    """Finds frames in a checkout, through the code mappings of their project."""

    def __init__(
        self, checkout: Checkout, mappings: Sequence[CodeMapping], revision: str | None
    ) -> None:
        self._checkout = checkout
        # The longest root that fits is the most exact one.
        self._mappings = sorted(mappings, key=lambda each: -len(each.stack_root))
        self._revision = revision
        self._then: dict[str, str | None] = {}

    async def of(self, frame: Frame) -> Place | None:
        """A frame's place; None where it is in no file of this checkout."""
        if not frame.line_no:
            return None
        path = await self._path(frame)
        if path is None:
            return None
        return await self._look(path, frame.line_no)

    async def _look(self, path: str, line: int) -> Place:
        now = self._checkout.text_now(path)
        if now is None:
            return Place(path, line)
        lines = now.splitlines()
        if self._revision is None or not await self._checkout.has(self._revision):
            return Place(path, line)
        if path not in self._then:  # often several frames are in one file
            self._then[path] = await self._checkout.text_at(self._revision, path)
        then = self._then[path]
        if then == now:
            return Place(path, line, _around(lines, line), same=True)
        old = (then or "").splitlines()
        wanted = old[line - 1].strip() if 0 < line <= len(old) else ""
        alike = [at for at, text in enumerate(lines, 1) if wanted and text.strip() == wanted]
        moved = min(alike, key=lambda at: abs(at - line)) if alike else None
        return Place(path, line, (), same=False, moved_to=moved)

    async def _path(self, frame: Frame) -> str | None:
        tracked = await self._checkout.tracked()
        for spelled in _spellings(frame):
            for mapping in self._mappings:
                if spelled.startswith(mapping.stack_root):
                    mapped = mapping.source_root + spelled[len(mapping.stack_root) :]
                    if (path := _clean(mapped)) in tracked.known:
                        return path
        for spelled in _spellings(frame):
            if (path := _clean(spelled)) in tracked.known:
                return path
        return _only_one_ending_like(_clean(frame.filename or frame.abs_path or ""), tracked.paths)


def _spellings(frame: Frame) -> list[str]:
    given = [path for path in (frame.filename, frame.abs_path) if path]
    bare = [path.removeprefix(s) for path in given for s in _SCHEMES if path.startswith(s)]
    return [*given, *bare]


def _clean(path: str) -> str:
    parts = [p for p in PurePosixPath(path.replace("\\", "/")).parts if p not in ("/", ".", "..")]
    return "/".join(parts)


def _only_one_ending_like(path: str, files: Sequence[str]) -> str | None:
    """The one file with that ending; shorter and shorter endings, but never a bare name."""
    parts = path.split("/")
    for start in range(max(len(parts) - 1, 0)):
        ending = "/" + "/".join(parts[start:])
        found = [file for file in files if f"/{file}".endswith(ending)]
        if len(found) == 1:
            return found[0]
        if found:
            return None
    return None


def _around(lines: list[str], line: int) -> tuple[str, ...]:
    first, last = max(line - _BEFORE, 1), min(line + _AFTER, len(lines))
    return tuple(
        f"{'>' if at == line else ' '}{at}: {lines[at - 1][:_LONGEST_LINE]}"
        for at in range(first, last + 1)
    )
