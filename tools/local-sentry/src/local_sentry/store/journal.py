"""The journal: accepted envelopes, in order, on disk before their senders hear "accepted".

A folder of append-only files (`store/segments.py`). Records are framed by length and checksum, so
a record torn by a crash is recognized; it was never acknowledged. Where processing has got to is
kept in the database, in the same transaction as its results: that makes catching up exact, nothing
lost and nothing twice.
"""

import contextlib
import os
import sqlite3
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local_sentry.store import segments

_FRAME = struct.Struct("<II")  # length of what follows, its CRC-32
_META = struct.Struct("<QI16s")  # received (µs since the epoch), project id, event id
_LARGEST_RECORD = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Record:
    """One accepted request.

    Attributes:
        received: arrival, in microseconds since the epoch.
        event_id: 32 hex digits, the id that was answered.
        body: the decoded envelope.
    """

    received: int
    project_id: int
    event_id: str
    body: bytes

    def encode(self) -> bytes:
        """The record with its frame."""
        content = _META.pack(self.received, self.project_id, bytes.fromhex(self.event_id))
        checksum = zlib.crc32(self.body, zlib.crc32(content))
        return _FRAME.pack(len(content) + len(self.body), checksum) + content + self.body


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the journal: the number of a segment and a byte offset in it."""

    segment: int
    offset: int


class JournalWriter:
    """Appends batches of records. Used by one thread at a time."""

    def __init__(self, folder: Path, *, after: Position) -> None:
        """Starts a new segment behind everything that exists, so a torn tail is never built on."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._last_number = max([after.segment, *segments.numbers(folder)])
        self._segment = segments.create(folder, self._next_number())
        self._size = 0
        self._preparation: segments.Preparation | None = None

    @property
    def end(self) -> Position:
        """The position behind everything written so far."""
        return Position(self._segment.number, self._size)

    def append(self, records: Sequence[Record]) -> Position:
        """Writes the records and returns, once they are on the disk, the position behind them.

        Raises:
            OSError: the disk refused. None of the records counts as accepted then.
        """
        self._prepare()
        data = memoryview(b"".join(record.encode() for record in records))
        try:
            written = 0
            while written < len(data):
                written += os.pwrite(self._segment.file, data[written:], self._size + written)
            segments.sync(self._segment.file)
        except OSError:
            self._take_back()
            raise
        self._size += len(data)
        return self.end

    def _prepare(self) -> None:
        """Goes on to the next segment when it is time, and has it prepared before."""
        if self._preparation is None:
            busy = segments.SEGMENT_BYTES // (2 if self._segment.is_prepared else 32)
            if busy <= self._size < segments.SEGMENT_BYTES:
                self._preparation = segments.Preparation(self._folder, self._next_number())
        elif self._preparation.is_over and not self._segment.is_prepared:
            self._use(self._preparation.take())
        if self._size >= segments.SEGMENT_BYTES:
            self._rotate()

    def _rotate(self) -> None:
        prepared = self._preparation.take() if self._preparation is not None else None
        self._use(prepared or segments.create(self._folder, self._next_number()))

    def _use(self, segment: segments.Segment | None) -> None:
        """Goes on in a segment; without one, the present one is used to its end."""
        if segment is not None:
            self._preparation = None
            os.close(self._segment.file)
            self._segment, self._size = segment, 0

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _take_back(self) -> None:
        try:
            os.ftruncate(self._segment.file, self._size)
        except OSError:
            # What is torn stays torn; the reader leaves this segment at that record.
            self._rotate()

    def close(self) -> None:
        """Closes the segment, without what was only prepared of it."""
        if self._preparation is not None:
            self._preparation.abandon()
        with contextlib.suppress(OSError):
            os.ftruncate(self._segment.file, self._size)
        os.close(self._segment.file)


class JournalReader:
    """Reads records in order from a position on. Used by the thread that processes them."""

    def __init__(self, folder: Path, start: Position) -> None:
        self._folder = folder
        self.position = start

    def read(self, *, up_to: Position, max_bytes: int) -> list[tuple[Record, Position]]:
        """The next records, each with the position behind it; empty when all is read.

        Args:
            up_to: the position behind the last acknowledged record.
            max_bytes: stop after about this many bytes.
        """
        batch: list[tuple[Record, Position]] = []
        taken = 0
        while taken < max_bytes and self.position < up_to:
            found = 0
            for record, position in self._records(up_to):
                batch.append((record, position))
                self.position = position
                found += 1
                taken += len(record.body) + _FRAME.size + _META.size
                if taken >= max_bytes:
                    return batch
            if found == 0 and not self._next_segment(up_to):
                break
        return batch

    def _records(self, up_to: Position) -> Iterator[tuple[Record, Position]]:
        path = segments.path_of(self._folder, self.position.segment)
        end = up_to.offset if up_to.segment == self.position.segment else None
        try:
            file = path.open("rb")
        except FileNotFoundError:
            return
        with file:
            offset = file.seek(self.position.offset)
            while end is None or offset < end:
                frame = file.read(_FRAME.size)
                if len(frame) < _FRAME.size:
                    return
                length, checksum = _FRAME.unpack(frame)
                if not _META.size <= length <= _LARGEST_RECORD:
                    return
                content = file.read(length)
                if len(content) < length or zlib.crc32(content) != checksum:
                    return
                received, project_id, event_id = _META.unpack_from(content)
                offset += _FRAME.size + length
                yield (
                    Record(received, project_id, event_id.hex(), content[_META.size :]),
                    Position(self.position.segment, offset),
                )

    def _next_segment(self, up_to: Position) -> bool:
        later = [
            n for n in segments.numbers(self._folder) if self.position.segment < n <= up_to.segment
        ]
        if not later:
            return False
        self.position = Position(later[0], 0)
        return True

    def rewind(self, position: Position) -> None:
        """Goes back to a position, when what was read could not be stored."""
        self.position = position

    def discard_before(self, position: Position) -> None:
        """Deletes the segments before the one of `position`: all of them is safely stored."""
        for number in segments.numbers(self._folder):
            if number < position.segment:
                segments.path_of(self._folder, number).unlink(missing_ok=True)


def read_position(connection: sqlite3.Connection) -> Position:
    """How far the journal has been processed."""
    segment, offset = connection.execute(
        "SELECT segment, byte_offset FROM journal_position"
    ).fetchone()
    return Position(segment, offset)


def backlog_bytes(folder: Path, position: Position, end: Position) -> int:
    """Bytes between a position of the journal and its end."""
    total = end.offset - position.offset
    for number in segments.numbers(folder):
        if position.segment <= number < end.segment:
            total += segments.path_of(folder, number).stat().st_size
    return max(0, total)


def end_of(folder: Path) -> Position:
    """The position behind the last record of a journal that nobody writes."""
    for number in reversed(segments.numbers(folder)):
        with segments.path_of(folder, number).open("rb") as file:
            offset = 0
            while len(frame := file.read(_FRAME.size)) == _FRAME.size:
                length, _ = _FRAME.unpack(frame)
                if not _META.size <= length <= _LARGEST_RECORD:
                    break  # Zeros, of a file that was made ready and not used.
                offset = file.seek(length, os.SEEK_CUR)
        if offset:
            return Position(number, offset)
    return Position(0, 0)
