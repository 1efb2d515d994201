"""JavaScript frames as they were written: names, places and source from uploaded source maps.

A frame's file is known by the debug id that the SDK reports for it (`debug_meta.images`), else by
its address and the release. The frames as sent are kept beside as `raw_stacktrace`, as in Sentry.
"""

import re
import sqlite3
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import structlog

from local_sentry.protocol.lenient_json import JsonObject, JsonValue, as_list, as_object, as_text
from local_sentry.services.bundle_archive import parse_debug_id
from local_sentry.services.raw_frames import frames_of, holders, position
from local_sentry.store import artifacts
from local_sentry.store.artifacts import MINIFIED_SOURCE, SOURCE_MAP, ArtifactFile
from local_sentry.store.blobs import BlobMissingError, Blobs

if TYPE_CHECKING:
    from symbolic.sourcemapcache import SourceMapCache, SourceMapCacheToken

_PLATFORMS = ("javascript", "node")
_LINES = 5
_MAX_FILES = 50  # Of one event: each may mean a source map to read.
_MAX_MAP_BYTES = 64 * 1024 * 1024
_LIBRARY = re.compile(r"(^|/)node_modules/")
_BUNDLER_PREFIX = re.compile(r"^(webpack|turbopack|app|file)://(/|[^/]*/)?(\./)?|^(\.\.?/)+")
_log = structlog.get_logger(__name__)


def symbolicate(
    connection: sqlite3.Connection, blobs: Blobs, project_id: int, event: JsonObject
) -> bool:
    """Completes an event's frames in place; returns whether anything was found.

    A stack that was completed before, so that its frames as sent lie beside it, is left alone.
    """
    if event.get("platform") not in _PLATFORMS:
        return False
    files = _Files(connection, blobs, project_id, event)
    if not files.may_have_any:
        return False
    changed = False
    for holder in holders(event):
        if holder.get("raw_stacktrace"):
            continue
        frames = frames_of(holder)
        completed = [_completed(frame, files) for frame in frames]
        if any(frame is not None for frame in completed):
            holder["raw_stacktrace"] = holder["stacktrace"]
            new: list[JsonValue] = [
                frame if done is None else done
                for frame, done in zip(frames, completed, strict=True)
            ]
            holder["stacktrace"] = as_object(holder["stacktrace"]) | {"frames": new}
            changed = True
    return changed


class _Files:
    """The source maps of one event's files, looked up once each."""

    def __init__(
        self, connection: sqlite3.Connection, blobs: Blobs, project_id: int, event: JsonObject
    ) -> None:
        self._connection = connection
        self._blobs = blobs
        self._project_id = project_id
        self._release = as_text(event.get("release"), 200).strip()
        self._dist = as_text(event.get("dist"), 64).strip()
        self._debug_ids = dict(_debug_ids(event))
        self._found: dict[str, SourceMapCache | None] = {}
        self._has_release = bool(self._release) and artifacts.has_release(
            self._connection, project_id, self._release
        )

    @property
    def may_have_any(self) -> bool:
        return bool(self._debug_ids) or self._has_release

    def source_map(self, path: str) -> "SourceMapCache | None":
        if path not in self._found:
            if len(self._found) >= _MAX_FILES:
                return None
            self._found[path] = self._load(path)
        return self._found[path]

    def _load(self, path: str) -> "SourceMapCache | None":
        source, source_map = self._by_debug_id(path)
        if source_map is None and self._has_release:
            source, source_map = self._by_release(path)
        if source_map is None or source_map.size > _MAX_MAP_BYTES:
            return None
        try:
            return _cache(self._blobs, source.blob if source is not None else None, source_map.blob)
        except Exception as error:
            # Whatever the library makes of a broken map: the event is stored without it.
            _log.warning("source_map_unusable", url=source_map.url, reason=str(error))
            return None

    def _by_debug_id(self, path: str) -> tuple[ArtifactFile | None, ArtifactFile | None]:
        debug_id = self._debug_ids.get(path)
        if debug_id is None:
            return None, None
        found = artifacts.by_debug_id(self._connection, self._project_id, debug_id)
        return _first(found, MINIFIED_SOURCE), _first(found, SOURCE_MAP)

    def _by_release(self, path: str) -> tuple[ArtifactFile | None, ArtifactFile | None]:
        source = _first(self._of_release(path), MINIFIED_SOURCE)
        if source is None or not source.source_map:
            return source, None
        return source, _first(self._of_release(urljoin(path, source.source_map)), SOURCE_MAP)

    def _of_release(self, path: str) -> list[ArtifactFile]:
        addresses = list(dict.fromkeys((path, f"~{urlsplit(path).path}")))
        return artifacts.of_release(
            self._connection, self._project_id, self._release, self._dist, addresses
        )


def _debug_ids(event: JsonObject) -> Iterator[tuple[str, bytes]]:
    for value in as_list(as_object(event.get("debug_meta")).get("images"))[:1000]:
        image = as_object(value)
        debug_id = parse_debug_id(image.get("debug_id"))
        if image.get("type") == "sourcemap" and debug_id is not None:
            yield as_text(image.get("code_file"), 2048), debug_id


def _first(files: list[ArtifactFile], kind: str) -> ArtifactFile | None:
    return next((file for file in files if file.type == kind), None)


@lru_cache(maxsize=4)
def _cache(blobs: Blobs, source: bytes | None, source_map: bytes) -> "SourceMapCache":
    # Loaded with the first source map: nobody else needs these megabytes.
    from symbolic.sourcemapcache import SourceMapCache

    try:
        minified = blobs.get(source) if source is not None else b""
    except BlobMissingError:
        minified = b""
    return SourceMapCache.from_bytes(minified, blobs.get(source_map))


def _completed(frame: JsonObject, files: _Files) -> "JsonObject | None":
    line, column = position(frame.get("lineno")), position(frame.get("colno"))
    path = as_text(frame.get("abs_path"), 2048) or as_text(frame.get("filename"), 2048)
    if line is None or column is None or not path:
        return None
    source_map = files.source_map(path)
    token = source_map.lookup(line, column, _LINES) if source_map is not None else None
    if token is None or not token.src:
        return None
    return frame | _written(token, frame)


def _written(token: "SourceMapCacheToken", frame: JsonObject) -> JsonObject:
    """What a frame becomes: where its code was written, and its lines."""
    filename = _BUNDLER_PREFIX.sub("", token.src or "")
    function = token.function_name
    is_named = function is not None and function not in ("", "<anonymous>", "<unknown>")
    is_library = _LIBRARY.search(token.src or "") is not None
    return {
        "abs_path": token.src,
        "filename": filename,
        "module": re.sub(r"\.[a-z]+$", "", filename),
        "function": function if is_named else frame.get("function"),
        "lineno": token.line,
        "colno": token.col,
        "in_app": frame.get("in_app") is not False and not is_library,
        "pre_context": [_line(text) for text in token.pre_context],
        "context_line": _line(token.context_line) if token.context_line is not None else None,
        "post_context": [_line(text) for text in token.post_context],
        "data": as_object(frame.get("data")) | {"symbolicated": True},
    }


def _line(text: str) -> str:
    return text.rstrip("\r\n")[:1024]
