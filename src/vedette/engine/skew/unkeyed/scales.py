"""Scales: serving looks like training multiplied, moved, or put through a function.

Owns: the candidates, how much of serving each explains, the words.  Does not own: noticing that
something changed (`monitors.family`).

Serving may be a mixture: a share w of rows went through the transformation.  F_serving =
(1 - w) F_training + w F_transformed is fitted by least squares over the values seen.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, percent
from vedette.engine.skew.causes.unit import FACTORS
from vedette.engine.skew.unkeyed.likeness import rounded
from vedette.engine.skew.unkeyed.trait import Two

LEAST = 60  # usable rows a side
DIFFERENT = 8  # different values from which a scale can be told
MOST = 8_192  # values a side that distributions are fitted on
POINTS = 400  # values at which the distributions are held against one another
CHANCE = 1.95  # Kolmogorov's statistic at one in a thousand
SMALL = 0.2  # of the distance that is left at most, where it is not left to chance alone
WHOLE = 0.97  # share of rows from which all of them are meant
SOME = 0.05  # share below which a mixture proves nothing
UNIT = 0.01  # how far a scaled column may leave 0 to 1
SNAP = 0.003  # relative: a fitted factor this near to a known one is it


@dataclass(frozen=True)
class Scale:
    """A transformation with what it explains.

    Units: `share` of serving's rows; `left` is the distance that remains, `before` without it,
    `noise` what chance leaves.
    """

    kind: str
    words: str
    share: float
    left: float
    before: float
    noise: float = 0.0

    @property
    def exact(self) -> bool:
        """Whether only chance is left."""
        return self.left <= self.noise

    def said(self, column: str) -> str:
        """The sentence.

        Example:
            >>> Scale("unit", "training × 1.609", 0.25, 0.0, 0.2).said("distance")
            '25 % of serving `distance` look like training × 1.609'
        """
        if self.share >= WHOLE:
            return f"serving `{column}` looks like {self.words}"
        return f"{percent(self.share)} of serving `{column}` look like {self.words}"


@dataclass(frozen=True)
class Candidate:
    """A transformation that is tried."""

    kind: str
    words: str
    apply: Callable[[NDArray[np.float64]], NDArray[np.float64]]
    partial: bool  # may hold for some rows only
    whole: bool = False  # multiplies by a whole number


def scale(two: Two, coarser: bool = False) -> Scale | None:
    """The transformation that explains what changed, if one does.

    Where numbers became `coarser`, factors must explain all rows, or be whole ones: nothing else
    makes multiples.

    Bounds: what is left must be within chance, or a fifth of what there was.
    """
    if two.training.kind != "number" or not two.comparable:
        return None
    before, after = two.training.ordered, two.serving.ordered
    if min(len(before), len(after)) < LEAST or len(np.unique(before)) < DIFFERENT:
        return None
    noise = noise_of(len(before), len(after))
    best: Scale | None = None
    for candidate in _candidates(before, after):
        if coarser and candidate.kind != "unit":
            continue
        share, left, start = mixture(before, after, np.sort(candidate.apply(before)))
        if coarser and share < WHOLE and not candidate.whole:
            continue
        if start <= noise or share < (SOME if candidate.partial else WHOLE):
            continue
        found = Scale(candidate.kind, candidate.words, share, left, start, noise)
        if left <= min(noise, 0.5 * start) and candidate.kind == "unit":
            if best is None or left < 0.5 * best.left or best.left > noise:
                best = found
        elif best is None and left <= max(min(noise, 0.5 * start), SMALL * start):
            best = found
    return best


def noise_of(m: int, n: int) -> float:
    """The distance that two samples of one law exceed once in a thousand times."""
    return float(CHANCE * np.sqrt((m + n) / (m * n)))


def mixture(
    before: NDArray[np.float64], after: NDArray[np.float64], changed: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Share of serving's rows that are drawn as `changed` instead of as `before`, the distance that
    this leaves, and the distance without it.

    Shapes: three ordered samples.
    """
    before, after, changed = (rounded(_thinned(side)) for side in (before, after, changed))
    places = np.linspace(0, 1, POINTS)
    every = [side[(places * (len(side) - 1)).astype(int)] for side in (before, after, changed)]
    at = np.unique(np.concatenate(every))
    f, s, g = (np.searchsorted(side, at, "right") / len(side) for side in (before, after, changed))
    way = g - f
    size = float(way @ way)
    share = float(np.clip((s - f) @ way / size, 0.0, 1.0)) if size else 0.0
    if share > WHOLE:
        share = 1.0
    left = float(np.abs(s - f - share * way).max())
    return share, left, float(np.abs(s - f).max())


def _thinned(ordered: NDArray[np.float64]) -> NDArray[np.float64]:
    """At most MOST of many ordered values, evenly: their distribution but for 1 / MOST."""
    return ordered[:: max(len(ordered) // MOST, 1)]


def _candidates(before: NDArray[np.float64], after: NDArray[np.float64]) -> Iterator[Candidate]:
    q = np.linspace(0.05, 0.95, 19)
    x, y = np.quantile(before, q), np.quantile(after, q)
    factor = _median(y[x != 0] / x[x != 0])
    factor = round(factor) if abs(factor - round(factor)) < SNAP / 10 else factor
    named = [*_named(), (-1.0, "the sign turned")]
    for known, name in sorted(named, key=lambda one: abs(factor / one[0] - 1) > SNAP):
        yield _times(known, name, partial=True)
    if factor and abs(np.log(abs(factor))) > 0.01:
        yield _times(factor, "", partial=False)
    yield _line(1.8, 32.0, "degrees Celsius to Fahrenheit")
    yield _line(1 / 1.8, -32 / 1.8, "degrees Fahrenheit to Celsius")
    yield _line(1.0, 273.15, "degrees Celsius to kelvin")
    yield _line(1.0, -273.15, "kelvin to degrees Celsius")
    move = _median(y - x)
    if move:
        words = f"training {'+' if move > 0 else '-'} {number(abs(move))}"
        yield Candidate("offset", words, lambda v: v + move, partial=False)
    if before[0] > 0:
        yield Candidate("function", "the logarithm of training", np.log, partial=False)
        yield Candidate("function", "log10 of training", np.log10, partial=False)
    if before[0] > -1:
        yield Candidate("function", "log(1 + training)", np.log1p, partial=False)
    if before[-1] < 300:
        yield Candidate("function", "exp(training)", np.exp, partial=False)
    yield from _scaled(before, after)
    if np.ptp(x) > 0:
        slope, start = np.polyfit(x, y, 1)
        if slope and slope > 0:
            sign = "+" if start >= 0 else "-"
            words = f"{number(float(slope))} × training {sign} {number(abs(float(start)))}"
            yield Candidate("scale", words, lambda v: slope * v + start, partial=False)


def _named() -> Iterator[tuple[float, str]]:
    """The known factors, in both directions."""
    for factor, name in FACTORS.items():
        one, _, other = name.partition(" to ")
        yield factor, name
        yield 1 / factor, f"{other} to {one}" if other and "," not in name else name


def _scaled(before: NDArray[np.float64], after: NDArray[np.float64]) -> Iterator[Candidate]:
    """Scalers that were applied on one side only."""
    if _standard(after) and not _standard(before):
        words = "training scaled to mean 0 and standard deviation 1"
        yield _linear("scale", words, -float(before.mean()), 1 / float(before.std() or 1.0))
    if _standard(before) and not _standard(after):
        words = "what training was before it was scaled"
        sd = float(after.std()) or 1.0
        yield _linear("scale", words, float(after.mean()) / sd, sd)
    low, span = float(before[0]), float(before[-1] - before[0])
    if after[0] >= -UNIT and after[-1] <= 1 + UNIT and (span > 1.2 or abs(low) > 0.2):
        yield _linear("scale", "training scaled to 0 to 1", -low, 1 / span)


def _standard(values: NDArray[np.float64]) -> bool:
    return bool(abs(values.mean()) < 0.1 and 0.9 < values.std() < 1.1)


def _linear(kind: str, words: str, add: float, times: float) -> Candidate:
    return Candidate(kind, words, lambda v: (v + add) * times, partial=False)


def _times(factor: float, name: str, partial: bool) -> Candidate:
    named = f" ({name})" if name else ""
    words = f"training × {number(factor)}{named}"
    if abs(factor) < 1 and abs(log10(abs(factor)) - round(log10(abs(factor)))) < 1e-9:
        words = f"training / {number(1 / factor)}{named}"
    return Candidate("unit", words, lambda v: v * factor, partial, factor > 1 and factor % 1 == 0)


def _line(slope: float, start: float, name: str) -> Candidate:
    return Candidate("unit", f"training after {name}", lambda v: slope * v + start, partial=True)


def _median(values: NDArray[np.float64]) -> float:
    return float(np.median(values)) if len(values) else 0.0
