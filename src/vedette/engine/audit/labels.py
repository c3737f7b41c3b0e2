"""What labels that are missing leave open, by group.

Owns: how many rows of each group have a label, what the others could make of a rate, which claims
fall because only some decisions get labels.  Does not own: the formulas
(`stats.fairness.bounds`), findings (`engine.audit.found`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.rates import left_open
from vedette.core.words import percent, plural
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.numbers import known
from vedette.profiles.groups import Groups
from vedette.stats.fairness.bounds import (
    UNEVEN,
    Coverage,
    bounds,
    coverage,
    fallen,
    kinds,
    refused,
    rests,
)
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.metrics import GROUP_METRICS, GroupMetric
from vedette.stats.fairness.tally import Tally

REFUSED = (
    "is not told: labels are known of {any} rows but those that were {decision}, so nobody "
    "knows what would have become of the others"
)
SELECTIVE = (
    "labels are known of {any} rows but those that were {decision}{named}: error rates of everyone "
    "are not told, and what is told of labels (predictive values, calibration, errors) speaks of "
    "those rows alone"
)
Flags = NDArray[np.bool_]


def falls_of(everyone: Tally) -> Flags:
    """Whose claims fall, since labels are known of one decision alone.

    Shapes: [G] -> bool[M, G] in the order of GROUP_METRICS.
    """
    if not everyone.labelled.sum():
        return np.zeros((len(GROUP_METRICS), len(everyone.rows)), np.bool_)
    return fallen(kinds(everyone))


def refusals(
    everyone: Tally, metrics: tuple[GroupMetric, ...], out: Flags
) -> tuple[NDArray[np.bool_], str]:
    """Which claims fall, and why in words; the reason is "" where none does.

    A claim falls with its own labels, with those of its rest, and where nobody is left in it.

    Shapes: [G] of all groups whose name is stated, `out` bool[all metrics, G] those that are in no
    rest -> bool[M, G].
    """
    if not everyone.labelled.sum():
        return np.zeros((len(metrics), len(everyone.rows)), np.bool_), ""
    fall = refused(coverage(everyone)) | out
    for at, rest in enumerate(rests(everyone, out)):
        fall[at] |= refused(coverage(rest))[at] | (out[at].any() & (rest.labelled == 0))
    chosen = fall[[GROUP_METRICS.index(metric) for metric in metrics]]
    selective = np.flatnonzero(out.any(axis=0))
    whose = everyone.sum(selective) if len(selective) else everyone
    decision, any_ = _labelled_alone(whose)
    return chosen, REFUSED.format(decision=decision, any=any_) if chosen.any() else ""


def left_out_words(groups: Groups, out: Flags, shown: Flags) -> str:
    """Who is in no rest, since their labels speak of one decision alone; "" for nobody, or all."""
    places = np.flatnonzero(out[:, : len(groups.names)].any(axis=0))
    told = [f"`{groups.labels[at]}`" for at in places if shown[at]]
    more = len(places) - len(told)
    told += [plural(more, "group that is not shown", "groups that are not shown")] if more else []
    if not told or len(places) == len(groups.names):
        return ""
    return f"the rest leaves out {' and '.join(told)}, of which labels are known of one decision"


def _labelled_alone(tally: Tally) -> tuple[str, str]:
    """Which decision nearly all rows with a label have, and of how many others one is known."""
    selected = float((tally.tp + tally.fp).sum())
    others = float(tally.labelled.sum()) - selected
    more = selected * (tally.rows.sum() - tally.selected.sum()) >= others * tally.selected.sum()
    few = others if more else selected
    return "selected" if more else "not selected", "no" if not few else "hardly any"


def selective_words(tally: Tally, classes: tuple[str, str]) -> str:
    """Whose labels are known, where those of one decision alone are."""
    decision, any_ = _labelled_alone(tally)
    name = classes[0 if decision == "selected" else 1]
    named = f" ({name!r})" if name else ""
    return SELECTIVE.format(decision=decision, any=any_, named=named)


def coverage_rows(groups: Groups, tally: Tally, shown: Flags, asked: Asked) -> list[dict[str, Any]]:
    """How many rows of every group have a label, in all and by decision."""
    if not tally.labelled.sum():
        return []
    named = np.arange(len(groups.names))
    everyone = tally.take(np.arange(len(groups) - 1))
    own, rest = tally.take(named), everyone.rest().take(named)
    found: Coverage = coverage(own, asked.level)
    by = compare(own.labelled, own.rows, rest.labelled, rest.rows, asked.level)
    rows = []
    for place, label in enumerate(groups.labels[: len(named)]):
        told = bool(shown[place]) and own.rows[place] >= asked.minimum
        held = told and rest.rows[place] >= asked.minimum
        figures = {
            "labelled": found.labelled, "low": found.low, "high": found.high,
            "of_selected": found.selected, "of_others": found.others,
        }  # fmt: skip
        few = min(own.selected[place], own.rows[place] - own.selected[place]) < asked.minimum
        if few:  # how often decisions of a few have labels
            figures["of_selected"] = figures["of_others"] = np.full(len(named), np.nan)
        beside = {
            "rest": by.other, "difference": by.difference, "difference_low": by.difference_low,
            "difference_high": by.difference_high, "p": by.p,
        }  # fmt: skip
        rows.append(
            {
                "set": groups.key,
                "group": label,
                "rows": int(own.rows[place]) if told else None,
                **{key: known(values[place]) if told else None for key, values in figures.items()},
                **{key: known(values[place]) if held else None for key, values in beside.items()},
                "uneven": bool(_uneven(by.difference, by.p, asked)[place]) if held else False,
                "selective": bool(found.selective[place]) if told else False,
            }
        )
    return rows


def bound_rows(
    groups: Groups,
    tally: Tally,
    metrics: tuple[GroupMetric, ...],
    shown: Flags,
    asked: Asked,
) -> list[dict[str, Any]]:
    """The least and the most that a rate can be, of groups whose labels come unevenly.

    Shapes: `shown` bool[G], or bool[M, G] by GROUP_METRICS.  A rate that is not shown has no bounds
    either: they would tell it.
    """
    rates = np.broadcast_to(shown, (len(GROUP_METRICS), shown.shape[-1]))
    rows = []
    named = np.arange(len(groups.names))
    if not tally.labelled.sum():
        return []
    everyone, own = tally.take(np.arange(len(groups) - 1)), tally.take(named)
    out, whole = falls_of(everyone), everyone.rest()
    # Whose own claim falls is held against nobody, and may stand beside everyone.
    others = [
        whole.where(fell, rest).take(named)
        for fell, rest in zip(out, rests(everyone, out), strict=True)
    ]
    k, n = np.stack([one.labelled for one in others]), np.stack([one.rows for one in others])
    mine, size = np.broadcast_to(own.labelled, k.shape), np.broadcast_to(own.rows, n.shape)
    held = compare(mine, size, k, n, asked.level)
    uneven = _uneven(held.difference, held.p, asked) | coverage(own).selective
    found = bounds(own)
    low, high = (
        np.stack([bounds(one)[end][at] for at, one in enumerate(others)]) for end in (0, 1)
    )
    some = uneven.any(axis=0)
    for place in np.flatnonzero(some & rates[0, named] & (own.rows >= asked.minimum)).tolist():
        for metric in metrics:
            i = (GROUP_METRICS.index(metric), place)
            if not (metric.labels and rates[i] and uneven[i]):
                continue
            if _few(metric, own, others[i[0]], asked)[place]:
                continue
            rows.append(
                {
                    "set": groups.key,
                    "group": groups.labels[place],
                    "metric": metric.name,
                    "low": known(found.low[i]),
                    "high": known(found.high[i]),
                    "rest_low": known(low[i]),
                    "rest_high": known(high[i]),
                    "labelled": known(held.rate[i]),
                    "rest_labelled": known(held.other[i]),
                }
            )
    return rows


def _few(metric: GroupMetric, own: Tally, rest: Tally, asked: Asked) -> NDArray[np.bool_]:
    """Of which groups few rows make up a rate, or that of the others.  Shapes: bool[G].

    Where labels are of one decision, or all alike, how many were right says nothing more.
    """
    few = np.zeros(len(own.rows), np.bool_)
    for side in (own, rest):
        n = metric.of(side).n
        splits = (side.tp + side.fp > 0) & (side.fn + side.tn > 0)
        splits &= (side.tp + side.fn > 0) & (side.fp + side.tn > 0)
        few |= splits & (n > 0) & (n < asked.minimum)
    return few


def uneven_words(
    limits: list[dict[str, Any]], asked: Asked
) -> dict[tuple[str, str, str], tuple[str, bool]]:
    """What is to be said beside a finding, by set, group and metric, and whether the missing labels
    alone may make up the difference: then it is no alarm."""
    said = {}
    for row in limits:
        ends = [row[key] for key in ("low", "high", "rest_low", "rest_high")]
        if None in ends or None in (row["labelled"], row["rest_labelled"]):
            continue
        low, high, rest_low, rest_high = ends
        words = [percent(end) for end in ends]
        if words[0] == words[1] and words[2] == words[3]:  # the missing ones leave nothing open
            continue
        within = low - rest_high <= asked.gap and high - rest_low >= -asked.gap
        shares = (row["labelled"], row["rest_labelled"])
        said[row["set"], row["group"], row["metric"]] = (
            left_open(shares, (low, high), (rest_low, rest_high)),
            within,
        )
    return said


def _uneven(difference: NDArray[Any], p: NDArray[Any], asked: Asked) -> NDArray[np.bool_]:
    """Whether labels come unevenly: by more than five points, and not by chance."""
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = (np.abs(difference) > UNEVEN) & (p <= 1 - asked.level)
    return found
