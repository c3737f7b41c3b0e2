"""Which features reveal a group, so that a model that is not told it could still act on it.

Owns: the rows that are looked at, how features are binned, the ranking, the price of looking at
many.  Does not own: the measures (`stats.fairness.proxy`), the groups (`profiles.groups`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError, nearest
from vedette.core.schema import NOMINAL_KINDS, ORDERED_KINDS
from vedette.profiles.binning import Binning, NominalBinning, NumericBinning, fit_edges
from vedette.profiles.buffers import positions
from vedette.profiles.codes import code_count, codes_of, is_ordered
from vedette.profiles.columns import as_codes, one_batch
from vedette.profiles.infer import infer_kind
from vedette.profiles.numbers import finite
from vedette.sketches.joint import Joint
from vedette.stats.boosting import Columns
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.proxy import Information, Told, information, told, told_together
from vedette.stats.holm import holm

Codes = NDArray[np.intp]

ROWS = 50_000  # looked at, spread over the table: AUC to 0.01 for a group of one in fifty
BLOCKS = 100  # runs of neighbouring rows that go to the two halves in turn: neighbours are alike
NAMED = 200  # categories that are told apart
NO_HASHES = np.zeros(0, np.uint64)  # codes do not tell rare categories from unseen ones
MOST_GROUPS, MOST_FEATURES, MOST_ROWS = 6, 40, 20_000  # of all features together, which cost more
ALPHA = 0.05  # of revealing by luck, over all features and groups


class Proxy(msgspec.Struct, frozen=True):
    """How well a feature, or several, tell the group that they tell best.

    `auc` is the chance that a member is told from somebody else, 0.5 being luck; `bits` and `share`
    are what the feature tells of all groups at once, as information and as a share of all there is
    to know (None for several features).  `p` is paid for by every feature and group looked at;
    `reveals` where it is at most 5 %.
    """

    features: tuple[str, ...]
    group: str
    auc: float
    low: float
    high: float
    p: float
    reveals: bool
    rows: int
    bits: float | None = None
    bits_low: float | None = None
    bits_high: float | None = None
    share: float | None = None


def proxies(
    table: pa.Table,
    groups: NDArray[np.integer],
    labels: Sequence[str],
    features: Sequence[str],
    *,
    binnings: Mapping[str, Binning] | None = None,
    level: float = 0.95,
) -> list[Proxy]:
    """Rank features by how well each alone tells one of the groups from everybody else.

    Shapes: n rows; `groups` int[n], a place in `labels`, or outside it for rows to leave out.
    Bounds: of more than 50,000 rows some, spread over the table; features that hold times, text,
    vectors or a different value in every row are left out, and so are groups with fewer than about
    40 rows; nothing is ranked that is told of no group.  Intervals hold for all groups at once.
    Errors: UsageError for an unknown feature.

    Example:
        >>> side = np.arange(2000) % 2
        >>> table = pa.table({"x": [i % 7 for i in range(2000)], "post": (side * 3).tolist()})
        >>> [(one.features, one.reveals) for one in proxies(table, side, ["F", "M"], ["x", "post"])]
        [(('post',), True), (('x',), False)]
    """
    look = _Look.of(table, groups, labels, features, binnings or {}, ROWS)
    return [one for _, one in look.ranked(level)]


def together(
    table: pa.Table,
    groups: NDArray[np.integer],
    labels: Sequence[str],
    features: Sequence[str],
    *,
    binnings: Mapping[str, Binning] | None = None,
    level: float = 0.95,
) -> Proxy | None:
    """Tell how well all features together reveal the group that they tell best.

    Small boosted trees, learned on half the rows and measured on the others.
    Bounds: at most 20,000 rows, the 40 features that tell most alone, the 6 largest groups; None
    where no group or no feature can be looked at.
    Errors: UsageError for an unknown feature.
    """
    look = _Look.of(table, groups, labels, features, binnings or {}, MOST_ROWS)
    places = sorted(place for place, _ in look.ranked(level)[:MOST_FEATURES])
    sizes = np.bincount(look.groups, minlength=len(labels))
    asked = np.zeros(len(labels), np.bool_)
    asked[np.argsort(-sizes, kind="stable")[:MOST_GROUPS]] = True
    if not places:
        return None
    each = sidak(level, int(np.count_nonzero(asked)))
    found = told_together(look.columns(places), look.groups, look.second, asked, each)
    p = holm(found.p, asked.astype(float))
    return _best(tuple(look.features[at] for at in places), found, p, look)


@dataclass(frozen=True)
class _Look:
    """The rows that are looked at, as codes.  Shapes: intp[n] per feature; `second` half or not."""

    features: tuple[str, ...]
    binnings: tuple[Binning, ...]
    codes: tuple[Codes, ...]
    groups: Codes
    labels: tuple[str, ...]
    second: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        table: pa.Table,
        groups: NDArray[np.integer],
        labels: Sequence[str],
        features: Sequence[str],
        binnings: Mapping[str, Binning],
        most: int,
    ) -> "_Look":
        for name in features:
            if name not in table.column_names:
                raise UsageError(
                    "proxies",
                    f"there is no feature {name!r}",
                    hint=nearest(name, table.column_names),
                )
        inside = np.flatnonzero((groups >= 0) & (groups < len(labels)))
        spread = np.linspace(0, len(inside) - 1, min(most, len(inside))).round().astype(np.intp)
        rows = inside[spread]
        part = one_batch(table.select(list(features)).take(positions(rows)))
        read = {name: _binning(part, name, binnings) for name in features}
        kept = {name: binning for name, binning in read.items() if binning is not None}
        half = np.arange(len(rows)) * BLOCKS // max(len(rows), 1) % 2
        return cls(
            tuple(kept),
            tuple(kept.values()),
            tuple(codes_of(part[name], binning) for name, binning in kept.items()),
            np.asarray(groups)[rows].astype(np.intp),
            tuple(labels),
            half == 1,
        )

    def ranked(self, level: float) -> list[tuple[int, Proxy]]:
        """The features by what they tell at least, those that luck explains last; their places."""
        each = sidak(level, len(self.labels))  # the group that is told best is picked afterwards
        looks = [self._one(at, each) for at in range(len(self.features))]
        every = np.array([found.p for found, _ in looks]).reshape(len(looks), len(self.labels))
        judged = np.array([~np.isnan(found.auc) for found, _ in looks]).reshape(every.shape)
        p = holm(every.ravel(), judged.ravel().astype(float)).reshape(every.shape)
        proxies = []
        for at, (found, told_of_all) in enumerate(looks):
            best = _best((self.features[at],), found, p[at], self)
            if best is not None:
                proxies.append((at, _with(best, told_of_all)))
        return sorted(proxies, key=lambda one: (not one[1].reveals, -one[1].low))

    def columns(self, places: Sequence[int]) -> Columns:
        """Some features as the trees read them."""
        binnings = [self.binnings[at] for at in places]
        return Columns(
            [self.codes[at] for at in places],
            tuple(code_count(binning) for binning in binnings),
            tuple(not is_ordered(binning) for binning in binnings),
        )

    def _one(self, at: int, level: float) -> tuple[Told, Information]:
        binning = self.binnings[at]
        size = (code_count(binning), len(self.labels))
        first, second = (
            Joint.of(self.codes[at][half], self.groups[half], *size).counts
            for half in (~self.second, self.second)
        )
        found = told(first, second, is_ordered(binning), level)
        return found, information(first + second, level)


def _best(
    features: tuple[str, ...], found: Told, p: NDArray[np.float64], look: _Look
) -> Proxy | None:
    """What is told of the group that is told best; None where none could be looked at."""
    if np.isnan(found.auc).all():
        return None
    sure = (p <= ALPHA) & ~np.isnan(found.low)
    at = int(np.nanargmax(np.where(sure, found.low, np.nan) if sure.any() else found.low))
    return Proxy(
        features,
        look.labels[at],
        float(found.auc[at]),
        float(found.low[at]),
        float(found.high[at]),
        float(p[at]),
        bool(p[at] <= ALPHA),
        len(look.groups),
    )


def _with(proxy: Proxy, known: Information) -> Proxy:
    bits, low, high, share = known
    return msgspec.structs.replace(proxy, bits=bits, bits_low=low, bits_high=high, share=share)


def _binning(rows: pa.RecordBatch, name: str, given: Mapping[str, Binning]) -> Binning | None:
    """The bins of a feature; None where its values cannot be put into any."""
    if name in given:
        return given[name]
    column = rows[name]
    kind = infer_kind(pa.chunked_array([column]), name)
    if kind in ORDERED_KINDS:
        values = finite(column)
        return NumericBinning(fit_edges(values[np.isfinite(values)]))
    if kind not in NOMINAL_KINDS:
        return None
    read = as_codes(column)
    counts = np.bincount(read.codes[read.codes >= 0], minlength=len(read.dictionary))
    order = np.argsort(-counts, kind="stable")[:NAMED]
    names = read.dictionary.take(positions(order)).to_pylist()
    return NominalBinning(tuple(dict.fromkeys(n for n in names if n is not None)), NO_HASHES)
