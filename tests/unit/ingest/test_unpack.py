"""Compressed bodies: honest ones are read, bombs are not."""

import bz2
import gzip
import tracemalloc
import zlib

import pyarrow as pa
import pytest

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.unpack import unpack

BODY = b'{"id": "a"}\n' * 5000


def zstd(data):
    return pa.compress(data, "zstd", asbytes=True)


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY)),
        ("gzip", gzip.compress(BODY[:600]) + gzip.compress(BODY[600:])),
        ("GZIP ", gzip.compress(BODY)),
        ("deflate", zlib.compress(BODY)),
        ("zstd", zstd(BODY)),
        ("gzip", gzip.compress(b"", mtime=0)),
    ],
)
def test_honest_bodies(encoding, data):
    assert unpack(data, encoding, Limits()) in (BODY, b"")


@pytest.mark.parametrize(
    ("encoding", "data", "status"),
    [
        ("br", b"x", 415),
        ("gzip, gzip", b"x", 415),
        ("gzip", b"not gzip", 400),
        ("gzip", gzip.compress(BODY)[:-20], 400),
        ("gzip", bz2.compress(BODY), 400),
        ("zstd", b"not zstd", 400),
        ("zstd", zstd(BODY)[:-5], 400),
        ("gzip", gzip.compress(bytes(100 << 20), 9), 413),
        ("zstd", zstd(bytes(100 << 20)), 413),
        ("gzip", gzip.compress(gzip.compress(bytes(100 << 20), 9)), 200),
        ("", bytes((8 << 20) + 1), 413),
    ],
)
def test_bombs_and_broken_bodies(encoding, data, status):
    if status == 200:  # a bomb within: it is data, and no JSON
        assert len(unpack(data, encoding, Limits())) < 200_000
        return
    tracemalloc.start()
    try:
        with pytest.raises(Refused) as refused:
            unpack(data, encoding, Limits())
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert refused.value.status == status


def test_small_bodies_may_be_as_dense_as_they_like():
    dense = gzip.compress(bytes(1 << 20), 9)
    assert len(dense) * 100 < 1 << 20
    assert len(unpack(dense, "gzip", Limits())) == 1 << 20
    with pytest.raises(Refused, match="too much"):
        unpack(gzip.compress(BODY * 50), "gzip", Limits(expanded=100_000))
