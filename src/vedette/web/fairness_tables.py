"""Tables of how groups are treated over a whole stretch, as plain data.

Owns: four fifths, labels by group, calibration, the groups themselves.  Does not own: what is asked
for and what may be shown (`web.fairness`), rates (`engine.audit.rates`).
"""

from typing import Any

import numpy as np

from vedette.engine.audit.impact import four_fifths, impact_rows
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import REST
from vedette.engine.audit.shown import also_shown
from vedette.stats.fairness.bounds import coverage
from vedette.stats.fairness.calibration import calibration
from vedette.web.fairness import Treated

Table = list[dict[str, Any]]


def group_rows(asked: Treated) -> Table:
    """Every group with its rows; None where they are not shown."""
    flags, tally = asked.shown[asked.groups.key], asked.tally
    return [
        {"group": label, "named": place < len(asked.groups.names), "shown": bool(flags[place]),
         "rows": int(tally.rows[place]) if flags[place] else None}
        for place, label in enumerate(asked.groups.labels)
        if tally.rows[place] or place < len(asked.groups.names)
    ]  # fmt: skip


def fifths_rows(asked: Treated) -> Table:
    """The ratio of selection rates of every group, to the rest and to the highest."""
    sizes = np.asarray(asked.tally.rows, np.int64)
    flags = asked.shown[asked.groups.key]
    pair = (np.asarray(asked.tally.selected, np.int64), sizes)
    impact = impact_rows(asked.groups, sizes, pair, None, flags, asked.limits)
    rows = [row for row in asked.all_rows if row["against"] == REST]
    return [row for row in four_fifths(rows, impact) if row["rate"] is not None]


def label_rows(asked: Treated) -> Table:
    """The share of rows with a label by group, in all and by decision, of windows whose labels have
    come, where any have."""
    tally = asked.alike
    found = coverage(tally, asked.limits.level)
    flags = asked.shown[asked.groups.key]
    rows = []
    for place, group in enumerate(asked.groups.labels[:-2]):
        n = int(tally.rows[place])
        if not flags[place] or n < asked.limits.minimum:
            continue
        sides = (("selected", tally.selected[place]), ("others", n - tally.selected[place]))
        rows.append(
            {
                "group": group,
                "rows": n,
                "coverage": known(found.labelled[place]),
                "low": known(found.low[place]),
                "high": known(found.high[place]),
                **{
                    name: known(getattr(found, name)[place]) if size >= asked.limits.minimum
                    else None
                    for name, size in sides
                },
                "uneven": bool(found.uneven[place]),
                "selective": bool(found.selective[place]),
            }
        )  # fmt: skip
    return rows


def calibration_rows(asked: Treated) -> Table:
    """Observed over expected positives by group, where scores are chances."""
    if not asked.grouping.grading.chances or "accuracy" in asked.refused:
        return []
    found = calibration(asked.tally, asked.limits.level)
    key, sizes = asked.groups.key, {k: t.scored.astype(np.int64) for k, t in asked.tallies.items()}
    flags = also_shown(asked.grouping.sets, sizes, asked.labels_shown, asked.limits.minimum)[key]
    return [
        {"group": group, "n": int(found.n[place]), "ratio": known(found.ratio[place]),
         "low": known(found.low[place]), "high": known(found.high[place]),
         "p": known(found.p[place])}
        for place, group in enumerate(asked.groups.labels[:-2])
        if flags[place] and found.n[place] >= asked.limits.minimum
    ]  # fmt: skip
