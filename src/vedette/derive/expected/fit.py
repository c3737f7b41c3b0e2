"""Fitting the auditor: up to three candidates, judged on rows they have not seen.

Owns: folds, the choice, what is expected of the reference's own rows out of fold.  Does not own:
the learners (`stats.boosting`, `stats.isotonic`), how far estimates err (`derive.expected.noise`).

Folds are contiguous blocks of time, so that neighbours (one user, one day) do not stand on both
sides and what changes slowly counts as not known.  The plainer candidate stays unless a richer one
wins by a standard error of the difference.
"""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.derive.expected.aims import aims_of
from vedette.derive.expected.channel import ISOTONIC, KINDS, TREES, Channel, fit_curve, fit_start
from vedette.derive.expected.noise import noise_of
from vedette.derive.expected.places import Places, readable
from vedette.profiles.auditor import Auditor
from vedette.profiles.baseline import Baseline
from vedette.profiles.columns import one_batch
from vedette.profiles.graded_rows import Labels, Predictions, read_labels, read_predictions
from vedette.profiles.grading import Grading
from vedette.stats.boosting import Columns, Growth, boost, telling

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
FOLDS = 5
ROWS = 20_000  # labelled rows that are learned from, spread over the reference
ENOUGH = 2_000  # labelled rows from which trees are tried
MOST = 40  # columns that trees read: those that tell most of what the score leaves open,
EACH = 250  # and no more than one for that many rows: of more, luck alone is learned
STAGES = (12, 24, 40, 60, 80)  # numbers of trees that are tried
GROWTH = Growth(trees=STAGES[-1])
GOLDEN = np.uint64(
    0x9E3779B97F4A7C15
)  # Fibonacci hashing: Knuth, The Art of Computer Programming 3


class Fitted(NamedTuple):
    """An auditor, and what it expected of the rows it was fitted on while it had not seen them.

    Shapes: `unseen` float64[n, L] or float64[n, 3], as `outlook` gives.
    """

    auditor: Auditor
    unseen: NDArray[np.float64]


def fit_auditor(
    rows: pa.Table | pa.RecordBatch,
    labels: pa.Array,
    grading: Grading,
    baseline: Baseline,
    *,
    times: NDArray[Any] | None = None,
    seed: int = 0,
) -> Fitted:
    """Learn from a labelled reference what to expect of rows without a label.

    Shapes: n rows, derived columns included; n labels, null where there is none; n `times`, without
    which folds are drawn by place and seed.
    Errors: UsageError when no row has a label.
    """
    batch = one_batch(rows)
    said, truth = read_predictions(batch, grading), read_labels(labels, grading)
    study = _Study(batch, said, truth, grading, baseline, _order(batch.num_rows, times, seed))
    fitted = study.choose()
    noise = noise_of(said, truth, fitted.unseen, grading, study.order)
    return Fitted(replace(fitted.auditor, noise=noise), fitted.unseen)


class _Study:
    """One reference, its folds, and the candidates fitted on each."""

    def __init__(
        self,
        batch: pa.RecordBatch,
        said: Predictions,
        labels: Labels,
        grading: Grading,
        baseline: Baseline,
        order: Rows,
    ) -> None:
        self.said, self.labels, self.order = said, labels, order
        self.aims = aims_of(grading, labels)
        self.truths = self.aims.truths(said, labels)
        known = order[~np.isnan(np.array(self.truths)[:, order]).any(axis=0)]
        if not len(known):
            raise UsageError("auditor", "no row of the reference has a label it can learn from")
        self.known = np.sort(known)
        self.fold = np.empty(len(order), np.intp)
        self.fold[order] = np.arange(len(order)) * FOLDS // len(order)
        spread = np.linspace(0, len(known) - 1, min(ROWS, len(known))).round().astype(np.intp)
        self.learned = np.sort(known[spread])
        self.places, self.columns = self._read(batch, baseline)
        enough = len(known) >= ENOUGH and len(self.places.columns) > len(_numbers(said, grading))
        self.kinds = KINDS if enough else KINDS[:2]

    def _read(self, batch: pa.RecordBatch, baseline: Baseline) -> tuple[Places, Columns]:
        """The columns that tell most, as codes; the model's own numbers always."""
        grading, schema = self.aims.grading, baseline.schema
        own = _numbers(self.said, grading)
        places = readable(batch.schema.names, schema, baseline.binnings, grading, own)
        codes = places.read(batch, [True] * len(places.columns))
        columns = Columns(codes, places.widths, places.nominal)
        most = min(MOST, max(len(self.learned) // EACH, 1))
        if len(codes) - len(own) > most:
            left = np.zeros(len(codes))
            for base, truth in zip(self.aims.bases(self.said, ISOTONIC), self.truths, strict=True):
                x, y = base[self.learned], truth[self.learned]
                left += telling(columns.at(self.learned), y - fit_curve("logit", x, y).at(x))
            left[: len(own)] = np.inf
            kept = np.sort(np.argsort(-left, kind="stable")[: most + len(own)]).tolist()
            places, codes = places.only(kept), [codes[i] for i in kept]
            columns = Columns(codes, places.widths, places.nominal)
        return places, columns

    def choose(self) -> Fitted:
        """Judge the candidates, fit the chosen one on all learned rows."""
        models = [self._channels(self.learned[self.fold[self.learned] != f]) for f in _FOLDS]
        stage = self._stage(models)
        unseen = {kind: self._unseen(models, kind, stage) for kind in self.kinds}
        losses = {kind: self._loss(unseen[kind]) for kind in self.kinds}
        kind = _chosen(losses)
        parts, columns = self.aims.parts(), self.aims.grading.columns
        for i, channel in enumerate(self._channels(self.learned, trees=kind == TREES)):
            parts |= channel.first(stage).parts(str(i))
        if kind == TREES:
            parts |= self.places.parts()
            columns = self.places.columns
        means = {name: float(loss.mean()) for name, loss in losses.items()}
        return Fitted(Auditor(kind, columns, parts, means, {}, len(self.known)), unseen[kind])

    def _channels(self, rows: Rows, *, trees: bool = True) -> list[Channel]:
        columns = self.columns.at(rows)
        made = []
        bases = self.aims.bases(self.said, ISOTONIC)
        for link, base, truth in zip(self.aims.links, bases, self.truths, strict=True):
            channel = Channel(link, fit_curve(link, base[rows], truth[rows]))
            if trees and TREES in self.kinds:
                start = fit_start(link, base[rows], truth[rows], channel.curve)
                channel = replace(channel, start=start)
                offset = channel.offset(base[rows])
                # Amounts are learned in units of their mean: the ridge is meant for that scale.
                unit = 1.0 if link == "logit" else max(float(truth[rows].mean()), 1e-300)
                grown = boost(columns, truth[rows] / unit, offset - np.log(unit), link, GROWTH)
                channel = replace(channel, trees=grown)
            made.append(channel)
        return made

    def _stage(self, models: list[list[Channel]]) -> int:
        """How many trees are best, over all folds."""
        if TREES not in self.kinds:
            return 0
        losses = [self._loss(self._unseen(models, TREES, stage), self.learned) for stage in STAGES]
        return STAGES[int(np.argmin([loss.mean() for loss in losses]))]

    def _unseen(self, models: list[list[Channel]], kind: str, stage: int) -> Array:
        """The outlook of every row by the models of the folds it was not in."""
        expected = [np.zeros(len(self.said)) for _ in self.aims.links]
        bases = self.aims.bases(self.said, kind)
        for f, channels in zip(_FOLDS, models, strict=True):
            at = np.flatnonzero(self.fold == f)
            codes = self.columns.at(at).codes
            for out, channel, base in zip(expected, channels, bases, strict=True):
                out[at] = channel.first(stage).expect(kind, base[at], codes)
        return self.aims.together(self.said, expected)

    def _loss(self, outlook: Array, rows: Rows | None = None) -> Array:
        """Log loss of labelled rows: of their class, or of their loss taken as a chance."""
        at = self.known if rows is None else rows
        if self.aims.grading.classes:
            return np.asarray(-np.log(np.maximum(outlook[at, self.labels.codes[at]], 1e-12)))
        truth, chance = self.truths[-1][at], np.clip(outlook[at, 2], 1e-12, 1 - 1e-12)
        return np.asarray(-(truth * np.log(chance) + (1 - truth) * np.log1p(-chance)))


_FOLDS = range(FOLDS)


def _chosen(losses: dict[str, Array]) -> str:
    """The plainest candidate that no richer one beats by a standard error."""
    best = next(iter(losses))
    for kind in list(losses)[1:]:
        won = losses[best] - losses[kind]
        if won.mean() > won.std() / np.sqrt(len(won)):
            best = kind
    return best


def _order(rows: int, times: NDArray[Any] | None, seed: int) -> Rows:
    """The rows by time; without times in an order drawn by place."""
    if times is not None:
        return np.argsort(times, kind="stable")
    key = (np.arange(1, rows + 1, dtype=np.uint64) + np.uint64(seed)) * GOLDEN
    key ^= key >> np.uint64(29)
    return np.argsort(key * GOLDEN, kind="stable")


def _numbers(said: Predictions, grading: Grading) -> dict[str, Array]:
    """The model's own numbers, by column."""
    if grading.task == "regression":
        return {str(grading.prediction): said.numbers}
    if grading.task == "ranking":
        return {}
    names = enumerate(grading.scores)
    return {name: said.scores[c] for c, name in names if name}
