"""Which features make a model say something else offline: by swapping them one by one.

Owns: mixtures of online and offline values, the Shapley value of each feature in every row that
disagrees, its standard error.  Does not own: finding such rows (`replayed`), the game
(`stats.coalitions`).

Only features that differ in a row play in it: swapping equal values does nothing.  Up to EXACT of
them all mixtures are asked about, of more PAIRS random orders and their reverses.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.engine.skew.predictions.caller import Answers, together
from vedette.engine.skew.predictions.mixed import Sides
from vedette.engine.skew.predictions.tally import farthest
from vedette.engine.skew.predictions.unlike import Tolerance, Tolerances, is_number, unlike
from vedette.stats.coalitions import exact, orders
from vedette.stats.shapley import Share, around

EXACT = 6  # features that differ in a row, up to which all 2**k mixtures are asked about
PAIRS = 4  # orders, and their reverses, where more differ
MIXTURES = 200_000  # rows that a model is asked about at most, over all mixtures
SIZE, ROWS = "size", "rows"  # what is shared out: how far answers lie apart, or that they do


@dataclass(frozen=True)
class Swaps:
    """Disagreement shared out: the values of all features add up to 1.

    Shapes: `shares` by feature, with the 95 % interval over rows and orders together; `luck` is
    the standard error that the random orders alone bring, 0 where all mixtures were asked about.
    Of `found` rows that disagree `used` were asked about, `sampled` of them by random orders.
    """

    by: str
    shares: Mapping[str, Share]
    luck: Mapping[str, float]
    used: int
    found: int
    sampled: int


@dataclass(frozen=True)
class _Game:
    """What is shared out of some rows.  Shapes: parts, doubt [r, m] and whole [r] by measure."""

    parts: dict[str, NDArray[np.float64]]
    doubt: dict[str, NDArray[np.float64]]
    whole: dict[str, NDArray[np.float64]]


def swaps(
    sides: Sides,
    online: Answers,
    offline: Answers,
    ask: Callable[[pa.RecordBatch], Answers],
    near: Tolerance,
    tolerances: Tolerances,
    *,
    found: int,
    classes: bool,
    batch_rows: int,
    seed: int = 0,
) -> Swaps:
    """Share out what lies between the answers to both sides.

    Shapes: every row disagrees and has a feature that differs; `found` is how many such rows there
    are in all, of which these are an even part.  Errors: as the model's.
    Bounds: at most MIXTURES rows are asked about; of the rest of the rows nothing is known.
    """
    apart = sides.apart(tolerances)
    players = apart.sum(axis=1)
    cost = np.where(
        players <= EXACT, 2.0 ** np.minimum(players, EXACT) - 2, 2 * PAIRS * (players - 1)
    )
    used = max(int(np.searchsorted(np.cumsum(cost), MIXTURES, side="right")), min(1, len(sides)))
    asked = _Asked(sides, online, offline, ask, near, batch_rows)
    games = [
        _game(asked, np.flatnonzero(players[:used] == k), apart, int(k), seed)
        for k in np.unique(players[:used])
    ]
    whole = {way: np.concatenate([game.whole[way] for game in games]) for way in (SIZE, ROWS)}
    usable = np.isfinite(whole[SIZE])
    by = ROWS if classes or not whole[SIZE][usable].sum() > 0 else SIZE
    parts, doubt = (
        np.concatenate([getattr(g, what)[by] for g in games]) for what in ("parts", "doubt")
    )
    kept = np.isfinite(whole[by]) & np.isfinite(parts).all(axis=1)
    shares, luck = _shared(parts[kept], doubt[kept], whole[by][kept], sides.shared)
    sampled = int((players[:used] > EXACT).sum())
    return Swaps(by, shares, luck, int(kept.sum()), found, sampled)


class _Asked:
    """Answers to mixtures, as distances from the answer to the offline side."""

    def __init__(
        self, sides: Sides, online: Answers, offline: Answers,
        ask: Callable[[pa.RecordBatch], Answers], tolerance: Tolerance, batch_rows: int,
    ) -> None:  # fmt: skip
        self.sides, self._ask, self._tolerance = sides, ask, tolerance
        self._offline, self.batch = offline, batch_rows
        every = np.arange(len(sides))
        self.start = self._distances(every, online)

    def __call__(
        self, rows: NDArray[np.intp], swapped: NDArray[np.bool_]
    ) -> dict[str, NDArray[np.float64]]:
        """Shapes: rows [e], swapped bool[e, m] -> [e] by measure."""
        if len(rows) == 0:
            return {SIZE: np.zeros(0), ROWS: np.zeros(0)}
        answers = [
            self._ask(self.sides.mixed(rows[at : at + self.batch], swapped[at : at + self.batch]))
            for at in range(0, len(rows), self.batch)
        ]
        return self._distances(rows, together(answers))

    def _distances(
        self, rows: NDArray[np.intp], answers: Answers
    ) -> dict[str, NDArray[np.float64]]:
        aim = [column.take(pa.array(rows)) for column in self._offline.columns]
        pairs = list(zip(answers.columns, aim, strict=True))
        apart = np.logical_or.reduce([unlike(a, b, self._tolerance) for a, b in pairs])
        size = np.full(len(rows), np.nan)
        if all(is_number(a.type) and is_number(b.type) for a, b in pairs):
            size = np.abs(farthest(answers.columns, aim))
        return {SIZE: size, ROWS: (apart | answers.failed).astype(np.float64)}


def _game(
    asked: _Asked, rows: NDArray[np.intp], apart: NDArray[np.bool_], k: int, seed: int
) -> _Game:
    """Rows in which k features differ."""
    features = apart.shape[1]
    players = np.array([np.flatnonzero(apart[row]) for row in rows], np.intp).reshape(len(rows), k)
    whole = {way: asked.start[way][rows] for way in (SIZE, ROWS)}
    parts, doubt = ({way: np.zeros((len(rows), features)) for way in whole} for _ in range(2))
    found = _all(asked, rows, players) if k <= EXACT else _some(asked, rows, players, seed)
    lines = np.arange(len(rows))[:, None]
    for way, (value, variance) in found.items():
        parts[way][lines, players] = value
        doubt[way][lines, players] = variance
    return _Game(parts, doubt, whole)


Found = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


def _all(asked: _Asked, rows: NDArray[np.intp], players: NDArray[np.intp]) -> Found:
    """Exact values: all mixtures.  Shapes: [r, k] values and zeros by measure."""
    k = players.shape[1]
    worth = {way: np.zeros((len(rows), 1 << k)) for way in (SIZE, ROWS)}
    for way in worth:
        worth[way][:, 0] = asked.start[way][rows]
    for coalition in range(1, (1 << k) - 1):
        chosen = [j for j in range(k) if coalition >> j & 1]
        for way, distance in asked(rows, _swapped(asked, players[:, chosen])).items():
            worth[way][:, coalition] = distance
    # Swapping makes the distance smaller: what a feature adds is what it takes away from that.
    return {way: (-exact(worth[way]), np.zeros((len(rows), k))) for way in worth}


def _some(asked: _Asked, rows: NDArray[np.intp], players: NDArray[np.intp], seed: int) -> Found:
    """Values by random orders, other ones in each row.  Shapes: [r, k] values and their variance
    by measure."""
    at_once = max(asked.batch // (2 * PAIRS * (players.shape[1] - 1)), 1)
    parts = [
        _ordered(asked, rows[at : at + at_once], players[at : at + at_once], seed)
        for at in range(0, len(rows), at_once)
    ]
    return {
        way: tuple(np.concatenate([part[way][i] for part in parts]) for i in (0, 1))  # type: ignore[misc]
        for way in (SIZE, ROWS)
    }


def _ordered(asked: _Asked, rows: NDArray[np.intp], players: NDArray[np.intp], seed: int) -> Found:
    """As `_some`, of so many rows that one call answers for all their mixtures."""
    n, k = players.shape
    queues = np.array([orders(k, PAIRS, seed + int(row)) for row in rows])  # [n, 2 * PAIRS, k]
    place = np.argsort(queues, axis=2)  # when a feature joins
    before = place[:, :, None, :] < np.arange(1, k)[None, None, :, None]  # [n, orders, k - 1, k]
    swapped = np.zeros((n, before[0, :, :, 0].size, len(asked.sides.shared)), np.bool_)
    lines = np.arange(n)[:, None, None], np.arange(swapped.shape[1])[None, :, None]
    swapped[(*lines, players[:, None, :])] = before.reshape(n, -1, k)
    distances = asked(np.repeat(rows, swapped.shape[1]), swapped.reshape(-1, swapped.shape[2]))
    found: Found = {}
    for way, distance in distances.items():
        start = np.broadcast_to(asked.start[way][rows][:, None, None], (n, 2 * PAIRS, 1))
        middle = distance.reshape(n, 2 * PAIRS, k - 1)
        worth = np.concatenate([start, middle, np.zeros((n, 2 * PAIRS, 1))], axis=2)
        added = np.take_along_axis(-np.diff(worth, axis=2), place, axis=2)
        pairs = added.reshape(n, PAIRS, 2, k).mean(axis=2)
        found[way] = pairs.mean(axis=1), pairs.var(axis=1, ddof=1) / PAIRS
    return found


def _swapped(asked: _Asked, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
    swapped = np.zeros((len(chosen), len(asked.sides.shared)), np.bool_)
    swapped[np.arange(len(chosen))[:, None], chosen] = True
    return swapped


def _shared(
    parts: NDArray[np.float64],
    doubt: NDArray[np.float64],
    whole: NDArray[np.float64],
    names: Sequence[str],
) -> tuple[dict[str, Share], dict[str, float]]:
    """The share of each feature in the whole, a ratio of two sums over rows."""
    total, n = float(whole.sum()), len(whole)
    if total <= 0:
        return {}, {}
    shares, luck = {}, {}
    for at, name in _playing(parts, names):
        share = float(parts[:, at].sum()) / total
        spread = parts[:, at] - share * whole
        se = sqrt(float(spread @ spread) * n / max(n - 1, 1)) / total
        shares[name] = around(share, se)
        luck[name] = sqrt(float(doubt[:, at].sum())) / total
    return shares, luck


def _playing(parts: NDArray[np.float64], names: Sequence[str]) -> Iterator[tuple[int, str]]:
    return ((at, name) for at, name in enumerate(names) if parts[:, at].any())
