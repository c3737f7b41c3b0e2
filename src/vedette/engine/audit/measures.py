"""Numbers of a row by group: scores, errors, latencies, refusals.

Owns: means and shares beside the rest, with what is found of them.  Does not own: sums
(`sketches.measured`), formulas (`stats.fairness.means`, `stats.fairness.compare`), whole
distributions (`engine.audit.spread`).

A share (refused or not) is judged by the gap that other rates are.  A number has no limit of its
own; it is notable from a difference of DIFFERS standard deviations that is no chance, and never
alarming.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, percent, points
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import BESIDE, MONITOR
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import REST, limits_of
from vedette.engine.audit.reading import ABOVE
from vedette.engine.audit.words import p_words
from vedette.monitors.finding import Finding
from vedette.profiles.groups import Groups
from vedette.profiles.measures import Measure
from vedette.sketches.measured import Measured
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.distribution import standardised
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.means import Moments, welch
from vedette.stats.fairness.paid import paid
from vedette.stats.fairness.verdict import judge
from vedette.stats.intervals import cohen_h

DIFFERS = 0.2  # standard deviations: a small effect (Cohen 1988, section 2.2)
Flags = NDArray[np.bool_]
Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Means:
    """One number of every compared group beside the rest.

    Shapes: [G]; `low` and `high` of the difference hold for all groups together; `size` is the
    difference in standard deviations of all rows, of a share Cohen's h.
    """

    name: str
    share: bool
    n: Array
    mean: Array
    spread: Array
    others: Array
    other: Array
    difference: Array
    low: Array
    high: Array
    p: Array
    adjusted: Array
    size: Array
    size_low: Array
    size_high: Array
    verdict: NDArray[np.str_]
    comparisons: int


def means_of(groups: Groups, sums: Measured, at: int, one: Measure, asked: Asked) -> Means:
    """Compare one number between the groups of a set."""
    named = np.arange(len(groups.names))
    n = sums.counts[at].sum(axis=1).astype(np.float64)
    first, squares = sums.sums[at].T
    stated = np.arange(len(groups) - 1)
    left, less, least = (part[stated].sum() - part[named] for part in (n, first, squares))
    usable = max(int((n[named] >= asked.enough).sum()), 1)
    comparisons = 1 if usable == 2 and not n[-2] else usable
    few = (n[named] < asked.enough) | (left < asked.enough)
    if one.share:
        k, other_k = (
            np.rint(part + rows * one.centre)
            for part, rows in ((first[named], n[named]), (less, left))
        )
        return _shares(one, (k, n[named]), (other_k, left), few, comparisons, asked)
    own = Moments.of(n[named], first[named], squares[named], one.centre)
    rest = Moments.of(left, less, least, one.centre)
    level = sidak(asked.level, comparisons)
    found, size = welch(own, rest, level), standardised(own, rest, level)
    adjusted = paid(found.p, comparisons)
    with np.errstate(invalid="ignore"):
        differs = (np.abs(size.value) >= DIFFERS) & (adjusted <= 1 - asked.level)
    verdict = np.select([few | np.isnan(found.p), differs], ["unknown", "notable"], "calm")
    return Means(
        one.name, False, own.n, own.mean, np.sqrt(own.variance), rest.n, rest.mean,
        found.difference, found.low, found.high, found.p, adjusted, size.value, size.low,
        size.high, verdict, comparisons,
    )  # fmt: skip


def _shares(
    one: Measure,
    own: tuple[Array, Array],
    other: tuple[Array, Array],
    few: Flags,
    comparisons: int,
    asked: Asked,
) -> Means:
    """Compare how often something holds.  Shapes: k and n of the groups, and of the others."""
    (k, n), (other_k, other_n) = own, other
    found = compare(k, n, other_k, other_n, asked.level)
    judged = judge(found, limits_of(asked), comparisons)
    rates = [np.nan_to_num(side) for side in (found.rate, found.other)]
    size = np.array([cohen_h(a, b) for a, b in zip(*rates, strict=True)])
    nothing = np.full(len(size), np.nan)
    return Means(
        one.name, True, n, found.rate, np.sqrt(found.rate * (1 - found.rate)), other_n,
        found.other, found.difference, judged.difference_low, judged.difference_high, found.p,
        judged.adjusted, size, nothing, nothing, np.where(few, "unknown", judged.verdict),
        comparisons,
    )  # fmt: skip


def measure_rows(
    groups: Groups, found: Sequence[Means], seen: Sequence[Flags], asked: Asked
) -> list[dict[str, Any]]:
    """Every number of every group as a row.  Shapes: `seen` bool[G] by number."""
    rows = []
    for one, shown in zip(found, seen, strict=True):
        for place, label in enumerate(groups.labels[: len(groups.names)]):
            told, held = _told(one, place, bool(shown[place]), asked)
            figures = {"mean": one.mean, "spread": one.spread}
            beside = {
                "other": one.other, "difference": one.difference, "difference_low": one.low,
                "difference_high": one.high, "p": one.p, "p_adjusted": one.adjusted,
                "size": one.size, "size_low": one.size_low, "size_high": one.size_high,
            }  # fmt: skip
            rows.append(
                {
                    "set": groups.key,
                    "group": label,
                    "measure": one.name,
                    "share": one.share,
                    "n": int(one.n[place]) if shown[place] else None,
                    "other_n": int(one.others[place]) if shown[place] else None,
                    "against": REST,
                    **{key: known(v[place]) if told else None for key, v in figures.items()},
                    **{key: known(v[place]) if held else None for key, v in beside.items()},
                    "verdict": _verdict(one, place),
                    "reason": _reason(one, place, label, bool(shown[place]), asked),
                }
            )
    return rows


def measure_findings(
    groups: Groups, found: Sequence[Means], seen: Sequence[Flags], asked: Asked
) -> list[Finding]:
    """What is found of every number that was asked for, and of the score and the error."""
    made = []
    for one, shown in zip(found, seen, strict=True):
        if one.name == ABOVE:  # told in the table of impact ratios
            continue
        for place, label in enumerate(groups.labels[: len(groups.names)]):
            told, held = _told(one, place, bool(shown[place]), asked)
            adjusted = float(one.adjusted[place])

            def figure(values: Array, held: bool = held, place: int = place) -> float | None:
                return known(values[place]) if held else None

            made.append(
                Finding(
                    monitor=MONITOR,
                    component=one.name,
                    column=groups.key,
                    segment=label,
                    observed=figure(one.mean, told),
                    expected=figure(one.other),
                    effect=figure(one.difference),
                    unit="share" if one.share else "",
                    low=figure(one.low),
                    high=figure(one.high),
                    magnitude=abs(figure(one.size) or 0.0),
                    p=figure(one.p),
                    p_adjusted=adjusted if held else None,
                    evidence=-log10(max(adjusted, 1e-300)) if held else 0.0,
                    n_baseline=int(one.others[place]) if shown[place] else 0,
                    n_window=int(one.n[place]) if shown[place] else 0,
                    min_effect=asked.gap if one.share else DIFFERS,
                    verdict=_verdict(one, place),
                    reason=_reason(one, place, label, bool(shown[place]), asked),
                )
            )
    return made


def _told(one: Means, place: int, shown: bool, asked: Asked) -> tuple[bool, bool]:
    """Whether the figures of a group are told, and those beside the rest, which tell the rest's."""
    told = shown and bool(one.n[place] >= asked.minimum)
    return told, told and bool(one.others[place] >= asked.minimum)


def _verdict(one: Means, place: int) -> str:
    return "context" if one.name == ABOVE else str(one.verdict[place])


def _reason(one: Means, place: int, label: str, shown: bool, asked: Asked) -> str:
    """What is found of one number in one group."""
    verdict = str(one.verdict[place])
    asks = f"cannot tell whether the mean `{one.name}` of `{label}` differs from that of the rest"
    if one.n[place] < asked.enough:
        return f"{asks}: fewer than {asked.enough} rows"
    if verdict == "unknown":
        return f"{asks}: too few rows"
    if not shown:
        return f"the mean `{one.name}` of `{label}` is {verdict}; {BESIDE}"
    low, high = float(one.low[place]), float(one.high[place])
    value = float(one.difference[place])
    side = "lower" if value < 0 else "higher"
    if value < 0:
        value, low, high = -value, -high, -low
    mean, other = float(one.mean[place]), float(one.other[place])
    chance = p_words(float(one.adjusted[place]))
    if one.share:
        told = (
            f"`{one.name}` holds of {percent(mean)} of `{label}` against {percent(other)} of the "
            f"rest: {points(value)} points {side} ({points(low)} to {points(high)}; {chance})"
        )
        limit = f"the limit of {points(asked.gap)} points"
    else:
        told = (
            f"the mean `{one.name}` of `{label}` is {number(mean, 3)} against {number(other, 3)} "
            f"of the rest: {number(value, 3)} {side} ({number(low, 3)} to {number(high, 3)}; "
            f"{chance}), {number(abs(float(one.size[place])), 2)} standard deviations"
        )
        limit = f"the limit of {DIFFERS:g}"
    ends = {
        "alarming": f"beyond {limit}",
        "notable": f"beyond chance, though perhaps not beyond {limit}"
        if one.share
        else f"beyond {limit}",
        "calm": f"not beyond {limit}, as far as can be told",
    }
    return f"{told}, {ends[verdict]}" if verdict in ends else told
