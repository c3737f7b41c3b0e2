"""Taking the compression off a request body, never further than the limits allow.

Owns: gzip, deflate and zstd bodies.  Does not own: what is in them (`ingest.body`).
Expansion stops at the limit, so a bomb costs no more memory than an honest body.
"""

import zlib
from typing import Any

import pyarrow as pa

from vedette.ingest.limits import Limits, Refused

ENCODINGS = ("identity", "gzip", "deflate", "zstd")
_PIECE = 256 << 10


def unpack(body: bytes, encoding: str, limits: Limits) -> bytes:
    """Undo the content encoding of a body.

    Errors: Refused, 413 above `body` or `expanded` bytes or above the ratio, 415 for an encoding
    that is not one of `ENCODINGS`, 400 for broken bytes.
    Example:
        >>> unpack(zlib.compress(b"abc"), "deflate", Limits())
        b'abc'
    """
    if len(body) > limits.body:
        raise Refused(413, "is too large", got=f"{len(body)} bytes", want=f"<= {limits.body}")
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflate(body, limits)
    if encoding == "zstd":
        return _zstd(body, limits)
    raise Refused(415, "has an unknown encoding", got=encoding[:40], want=", ".join(ENCODINGS))


def _inflate(body: bytes, limits: Limits) -> bytes:
    pieces: list[bytes] = []
    size, rest = 0, body
    try:
        while rest:  # a gzip file may be several, one after the other
            stream: Any = zlib.decompressobj(wbits=47)  # gzip or zlib, whichever the header says
            while not stream.eof:
                piece = stream.decompress(rest, _PIECE)
                rest = stream.unconsumed_tail
                size += len(piece)
                _check(size, len(body), limits)
                pieces.append(piece)
                if not piece and not rest and not stream.eof:
                    raise Refused(400, "is cut short")
            rest = stream.unused_data
    except zlib.error as error:
        raise Refused(400, "is not what its encoding says", got=str(error)) from None
    return b"".join(pieces)


def _zstd(body: bytes, limits: Limits) -> bytes:
    pieces: list[bytes] = []
    size = 0
    try:
        with pa.CompressedInputStream(pa.BufferReader(body), "zstd") as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                _check(size, len(body), limits)
                pieces.append(piece)
    except (OSError, pa.ArrowException) as error:
        raise Refused(400, "is not what its encoding says", got=str(error)[:100]) from None
    return b"".join(pieces)


def _check(size: int, sent: int, limits: Limits) -> None:
    if size > limits.expanded:
        raise Refused(413, "expands to too much", want=f"<= {limits.expanded} bytes")
    if size > limits.ratio_from and size > limits.ratio * sent:
        raise Refused(413, "expands too far", want=f"at most {limits.ratio} times its size")
