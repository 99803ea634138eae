"""Native histograms as an exporter tells them: Prometheus' protobuf, written by hand, for no text format carries them."""

import math
import struct
from collections import Counter
from collections.abc import Iterable, Mapping

CONTENT_TYPE = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
_HISTOGRAM = 4
_ZERO_WIDTH = 2.0**-128


def family(name: str, members: Iterable[tuple[Mapping[str, str], Iterable[float], int]]) -> bytes:
    """One metric: of each series its labels, what it has observed (above zero), and its schema: 2^schema buckets an octave."""
    body = _bytes(1, name.encode()) + _number(3, _HISTOGRAM)
    for labels, observed, schema in members:
        named = b"".join(_bytes(1, _bytes(1, key.encode()) + _bytes(2, value.encode())) for key, value in labels.items())
        body += _bytes(4, named + _bytes(7, _histogram([*observed], schema)))
    return _varint(len(body)) + body


def _histogram(observed: list[float], schema: int) -> bytes:
    buckets = sorted(Counter(math.ceil(math.log2(value) * 2**schema) for value in observed).items())
    told = _number(1, len(observed)) + _double(2, sum(observed)) + _number(5, _zigzag(schema)) + _double(6, _ZERO_WIDTH)
    spans, deltas, next_index, last = b"", b"", 0, 0
    for index, count in buckets:
        spans += _bytes(12, _number(1, _zigzag(index - next_index)) + _number(2, 1))
        deltas += _varint(_zigzag(count - last))
        next_index, last = index + 1, count
    return told + spans + (_bytes(13, deltas) if deltas else b"")


def _varint(number: int) -> bytes:
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])


def _zigzag(number: int) -> int:
    return 2 * number if number >= 0 else -2 * number - 1


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
