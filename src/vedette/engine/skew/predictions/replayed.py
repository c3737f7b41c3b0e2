"""Logged rows put through a model again, counted as they pass.

Owns: the one pass over the rows, with their offline features where there are any.  Does not own:
opening tables and the answer to people (`made`), counting (`counted`), sharing out (`swaps`).
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.batch import Progress
from vedette.engine.skew.predictions.asked import Asked
from vedette.engine.skew.predictions.caller import Answers, Caller, ahead, together
from vedette.engine.skew.predictions.counted import BothCounts, Part, ReplayCounts
from vedette.engine.skew.predictions.forms import plain
from vedette.engine.skew.predictions.keeper import rows_of
from vedette.engine.skew.predictions.mixed import Sides, cast, common
from vedette.engine.skew.predictions.pairs import OFFLINE, ORDER, Pairs, has_partner
from vedette.ingest import sampling
from vedette.ingest.source import Source


def replay(online: Source, caller: Caller, asked: Asked, told: Progress) -> ReplayCounts:
    """Put every row of the online side through the model."""
    counts = ReplayCounts(asked)
    names = list(dict.fromkeys((*asked.features, *asked.logged)))

    def answered(batch: pa.RecordBatch) -> Part:
        logged = tuple(batch.column(name) for name in asked.logged)
        rows = batch.select(list(asked.features))
        order = batch.column(batch.num_columns - 1).to_numpy()
        return Part(logged, caller(rows), order, Sides(rows, (), ()))

    cut = _cut(_numbered(online.batches(names)), asked.batch_rows)
    for part in ahead(answered, cut, asked.workers):
        counts.add(part)
        told(online.name, counts.rows, online.rows)
    return counts


def replay_both(
    pairs: Pairs, caller: Caller, asked: Asked, told: Progress
) -> tuple[ReplayCounts, BothCounts]:
    """Put every row through the model as it was served, and those with a partner as they are
    offline."""
    shared = list(pairs.features)
    counts, both = ReplayCounts(asked), BothCounts(asked, shared)
    kinds = _kinds(pairs, shared)

    def answered(batch: pa.RecordBatch) -> Part:
        logged = tuple(batch.column(name) for name in asked.logged)
        online = caller(batch.select(list(asked.features)))
        partner = has_partner(batch)
        sides = _sides(batch, asked.features, shared, kinds)
        apart = sides.apart(asked.tolerances) & partner[:, None]
        order = batch.column(ORDER).to_numpy(zero_copy_only=False)
        return Part(logged, online, order, sides, partner, _offline(sides, apart, online, caller))

    batches = _cut(pairs.batches(asked.batch_rows), asked.batch_rows)
    for part in ahead(answered, batches, asked.workers):
        both.add(part, counts.add(part))
        told(pairs.online.name, counts.rows, pairs.online.rows)
    return counts, both


def _numbered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Batches with text as text, and a last column by which an even part can be taken."""
    start = 0
    for batch in batches:
        keys = pa.array(sampling.keys(start, batch.num_rows))
        start += batch.num_rows
        yield plain(batch).append_column(ORDER, keys)


def _offline(sides: Sides, apart: NDArray[np.bool_], online: Answers, caller: Caller) -> Answers:
    """Answers to the offline features: where none differs those to the online ones."""
    rows = np.flatnonzero(apart.any(axis=1))
    if len(rows) == 0:
        return online
    fresh = caller(sides.mixed(rows, apart[rows]))
    rest = np.setdiff1d(np.arange(len(sides)), rows)
    both = together([fresh, rows_of(online, rest)])
    back = np.argsort(np.concatenate([rows, rest]), kind="stable")
    return rows_of(both, back)


def _sides(
    batch: pa.RecordBatch,
    features: Sequence[str],
    shared: Sequence[str],
    kinds: Sequence[pa.DataType],
) -> Sides:
    """The features of a batch on both sides, in one type where both have them."""
    kind_of = dict(zip(shared, kinds, strict=True))
    online = [
        cast(batch.column(name), kind_of[name]) if name in kind_of else batch.column(name)
        for name in features
    ]
    offline = tuple(cast(batch.column(OFFLINE + name), kind_of[name]) for name in shared)
    rows = pa.RecordBatch.from_arrays(online, names=list(features))
    return Sides(rows, offline, tuple(shared))


def _kinds(pairs: Pairs, shared: Sequence[str]) -> list[pa.DataType]:
    schemas = pairs.online.arrow_schema, pairs.offline.arrow_schema
    found = [common(*(schema.field(name).type for schema in schemas)) for name in shared]
    return [kind for kind in found if kind is not None]


def _cut(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for at in range(0, batch.num_rows, rows):
            yield batch.slice(at, rows)
