"""Texts as vectors of hashed words, without a model or a dictionary.

Owns: which pieces of a text count, and where.  Does not own: directions of the vectors
(`derive.directions`).

A word, in lower case and with every digit read as 0, is hashed to one of 256 places and to a sign,
so that what falls together cancels on average (Weinberger et al. 2009).  Scripts that write no
spaces have no such words: there every three bytes count, a sign or parts of two.  A place holds the
signed root of its count: a word that comes ten times says little more than one that comes twice.
Letter sequences inside words were tried: they take a topic that words tell at p = 10^-9 to 0.1.
"""

from functools import lru_cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

DIMENSION = 256
BLOCK = 1 << 14  # bytes worked on at once
MOST = 4_096  # characters of one text that are read
SPAN = 3  # bytes in a row

_PRIME = 16_777_619  # FNV's, odd: it has an inverse modulo 2^32
_INVERSE = pow(_PRIME, -1, 1 << 32)
_LETTERS = np.array([chr(b).isalnum() or b >= 128 or b == ord("_") for b in range(256)])
_FOLDED = np.array([ord("0") if 48 <= b < 58 else b for b in range(256)], np.uint8)

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.uint32]


def hashed(texts: pa.Array) -> NDArray[np.float64]:
    """The vectors of texts; zero for one that is missing or has no piece.

    Shapes: string or large_string [n] -> float64[n, 256].  Bounds: 4,096 characters count.
    """
    found = np.zeros((len(texts), DIMENSION))
    data, starts = _bytes(texts)
    for rows in _blocks(starts):
        own = starts[rows.start : rows.stop + 1]
        found[rows] = _counted(data[own[0] : own[-1]], own - own[0])
    return found


def _bytes(texts: pa.Array) -> tuple[Bytes, Places]:
    """The bytes of all texts in lower case one behind the other, and where each begins."""
    texts = texts.cast(pa.large_string())
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > MOST:
        texts = pc.utf8_slice_codeunits(texts, 0, MOST)
    lower = pc.utf8_lower(texts).fill_null("")
    _, offsets, data = lower.buffers()
    starts = np.frombuffer(offsets, np.int64, len(lower) + 1, lower.offset * 8)
    every = np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8)
    return every, starts


def _blocks(starts: Places) -> list[slice]:
    """Rows that are worked on together."""
    cuts = [0]
    while cuts[-1] < len(starts) - 1:
        at = int(np.searchsorted(starts, starts[cuts[-1]] + BLOCK, side="right")) - 1
        cuts.append(max(at, cuts[-1] + 1))
    return [slice(one, two) for one, two in pairwise(cuts)]


def _counted(data: Bytes, starts: Places) -> NDArray[np.float64]:
    """The vectors of some texts that lie one behind the other."""
    rows = len(starts) - 1
    owner = np.repeat(np.arange(rows), np.diff(starts))
    first = np.zeros(len(data) + 1, np.bool_)
    first[starts] = True
    pieces = [_signs(data, first), _words(data, first)]
    at = np.concatenate([owner[begin] for begin, _ in pieces])
    code = _mixed(np.concatenate([code for _, code in pieces]))
    places = at * DIMENSION + (code >> np.uint32(24))
    signs = 1.0 - 2.0 * (code >> np.uint32(23) & np.uint32(1))
    counts = np.bincount(places, signs, rows * DIMENSION).astype(np.float64, copy=False)
    counts = counts.reshape(rows, DIMENSION)
    roots = np.abs(counts)
    np.sqrt(roots, out=roots)
    return np.copysign(roots, counts, out=roots)


def _signs(data: Bytes, first: Flags) -> tuple[Places, Codes]:
    """Where three bytes in a row of one text that are none of ASCII begin, and which."""
    if len(data) < SPAN:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    last, high = len(data) - SPAN + 1, data >= 128
    every = high[:last] & high[1 : last + 1] & high[2:]
    at = np.flatnonzero(every & ~(first[1 : last + 1] | first[2 : last + 2]))
    one, two, three = (data[at + k].astype(np.uint32) for k in range(SPAN))
    return at, one | two << np.uint32(8) | three << np.uint32(16)


def _words(data: Bytes, first: Flags) -> tuple[Places, Codes]:
    """Where words begin, and their bytes read as the digits of a number, modulo 2^32."""
    data = _FOLDED[data]
    letter = _LETTERS[data]
    before = np.concatenate([[False], letter[:-1]]) if len(data) else letter
    after = np.concatenate([letter[1:], [False]]) if len(data) else letter
    begins = np.flatnonzero(letter & (~before | first[:-1]))
    ends = np.flatnonzero(letter & (~after | first[1:])) + 1
    up, down = _powers(len(data))
    sums = np.zeros(len(data) + 1, np.uint32)
    np.cumsum((data + np.uint32(1)) * up, dtype=np.uint32, out=sums[1:])
    return begins, (sums[ends] - sums[begins]) * down[begins] + np.uint32(1 << 30)


def _powers(count: int) -> tuple[Codes, Codes]:
    up, down = _all_powers(max(count - 1, 0).bit_length())
    return up[:count], down[:count]


@lru_cache(maxsize=16)  # a block is BLOCK bytes, or one long text
def _all_powers(bits: int) -> tuple[Codes, Codes]:
    steps = np.full((2, 1 << bits), [[_PRIME], [_INVERSE]], np.uint32)
    steps[:, :1] = 1
    up, down = np.multiply.accumulate(steps, axis=1, dtype=np.uint32)
    return up, down


def _mixed(code: Codes) -> Codes:
    """The finaliser of MurmurHash3 (Appleby 2011)."""
    code = code * np.uint32(0x9E3779B1)
    code ^= code >> np.uint32(16)
    code *= np.uint32(0x85EBCA6B)
    code ^= code >> np.uint32(13)
    code *= np.uint32(0xC2B2AE35)
    return code ^ (code >> np.uint32(16))
