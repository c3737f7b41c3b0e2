"""Groups of which only chances are known: two estimates of every comparison, as a bracket.

Owns: reading the chances of rows, the rows and findings made of both estimates.  Does not own: the
estimates (`stats.fairness.membership`).
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from vedette.core.rates import RATES
from vedette.core.words import number, percent, points, times
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import CHANCES, MONITOR
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import CONTEXT, TWINS
from vedette.monitors.finding import Finding
from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import Labels, Predictions
from vedette.profiles.groups import Grouping
from vedette.profiles.numbers import finite
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.membership import Bracket, Weighted, bracket
from vedette.stats.fairness.metrics import GROUP_METRICS


def weighted_of(
    batch: pa.RecordBatch,
    columns: Mapping[str, str],
    grouping: Grouping,
    said: Predictions,
    labels: Labels | None,
) -> Weighted:
    """Sum rows by the chances of their groups; rows without a decision are left out.

    Shapes: `columns` group -> the column of its chance.
    """
    decisions, known_labels, _ = grouping.shape
    usable = np.flatnonzero(said.codes >= 0)
    read = [finite(column_or_absent(batch, name)) for name in columns.values()]
    chances = np.stack(read, axis=1)[usable]
    label = np.full(len(said.codes), -1) if labels is None else labels.codes
    label = np.where(label < 0, known_labels, label)[usable]
    return Weighted.of(chances, said.codes[usable], label, decisions, known_labels)


class Judged(NamedTuple):
    """One group on one metric by both estimates.

    Units: `ends` from where to where the two put it, `bounds` the same with both intervals, as a
    ratio or a difference.
    """

    verdict: str
    ends: tuple[float, float]
    bounds: tuple[float, float]


def membership_of(
    column: str, names: tuple[str, ...], sums: Weighted, positive: int, asked: Asked
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows and findings of the groups of one column."""
    labelled = sums.chances[:, :, :-1].sum() > 0
    metrics = tuple(one for one in GROUP_METRICS if labelled or not one.labels)
    found = bracket(sums, positive, sidak(asked.level, len(names)), metrics)
    rows, findings = [], []
    for at, metric in enumerate(metrics):
        for place, name in enumerate(names):
            judged = _judged(found, (at, place), metric.ratio, asked)
            label = f"{column}={name}"
            why = _reason(found, (at, place), judged, metric.name, metric.ratio, label, asked)
            row = _row(found, (at, place), judged, asked)
            about = {"column": column, "group": label, "metric": metric.name}
            context = metric.name in CONTEXT
            told = {"verdict": "context" if context else judged.verdict, "reason": why}
            rows.append({**about, **row, "broken": sums.broken, "bar": sums.bar, **told})
            if not context and metric.name not in TWINS:
                findings.append(_finding(row, judged, why, metric.name, column, label, asked))
    return rows, findings


def _judged(found: Bracket, i: tuple[int, int], by_ratio: bool, asked: Asked) -> Judged:
    """Alarming where both intervals lie beyond the limit; unknown where the two do not agree."""
    ends = found.ratio if by_ratio else found.difference
    bounds = found.ratio_bounds if by_ratio else found.difference_bounds
    one, two = float(ends[0][i]), float(ends[1][i])
    low, high = float(bounds[0][i]), float(bounds[1][i])
    limits = (asked.ratio, 1 / asked.ratio) if by_ratio else (-asked.gap, asked.gap)
    if _few(found, i, asked) or not isfinite(one + two):
        verdict = "unknown"
    elif high < limits[0] or low > limits[1]:
        verdict = "alarming"
    elif (two < limits[0] or one > limits[1]) and not low <= (1.0 if by_ratio else 0.0) <= high:
        verdict = "notable"
    elif limits[0] <= one and two <= limits[1]:
        verdict = "calm"
    else:
        verdict = "unknown"
    return Judged(verdict, (one, two), (low, high))


def _few(found: Bracket, i: tuple[int, int], asked: Asked) -> bool:
    """Whether a side of an estimate has fewer rows than are judged."""
    sides = (found.weighted.n, found.weighted.other_n, found.thresholded.n,
             found.thresholded.other_n)  # fmt: skip
    return bool(min(side[i] for side in sides) < asked.enough)


def _row(found: Bracket, i: tuple[int, int], judged: Judged, asked: Asked) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, one in (("weighted", found.weighted), ("thresholded", found.thresholded)):
        told = one.n[i] >= asked.minimum
        held = told and one.other_n[i] >= asked.minimum
        figures = {"rate": one.rate, "low": one.low, "high": one.high}
        beside = {
            "other": one.other, "difference": one.difference, "difference_low": one.difference_low,
            "difference_high": one.difference_high, "ratio": one.ratio, "ratio_low": one.ratio_low,
            "ratio_high": one.ratio_high,
        }  # fmt: skip
        made[f"{name}_n"] = known(round(float(one.n[i]), 1)) if told else None
        made |= {f"{name}_{key}": known(part[i]) if told else None for key, part in figures.items()}
        made |= {f"{name}_{key}": known(part[i]) if held else None for key, part in beside.items()}
    names = ("from", "to", "low", "high")
    ends = dict(zip(names, (*judged.ends, *judged.bounds), strict=True))
    sides = (side for one in (found.weighted, found.thresholded) for side in (one.n, one.other_n))
    both = min(side[i] for side in sides) >= asked.minimum
    return made | {key: known(value) if both else None for key, value in ends.items()}


def _finding(
    row: Mapping[str, Any],
    judged: Judged,
    why: str,
    metric: str,
    column: str,
    label: str,
    asked: Asked,
) -> Finding:
    by_ratio = metric == "selection_rate"
    return Finding(
        monitor=MONITOR, component=metric, column=column, segment=label, category=CHANCES,
        observed=row["weighted_rate"], expected=row["weighted_other"],
        effect=row["weighted_difference"], unit="share", low=row["weighted_difference_low"],
        high=row["weighted_difference_high"], magnitude=abs(row["weighted_difference"] or 0.0),
        n_window=int(row["weighted_n"] or 0), min_effect=asked.ratio if by_ratio else asked.gap,
        verdict=judged.verdict, reason=why,
    )  # fmt: skip


def _reason(
    found: Bracket,
    i: tuple[int, int],
    judged: Judged,
    metric: str,
    by_ratio: bool,
    label: str,
    asked: Asked,
) -> str:
    name = RATES[metric]
    if _few(found, i, asked):
        one = found.weighted
        told = min(one.n[i], one.other_n[i]) >= asked.minimum
        rates = f"{percent(float(one.rate[i]))} against {percent(float(one.other[i]))} of the rest"
        return (
            f"cannot tell the {name} of `{label}`: fewer than {asked.enough} rows are known well "
            f"enough to be of it, or of the others"
            + (f"; weighted by chances alone it is {rates}" if told else "")
        )
    rates = (
        f"{percent(float(found.weighted.rate[i]))} to {percent(float(found.thresholded.rate[i]))}"
    )
    if by_ratio:
        ends, bounds = ([times(x) for x in pair] for pair in (judged.ends, judged.bounds))
        told = f"{ends[0]} to {ends[1]} times that of the rest"
    else:
        ends, bounds = ([points(x) for x in pair] for pair in (judged.ends, judged.bounds))
        told = f"{ends[0]} to {ends[1]} points from that of the rest"
    limit = number(asked.ratio, 3) if by_ratio else f"{points(asked.gap)} points"
    tail = {
        "alarming": f"beyond the limit of {limit} by either estimate",
        "notable": f"beyond chance, though perhaps not beyond the limit of {limit}",
        "calm": f"within the limit of {limit} by either estimate",
        "unknown": "cannot tell: the two estimates do not agree on which side of the limit it lies",
    }[judged.verdict]
    return (
        f"the {name} of `{label}`, known by chances alone, is {rates}, {told} ({bounds[0]} to "
        f"{bounds[1]}): {tail}"
    )
