"""Fitting what single rows of a reference are like.

Owns: which rows are learnt from, which are held out.  Does not own: encoding, distances, tables.

Some rows give scales, categories and the sampled neighbours; others, which those have not seen, say
how far ordinary rows lie; all of them give the tables of surprise.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.core.schema import Schema
from vedette.derive.outliers.conformal import Calibration
from vedette.derive.outliers.encode import Encoding, Points
from vedette.derive.outliers.grouped import means
from vedette.derive.outliers.nearest import Neighbours
from vedette.derive.outliers.read import NEVER, Reader, Rows, readable
from vedette.derive.outliers.surprise import LEAST, Surprise
from vedette.derive.outliers.together import Together, terms_of
from vedette.profiles.binning import hash_text
from vedette.profiles.columns import as_codes, column_or_absent
from vedette.profiles.outliers import Outliers

ENOUGH = 50  # rows below which nothing is said
LEARNT, HELD = 10_000, 20_000  # rows at most, of the first part and of the second
TERMS = 5_000  # rows at most that say what each column is worth
NAMED, KNOWN = 30, 5_000  # categories of a column with a coordinate of their own; remembered at all
GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # Fibonacci hashing: Knuth, The Art of Computer Programming


@dataclass(frozen=True)
class Likeness:
    """What a row is held against: the `nearest` of `sampled` rows of the reference, or of means of
    at least `centroids_of` rows each (0: of rows themselves).

    Errors: UsageError for values out of range.
    """

    nearest: int = 5  # one odd row in the sample cannot hide its copies: decision 0036
    sampled: int = 1_000  # more add little
    centroids_of: int = 0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("nearest", 1, 100), ("sampled", 10, LEARNT), ("centroids_of", 0, 1_000)
        ):  # fmt: skip
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise UsageError(
                    "outliers", f"{name} is out of range", got=repr(value), want=f"{low} to {high}"
                )


PLAIN = Likeness()


def fit_outliers(rows: pa.RecordBatch, schema: Schema, like: Likeness = PLAIN) -> Outliers | None:
    """Learn what ordinary rows are like; None where there are too few, or no column says anything.

    Shapes: `rows` with derived columns; `schema` says what is a feature: nothing else is read.
    Example:
        >>> from vedette.profiles.infer import infer
        >>> table = pa.table({"x": [i % 10 + 0.5 for i in range(200)]})
        >>> fit_outliers(table.to_batches()[0], infer(table)).numeric
        ('x',)
    """
    order = _order(rows.num_rows)[: LEARNT + HELD]
    if len(order) < ENOUGH:
        return None
    learnt = max(min(len(order) * 4 // 5, like.sampled), min(len(order) // 2, LEARNT))
    first = rows.take(pa.array(order[:learnt]))
    every = rows.take(pa.array(order))
    numeric, nominal = readable(schema)
    categories, known, unseen = {}, {}, []
    for name in nominal:
        categories[name], known[name], once = _categories(column_or_absent(first, name))
        unseen.append((once or NEVER) / (learnt + 1))  # Good 1953, Biometrika 40, 237-264
    reader = Reader.of(numeric, categories, known)
    if not reader.columns:
        return None
    read = reader.read(every)
    names = [len(c) for c in categories.values()]
    sample = np.arange(learnt if like.centroids_of else min(like.sampled, learnt))
    encoding = Encoding.fit(_part(read, slice(learnt)), names, unseen, sample)
    points = encoding.points(read)
    chosen = points.at[sample]
    if like.centroids_of:
        chosen = means(chosen, max(like.centroids_of, learnt // like.sampled))
    placed = chosen.astype(np.int16)
    neighbours = Neighbours.of(placed, float(encoding.step[0]))
    held = Points(points.at[learnt:], points.beyond[learnt:])
    apart = neighbours.distances(held, like.nearest)
    surprise = Surprise.fit(read, names, unseen)
    some = _part(read, slice(learnt, learnt + TERMS))
    terms = terms_of(some, surprise.of_rows(some) >= LEAST, encoding, neighbours)
    parts = {
        **encoding.parts(),
        **surprise.parts(),
        **Together.fit(terms).parts(),
        **Calibration.fit(apart).parts("calibration"),
        **{f"known.{name}": hashes for name, hashes in known.items()},
        "sample": placed,
        "nearest": np.array([like.nearest], np.int64),
    }
    return Outliers(numeric, nominal, categories, parts, len(order))


def _categories(column: pa.Array) -> tuple[tuple[str, ...], NDArray[np.uint64], int]:
    """The most frequent categories by name, the hashes of all, and how many were seen once."""
    read = as_codes(column)
    codes = read.codes[read.codes >= 0]
    counts = Counter(
        dict(
            zip(
                read.dictionary.to_pylist(),
                np.bincount(codes, minlength=len(read.dictionary)).tolist(),
                strict=True,
            )
        )
    )
    ranked = sorted(((-n, name) for name, n in counts.items() if n and name is not None))
    names = tuple(name for _, name in ranked[:NAMED])
    hashes = [hash_text(name) for _, name in ranked[:KNOWN]]
    once = sum(n == -1 for n, _ in ranked)
    return names, np.sort(np.array(hashes, np.uint64)), once


def _part(rows: Rows, which: slice) -> Rows:
    return Rows(rows.numbers[:, which], rows.states[:, which], rows.places[:, which])


def _order(rows: int) -> NDArray[np.intp]:
    """The rows in an order drawn by place: the first of them are spread over all."""
    key = np.arange(1, rows + 1, dtype=np.uint64) * GOLDEN
    key ^= key >> np.uint64(29)
    return np.argsort(key * GOLDEN, kind="stable")
