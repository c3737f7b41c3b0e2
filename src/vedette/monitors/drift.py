"""Drift: the values themselves are distributed differently.

Owns: the words for level, spread, skew, shape, single categories and chosen distances.  Does not
own: testing them (`stats.two_sample`), nor
values that are missing, broken or outside the reference (`monitors.rate`).
"""

from math import sqrt

import numpy as np

from vedette.core.words import number, percent
from vedette.monitors.pair import Pair
from vedette.monitors.said import Beside, Said
from vedette.profiles.binning import NumericBinning
from vedette.profiles.cell import Cell
from vedette.stats.intervals import cohen_h
from vedette.stats.two_sample import Component

MONITOR = "drift"
ROUNDING = 1e-6  # float sums of the same rows differ by less, whatever the order of adding


def level(pair: Pair, c: Component, beside: Beside) -> Said:
    """The bulk moved up or down.

    Units: reference standard deviations (after a rank transformation to normal).
    """
    before, after = _mean(pair.reference), _mean(pair.current)
    verb = "rose" if c.effect > 0 else "fell"
    text = f"{pair.title} {verb} by {_along(c)}{pair.over}"
    if _same_way(before, after, c.effect):
        text += f": mean {_from_to(before, after)}"
    return Said(text, "sd", abs(c.effect), after, before)


def spread(pair: Pair, c: Component, beside: Beside) -> Said:
    """The values scatter more or less.  What a shift of level alone explains does not add to its
    size."""
    before, after = _deviation(pair.reference), _deviation(pair.current)
    own = _own_spread(c.effect, beside)
    if _follows(own, c.effect):
        text = f"the spread score of {pair.title} moved by {_interval(c)} as its level moved"
    else:
        verb = "scatters more" if c.effect > 0 else "scatters less"
        text = f"{pair.title} {verb}{pair.than} (spread score {_interval(c)}){pair.over}"
    if _same_way(before, after, own):
        text += f": standard deviation {_from_to(before, after)}"
    return Said(text, "sd", min(abs(c.effect), abs(own)), after, before)


def skew(pair: Pair, c: Component, beside: Beside) -> Said:
    """One tail grew at the cost of the other, beyond what level and spread alone explain."""
    y = _effect(beside, "level")
    own = c.effect - sqrt(3) * y * _own_spread(_effect(beside, "spread"), beside) - y**3 / sqrt(6)
    if _follows(own, c.effect):
        text = (
            f"the skew score of {pair.title} moved by {_interval(c)} as its level and spread moved"
        )
    else:
        side = "high" if c.effect > 0 else "low"
        tail = f"has a heavier {side} tail{pair.than}"
        text = f"{pair.title} {tail} (skew score {_interval(c)}){pair.over}"
    return Said(text, "sd", min(abs(c.effect), abs(own)))


def _follows(own: float, raw: float) -> bool:
    """Whether most of a score is what the lower ones already say."""
    return own * raw <= 0 or abs(own) < 0.5 * abs(raw)


def _own_spread(raw: float, beside: Beside) -> float:
    """The spread score about the window's own mean (the third Hermite polynomial's for skew)."""
    return raw - _effect(beside, "level") ** 2 / sqrt(2)


def _effect(beside: Beside, name: str) -> float:
    return beside[name].effect if name in beside else 0.0


def shape(pair: Pair, c: Component, beside: Beside) -> Said:
    """Mass moved in a way that level, spread and skew do not explain; categories changed their
    shares."""
    what = "has a different shape" if pair.is_ordered else "has different shares"
    text = f"{pair.title} {what}{pair.than} (w {_interval(c, signed=False)})"
    return Said(f"{text}: {_largest_move(pair)}", "w", c.effect)


def category(pair: Pair, c: Component, beside: Beside) -> Said:
    """One named category is more or less frequent."""
    name = pair.places()[c.category or 0]
    share, before = percent(c.observed), pair.before(percent(c.expected))
    text = f"{share} of {pair.title} is `{name}`, {before} ({_points(c)}){pair.over}"
    size = abs(cohen_h(c.observed, c.expected))
    return Said(text, "share", size, c.observed, c.expected, category=name)


def distance(pair: Pair, c: Component, beside: Beside) -> Said:
    """A distance that the user chose for this column exceeds its limit."""
    text = f"{pair.title} moved by {pair.method} {_interval(c, signed=False)}"
    return Said(text, pair.method, c.effect)


def _along(c: Component) -> str:
    """How far a level moved in its direction, in sd; the interval may begin below 0."""
    way = 1.0 if c.effect >= 0 else -1.0
    low, high = sorted((way * c.low, way * c.high))
    return f"{number(abs(c.effect), 2)} sd ({number(low, 2)} to {number(high, 2)})"


def _interval(c: Component, signed: bool = True) -> str:
    low, high = sorted((abs(c.low), abs(c.high))) if c.low * c.high > 0 else (c.low, c.high)
    middle = abs(c.effect) if c.low * c.high > 0 or not signed else c.effect
    return f"{number(middle, 2)} ({number(low, 2)} to {number(high, 2)})"


def _points(c: Component) -> str:
    return f"{c.effect * 100:+.3g} points, {c.low * 100:.3g} to {c.high * 100:.3g}"


def _same_way(before: float | None, after: float | None, effect: float) -> bool:
    """Whether two figures differ, beyond rounding, in the direction of the effect."""
    if before is None or after is None:
        return False
    return (after - before) * effect > ROUNDING * abs(before * effect)


def _from_to(before: float | None, after: float | None) -> str:
    return f"{number(before)} -> {number(after)}"


def _mean(cell: Cell) -> float | None:
    return cell.moments.mean(cell.usable) if cell.moments else None


def _deviation(cell: Cell) -> float | None:
    return cell.moments.deviation(cell.usable) if cell.moments else None


def _largest_move(pair: Pair) -> str:
    """The place whose share changed most, in words."""
    before, after = (c / max(c.sum(), 1) for c in pair.counts)
    place = int(np.argmax(np.abs(np.sqrt(after) - np.sqrt(before))))
    where = (
        _range(pair.binning, place)
        if isinstance(pair.binning, NumericBinning)
        else f"`{pair.places()[place]}`"
    )
    return f"most at {where}, {percent(float(before[place]))} -> {percent(float(after[place]))}"


def _range(binning: NumericBinning, place: int) -> str:
    edges = binning.edges
    if place == 0:
        return f"values below {number(float(edges[0]))}"
    if place == len(edges):
        return f"values above {number(float(edges[-1]))}"
    low, high = float(edges[place - 1]), float(edges[place])
    if np.nextafter(low, np.inf) == high:
        return f"the value {number(high)}"
    return f"{number(low)} to {number(high)}"
