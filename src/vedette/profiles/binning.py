"""How values become bins: edges of ordered columns, named categories of nominal ones.

Owns: the two binnings, fitting edges on a sample, the identity of a set of binnings.  Does not own:
counting (`profiles.accumulate`).

Cut points are order statistics of the reference, never interpolated: then the true mass between
them is Dirichlet(reference counts)
for every continuous law (Wilks 1962, section 8.7), and stays so when the edges come from a random
part of the reference and the
rest is counted, since a Dirichlet is conjugate to the multinomial.  `stats.two_sample` rests on
that.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from vedette.stats.quantiles import CUT_QUANTILES

# How tables without a boolean type spell one; numbers come as their text.
TRUTHS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("1", "1.0", "True", "TRUE"), "true")
    | dict.fromkeys(("0", "0.0", "False", "FALSE"), "false")
)
HEAVY = 0.02  # a value holding more than this share gets its own bin (docs/decisions/0002)


@dataclass(frozen=True, eq=False)
class NumericBinning:
    """Edges of right-closed bins; the first lies just below the reference's minimum, the last on
    its maximum.

    Shapes: edges float64[k + 1], ascending.
    """

    edges: NDArray[np.float64]

    @property
    def bins(self) -> int:
        """Number of places a value can take, the two outside included."""
        return len(self.edges) + 1

    def state(self) -> tuple[object, ...]:
        return ("numeric", self.edges.astype("<f8").tobytes())


@dataclass(frozen=True, eq=False)
class NominalBinning:
    """Names kept, and the hashes of every category the reference ever showed.

    Other spellings of "true" and "false" are counted as those where nothing else is named.

    Shapes: names at most TOP, most frequent first; known uint64[categories], ascending.
    """

    names: tuple[str, ...]
    known: NDArray[np.uint64]
    places: Mapping[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", name_places(self.names))

    def spelt(self, name: str) -> str:
        """A category as the reference spells it."""
        return self.names[self.places[name]] if name in self.places else name

    def place(self, name: str, key: int) -> int:
        """Where a category is counted: its own place, then `other`, then `unseen`."""
        place = self.places.get(name)
        if place is not None:
            return place
        at = int(self.known.searchsorted(np.uint64(key)))
        is_known = at < len(self.known) and int(self.known[at]) == key
        return len(self.names) + (0 if is_known else 1)

    def state(self) -> tuple[object, ...]:
        return ("nominal", *self.names, self.known.astype("<u8").tobytes())


Binning = NumericBinning | NominalBinning


def name_places(names: Sequence[str]) -> dict[str, int]:
    """The place of every name; where all are "true" or "false", of their other spellings, too.

    Example:
        >>> name_places(("false", "true"))["True"], name_places(("1", "true"))
        (1, {'1': 0, 'true': 1})
    """
    places = {name: place for place, name in enumerate(names)}
    if places.keys() <= {"true", "false"}:
        places |= {text: places[name] for text, name in TRUTHS.items() if name in places}
    return places


def hash_text(text: str) -> int:
    """Digest a category name to 64 bits, the same on every machine (BLAKE2b)."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "little")


def fit_edges(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Choose edges on a sample of the reference: order statistics, plus a bin of its own for every
    heavy value.

    Shapes: sample float64[m], finite, any order; returns float64[k + 1], open to both sides (-inf
    and inf outermost).
    Example:
        >>> fit_edges(np.array([0.0] * 90 + list(range(10)))).tolist()[:3]
        [-inf, 0.0, 2.0]
    """
    if len(sample) == 0:
        return np.array([-np.inf, np.inf])
    ordered = np.sort(sample) + 0.0  # -0.0 and 0.0 are one value, and must be one edge
    m = len(ordered)
    ranks = np.ceil(np.array(CUT_QUANTILES) * m).astype(np.int64) - 1
    cuts = ordered[np.clip(ranks, 0, m - 1)]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    heavy = ordered[starts[np.diff(np.append(starts, m)) > HEAVY * m]]
    cuts = np.unique(np.concatenate([cuts, heavy, _just_below(heavy)]))
    inner = cuts[(cuts < ordered[-1]) & (cuts >= ordered[0])]
    return np.concatenate([[-np.inf], inner, [np.inf]])


def close_edges(edges: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Put the reference's own extremes where the open ends were.

    Errors: none; edges are returned as they are when no finite value was seen.
    Example:
        >>> close_edges(np.array([-np.inf, 2.0, np.inf]), 1.0, 3.0)[1:].tolist()
        [2.0, 3.0]
    """
    if not low <= high:
        return edges
    return np.concatenate([[_just_below(low)], edges[1:-1], [high + 0.0]])


def _just_below(value: ArrayLike) -> NDArray[np.float64]:
    """The number before a number; -inf before the smallest of all."""
    with np.errstate(over="ignore"):
        below: NDArray[np.float64] = np.nextafter(value, -np.inf)
    return below


def binning_id(binnings: Mapping[str, Binning], segments: Mapping[str, tuple[str, ...]]) -> str:
    """Identify a set of binnings: profiles add up only when theirs is the same.  32 hexadecimal
    digits."""
    digest = hashlib.sha256()
    for name in sorted(binnings):
        _feed(digest, (name, *binnings[name].state()))
    for name in sorted(segments):
        _feed(digest, (name, *segments[name]))
    return digest.hexdigest()[:32]


def _feed(digest: "hashlib._Hash", parts: tuple[object, ...]) -> None:
    for part in parts:
        raw = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "little") + raw)
