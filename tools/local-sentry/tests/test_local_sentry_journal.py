"""The journal: order, torn tails, a full disk."""

import errno
import resource
import shutil
from pathlib import Path

import pytest

from local_sentry.store import journal, segments
from local_sentry.store.journal import JournalReader, JournalWriter, Position, Record

START = Position(0, 0)


def record(number: int) -> Record:
    return Record(1_700_000_000_000_000 + number, 1, f"{number:032x}", b"body %d" % number)


def read_all(folder: Path, start: Position, up_to: Position) -> list[Record]:
    reader = JournalReader(folder, start)
    found: list[Record] = []
    while batch := reader.read(up_to=up_to, max_bytes=100):
        found += [each for each, _ in batch]
    return found


def test_records_come_back_in_order_across_segments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 200)
    writer = JournalWriter(tmp_path, after=START)
    records = [record(n) for n in range(1, 30)]
    for each in records:
        end = writer.append([each])
    writer.close()
    assert len(segments.numbers(tmp_path)) > 3
    assert read_all(tmp_path, START, end) == records
    assert journal.backlog_bytes(tmp_path, end, end) == 0
    assert journal.end_of(tmp_path) == end


def test_a_torn_record_is_left_out_and_what_follows_is_read(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, after=START)
    writer.append([record(1)])
    writer.append([record(2)])
    writer.close()
    segment = next(tmp_path.glob("*.journal"))
    segment.write_bytes(segment.read_bytes()[:-3])
    writer = JournalWriter(tmp_path, after=START)
    end = writer.append([record(3)])
    writer.close()
    assert read_all(tmp_path, START, end) == [record(1), record(3)]


def test_a_segment_is_made_ready_while_much_arrives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 64 * 1024
    monkeypatch.setattr(segments, "SEGMENT_BYTES", size)
    monkeypatch.setattr(segments, "MOST_OF_FREE_SPACE", 1.0)
    writer = JournalWriter(tmp_path, after=START)
    records: list[Record] = []
    while len(segments.numbers(tmp_path)) < 5:
        records.append(record(len(records) + 1))
        end = writer.append(records[-1:])
    zeros = [n for n in segments.numbers(tmp_path) if n > end.segment]
    assert len(zeros) <= 1
    assert journal.end_of(tmp_path) == end
    killed = shutil.copytree(tmp_path, tmp_path.with_name("killed"))
    writer.close()
    assert segments.path_of(tmp_path, end.segment).stat().st_size == end.offset
    assert read_all(tmp_path, START, end) == records
    # As after kill -9: nothing was closed, and what was made ready still lies there.
    writer = JournalWriter(killed, after=START)
    records.append(record(len(records) + 1))
    end = writer.append(records[-1:])
    writer.close()
    assert read_all(killed, START, end) == records


def test_without_free_space_no_segment_is_made_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segments, "SEGMENT_BYTES", 4096)
    monkeypatch.setattr(segments, "MOST_OF_FREE_SPACE", 0.0)
    writer = JournalWriter(tmp_path, after=START)
    records = [record(n) for n in range(1, 300)]
    for each in records:
        end = writer.append([each])
    writer.close()
    assert end.segment > 2
    assert read_all(tmp_path, START, end) == records


def test_a_position_is_read_from_exactly(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, after=START)
    middle = writer.append([record(1), record(2)])
    end = writer.append([record(3)])
    writer.close()
    assert read_all(tmp_path, middle, end) == [record(3)]


def test_a_full_disk_refuses_the_batch_and_leaves_the_journal_whole(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path, after=START)
    writer.append([record(1)])
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="too large") as caught:
            writer.append([record(2), record(3)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert caught.value.errno == errno.EFBIG
    end = writer.append([record(4)])
    writer.close()
    assert read_all(tmp_path, START, end) == [record(1), record(4)]
