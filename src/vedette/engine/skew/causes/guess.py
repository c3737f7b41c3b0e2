"""Which cause is named: the simplest that explains most, on pairs it was not fitted on.

Owns: halves, chance, parsimony, one cause after another.  Does not own: the causes.

Half of the pairs teach, the other half judges.  A guess must explain a share of the judging half,
and clearly more than it would if the online values stood in other rows.  Of the guesses that
explain as much as the best, the one that assumes least is named; those that assume as little are
said beside it ("either").  What it explains is taken away, and the rest is asked again.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from vedette.engine.skew.causes.candidate import Candidate, Cause
from vedette.engine.skew.causes.catalog import CATALOG
from vedette.engine.skew.causes.numbers import CLOSE, EXACT, apart
from vedette.engine.skew.causes.pairs import Mask, Pairs
from vedette.engine.skew.causes.where import EVERY, place, thorough
from vedette.stats.intervals import wilson

FEWEST = 8  # pairs; fewer teach nothing
MOST = 3  # causes in one column
LEAST = 0.05  # share of all pairs that a cause explains, at least
FEW = 4  # pairs of the judging half that it explains, at least
BEYOND = 3.0  # times what chance explains
CLEAR = 0.7  # or so far of the way from what chance explains to everything
AS_MUCH = 0.98  # of what the best guess explains
AS_SIMPLE = 0.45  # in cost
RUNNER_UP = 0.35  # of a guess' own share: with a rival value so common it is noise
# Of two values one that differs is always the other, so that any rule that exchanges them holds.
OF_TWO = ("missing", "fill", "inverted", "swapped", "lag")
# What may change numbers by next to nothing; all else must say more than that a number stays.
FINE = ("rounding", "truncation", "unit", "offset", "affine")
CERTAIN = 4.0  # standard errors
ALMOST_ALL = 0.9  # what a guess explains that needs no look at its rivals


class Judged(NamedTuple):
    """A guess, the pairs it explains, and how many of the judging half these are."""

    guess: Candidate
    explained: Mask
    held: int


def guess(pairs: Pairs, most: int = MOST) -> tuple[Cause, ...]:
    """Name what makes the pairs differ, most first; nothing where nothing is certain.

    Shapes: pairs in random order; see `Pairs` for what else helps.
    Bounds: at most `most` causes, each of at least 5 % of the pairs; none for fewer than 8 pairs.
    Example:
        >>> from vedette.engine.skew.causes.pairs import values_of
        >>> miles = [float(m) for m in range(100, 200)]
        >>> pairs = Pairs(values_of(miles), values_of([1.609344 * m for m in miles]))
        >>> [cause.words for cause in guess(pairs)]
        ['serving value = training value × 1.609344 (miles to kilometres)']
    """
    if len(pairs) < FEWEST:
        return ()
    judging = np.arange(len(pairs)) % 2 == 1
    left = np.ones(len(pairs), np.bool_)
    found: list[Cause] = []
    while len(found) < most and np.count_nonzero(left) >= FEWEST:
        rest = pairs.take(left)
        named = _best(rest, judging[left], int(np.count_nonzero(judging)))
        if named is None:
            break
        explained = np.zeros(len(pairs), np.bool_)
        explained[left] = named[0].explained
        found.append(_cause(pairs, named, explained, judging))
        left &= ~explained
    return tuple(found)


def _best(rest: Pairs, judging: Mask, halves: int) -> list[Judged] | None:
    """The guess to name, then those that say the same of these rows as simply."""
    judged = list(_judged(rest, judging, halves))
    if not judged:
        return None
    top = max(one.held for one in judged)
    near = [one for one in judged if one.held >= AS_MUCH * top]
    near.sort(key=lambda one: (one.guess.cost, -one.held))
    first = near[0]
    same = [one for one in near[1:] if one.guess.cost <= first.guess.cost + AS_SIMPLE]
    named = {first.guess.name}
    others = []
    for one in same:
        if one.guess.name not in named:
            named.add(one.guess.name)
            others.append(one)
    return [first, *others]


def _judged(rest: Pairs, judging: Mask, halves: int) -> Iterator[Judged]:
    mixed = rest.shuffled()
    seen, clear = apart(rest, EXACT), apart(rest, 2 * CLOSE)
    either_or = _two_values(rest) and thorough(rest) < EVERY
    for name, propose in CATALOG.items():
        if either_or and name not in OF_TWO:
            continue
        for one in propose(rest, ~judging):
            explained = one.explains(rest) & (seen if name in FINE else clear)
            held = int(np.count_nonzero(explained & judging))
            share = held / max(int(np.count_nonzero(judging)), 1)
            if held < FEW or held < LEAST * halves or share < one.least:
                continue
            if share < ALMOST_ALL and one.apart > RUNNER_UP * share:
                continue
            if one.varied > 1 and _distinct(rest, explained & judging) < one.varied:
                continue
            chance = one.chance
            if chance is None:
                chance = float(np.count_nonzero(one.explains(mixed)) / len(rest))
            # Mixing rows of one value says nothing.
            drawn = chance < 1 and (either_or or one.chance is None)
            if drawn and wilson(held, int(np.count_nonzero(judging)), CERTAIN)[0] <= chance:
                continue  # a few coins that fell alike; many guesses are tried
            if share >= BEYOND * chance or share >= chance + CLEAR * (1 - chance):
                yield Judged(one, explained, held)


def _two_values(pairs: Pairs) -> bool:
    """Whether both sides hold the same two values and no other."""
    if pairs.offline.kind != pairs.online.kind:
        return False
    held = [pairs.offline, pairs.online, *([] if pairs.same is None else [pairs.same])]
    return len(np.unique(np.concatenate([side.present.data for side in held]))) == 2


def _distinct(pairs: Pairs, which: Mask) -> int:
    return len(np.unique(pairs.online.take(which).present.data))


def _cause(pairs: Pairs, named: Sequence[Judged], explained: Mask, judging: Mask) -> Cause:
    first = named[0].guess
    n = int(np.count_nonzero(judging))
    held = int(np.count_nonzero(explained & judging))
    low, high = wilson(held, n)
    here = place(pairs, explained)
    segment = f"{here.column} = {_spelt(here.value)}" if here else ""
    where = f" for {segment.replace(' = ', ' ', 1)}" if here else ""
    transformation = first.transformation
    if pairs.column:  # `distance` = training x 1.609: of which column the value is, is said
        transformation = transformation.replace("training value", "training")
    return Cause(
        name=first.name,
        share=held / n,
        low=low,
        high=high,
        transformation=transformation,
        words=f"serving {_called(pairs.column)} {first.verb} {transformation}{where}",
        confidence="either" if len(named) > 1 else "sure",
        alternatives=tuple(f"{one.guess.name}: {one.guess.transformation}" for one in named[1:]),
        segment=segment,
        pairs=int(np.count_nonzero(explained)),
    )


def _spelt(value: object) -> str:
    """A segment's value; numbers and truth values are held as floats."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _called(column: str) -> str:
    return f"`{column}`" if column else "value"
