"""Finding the groups of a table.

Owns: which values of sensitive columns are groups, where numbers are cut into bands, which columns
are taken together.  Does not own: the Groups value (`profiles.groups`), counting
(`profiles.cubes`).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations, pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.words import number
from vedette.profiles.columns import as_codes, column_or_absent, is_text, one_batch
from vedette.profiles.groups import Groups, stated
from vedette.profiles.numbers import are_numbers, finite

MOST = 50  # groups of a set; the rest, the smallest, are "other"
MANY = 20  # different numbers from which a column is cut into bands
BANDS = 5  # of about as many rows, with round limits between them
DEEPEST = 3  # columns taken together


def fit_groups(
    table: pa.Table | pa.RecordBatch,
    columns: Sequence[str],
    *,
    depth: int = 2,
    most: int = MOST,
    least: int = 1,
    cuts: Mapping[str, Sequence[float]] | None = None,
    nominal: Collection[str] = (),
) -> tuple[Groups, ...]:
    """The groups of every column, and of every `depth` of them or fewer taken together.

    A column of many different numbers is cut into bands: at its `cuts`, if they are given, else at
    round numbers; those in `nominal` never are, and text that spells numbers only at its `cuts`.
    Groups come in the order of their names; of more than `most`, or smaller than `least` rows, the
    smallest are left to "other".
    Example:
        >>> table = pa.table({"sex": ["F", "M", "M"], "race": ["B", "W", "B"]})
        >>> [groups.key for groups in fit_groups(table, ["sex", "race"])]
        ['sex', 'race', 'sex & race']
        >>> fit_groups(table, ["sex"])[0].names
        (('F',), ('M',))
        >>> fit_groups(pa.table({"age": [20, 30, 50]}), ["age"], cuts={"age": [40.0]})[0].labels[:2]
        ('age=below 40', 'age=40 or more')
    """
    batch = one_batch(table)
    edges = {column: tuple(sorted(own)) for column, own in (cuts or {}).items()}
    edges |= dict.fromkeys(nominal, ())
    single = [
        _single(batch, column, most, least, edges.get(column)) for column in dict.fromkeys(columns)
    ]
    found = list(single)
    for size in range(2, min(depth, DEEPEST, len(single)) + 1):
        found += [_crossed(batch, parts, most, least) for parts in combinations(single, size)]
    return tuple(one for one in found if one.names)


def _single(
    batch: pa.RecordBatch,
    column: str,
    most: int,
    least: int,
    edges: tuple[float, ...] | None,
) -> Groups:
    """The groups of one column; `edges` None finds them, () are none."""
    values = column_or_absent(batch, column)
    if edges is None:
        # Text that spells numbers is a code: 17 and 204 of a postcode are no amounts.
        edges = (
            () if is_text(values.type) or not are_numbers(values) else band_edges(finite(values))
        )
    if edges:
        bands = band_names(edges)
        banded = Groups((column,), tuple((name,) for name in bands), (edges,), (bands,))
        return _kept(batch, banded, most, least)
    read = as_codes(stated(values))
    names = [str(value) for value in read.dictionary.to_pylist()]
    counted = np.bincount(read.codes[read.codes >= 0], minlength=len(names))
    sizes = Counter[str]()
    for name, rows in zip(names, counted.tolist(), strict=True):
        sizes[name] += rows
    chosen = sorted(sizes, key=lambda name: (-sizes[name], name))[:most]
    return Groups((column,), tuple((n,) for n in sorted(chosen) if sizes[n] >= least))


def _crossed(batch: pa.RecordBatch, parts: Sequence[Groups], most: int, least: int) -> Groups:
    """The groups of several columns that occur together."""
    codes = [one.codes(batch) for one in parts]
    named = np.all([own < len(one.names) for own, one in zip(codes, parts, strict=True)], axis=0)
    seen = np.unique(np.stack([own[named] for own in codes]), axis=1).T
    names = tuple(
        tuple(one.names[code][0] for one, code in zip(parts, row, strict=True))
        for row in seen.tolist()
    )
    crossed = Groups(
        tuple(one.columns[0] for one in parts), names,
        tuple(one.edges[0] if one.edges else () for one in parts),
        tuple(one.bands[0] if one.bands else () for one in parts),
    )  # fmt: skip
    return _kept(batch, crossed, most, least)


def _kept(batch: pa.RecordBatch, groups: Groups, most: int, least: int) -> Groups:
    """The same without the groups that are too small, or too many."""
    rows = np.bincount(groups.codes(batch), minlength=len(groups))[: len(groups.names)]
    order = sorted(range(len(rows)), key=lambda at: (-rows[at], at))[:most]
    kept = tuple(groups.names[at] for at in sorted(order) if rows[at] >= max(least, 1))
    return Groups(groups.columns, kept, groups.edges, groups.bands)


def band_edges(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Round limits between bands of about as many rows; none for few different values.

    Example:
        >>> band_edges(np.arange(18, 88).astype(float))
        (30.0, 45.0, 60.0, 75.0)
    """
    known = values[np.isfinite(values)]
    if len(np.unique(known)) <= MANY:
        return ()
    cuts = np.quantile(known, np.arange(1, BANDS) / BANDS)
    low, high = np.quantile(known, [0.05, 0.95])
    step = _round_step(float(high - low) / (2 * BANDS))
    edges = np.unique(np.round(cuts / step) * step + 0.0)
    inside = edges[(edges > known.min()) & (edges <= known.max())]
    return tuple(float(edge) for edge in inside)


def band_names(edges: Sequence[float]) -> tuple[str, ...]:
    """What the bands between limits are called.

    Example:
        >>> band_names((25.0, 45.0))
        ('below 25', '25 to below 45', '45 or more')
    """
    spelt = [number(edge) for edge in edges]
    middle = [f"{low} to below {high}" for low, high in pairwise(spelt)]
    return (f"below {spelt[0]}", *middle, f"{spelt[-1]} or more")


def _round_step(width: float) -> float:
    """The largest of 1, 2, 5, 10 ... that is no wider."""
    if width <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(width))
    return float(
        max(part * power for part in (1.0, 2.0, 5.0, 10.0) if part * power <= width * 1.01)
    )
