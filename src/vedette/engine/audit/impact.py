"""The tables that audits of bias ask for: impact ratios, four fifths, the widest gap.

Owns: selection and scoring rates beside those of the highest group, what is left out and why.  Does
not own: verdicts (`engine.audit.rates`), which groups are shown (`engine.audit.shown`).

A point estimate of a ratio is shown and never judged: without any disparity a small group lies
below four fifths most of the time.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.rates import RATES
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import BESIDE, FEW_SHOWN, flags_of
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import REST, Rated
from vedette.profiles.groups import Groups
from vedette.stats.fairness.intervals import rate_interval, ratio_interval
from vedette.stats.fairness.spread import spread, worst_gap

SMALL = 0.02  # share of the rows below which a group may be left out of the ratios
Flags = NDArray[np.bool_]
Counts = NDArray[np.int64]


def impact_rows(
    groups: Groups,
    sizes: Counts,
    selected: tuple[Counts, Counts] | None,
    scored: tuple[Counts, Counts] | None,
    shown: Flags,
    asked: Asked,
    counted: Mapping[str, Flags] | None = None,
) -> list[dict[str, Any]]:
    """Every group of a set with its rates and their ratios to the highest.

    Shapes: `sizes` int64[G]; `selected` and `scored` are k of n rows, int64[G] each: selected ones,
    and ones above the median score; None where there are no decisions, or no score; `counted` by
    the name of either which groups are shown of its rows.
    """
    total = max(int(sizes.sum()), 1)
    rows = []
    parts = {"selection": selected, "scoring": scored}
    told = {
        name: _to_highest(pair, sizes, shown & (counted or {}).get(name, shown), total, asked)
        for name, pair in parts.items()
        if pair is not None
    }
    for place, label in enumerate(groups.labels):
        if not sizes[place] and place != len(groups) - 1:
            continue
        why = _left_out(place, len(groups), sizes, shown, total, asked)
        own: dict[str, Any] = {
            "set": groups.key,
            "group": label,
            "rows": int(sizes[place]) if shown[place] else None,
            "share": float(sizes[place] / total) if shown[place] else None,
            "level": asked.level,
            "reason": why,
        }
        for name, columns in told.items():
            own |= {f"{name}_{key}": values[place] for key, values in columns.items()}
        rows.append(own)
    return rows


def _left_out(
    place: int, groups: int, sizes: Counts, shown: Flags, total: int, asked: Asked
) -> str:
    """Why a group has no ratio; "" where it has."""
    if place == groups - 1:
        return "the group is not known: counted, and in no rate"
    if place == groups - 2:
        return "not one group: values that are no named group"
    if sizes[place] < asked.minimum:
        return FEW_SHOWN.format(asked.minimum)
    if not shown[place]:
        return BESIDE
    if sizes[place] < SMALL * total:
        return f"fewer than {100 * SMALL:g} % of the rows: counted, and left out of the ratios"
    return ""


def _to_highest(
    pair: tuple[Counts, Counts], sizes: Counts, shown: Flags, total: int, asked: Asked
) -> dict[str, list[float | int | None]]:
    """Rates and their ratios to the highest, as columns by group."""
    k, n = (np.asarray(part, np.float64) for part in pair)
    groups = len(k)
    last = np.arange(groups) == groups - 1
    fits = shown & (n >= asked.minimum) & ~last
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(fits, k / n, np.nan)
    low, high = rate_interval(k, n, asked.level)
    chosen = fits & (sizes >= SMALL * total) & (np.arange(groups) < groups - 2)
    ratio = np.full(groups, np.nan)
    ends = np.full((2, groups), np.nan)
    if chosen.any():
        best = int(np.nanargmax(np.where(chosen, rate, np.nan)))
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(chosen, rate / rate[best], np.nan)
        other = chosen & (np.arange(groups) != best)
        found = ratio_interval(k, n, k[best], n[best], asked.level)
        ends = np.where(other, np.stack(found), np.nan)
    return {
        "n": [int(x) if one else None for x, one in zip(n, fits, strict=True)],
        "k": [int(x) if one else None for x, one in zip(k, fits, strict=True)],
        "rate": [known(x) for x in rate],
        "low": [known(x) if one else None for x, one in zip(low, fits, strict=True)],
        "high": [known(x) if one else None for x, one in zip(high, fits, strict=True)],
        "ratio": [known(x) for x in ratio],
        "ratio_low": [known(x) for x in ends[0]],
        "ratio_high": [known(x) for x in ends[1]],
    }


def four_fifths(rates: list[dict[str, Any]], impact: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ratio of selection rates of every group, as a point, with its interval and its test.

    `flagged` says what a rule on the point alone would: shown beside the verdict, never instead.
    """
    highest = {(row["set"], row["group"]): row for row in impact}
    found = []
    for row in rates:
        if row["metric"] != "selection_rate" or row["against"] != REST:
            continue
        best = highest.get((row["set"], row["group"]), {})
        point = best.get("selection_ratio")
        found.append(
            {
                **{key: row[key] for key in ("set", "group", "n", "rate", "other")},
                "to_highest": point,
                "to_highest_low": best.get("selection_ratio_low"),
                "to_highest_high": best.get("selection_ratio_high"),
                "flagged": None if point is None else bool(point < row["limit"]),
                **{key: row[key] for key in ("ratio", "ratio_low", "ratio_high", "z", "p")},
                **{key: row[key] for key in ("p_adjusted", "limit", "verdict", "reason")},
            }
        )
    return found


def widest_rows(found: Rated, shown: Flags, asked: Asked) -> list[dict[str, Any]]:
    """The widest gap of every metric, beside the one that chance alone makes."""
    compared = found.beside[-1].compared
    fits = (compared.n >= asked.minimum) & flags_of(found, shown)
    k, n = np.where(fits, compared.k, 0.0), np.where(fits, compared.n, 0.0)
    gaps = worst_gap(k, n, asked.level)
    with np.errstate(divide="ignore", invalid="ignore"):
        ends = spread(np.where(fits, k / n, np.nan))
    rows = []
    for at, metric in enumerate(found.metrics):
        if fits[at].sum() < 2:
            continue
        rows.append(
            {
                "set": found.groups.key,
                "metric": metric.name,
                "name": RATES[metric.name],
                "lowest": found.labels[int(ends.lowest[at])],
                "highest": found.labels[int(ends.highest[at])],
                "gap": known(gaps.gap[at]),
                "by_chance": known(gaps.expected[at]),
                "by_chance_at_most": known(gaps.bound[at]),
                "beyond_chance": known(gaps.corrected[at]),
                "ratio": known(ends.ratio[at]),
            }
        )
    return rows
