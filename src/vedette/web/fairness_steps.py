"""One group beside those it is held against, step by step.

Owns: the gap of each step with its interval, the band that holds at every look.  Does not own:
adding up (`web.history.fairness`), which steps may be shown (`engine.audit.steps`), formulas
(`stats.fairness`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import spell
from vedette.core.errors import nearest
from vedette.engine.audit.rates import REST
from vedette.engine.audit.steps import shown_in_time
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.metrics import Share
from vedette.stats.fairness.ratio_band import ratio_band
from vedette.stats.fairness.sequence import gap_band
from vedette.stats.fairness.tally import Tally
from vedette.web.answers import Problem
from vedette.web.fairness import Treated
from vedette.web.fairness_verdict import worst

FEWEST = 6  # steps that a history has at least, where there are as many
SCARCE = 0.05  # of the groups of all steps may have too few rows, before steps are made wider
Flags = NDArray[np.bool_]


class Block(NamedTuple):
    """Steps that are told as one.  Units: `start` and `end` in UTC nanoseconds."""

    start: int
    end: int
    steps: slice


class Stepped(NamedTuple):
    """A group at one step; None where it is not known, or may not be shown.

    Units: `start` and `end` in UTC nanoseconds; `value` a ratio of rates or a difference of shares,
    as the metric is by custom compared; the band is of all rows so far.
    """

    start: int
    end: int
    value: float | None
    low: float | None
    high: float | None
    band_low: float | None
    band_high: float | None
    rate: float | None
    other: float | None
    n: int | None
    other_n: int | None
    is_mature: bool


def group_asked(asked: Treated, wanted: str | None) -> str | None:
    """The group whose steps are told: the one that is asked for, else the one that leads, else the
    largest; None where none may be shown, or there are no rates.

    Errors: Problem, 400, for a group that is none, or too small.
    """
    flags = asked.shown[asked.groups.key]
    names = [
        name
        for name, fits in zip(asked.groups.labels[:-2], flags[:-2], strict=True)
        if fits and name != asked.against
    ]
    if wanted:
        if wanted in names:
            return wanted if asked.decides else None
        hint = nearest(wanted, names) or "it is too small, or there is none"
        raise Problem(400, "wrong_query", f"There is no group {wanted[:80]!r}; {hint}", "group")
    lead = worst(asked.of(asked.metric.name)) or worst(asked.rows)
    if lead is not None and lead["group"] in names:
        return str(lead["group"])
    if not asked.decides:
        return None
    rows = dict(zip(asked.groups.labels, asked.tally.rows.tolist(), strict=True))
    return max(names, key=lambda name: rows[name], default=None)


def stepped(asked: Treated, group: str) -> list[Stepped]:
    """A group at every step that has rows, oldest first."""
    if asked.metric.name in asked.refused:
        return []
    key, place = asked.groups.key, asked.groups.labels.index(group)
    found, sums = asked.found, asked.found.sets[key]
    told = blocks_of(asked)
    if not told:
        return []
    fits = blocks_shown(asked, told)[key][:, place]
    pairs = [_pair(asked, sums.tally(block.steps), place) for block in told]
    own, other = (_share([pair[side] for pair in pairs]) for side in (0, 1))
    fits = fits & (np.minimum(own.n, other.n) >= asked.limits.minimum)
    counted = [np.where(fits, part, 0.0) for part in (*own, *other)]
    by_ratio, level = asked.metric.ratio, asked.limits.level
    compared = compare(*own, *other, level)
    band = (ratio_band if by_ratio else gap_band)(
        counted[0], counted[1], counted[2], counted[3], level
    )
    name = "ratio" if by_ratio else "difference"
    gap = [getattr(compared, f"{name}{end}") for end in ("", "_low", "_high")]

    def known(numbers: NDArray[np.float64], at: int, most: float = np.inf) -> float | None:
        fine = fits[at] and np.isfinite(numbers[at]) and abs(numbers[at]) < most
        return float(numbers[at]) if fine else None

    widest = np.inf if by_ratio else 1.0  # a band as wide as can be says nothing
    return [
        Stepped(
            block.start,
            block.end,
            known(gap[0], at),
            known(gap[1], at),
            known(gap[2], at),
            known(band.low, at, widest),
            known(band.high, at, widest),
            known(compared.rate, at),
            known(compared.other, at),
            int(own.n[at]) if fits[at] else None,
            int(other.n[at]) if fits[at] else None,
            not (asked.metric.labels and found.waiting[block.steps].any()),
        )
        for at, block in enumerate(told)
    ]


def blocks_of(asked: Treated) -> list[Block]:
    """The steps of a history: those of the stretch, or as many together as give nearly every group
    that is shown rows enough; steps of no rows are left out."""
    found, least = asked.found, asked.limits.enough
    rows = {key: sums.rows() for key, sums in found.sets.items()}
    wanted = np.concatenate([rows[key][:, asked.shown[key]] for key in rows], axis=1)
    best: list[Block] = []
    for times in (1, 2, 4, 8, 16):
        blocks = _blocks(asked, times)
        if best and len(blocks) < FEWEST:
            break
        best = blocks
        sizes = np.stack([wanted[block.steps].sum(axis=0) for block in blocks or ()] or [[least]])
        if (sizes < least).mean() <= SCARCE:
            break
    return best


def width_of(blocks: Sequence[Block]) -> str:
    """How wide the steps of a history are, in words.

    Example:
        >>> width_of([Block(0, 2 * 86_400 * 10**9, slice(0, 2))])
        '2 d'
    """
    return spell(max((block.end - block.start for block in blocks), default=0))


def blocks_shown(asked: Treated, blocks: Sequence[Block]) -> dict[str, Flags]:
    """Which groups may be shown at which steps.  Shapes: bool[blocks, G] by key."""
    rows = {
        key: np.stack([every[block.steps].sum(axis=0) for block in blocks])
        for key, every in ((key, sums.rows()) for key, sums in asked.found.sets.items())
    }
    return shown_in_time(asked.grouping.sets, rows, asked.shown, asked.limits.minimum)


def _blocks(asked: Treated, times: int) -> list[Block]:
    """So many steps of the stretch as one, cut where the clock does, so that other stretches cut
    alike."""
    span, seen = asked.found.span, asked.found.seen
    width, found = span.width * times, list[Block]()
    at = 0
    while at < span.steps:
        last = min(span.steps, at + times - (span.starts[at] // span.width) % times)
        if seen[at:last].any():
            start = span.starts[at]
            found.append(
                Block(start, min(start // width * width + width, span.end), slice(at, last))
            )
        at = last
    return found


def _share(parts: Sequence[tuple[float, float]]) -> Share:
    k, n = np.array(parts, np.float64).T
    return Share(k, n)


def _pair(
    asked: Treated, tally: Tally, place: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """k of n rows of the group, and of those it is held against."""
    own = asked.metric.of(tally.take([place]))
    if asked.against == REST:
        everyone = tally.take(np.arange(len(asked.groups) - 1))
        other = asked.metric.of(everyone.rest().take([place]))
    else:
        other = asked.metric.of(tally.take([asked.groups.labels.index(asked.against)]))
    return (own.k[0], own.n[0]), (other.k[0], other.n[0])
