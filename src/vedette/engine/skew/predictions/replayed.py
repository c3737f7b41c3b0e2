"""Logged rows put through a model again, counted as they pass.

Owns: the one pass over the rows, with their offline features where there are any.  Does not own:
opening tables and the answer to people (`made`), sharing out (`swaps`).

Two questions are told apart.  The same features through the model: another answer than the logged
one means that another model served, or that features were logged which it never saw.  Offline
features through the model: another answer than to the online ones means that the features differ.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.batch import Progress
from vedette.engine.skew.predictions.caller import Answers, Caller, ahead, together
from vedette.engine.skew.predictions.mixed import Sides, cast, common, concatenated
from vedette.engine.skew.predictions.pairs import OFFLINE, ORDER, Pairs, has_partner
from vedette.engine.skew.predictions.tally import Compared, Share, Tally
from vedette.engine.skew.predictions.unlike import Tolerance, Tolerances
from vedette.ingest.source import Source

KEPT = 20_000  # rows that disagree over other features, kept to share the disagreement out


class Asked(NamedTuple):
    """What is read of the online side, and how it is judged."""

    features: Sequence[str]
    logged: Sequence[str]
    near: Tolerance
    tolerances: Tolerances
    threshold: float | None
    batch_rows: int
    workers: int


@dataclass(frozen=True)
class Kept:
    """Rows on which the model says something else offline, an even part of them.

    Shapes: `found` such rows in all; `sides` and the answers to both of those kept.
    """

    found: int
    sides: Sides
    online: Answers
    offline: Answers


@dataclass(frozen=True)
class Both:
    """What the offline features say.

    Shapes: `features` compares the model's answers to online and to offline features, `whole` what
    was logged with the answer to offline features; both over the rows with a partner.  Of the rows
    in which `whole` differs, `model` differ with the same features already and `only_model` in no
    other way.  `mismatches` by feature.
    """

    features: Compared
    whole: Compared
    model: int
    only_model: int
    mismatches: dict[str, Share]
    kept: Kept | None


class Part(NamedTuple):
    """One batch, answered."""

    logged: tuple[pa.Array, ...]
    online: Answers
    partner: NDArray[np.bool_] | None
    sides: Sides | None
    offline: Answers | None
    order: NDArray[np.uint64] | None


def replay(online: Source, caller: Caller, asked: Asked, told: Progress) -> Compared:
    """Put every row of the online side through the model and compare."""
    tally = Tally(asked.near, asked.threshold)
    names = list(dict.fromkeys((*asked.features, *asked.logged)))

    def answered(batch: pa.RecordBatch) -> Part:
        logged = tuple(batch.column(name) for name in asked.logged)
        return Part(logged, caller(batch.select(asked.features)), None, None, None, None)

    cut = _cut(online.batches(names), asked.batch_rows)
    for part in ahead(answered, cut, asked.workers):
        tally.add(part.logged, part.online.columns, part.online.failed)
        told(online.name, tally.rows, online.rows)
    return tally.compared()


def replay_both(
    pairs: Pairs, caller: Caller, asked: Asked, told: Progress
) -> tuple[Compared, Both]:
    """Put every row through the model as it was served, and those with a partner as they are
    offline."""
    shared = list(pairs.features)
    counts = _Counts(asked, shared)
    kinds = _kinds(pairs, shared)

    def answered(batch: pa.RecordBatch) -> Part:
        logged = tuple(batch.column(name) for name in asked.logged)
        online = caller(batch.select(asked.features))
        partner = has_partner(batch)
        sides = _sides(batch, asked.features, shared, kinds)
        apart = sides.apart(asked.tolerances) & partner[:, None]
        offline = _offline(sides, apart, online, caller)
        order = batch.column(ORDER).to_numpy(zero_copy_only=False)
        return Part(logged, online, partner, sides, offline, order)

    batches = _cut(pairs.batches(asked.batch_rows), asked.batch_rows)
    for part in ahead(answered, batches, asked.workers):
        counts.add(part)
        told(pairs.online.name, counts.replay.rows, pairs.online.rows)
    return counts.replay.compared(), counts.both()


class _Sample(NamedTuple):
    """Rows that disagree, with the hashes of their keys and the answers to both sides."""

    order: NDArray[np.uint64]
    sides: Sides
    online: Answers
    offline: Answers

    def take(self, rows: NDArray[np.integer]) -> "_Sample":
        """Only these rows."""
        answers = [_rows(one, rows) for one in (self.online, self.offline)]
        return _Sample(self.order[rows], self.sides.take(rows), answers[0], answers[1])


class _Counts:
    """Everything that is counted where there are offline features."""

    def __init__(self, asked: Asked, shared: Sequence[str]) -> None:
        self._asked, self._shared = asked, shared
        self.replay, self._features, self._whole = (
            Tally(asked.near, asked.threshold) for _ in range(3)
        )
        self._model = self._only = self._matched = self._found = 0
        self._apart = np.zeros(len(shared), np.int64)
        self._kept: list[_Sample] = []
        self._limit = 2**64 - 1

    def add(self, part: Part) -> None:
        """Count a batch."""
        assert part.partner is not None
        assert part.sides is not None
        assert part.offline is not None
        assert part.order is not None
        served = self.replay.add(part.logged, part.online.columns, part.online.failed)
        rows = np.flatnonzero(part.partner)
        logged = tuple(column.take(pa.array(rows)) for column in part.logged)
        online, offline = (_rows(answers, rows) for answers in (part.online, part.offline))
        failed = online.failed != offline.failed
        moved = self._features.add(online.columns, offline.columns, failed)
        whole = self._whole.add(logged, offline.columns, offline.failed)
        self._model += int((whole & served[rows]).sum())
        self._only += int((whole & served[rows] & ~moved).sum())
        self._matched += len(rows)
        sides = part.sides.take(rows)
        self._apart += sides.apart(self._asked.tolerances).sum(axis=0)
        self._keep(part.order[rows], sides, online, offline, moved)

    def _keep(
        self, order: NDArray[np.uint64], sides: Sides, online: Answers, offline: Answers,
        moved: NDArray[np.bool_],
    ) -> None:  # fmt: skip
        """Keep the rows whose keys have the smallest hashes."""
        self._found += int(moved.sum())
        rows = np.flatnonzero(moved & (order <= np.uint64(self._limit)))
        if len(rows):
            self._kept.append(_Sample(order, sides, online, offline).take(rows))
        while sum(len(one.order) for one in self._kept) > 2 * KEPT and self._limit:
            self._limit //= 2
            self._kept = [
                one.take(np.flatnonzero(one.order <= np.uint64(self._limit))) for one in self._kept
            ]

    def both(self) -> Both:
        """What was counted."""
        kept = None
        if self._kept:
            orders, sides, online, offline = zip(*self._kept, strict=True)
            every = _Sample(
                np.concatenate(orders), concatenated(sides), together(online), together(offline)
            )
            first = every.take(np.argsort(every.order, kind="stable")[:KEPT])
            kept = Kept(self._found, first.sides, first.online, first.offline)
        mismatches = {
            name: Share(int(count), self._matched)
            for name, count in zip(self._shared, self._apart, strict=True)
        }
        features, whole = self._features.compared(), self._whole.compared()
        return Both(features, whole, self._model, self._only, mismatches, kept)


def _offline(sides: Sides, apart: NDArray[np.bool_], online: Answers, caller: Caller) -> Answers:
    """Answers to the offline features: where none differs those to the online ones."""
    rows = np.flatnonzero(apart.any(axis=1))
    if len(rows) == 0:
        return online
    fresh = caller(sides.mixed(rows, apart[rows]))
    rest = np.setdiff1d(np.arange(len(sides)), rows)
    both = together([fresh, _rows(online, rest)])
    back = np.argsort(np.concatenate([rows, rest]), kind="stable")
    return _rows(both, back)


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


def _rows(answers: Answers, rows: NDArray[np.integer]) -> Answers:
    chosen = pa.array(rows)
    return Answers(tuple(one.take(chosen) for one in answers.columns), answers.failed[rows])
