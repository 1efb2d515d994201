"""The process that turns the journal into rows, so that ingest has a CPU and a GIL of its own.

Started by the server as `python -m local_sentry.worker`. Each line on stdin is a position of the
journal, as JSON: process up to there. Each line on stdout is one too: so far everything is stored.
The first one answers the first on stdin before any record is touched.
The end of stdin is the end of the work, whether the server stopped or died.
"""

import argparse
import contextlib
import gc
import os
import select
import signal
import sys
import time
from pathlib import Path

import orjson
import structlog

from local_sentry import logs
from local_sentry.services.processing import process
from local_sentry.store.database import FILE_NAME
from local_sentry.store.journal import Position
from local_sentry.store.processor import PostponedError, Processor

CRASHES_OF_ONE_RECORD = 3
KEPT = "the worker ended again and again while it processed this"
_RETRY_SECONDS = 1.0
# What arrives in so many seconds shares a transaction: each writes some pages anew that all have.
_PACE_SECONDS = 0.1
_log = structlog.get_logger(__name__)


def encode(position: Position) -> bytes:
    """A position as a line."""
    return orjson.dumps([position.segment, position.offset]) + b"\n"


def decode(line: bytes) -> Position:
    """The position of a line."""
    segment, offset = orjson.loads(line)
    return Position(segment, offset)


class _Worker:
    def __init__(self, processor: Processor) -> None:
        self._processor = processor
        self._commands = sys.stdin.fileno()

    def run(self, *, keep_first: bool) -> None:
        while line := sys.stdin.buffer.readline():
            next_turn = time.monotonic() + _PACE_SECONDS
            target = decode(line)
            self._tell()  # From here on, what ends this process may be a record.
            while self._processor.position < target and not self._is_over(0):
                try:
                    if keep_first:
                        self._processor.keep_next(target, KEPT)
                        keep_first = False
                    elif not self._processor.step(target):
                        at = self._processor.position
                        _log.error("journal_record_unreadable", segment=at.segment, at=at.offset)
                        self._is_over(_RETRY_SECONDS)
                except PostponedError as error:
                    _log.warning("processing_postponed", reason=str(error))
                    self._is_over(_RETRY_SECONDS)
                if self._processor.position >= target:  # Being told, the server asks for more.
                    self._is_over(max(0.0, next_turn - time.monotonic()))
                self._tell()

    def _is_over(self, seconds: float) -> bool:
        """Waits for the end of stdin: while there is work, the server sends nothing else."""
        return bool(select.select([self._commands], [], [], seconds)[0])

    def _tell(self) -> None:
        sys.stdout.buffer.write(encode(self._processor.position))
        sys.stdout.buffer.flush()


def main() -> None:
    """The entry point; see the module."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("journal", type=Path)
    parser.add_argument("--crashes", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    # Ctrl-C is for the server, which then closes stdin.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    logs.configure(quiet=options.quiet)
    with contextlib.suppress(OSError):
        os.nice(5)  # Senders wait for ingest; nobody waits for this.
    gc.freeze()
    processor = Processor(
        options.data / FILE_NAME, options.journal, process, one_by_one=options.crashes > 0
    )
    try:
        _Worker(processor).run(keep_first=options.crashes >= CRASHES_OF_ONE_RECORD)
    except BrokenPipeError:
        os._exit(0)  # The server has died; there is nobody to tell.
    finally:
        processor.close()


if __name__ == "__main__":
    main()
