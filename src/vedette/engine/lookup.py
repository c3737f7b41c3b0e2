"""Where a text stands among many: a table that is made once and asked for batch after batch.

Owns: digests of texts, finding texts among others.  Does not own: what they are the keys of
(`engine.members`).

Arrow's `index_in` hashes all that it looks among on every call: 0.2 s for a million texts, for a
hundred rows as for a hundred thousand.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.profiles.buffers import fixed, positions

TEXT = pa.large_string()  # many keys are more text than a plain string array holds
Digests = NDArray[np.uint64]
Places = NDArray[np.intp]

# A digest is the sum of (byte + 1) * BASE**place mod 2**64.  BASE is the multiplier of Knuth's MMIX
# generator (The Art of Computer Programming 2, section 3.3.4); any odd number has an inverse.
BASE = np.uint64(6364136223846793005)
INVERSE = np.uint64(pow(6364136223846793005, -1, 2**64))
BLOCK = 1 << 18  # bytes that are digested together: their sums stay in the cache


@dataclass(frozen=True, eq=False, repr=False)
class Lookup:
    """Texts by their digest.  Shapes: `texts` of type `TEXT`, each once, none missing."""

    texts: pa.Array

    @cached_property
    def _table(self) -> tuple[Places, Digests, int]:
        """The texts in order of their digests, these, and how many at most share one."""
        own = digests(self.texts)
        order = np.argsort(own, kind="stable")
        own = own[order]
        starts = np.flatnonzero(np.append(True, own[1:] != own[:-1]))
        return order, own, int(np.diff(np.append(starts, len(own))).max(initial=0))

    def places(self, asked: pa.Array) -> Places:
        """Where each text is, -1 where it is not.  Exact: equal digests are compared as texts.

        Shapes: n texts of type `TEXT`, none missing -> intp[n].
        Example:
            >>> Lookup(pa.array(["b", "", "aa"], TEXT)).places(pa.array(["aa", "a", ""], TEXT))
            array([ 2, -1,  1])
        """
        found = np.full(len(asked), -1, np.intp)
        if not len(self.texts):
            return found
        (order, own, alike), wanted = self._table, digests(asked)
        at = np.searchsorted(own, wanted)
        left = np.arange(len(asked))
        for step in range(alike):
            place = np.minimum(at[left] + step, len(self.texts) - 1)
            there = own[place] == wanted[left]
            left, candidates = left[there], order[place[there]]
            same = pc.equal(self.texts.take(positions(candidates)), asked.take(positions(left)))
            is_same = fixed(same.cast(pa.uint8())).astype(np.bool_)
            found[left[is_same]] = candidates[is_same]
            left = left[~is_same]
        return found


def digests(texts: pa.Array) -> Digests:
    """A number for each text, nearly always its own.

    Shapes: n texts of type `TEXT`, none missing -> uint64[n].
    Source: Karp & Rabin 1987, IBM Journal of Research and Development 31, 249-260, modulo 2**64.
    Example:
        >>> one, two, again = digests(pa.array(["ab", "ba", "ab"], TEXT))
        >>> one == two, one == again
        (np.False_, np.True_)
    """
    out = np.zeros(len(texts), np.uint64)
    if not len(texts):
        return out
    _, raw_ends, raw = texts.buffers()
    ends = np.frombuffer(raw_ends, np.int64, len(texts) + 1, texts.offset * 8)
    data = np.frombuffer(raw or b"", np.uint8)
    cuts = np.searchsorted(ends, np.arange(ends[0] + BLOCK, ends[-1], BLOCK), side="right") - 1
    rows = np.unique([0, *cuts, len(texts)])
    most = int(np.diff(ends[rows]).max())
    powers, inverses = _powers(BASE, most + 1), _powers(INVERSE, most + 1)
    for first, last in pairwise(rows):
        own = ends[first : last + 1] - ends[first]
        part = data[ends[first] : ends[last]].astype(np.uint64)
        part += np.uint64(1)
        part *= powers[: len(part)]
        sums = np.zeros(len(part) + 1, np.uint64)
        np.cumsum(part, out=sums[1:])
        out[first:last] = (sums[own[1:]] - sums[own[:-1]]) * inverses[own[:-1]]
    return out


def _powers(base: np.uint64, count: int) -> Digests:
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)
