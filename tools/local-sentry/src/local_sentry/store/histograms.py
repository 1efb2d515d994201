"""Distributions that can be added, subtracted and asked for quantiles, at a known precision.

A value falls into a bucket whose bounds are 2 % apart, so a quantile is right within 1 %, however
many histograms were added (the idea of DDSketch, https://arxiv.org/abs/1908.10693). A histogram is
one large integer with 32 bits for each bucket: adding two of them is one addition. At rest it is
the number of the first bucket that is not empty, in two bytes, how many bytes the largest count
takes, and from there on the lowest bytes of all counts, then their second bytes and so on.
"""

import sqlite3
import struct
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from math import log

RELATIVE_ERROR = 0.01
_GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
_LOG_GAMMA = log(_GAMMA)
_LANE_BITS = 32
_LANE_BYTES = _LANE_BITS // 8


def _bucket(value: float) -> int:
    """0 for what is less than 1, else the number of the bucket."""
    return 1 + int(log(value) / _LOG_GAMMA) if value >= 1 else 0


def _middle(bucket: int) -> float:
    """The value that is nearest to all of a bucket's, relatively."""
    return 2 * _GAMMA**bucket / (_GAMMA + 1) if bucket else 0.0


def of(values: Iterable[float]) -> int:
    """The histogram of some values, of which there are fewer than 2³²."""
    counts = Counter(map(_bucket, values))
    return sum(count << (_LANE_BITS * bucket) for bucket, count in counts.items())


def encode(histogram: int) -> bytes:
    """The histogram at rest."""
    first = max(0, (histogram & -histogram).bit_length() - 1) // _LANE_BITS
    lanes = _lanes(histogram >> first * _LANE_BITS)
    planes = [lanes[place::_LANE_BYTES] for place in range(_LANE_BYTES)]
    while planes and not any(planes[-1]):
        planes.pop()
    return b"".join((first.to_bytes(2, "little"), bytes((len(planes),)), *planes))


@lru_cache(maxsize=8)  # Several quantiles of one row are asked for one after another.
def decode(data: bytes) -> int:
    """A histogram that was at rest."""
    first, planes = int.from_bytes(data[:2], "little"), data[2]
    count = (len(data) - 3) // planes if planes else 0
    lanes = bytearray(count * _LANE_BYTES)
    for place in range(planes):
        start = 3 + place * count
        lanes[place::_LANE_BYTES] = data[start : start + count]
    return int.from_bytes(lanes, "little") << first * _LANE_BITS


def quantile(histogram: int, fraction: float) -> float | None:
    """The value below which a fraction of all lies, by linear interpolation; None without any."""
    counts = _counts(histogram)
    place = (sum(counts) - 1) * fraction
    if place < 0:
        return None
    seen, below = 0, None
    for bucket, count in enumerate(counts):
        seen += count
        if below is None and seen > int(place):
            below = _middle(bucket)
        if below is not None and (seen > int(place) + 1 or int(place) == place):
            return below + (_middle(bucket) - below) * (place % 1)
    return below


def _counts(histogram: int) -> tuple[int, ...]:
    lanes = _lanes(histogram)
    return struct.unpack(f"<{len(lanes) // _LANE_BYTES}I", lanes)


def _lanes(histogram: int) -> bytes:
    """Four bytes for each bucket, the lowest first."""
    count = -(-histogram.bit_length() // _LANE_BITS)
    return histogram.to_bytes(count * _LANE_BYTES, "little")


class _Histogram:
    """`histogram(value)`: of all rows, at rest."""

    def __init__(self) -> None:
        self._values: list[float] = []

    def step(self, value: float | None) -> None:
        if value is not None:
            self._values.append(value)

    def finalize(self) -> bytes:
        return encode(of(self._values))


class _Quantile:
    """`quantile(data, fraction)`: of all rows, each a histogram at rest or `12,7`, the values."""

    def __init__(self) -> None:
        self._total = 0
        self._fraction = 0.5

    def step(self, data: bytes | str | None, fraction: float) -> None:
        self._fraction = fraction
        if isinstance(data, bytes):
            self._total += decode(data)
        elif data is not None:
            self._total += of(map(int, data.split(",")))

    def finalize(self) -> float | None:
        return quantile(self._total, self._fraction)


def install(connection: sqlite3.Connection) -> None:
    """Makes the functions known to a connection."""
    connection.create_function(
        "add_histograms", 2, lambda a, b: encode(decode(a) + decode(b)), deterministic=True
    )
    connection.create_function(
        "subtract_histograms",
        2,
        lambda a, b: encode(max(0, decode(a) - decode(b))),
        deterministic=True,
    )
    connection.create_aggregate("histogram", 1, _Histogram)  # type: ignore[arg-type]
    connection.create_aggregate("quantile", 2, _Quantile)  # type: ignore[arg-type]
