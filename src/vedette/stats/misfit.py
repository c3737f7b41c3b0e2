"""How far expected losses miss in the reference, by bin, and how much is left open about it.

Owns: correcting expected losses by what the reference's own rows show, column by column; what its
rows say of a cell beyond that.  Does not own: expecting a loss (`derive.expected`), looking for
segments (`stats.weakest`).

An auditor smooths: where rows are unusually hard it expects too little, always has, and a search
would call that a drop.  Corrections are in log odds, each drawn towards 0, and what they leave open
enters the variance of every test that rests on them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

ROUNDS = 6  # over all columns, twice: log odds move by less than 0.01 then
PRIOR = 4.0  # of a correction at first: a standard deviation of 0.5 in log odds
GROUPS = 20  # of rows with a like expected loss
LEAST = 1e-4  # no loss is expected closer to 0 or 1: log odds end there
ODD = 4.0  # squared standard errors from which a cell's own misfit is believed beyond the others'


class Rows(Protocol):
    """Coded rows with their losses, realised and expected: `profiles.sample.Sample`."""

    @property
    def codes(self) -> NDArray[np.uint8]: ...
    @property
    def loss(self) -> NDArray[np.float64]: ...
    @property
    def expected(self) -> NDArray[np.float64]: ...


class Known(NamedTuple):
    """What the reference says of cells beyond the columns' corrections, in log odds: the mean of
    what is left, and its variance."""

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Misfit:
    """Corrections of expected losses, learned on the reference.

    Shapes: `cuts` between groups of like expectation, `curve` their corrections; by column, one
    entry a place and the last for rows at none: `effects` (level and slope, [K + 1, 2]) and `info`;
    of the reference's rows: their weighed `residual`, its variance and its `reach` (derivative by
    log odds).
    """

    cuts: NDArray[np.float64]
    curve: NDArray[np.float64]
    centre: float
    effects: tuple[NDArray[np.float64], ...]
    info: tuple[NDArray[np.float64], ...]
    residual: NDArray[np.float64]
    variance: NDArray[np.float64]
    reach: NDArray[np.float64]

    def adjusted(
        self, expected: NDArray[np.float64], places: Sequence[NDArray[np.intp]]
    ) -> NDArray[np.float64]:
        """Correct expected losses of other rows.

        Shapes: float64[n], by column the place of each row, -1 for none -> float64[n].
        """
        odds = _odds(expected)
        tilt = _tilt(odds, self.centre)
        odds = odds + self.curve[self.cuts.searchsorted(expected)]
        for effect, place in zip(self.effects, places, strict=True):
            odds += effect[place, 0] + effect[place, 1] * tilt
        corrected: NDArray[np.float64] = expit(odds)
        return corrected

    def of_cells(self, cell: NDArray[np.intp], cells: int) -> Known:
        """What the reference's rows leave open about cells of the same columns, -1 for rows in
        none.

        Each cell is drawn towards 0 by how far all of them miss (`spread_of`).
        """
        parts = (self.residual, self.variance, self.reach)
        left, variance, reach = (np.bincount(cell + 1, x, cells + 1)[1:] for x in parts)
        info = reach**2 / np.maximum(variance, 1e-12)
        score = left * reach / np.maximum(variance, 1e-12)
        precision = info + 1 / spread_of(score, info)
        return Known(score / precision, 1 / precision)


def learn(
    loss: NDArray[np.float64],
    expected: NDArray[np.float64],
    places: Sequence[NDArray[np.intp]],
    sizes: Sequence[int],
) -> Misfit:
    """Learn corrections on rows of the reference.

    Every place of a column has a level, and a slope: where rows are harder than the auditor knows,
    those that it was sure of are missed most.

    Shapes: float64[n] twice, finite; by column the place of each row (-1: none) and how many
    places there are.
    Source: logistic regression by cyclic Newton steps with a normal prior on every effect; of
    losses between 0 and 1 the quasi-likelihood, with their own dispersion.
    """
    cuts = np.unique(np.quantile(expected, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    group, odds = cuts.searchsorted(expected), _odds(expected)
    centre = float(odds.mean())
    curve = _Block(group, len(cuts) + 1, np.ones(len(loss)), 0.0)
    tilt = _tilt(odds, centre)
    blocks = [
        _Block(np.where(place < 0, size, place), size + 1, by, PRIOR)
        for place, size in zip(places, sizes, strict=True)
        for by in (curve.by, tilt)
    ]
    scale = _dispersion(loss, expit(odds))
    for turn in range(2 * ROUNDS):
        if turn == ROUNDS:
            for block in blocks:
                block.draw_in(expit(odds), scale)
        for block in (curve, *blocks):
            odds = odds + block.step(loss, expit(odds), scale)
    chance = expit(odds)
    spread = chance * (1 - chance)
    weight = weigh(scale * spread)
    reach, variance = weight * spread, weight**2 * spread * scale
    levels, slopes = blocks[::2], blocks[1::2]
    info = tuple(_info(block, reach, variance) + block.prior for block in levels)
    effects = tuple(np.stack([a.effect, b.effect], 1) for a, b in zip(levels, slopes, strict=True))
    residual = centred(weight * (loss - chance), reach, group)
    return Misfit(cuts, curve.effect, centre, effects, info, residual, variance, reach)


class _Block:
    """The effects of one column's places, on the level or on the slope, while they are fitted."""

    def __init__(
        self, place: NDArray[np.intp], size: int, by: NDArray[np.float64], prior: float
    ) -> None:
        self.place, self.by, self.size = place, by, size
        self.effect, self.prior = np.zeros(size), np.full(size, prior)

    def step(
        self, loss: NDArray[np.float64], chance: NDArray[np.float64], scale: float
    ) -> NDArray[np.float64]:
        """Take a Newton step, each effect drawn towards 0; return what it adds to the log odds."""
        slope = self._summed(self.by * (loss - chance) / scale) - self.prior * self.effect
        curve = self._summed(self.by**2 * chance * (1 - chance) / scale) + self.prior
        step = np.clip(slope / np.maximum(curve, 1.0), -1.0, 1.0)
        self.effect += step
        added: NDArray[np.float64] = step[self.place] * self.by
        return added

    def draw_in(self, chance: NDArray[np.float64], scale: float) -> None:
        """Draw effects towards 0 by how far all of the block's are from it, as fitted so far."""
        info = self._summed(self.by**2 * chance * (1 - chance) / scale)
        self.prior = 1 / spread_of(self.effect * (info + self.prior), info)

    def _summed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(self.place, values, self.size).astype(np.float64)


def spread_of(score: NDArray[np.float64], info: NDArray[np.float64]) -> NDArray[np.float64]:
    """Say how far effects of one kind lie from 0, as a variance for each.

    It is the same for all, their spread beyond chance taken one standard error above its estimate;
    but what an effect itself shows where that is more.

    Shapes: scores float64[K] with information float64[K], so that score / info estimates an effect
    with variance 1 / info -> float64[K].
    Bounds: never 0: that no effect is there cannot be known.
    """
    scale = max(float(info @ info), 1e-12)
    common = max(float(score @ score - info.sum()), 0.0) / scale + float(np.sqrt(2 / scale))
    own = (score**2 / np.maximum(info, 1e-12) - ODD) / np.maximum(info, 1e-12)
    return np.maximum(common, own)


def _info(
    block: _Block, reach: NDArray[np.float64], variance: NDArray[np.float64]
) -> NDArray[np.float64]:
    """How much rows at each place say of it in a weighed test."""
    total = np.bincount(block.place, reach, block.size)
    info: NDArray[np.float64] = total**2 / np.maximum(
        np.bincount(block.place, variance, block.size), 1e-12
    )
    return info


def weigh(variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """What rows weigh in a test by the variance of their loss: its inverse, bounded by that of the
    mean, since the smallest expectations are the least certain.

    Example:
        >>> weigh(np.array([0.0, 0.2])).round(3).tolist()
        [10.0, 3.333]
    """
    mean = float(variance.mean()) if len(variance) else 1.0
    return 1.0 / np.maximum(variance + mean, 1e-12)


def centred(
    residual: NDArray[np.float64], reach: NDArray[np.float64], group: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Weighed residuals less what their group has in common.

    Where an expectation is too low its row weighs too much: together that leaves a sum above 0.
    """
    over = np.bincount(group, residual) / np.maximum(np.bincount(group, reach), 1e-12)
    return residual - over[group] * reach


def _tilt(odds: NDArray[np.float64], centre: float) -> NDArray[np.float64]:
    """How much surer than usual a row was, in pairs of log odds, within bounds."""
    tilt: NDArray[np.float64] = np.clip((odds - centre) / 2, -2.0, 2.0)
    return tilt


def _odds(expected: NDArray[np.float64]) -> NDArray[np.float64]:
    odds: NDArray[np.float64] = logit(np.clip(expected, LEAST, 1 - LEAST))
    return odds


def _dispersion(loss: NDArray[np.float64], chance: NDArray[np.float64]) -> float:
    """How much of the variance of a 0/1 loss these losses have."""
    if bool(np.isin(loss, (0.0, 1.0)).all()):
        return 1.0
    return max(float(((loss - chance) ** 2).sum() / (chance * (1 - chance)).sum()), 1e-6)
