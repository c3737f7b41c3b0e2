"""The selection of a group beside the others, step by step, with a band that holds at every look.

Owns: which group of a set is followed, how wide steps are, the gap of each.  Does not own: counting
by steps and which of them may be shown (`engine.audit.steps`), formulas (`stats.fairness`).
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vedette.core.durations import DAY
from vedette.core.windows import Window, iso
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import SELECTION
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import REST, Rated
from vedette.engine.audit.shown import MOST as TOGETHER
from vedette.engine.audit.shown import Flags
from vedette.engine.audit.steps import MONDAY, Stepped, shown_in_time
from vedette.monitors.finding import Finding
from vedette.profiles.groups import Groups
from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.ratio_band import ratio_band

FEWEST = 6  # steps that a history has at least, where there are as many
SCARCE = 0.05  # of the groups of all steps may have too few rows, before steps are made wider
MOSTLY = 0.5  # of them have too few rows where even fewer steps are better


def history_rows(
    rates: Mapping[str, Rated],
    findings: Sequence[Finding],
    steps: Stepped | None,
    span: Window | None,
    shown: Mapping[str, Flags],
    asked: Asked,
) -> list[dict[str, Any]]:
    """The group of every set that stands out most in who is selected, at every step.

    Shapes: `findings` the worst first.  Nothing where there is no time, or one step alone.
    Bounds: of very many groups only those of single columns are followed.
    """
    sets = [found.groups for found in rates.values()]
    if sum(map(len, sets)) > TOGETHER:
        sets = [one for one in sets if len(one.columns) == 1]
    if steps is None or span is None or not len(steps.at) or not sets:
        return []
    told = _widened(steps, sets, shown, asked)
    if len(told.at) < 2:
        return []
    rows = {one.key: told.counts[one.key][:, 0] for one in sets}
    flags = shown_in_time(sets, rows, shown, asked.minimum)
    found = []
    for one in sets:
        label = _worst(one, findings, shown[one.key])
        if label is not None:
            found += _followed(rates[one.key], label, told, flags[one.key], span, asked)
    return found


def _worst(groups: Groups, findings: Sequence[Finding], shown: Flags) -> str | None:
    """The group of the worst verdict; of several the one that is selected less than others."""
    places = {label: at for at, label in enumerate(groups.labels[: len(groups.names)])}
    own = [
        one
        for one in findings
        if (one.column, one.component) == (groups.key, SELECTION)
        and not one.category
        and one.segment in places
        and shown[places[one.segment]]
    ]
    less = [one for one in own if one.verdict == own[0].verdict and (one.effect or 0.0) < 0]
    return next((one.segment for one in (*less, *own)), None)


def _widened(
    steps: Stepped, sets: Sequence[Groups], shown: Mapping[str, Flags], asked: Asked
) -> Stepped:
    """Steps as wide as give nearly every group that is shown rows enough to be shown."""
    best, lacking = steps, 1.0
    for width in steps.widths():
        made = steps.wider(width)
        if len(made.at) < (FEWEST if lacking <= MOSTLY else 2) and best.width in steps.widths():
            break
        sizes = np.concatenate(
            [made.counts[one.key][:, 0, :-2][:, shown[one.key][:-2]] for one in sets], axis=1
        )
        best, lacking = made, float((sizes < asked.minimum).mean()) if sizes.size else 0.0
        if lacking <= SCARCE:
            break
    return best


def _followed(
    found: Rated, label: str, steps: Stepped, flags: Flags, span: Window, asked: Asked
) -> list[dict[str, Any]]:
    """One group beside those it is held against, at every step; None what may not be shown."""
    first, counts = found.beside[0], steps.counts[found.groups.key]
    labels = found.groups.labels
    place = labels.index(label)
    own = counts[:, :, place].astype(np.float64)
    if first.against in labels:
        at = labels.index(first.against)
        other, fits = counts[:, :, at].astype(np.float64), flags[:, at]
    elif first.against == REST:
        other = counts[:, :, :-1].sum(axis=2) - own
        fits = np.ones(len(own), np.bool_)
    else:
        return []
    fits = fits & flags[:, place] & (np.minimum(own[:, 0], other[:, 0]) >= asked.minimum)
    if not fits.any():
        return []
    level = sidak(asked.level, first.comparisons)
    k, n, other_k, other_n = (
        np.where(fits, part, 0.0) for part in (own[:, 1], own[:, 0], other[:, 1], other[:, 0])
    )
    compared = compare(k, n, other_k, other_n, level)
    band = ratio_band(k, n, other_k, other_n, level)
    columns = {
        "rate": compared.rate, "other": compared.other, "ratio": compared.ratio,
        "ratio_low": compared.ratio_low, "ratio_high": compared.ratio_high,
        "band": band.value, "band_low": band.low, "band_high": band.high,
    }  # fmt: skip
    return [
        {
            "set": found.groups.key,
            "group": label,
            "metric": SELECTION,
            "against": first.against,
            **_ends(int(at), steps.width, span),
            "k": int(k[row]) if fits[row] else None,
            "n": int(n[row]) if fits[row] else None,
            "other_n": int(other_n[row]) if fits[row] else None,
            **{name: known(values[row]) if fits[row] else None for name, values in columns.items()},
            "level": level,
            "limit": asked.ratio,
            "reason": "" if fits[row] else "not shown: too few rows at this step, or at others",
        }
        for row, at in enumerate(steps.at)
    ]


def _ends(at: int, width: int, span: Window) -> dict[str, Any]:
    """When a step begins and ends: in whole days, and no further than the days of the table."""
    start, end = ((at + more) * width - MONDAY for more in (0, 1))
    first, last = span.start // DAY, -(-span.end // DAY)
    return {
        "start": iso(max(start, first) * DAY), "end": iso(min(end, last) * DAY), "days": width,
    }  # fmt: skip
