"""Fitting the auditor: three candidates, judged on rows they have not seen.

Owns: folds, the choice, what is expected of the reference's own rows out of fold.  Does not own:
the learners (`stats.boosting`, `stats.isotonic`).

Folds are contiguous blocks of time, so that neighbours (one user, one day) do not stand on both
sides and what changes slowly counts as not known.  The plainer candidate stays unless a richer one
wins by a standard error of the difference.
"""

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.derive.expected.aims import Aims, aims_of
from vedette.derive.expected.channel import ISOTONIC, KINDS, SCORE, TREES, Channel
from vedette.derive.expected.columns import graded_columns, read_columns
from vedette.derive.expected.places import Places
from vedette.derive.expected.truth import target
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import Grading
from vedette.stats.boosting import Columns, Growth, boost
from vedette.stats.isotonic import Curve, calibrate

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
FOLDS = 5
ROWS = 20_000  # labelled rows that are learned from, spread over the reference
ENOUGH = 2_000  # labelled rows from which trees are tried
STAGES = (20, 40, 60, 80)  # numbers of trees that are tried
GROWTH = Growth(trees=STAGES[-1])


class Fitted(NamedTuple):
    """An auditor, and what it expected of the rows it was fitted on while it had not seen them.

    Shapes: `unseen` float64[n, L] or float64[n, 3], as `outlook` gives.
    """

    auditor: Auditor
    unseen: NDArray[np.float64]


def fit_auditor(
    rows: pa.Table,
    labels: pa.Array,
    grading: Grading,
    baseline: Baseline,
    *,
    times: NDArray[Any] | None = None,
    seed: int = 0,
) -> Fitted:
    """Learn from a labelled reference what to expect of rows without a label.

    Shapes: n rows, derived columns included; n labels, null where there is none; n `times`, else
    folds are drawn by place and seed.
    Errors: UsageError when no row has a label.
    """
    goal = target(rows, labels, grading)
    known = np.flatnonzero(~np.isnan(goal).any(axis=1))
    if not len(known):
        raise UsageError("auditor", "no row of the reference has a label it can learn from")
    aims = aims_of(grading, goal)
    places = read_columns(rows, grading, baseline)
    study = _Study(rows, goal, aims, places, _folds(rows.num_rows, times, seed), known)
    return study.choose()


class _Study:
    """One reference, its folds, and the candidates fitted on each."""

    def __init__(
        self, rows: pa.Table, goal: Array, aims: Aims, places: Places, folds: Rows, known: Rows
    ) -> None:
        self.rows, self.goal, self.aims, self.places, self.folds = rows, goal, aims, places, folds
        self.known = known
        spread = known[np.lexsort((known, folds[known]))]
        take = np.linspace(0, len(spread) - 1, min(ROWS, len(spread))).round().astype(np.intp)
        self.learned = np.sort(spread[take])
        self.bases = [b.astype(np.float64) for b in aims.bases(rows)]
        self.truths = aims.truths(goal)
        codes = places.read(rows, [True] * len(places.columns))
        self.columns = Columns(codes, places.widths, places.nominal)
        features = len(places.columns) > len(graded_columns(aims.grading))
        self.kinds = KINDS if len(known) >= ENOUGH and features else KINDS[:2]

    def choose(self) -> Fitted:
        """Judge the candidates, fit the chosen one on all learned rows."""
        fold_models = [self._channels(self.learned[self.folds[self.learned] != f]) for f in _FOLDS]
        stage = self._stage(fold_models)
        unseen = {kind: self._unseen(fold_models, kind, stage) for kind in self.kinds}
        losses = {kind: self._loss(unseen[kind]) for kind in self.kinds}
        kind = _chosen(losses)
        channels = self._channels(self.learned, trees=kind == TREES)
        parts = self.aims.parts()
        for i, channel in enumerate(channels):
            if channel.trees is not None:
                channel = Channel(channel.link, channel.curve, channel.trees.first(stage))
            parts |= channel.parts(str(i))
        columns: tuple[str, ...] = graded_columns(self.aims.grading)
        if kind == TREES:
            parts |= self.places.parts()
            columns = self.places.columns
        means = {name: float(loss.mean()) for name, loss in losses.items()}
        auditor = Auditor(kind, columns, parts, means, {}, len(self.known))
        return Fitted(auditor, unseen[kind])

    def _channels(self, rows: Rows, *, trees: bool = True) -> list[Channel]:
        trees = trees and TREES in self.kinds
        columns = self.columns.at(rows)
        made = []
        for link, base, truth in zip(self.aims.links, self.bases, self.truths, strict=True):
            channel = Channel(link, _curve(link, base[rows], truth[rows]))
            if trees:
                offset = channel.margin(channel.expect(ISOTONIC, base[rows]))
                # Amounts are learned in units of their mean: the ridge is meant for that scale.
                unit = 1.0 if link == "logit" else max(float(truth[rows].mean()), 1e-300)
                shift = np.log(unit)
                grown = boost(columns, truth[rows] / unit, offset - shift, link, GROWTH)
                channel = Channel(link, channel.curve, grown)
            made.append(channel)
        return made

    def _stage(self, models: list[list[Channel]]) -> int:
        """How many trees are best, over all folds."""
        if TREES not in self.kinds:
            return 0
        loss = []
        for stage in STAGES:
            cut = [
                [Channel(c.link, c.curve, c.trees.first(stage) if c.trees else None) for c in m]
                for m in models
            ]
            loss.append(self._loss(self._unseen(cut, TREES, stage, self.learned), self.learned))
        return STAGES[int(np.argmin([part.mean() for part in loss]))]

    def _unseen(
        self, models: list[list[Channel]], kind: str, stage: int, rows: Rows | None = None
    ) -> Array:
        """The outlook of rows by the models of the folds they were not in."""
        where = np.arange(self.rows.num_rows) if rows is None else rows
        expected = [np.zeros(len(where)) for _ in self.aims.links]
        for f, channels in zip(_FOLDS, models, strict=True):
            at = np.flatnonzero(self.folds[where] == f)
            codes = self.columns.at(where[at]).codes
            for out, channel, base in zip(expected, channels, self.bases, strict=True):
                trees = None if channel.trees is None else channel.trees.first(stage)
                cut = Channel(channel.link, channel.curve, trees)
                out[at] = cut.expect(kind, self._base(base, kind)[where[at]], codes)
        table = self.rows if rows is None else self.rows.take(pa.array(where))
        return self.aims.together(table, expected)

    def _base(self, base: Array, kind: str) -> Array:
        """A prediction is no chance of its own: without a curve the mean is expected."""
        plain = kind == SCORE and self.aims.grading.task in ("regression", "ranking")
        return np.full(len(base), np.nan) if plain else base

    def _loss(self, outlook: Array, rows: Rows | None = None) -> Array:
        """Log loss of every labelled row: of its class, or of its loss taken as a chance."""
        at = self.known if rows is None else rows
        said = outlook[self.known] if rows is None else outlook
        if self.aims.grading.task in ("binary", "multiclass"):
            place = self.goal[at, 0].astype(np.intp)
            lost: Array = -np.log(np.maximum(said[np.arange(len(at)), place], 1e-12))
            return lost
        truth, chance = self.goal[at, -1], np.clip(said[:, 2], 1e-12, 1 - 1e-12)
        return np.asarray(-(truth * np.log(chance) + (1 - truth) * np.log1p(-chance)))


_FOLDS = range(FOLDS)


def _curve(link: str, base: Array, truth: Array) -> Curve:
    rising = calibrate(base, truth)
    if link == "logit":
        return rising
    falling = calibrate(-base, truth)
    falling = Curve(-falling.x[::-1], falling.y[::-1], falling.empty)
    errors = [float(((curve.at(base) - truth) ** 2).sum()) for curve in (rising, falling)]
    return rising if errors[0] <= errors[1] else falling


def _chosen(losses: dict[str, Array]) -> str:
    """The plainest candidate that no richer one beats by a standard error."""
    best = next(iter(losses))
    for kind in list(losses)[1:]:
        won = losses[best] - losses[kind]
        if won.mean() > won.std() / np.sqrt(len(won)):
            best = kind
    return best


def _folds(rows: int, times: NDArray[Any] | None, seed: int) -> NDArray[np.intp]:
    """The fold of every row: blocks of time, else drawn by place."""
    if times is None:
        key = (np.arange(1, rows + 1, dtype=np.uint64) + np.uint64(seed)) * _GOLDEN
        key ^= key >> np.uint64(29)
        order = np.argsort(key * _GOLDEN, kind="stable")
    else:
        order = np.argsort(times, kind="stable")
    fold = np.empty(rows, np.intp)
    fold[order] = np.arange(rows) * FOLDS // max(rows, 1)
    return fold


_GOLDEN = np.uint64(
    0x9E3779B97F4A7C15
)  # Fibonacci hashing: Knuth, The Art of Computer Programming 3
