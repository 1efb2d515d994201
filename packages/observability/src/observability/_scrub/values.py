"""Walks any value and scrubs every text in it, whatever shape the value has, and never raises."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from observability._scrub.names import names_private
from observability._scrub.placeholders import FILTERED
from observability._scrub.text import scrub_source, scrub_text

_MAX_DEPTH = 40
_MAX_VALUES = 200_000

# Where code is, as opposed to what it works on: never personal, and needed to group and to link.
_CODE_PLACES = frozenset(
    {"filename", "abs_path", "module", "function", "lineno", "colno", "package", "platform"}
)
_SOURCE_LINES = frozenset({"pre_context", "context_line", "post_context"})


class _Walk:
    """One pass over one value: how much of it was seen, and what encloses the current part."""

    __slots__ = ("enclosing", "seen")

    def __init__(self) -> None:
        self.enclosing: set[int] = set()
        self.seen = 0

    def value(self, value: object) -> object:
        try:
            return self._value(value)
        except Exception:
            # Whatever a stranger's object does when it is looked at, its content stays here.
            return FILTERED

    def _value(self, value: object) -> object:
        self.seen += 1
        if value is None or isinstance(value, bool | datetime) or type(value) in (int, float):
            return value
        if type(value) is str:
            return scrub_text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return scrub_text(bytes(value).decode("utf-8", "backslashreplace"))
        if isinstance(value, Mapping):
            return self._nested(value, lambda: self.mapping(value))
        if isinstance(value, list | tuple | set | frozenset):
            return self._nested(value, lambda: [self.value(each) for each in value])
        return scrub_text(str.__str__(value) if isinstance(value, str) else repr(value))

    def _nested(self, value: object, walk: Callable[[], object]) -> object:
        identity = id(value)
        full = len(self.enclosing) >= _MAX_DEPTH or self.seen > _MAX_VALUES
        if full or identity in self.enclosing:
            return FILTERED
        self.enclosing.add(identity)
        try:
            return walk()
        finally:
            self.enclosing.discard(identity)

    def mapping(self, mapping: Mapping[object, object]) -> dict[object, object]:
        scrubbed: dict[object, object] = {}
        for key, value in mapping.items():
            name = self._key(key, scrubbed)
            if isinstance(key, str) and names_private(key):
                scrubbed[name] = value if _says_nothing(value) else FILTERED
            elif key == "frames" and isinstance(value, list):
                scrubbed[name] = [self._frame(frame) for frame in value]
            elif isinstance(key, str) and key.startswith("code."):
                scrubbed[name] = value if isinstance(value, str | int) else self.value(value)
            else:
                scrubbed[name] = self.value(value)
        return scrubbed

    def _key(self, key: object, taken: Mapping[object, object]) -> object:
        if isinstance(key, int | float) or key is None:
            return key
        name = self.value(key)
        # Two keys may look alike once they are scrubbed; both values are kept.
        return f"{name}#{len(taken)}" if name in taken else name

    def _frame(self, frame: object) -> object:
        if not isinstance(frame, Mapping):
            return self.value(frame)
        scrubbed: dict[object, object] = {}
        for key, value in frame.items():
            if key in _CODE_PLACES:
                scrubbed[key] = value
            elif key in _SOURCE_LINES:
                scrubbed[key] = _source(value)
            else:
                scrubbed |= self.mapping({key: value})
        return scrubbed


def scrub_value(value: object) -> object:
    """Return the value with everything private in it replaced, as plain JSON-like data.

    Cycles, what is nested more than 40 deep or beyond 200 000 values, and objects that fail when
    they are looked at become ``[Filtered]``. Bytes are read as UTF-8; other objects by their repr.
    """
    return _Walk().value(value)


def scrub_mapping(mapping: Mapping[str, object], *, keep: Iterable[str] = ()) -> dict[str, object]:
    """Scrub a mapping's values, apart from those under the keys to ``keep``."""
    kept = {key: mapping[key] for key in keep if key in mapping}
    walk = _Walk()
    rest = {key: value for key, value in mapping.items() if key not in kept}
    return {str(key): value for key, value in walk.mapping(rest).items()} | kept  # type: ignore[arg-type]


def _says_nothing(value: object) -> bool:
    return value is None or isinstance(value, bool) or (type(value) is str and not value)


def _source(value: object) -> object:
    if isinstance(value, str):
        return scrub_source(value)
    if isinstance(value, list):
        return [_source(line) for line in value]
    return value
