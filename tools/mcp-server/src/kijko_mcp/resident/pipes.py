"""The client's pipes, read and written without threads and without blocking anybody else."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import anyio

from kijko_mcp.errors import Trouble

_PIECE = 1 << 16  # bytes
_LONGEST_LINE = 64 << 20  # bytes; what is longer would fill the memory that all sessions share


class LineTooLong(Trouble):
    """A client sends without an end."""


class ClientPipe:
    """What the SDK's `stdio_server` uses of an `anyio.AsyncFile`: lines come, texts go.

    Args:
        descriptor: of a pipe or socket that does not block.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def __aiter__(self) -> AsyncIterator[str]:
        line: list[bytes] = []
        length = 0
        while piece := await self._piece():
            first, *others = piece.split(b"\n")
            line.append(first)
            length += len(first)
            for each in others:
                yield b"".join(line).decode(errors="replace")
                line, length = [each], len(each)
            if length > _LONGEST_LINE:
                raise LineTooLong(
                    f"The client sent more than {_LONGEST_LINE >> 20} MiB without an end of line.",
                    "Look at the client.",
                )
        if last := b"".join(line):
            yield last.decode(errors="replace")

    async def _piece(self) -> bytes:
        while True:
            try:
                return os.read(self._descriptor, _PIECE)
            except BlockingIOError:
                await anyio.wait_readable(self._descriptor)

    async def write(self, text: str) -> None:
        """Writes all of a text, as fast as the client reads."""
        rest = memoryview(text.encode())
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                await anyio.wait_writable(self._descriptor)

    async def flush(self) -> None:
        """Does nothing: nothing is held back."""


@contextmanager
def unblocked(*descriptors: int) -> Iterator[None]:
    """Descriptors that do not block, and afterwards are as they were: others may share them."""
    were = [os.get_blocking(each) for each in descriptors]
    try:
        for each in descriptors:
            os.set_blocking(each, False)
        yield
    finally:
        for each, was in zip(descriptors, were, strict=True):
            os.set_blocking(each, was)
