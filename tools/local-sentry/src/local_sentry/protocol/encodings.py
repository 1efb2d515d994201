"""Decodes request bodies piece by piece, so that a bomb is stopped while it goes off."""

import zlib
from typing import Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from local_sentry.protocol.errors import RejectedRequestError, TooLargeError

_STEP = 64 * 1024


class _Decoder(Protocol):
    def decode(self, data: bytes, room: int) -> bytes: ...

    @property
    def finished(self) -> bool: ...


class _Zlib:
    def __init__(self, window_bits: int) -> None:
        self._decoder = zlib.decompressobj(window_bits)

    def decode(self, data: bytes, room: int) -> bytes:
        return self._decoder.decompress(data, room)

    @property
    def finished(self) -> bool:
        return self._decoder.eof


class _Deflate:
    """`deflate` means zlib in the standard and raw deflate in some clients."""

    def __init__(self) -> None:
        self._inner: _Zlib | None = None

    def decode(self, data: bytes, room: int) -> bytes:
        if self._inner is None:
            is_zlib = data[:1] and data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            self._inner = _Zlib(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._inner.decode(data, room)

    @property
    def finished(self) -> bool:
        return self._inner is not None and self._inner.finished


class _Brotli:
    def __init__(self) -> None:
        self._decoder = brotli.Decompressor()

    def decode(self, data: bytes, room: int) -> bytes:
        decoded = bytearray(self._decoder.process(data, output_buffer_limit=_STEP))
        while not self._decoder.can_accept_more_data() and len(decoded) < room:
            decoded += self._decoder.process(b"", output_buffer_limit=_STEP)
        return bytes(decoded)

    @property
    def finished(self) -> bool:
        return bool(self._decoder.is_finished())


class _Zstd:
    """Zstandard; the window is bounded, or the frame's header alone could claim gigabytes."""

    def __init__(self) -> None:
        self._decoder = zstandard.ZstdDecompressor(max_window_size=8 * 1024 * 1024).decompressobj()

    def decode(self, data: bytes, room: int) -> bytes:
        decoded = bytearray()
        # A zstd block is at most 128 KiB decoded, so small bites of input bound the output.
        for start in range(0, len(data), 64):
            decoded += self._decoder.decompress(data[start : start + 64])
            if len(decoded) >= room:
                break
        return bytes(decoded)

    @property
    def finished(self) -> bool:
        return self._decoder.eof


def _decoder_for(encoding: str) -> _Decoder:
    match encoding:
        case "gzip" | "x-gzip":
            return _Zlib(16 + zlib.MAX_WBITS)
        case "deflate":
            return _Deflate()
        case "br":
            return _Brotli()
        case "zstd":
            return _Zstd()
    raise RejectedRequestError(
        415, "unsupported content encoding", (f"{encoding!r} is none of gzip, deflate, br, zstd",)
    )


class BodyReader:
    """Collects the decoded body of one request and refuses it as soon as it is too large."""

    def __init__(self, encoding: str, limit: int) -> None:
        """Starts an empty body.

        Args:
            encoding: the value of `Content-Encoding`; empty or `identity` for none.
            limit: most bytes, as sent and as decoded.

        Raises:
            RejectedRequestError: 415, the encoding is not known here.
        """
        encoding = encoding.strip().lower()
        self._decoder = None if encoding in ("", "identity") else _decoder_for(encoding)
        self._encoding = encoding
        self._limit = limit
        self._sent = 0
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        """Takes the next bytes of the request.

        Raises:
            RejectedRequestError: 413 above the limit; 400 when the bytes are not in the encoding.
        """
        self._sent += len(data)
        if self._sent > self._limit:
            raise TooLargeError("envelope", self._limit)
        if self._decoder is None:
            self._body += data
            return
        if not data:
            return
        try:
            self._body += self._decoder.decode(data, self._limit + 1 - len(self._body))
        except (zlib.error, brotli.error, zstandard.ZstdError, EOFError) as error:
            raise RejectedRequestError(
                400, "invalid request body", (f"not {self._encoding}: {error}",)
            ) from error
        if len(self._body) > self._limit:
            raise TooLargeError("envelope", self._limit)

    @property
    def size(self) -> int:
        """Bytes decoded so far."""
        return len(self._body)

    def finish(self) -> bytes:
        """The whole body.

        Raises:
            RejectedRequestError: 400, the stream stops in the middle, or nothing was sent.
        """
        if self._decoder is not None and self._sent and not self._decoder.finished:
            raise RejectedRequestError(
                400, "invalid request body", (f"unexpected end of the {self._encoding} stream",)
            )
        if not self._body:
            raise RejectedRequestError(400, "empty request body")
        return bytes(self._body)
