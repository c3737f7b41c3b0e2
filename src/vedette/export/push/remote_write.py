"""Prometheus remote write, version 1: snappy-compressed protobuf over HTTP.

Owns: the bytes.  Does not own: sending (`export.push.pusher`).
Source: Prometheus remote-write specification 1.0; the messages are `WriteRequest`, `TimeSeries`,
`Label` and `Sample` of `prompb/remote.proto` and `prompb/types.proto`.
"""

import struct
from collections.abc import Mapping, Sequence

import pyarrow as pa

from vedette.export.push.fresh import Fresh
from vedette.export.series.series import NAME, in_order

HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
MS = 10**6  # nanoseconds


def body(found: Sequence[Fresh], tags: Mapping[str, str]) -> bytes:
    """A write request with the new samples of some series, in the order of time."""
    plain = b"".join(_field(1, _timeseries(one, tags)) for one in found)
    packed: bytes = pa.Codec("snappy").compress(plain, asbytes=True)
    return packed


def _timeseries(one: Fresh, tags: Mapping[str, str]) -> bytes:
    labels = in_order({**tags, **dict(one.series.labels), NAME: one.series.name})
    written = [_field(1, _text(1, name) + _text(2, value)) for name, value in labels]
    times = one.series.times // MS
    samples = zip(one.series.values.tolist(), times.tolist(), strict=True)
    written += [_field(2, _sample(value, at)) for value, at in samples]
    return b"".join(written)


def _sample(value: float, at: int) -> bytes:
    return b"\x09" + struct.pack("<d", value) + b"\x10" + _whole(at)


def _text(number: int, value: str) -> bytes:
    return _field(number, value.encode())


def _field(number: int, payload: bytes) -> bytes:
    """A field of bytes, texts or a message."""
    return bytes([number << 3 | 2]) + _whole(len(payload)) + payload


def _whole(value: int) -> bytes:
    """A number of seven bits a byte, the lowest first."""
    written: list[int] = []
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*written, value])
