"""Compressed bodies: every encoding SDKs use, and bombs that stop early."""

import gzip
import zlib
from collections.abc import Callable

import brotli  # type: ignore[import-untyped]
import pytest
import zstandard

from local_sentry.protocol.encodings import BodyReader
from local_sentry.protocol.errors import RejectedRequestError

LIMIT = 1_000_000
TEXT = b'{"message":"hello"}' * 500


def raw_deflate(data: bytes) -> bytes:
    encoder = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return encoder.compress(data) + encoder.flush()


ENCODERS: dict[str, list[Callable[[bytes], bytes]]] = {
    "gzip": [gzip.compress],
    "deflate": [zlib.compress, raw_deflate],
    "br": [brotli.compress],
    "zstd": [zstandard.ZstdCompressor().compress],
}
CASES = [(name, encode) for name, encoders in ENCODERS.items() for encode in encoders]


def decode(encoding: str, data: bytes, chunk: int = 1000) -> bytes:
    reader = BodyReader(encoding, LIMIT)
    for start in range(0, len(data), chunk):
        reader.feed(data[start : start + chunk])
    return reader.finish()


@pytest.mark.parametrize(("encoding", "encode"), CASES)
@pytest.mark.parametrize("chunk", [7, 100_000])
def test_what_was_encoded_is_decoded(
    encoding: str, encode: Callable[[bytes], bytes], chunk: int
) -> None:
    assert decode(encoding, encode(TEXT), chunk) == TEXT


@pytest.mark.parametrize(("encoding", "encode"), CASES)
def test_a_bomb_is_refused_before_it_has_unfolded(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    reader = BodyReader(encoding, LIMIT)
    with pytest.raises(RejectedRequestError) as caught:
        reader.feed(encode(b"0" * 100_000_000))
    assert caught.value.status == 413
    assert reader.size < LIMIT + 4_000_000


@pytest.mark.parametrize(("encoding", "encode"), CASES)
def test_a_truncated_stream_is_refused(encoding: str, encode: Callable[[bytes], bytes]) -> None:
    with pytest.raises(RejectedRequestError) as caught:
        decode(encoding, encode(TEXT)[:-5])
    assert caught.value.status == 400


@pytest.mark.parametrize("encoding", list(ENCODERS))
def test_bytes_in_another_encoding_are_refused(encoding: str) -> None:
    with pytest.raises(RejectedRequestError) as caught:
        decode(encoding, b"this is not compressed at all, whatever the header says" * 9)
    assert caught.value.status == 400


def test_a_zstd_frame_that_claims_gigabytes_is_refused() -> None:
    parameters = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    encoder = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    frame = encoder.compress(b"x" * 1000) + encoder.flush()
    with pytest.raises(RejectedRequestError) as caught:
        decode("zstd", frame)
    assert caught.value.status == 400


def test_an_unknown_encoding_and_an_empty_body_are_refused() -> None:
    with pytest.raises(RejectedRequestError) as caught:
        BodyReader("rot13", LIMIT)
    assert caught.value.status == 415
    with pytest.raises(RejectedRequestError):
        BodyReader("", LIMIT).finish()
