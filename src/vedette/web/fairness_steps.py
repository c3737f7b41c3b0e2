"""One group beside those it is held against, step by step.

Owns: which steps may be shown, the gap of each with its interval, the band that holds at every
look.  Does not own: adding up (`web.history.fairness`), formulas (`stats.fairness`).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import nearest
from vedette.engine.audit_rates import REST
from vedette.engine.audit_shown import shown_of
from vedette.profiles.groups import Groups
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.metrics import Share
from vedette.stats.fairness.sequence import gap_band
from vedette.stats.fairness.tally import Tally
from vedette.web.answers import Problem
from vedette.web.fairness import Treated
from vedette.web.fairness_verdict import worst

Flags = NDArray[np.bool_]


class Stepped(NamedTuple):
    """A group at one step; None where it is not known, or may not be shown.

    Units: `start` in UTC nanoseconds; `value` a ratio of rates or a difference of shares, as the
    metric is by custom compared; the band is of all rows so far, for the difference only.
    """

    start: int
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
    largest; None where none may be shown.

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
            return wanted
        hint = nearest(wanted, names) or "it is too small, or there is none"
        raise Problem(400, "wrong_query", f"There is no group {wanted[:80]!r}; {hint}", "group")
    lead = worst(asked.of(asked.metric.name)) or worst(asked.rows)
    if lead is not None and lead["group"] in names:
        return str(lead["group"])
    rows = dict(zip(asked.groups.labels, asked.tally.rows.tolist(), strict=True))
    return max(names, key=lambda name: rows[name], default=None)


def stepped(asked: Treated, group: str) -> list[Stepped]:
    """A group at every step that has rows, oldest first."""
    if asked.metric.name in asked.refused:
        return []
    key, place = asked.groups.key, asked.groups.labels.index(group)
    found, sums = asked.found, asked.found.sets[asked.groups.key]
    seen = [at for at in range(found.span.steps) if found.seen[at]]
    if not seen:
        return []
    flags = steps_shown(asked)[key]
    pairs = [_pair(asked, sums.tally(at), place) for at in seen]
    own, other = (Share(*(np.array(x, np.float64) for x in zip(*side, strict=True)))
                  for side in zip(*pairs, strict=True))  # fmt: skip
    least = asked.limits.minimum
    fits = np.array([flags[at, place] for at in seen])
    fits &= (own.n >= least) & (other.n >= least)
    told = compare(*own, *other, asked.limits.level)
    k, n, other_k, other_n = (np.where(fits, x, 0.0) for x in (*own, *other))
    band = gap_band(k, n, other_k, other_n, asked.limits.level)
    ratio = asked.metric.ratio
    value, low, high = (
        (told.ratio, told.ratio_low, told.ratio_high)
        if ratio
        else (told.difference, told.difference_low, told.difference_high)
    )

    def known(numbers: NDArray[np.float64], i: int) -> float | None:
        return float(numbers[i]) if fits[i] and np.isfinite(numbers[i]) else None

    return [
        Stepped(
            found.span.starts[at],
            known(value, i), known(low, i), known(high, i),
            None if ratio or abs(band.low[i]) >= 1 else known(band.low, i),
            None if ratio or abs(band.high[i]) >= 1 else known(band.high, i),
            known(told.rate, i), known(told.other, i),
            int(own.n[i]) if fits[i] else None, int(other.n[i]) if fits[i] else None,
            not (asked.metric.labels and found.waiting[at]),
        )
        for i, at in enumerate(seen)
    ]  # fmt: skip


def steps_shown(asked: Treated) -> dict[str, Flags]:
    """Which groups may be shown at which steps.

    A step that is hidden, alone or with few rows, would follow from the whole stretch and all the
    other steps: then more are.  Shapes: bool[S, G] by key.
    """
    least = asked.limits.minimum
    rows = {key: sums.rows() for key, sums in asked.found.sets.items()}
    each = [
        shown_of(asked.grouping.sets, {key: own[at] for key, own in rows.items()}, least)
        for at in range(asked.found.span.steps)
    ]
    found: dict[str, Flags] = {}
    for groups in asked.grouping.sets:  # single columns come before intersections
        key = groups.key
        flags = np.stack([one[key] for one in each]) & asked.shown[key]
        for margin in asked.grouping.sets:
            if margin.key in found and set(margin.columns) < set(groups.columns):
                flags[:, : len(groups.names)] &= found[margin.key][:, _margin(groups, margin)]
        found[key] = _in_time(flags, rows[key], least)
    return found


def _margin(groups: Groups, margin: Groups) -> NDArray[np.intp]:
    """The group of a margin that each named group of a set lies in."""
    axes = [groups.columns.index(column) for column in margin.columns]
    place = {name: at for at, name in enumerate(margin.names)}
    other = len(margin.names)
    told = [place.get(tuple(name[axis] for axis in axes), other) for name in groups.names]
    return np.array(told, np.intp)


def _in_time(shown: Flags, rows: NDArray[np.int64], least: int) -> Flags:
    """Hide more steps of a group until the hidden ones are none, or two at least with rows enough,
    and with them as many groups of the same step; rows that state no group are always counted."""
    shown, rows = shown.copy(), rows.copy()
    rows[:, -1] = 0
    for _ in range(shown.size):
        hidden = ~shown & (rows > 0)
        lost = np.where(hidden, rows, 0)
        lone = ((hidden.sum(axis=0) == 1) | (lost.sum(axis=0) < least)) & hidden.any(axis=0)
        spare = shown & (rows > 0)
        columns = np.flatnonzero(lone & spare.any(axis=0))
        if len(columns):
            at = np.where(spare, rows, np.iinfo(np.int64).max).argmin(axis=0)
            shown[at[columns], columns] = False
            continue
        alone = (hidden.sum(axis=1) == 1) & (spare.sum(axis=1) > 0)
        lines = np.flatnonzero(alone)
        if not len(lines):
            return shown
        at = np.where(spare, rows, np.iinfo(np.int64).max).argmin(axis=1)
        shown[lines, at[lines]] = False
    return shown


def _pair(
    asked: Treated, tally: Tally, place: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    """k of n rows of the group, and of those it is held against."""
    everyone = tally.take(np.arange(len(asked.groups) - 1))
    own = asked.metric.of(tally.take([place]))
    if asked.against == REST:
        other = asked.metric.of(everyone.rest().take([place]))
    else:
        other = asked.metric.of(tally.take([asked.groups.labels.index(asked.against)]))
    return (own.k[0], own.n[0]), (other.k[0], other.n[0])
