"""Payloads at rest are zstd frames."""

import threading

import zstandard

_LOCAL = threading.local()
_LARGEST_PAYLOAD = 64 * 1024 * 1024


def compress(data: bytes | memoryview) -> bytes:
    """A zstd frame; level 3 costs about 30 µs for an event and saves three quarters of it."""
    compressor: zstandard.ZstdCompressor | None = getattr(_LOCAL, "compressor", None)
    if compressor is None:
        compressor = _LOCAL.compressor = zstandard.ZstdCompressor(level=3)
    return compressor.compress(data)


def decompress(data: bytes) -> bytes:
    """What was compressed."""
    decompressor: zstandard.ZstdDecompressor | None = getattr(_LOCAL, "decompressor", None)
    if decompressor is None:
        decompressor = _LOCAL.decompressor = zstandard.ZstdDecompressor()
    return decompressor.decompress(data, max_output_size=_LARGEST_PAYLOAD)
