"""A scaler is applied on one side only.

Owns: standard, min-max, largest-value and robust scalers, by the statistics of the offline column;
and their inverses, where the offline column is what a scaler leaves.
"""

from collections.abc import Iterable

from vedette.core.words import number
from vedette.engine.skew.causes.affine import Line, candidate, find
from vedette.engine.skew.causes.candidate import KNOWN, Candidate
from vedette.engine.skew.causes.pairs import Mask, Pairs, Statistics

LIKE = 0.05  # statistics of another sample of the same column: so far from it in its own units


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try what scalers fitted on the offline column do, then a line that resembles one."""
    known = pairs.statistics
    if not pairs.numeric or known is None or not known.sd > 0:
        return
    for line, called in scalers(known):
        yield candidate(line, called, KNOWN, "scaler")
    line_found = find(pairs, fit)
    if line_found is not None:
        yield from _like(line_found, known)
    elif _scaled(known):
        yield from _plain_factor(pairs, fit, known)


def scalers(known: Statistics) -> Iterable[tuple[Line, str]]:
    """What each scaler that was fitted on these statistics does."""
    n = known.rows
    for sd in dict.fromkeys((known.sd, known.sd * ((n - 1) / n) ** 0.5 if n > 1 else known.sd)):
        words = f": standardised with mean {number(known.mean)} and deviation {number(sd)}"
        yield Line(1 / sd, -known.mean / sd), words
    reach = known.high - known.low
    if reach > 0:
        words = f": scaled to 0..1 from {number(known.low)}..{number(known.high)}"
        yield Line(1 / reach, -known.low / reach), words
        yield Line(2 / reach, -2 * known.low / reach - 1), words.replace("0..1", "-1..1")
    largest = max(abs(known.high), abs(known.low))
    if largest > 0:
        yield Line(1 / largest, 0.0), f": divided by the largest value, {number(largest)}"
    middle = known.q75 - known.q25
    if middle > 0:
        words = f": centred at the median {number(known.median)}, in quartile ranges"
        yield Line(1 / middle, -known.median / middle), words


def _like(line: Line, known: Statistics) -> Iterable[Candidate]:
    a, b = line.slope, line.shift
    if abs(a * known.sd - 1) < LIKE and abs(a * known.mean + b) < LIKE:
        yield candidate(line, ": standardised, as with the training values", KNOWN, "scaler")
    low, high = a * known.low + b, a * known.high + b
    if abs(low) < LIKE and abs(high - 1) < LIKE:
        yield candidate(line, ": scaled to 0..1, as with the training values", KNOWN, "scaler")
    if _standardised(known):
        words = f": not standardised (mean {number(b)}, deviation {number(a)})"
        yield candidate(line, words, KNOWN, "scaler")
    elif _unit_range(known):
        words = f": not scaled to 0..1 (from {number(b)}..{number(a + b)})"
        yield candidate(line, words, KNOWN, "scaler")


def _scaled(known: Statistics) -> bool:
    return _standardised(known) or _unit_range(known)


def _standardised(known: Statistics) -> bool:
    return abs(known.mean) < LIKE and abs(known.sd - 1) < LIKE


def _unit_range(known: Statistics) -> bool:
    return abs(known.low) < 1e-9 and abs(known.high - 1) < 1e-9


def _plain_factor(pairs: Pairs, fit: Mask, known: Statistics) -> Iterable[Candidate]:
    """A column scaled to 0..1 from 0..high: serving is a plain multiple of it."""
    from vedette.engine.skew.causes import unit

    for one in unit.propose(pairs, fit):
        if _unit_range(known):
            yield Candidate(
                "scaler", f"{one.transformation}: not scaled to 0..1", one.explains, KNOWN
            )
