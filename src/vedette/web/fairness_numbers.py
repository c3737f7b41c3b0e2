"""Numbers of a row by group over a stretch: how long an answer took, how long it was, whether it
was refused.

Owns: what may be shown of them.  Does not own: figures (`engine.audit.measures`), adding up
(`web.history.numbers`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.engine.audit.measures import means_of, measure_rows
from vedette.engine.audit.shown import shown_of
from vedette.sketches.measured import Measured
from vedette.web.fairness import Treated

Flags = NDArray[np.bool_]


def number_rows(asked: Treated) -> list[dict[str, Any]]:
    """Every number of every group that may be shown, beside the rest, and in the reference."""
    past = asked.one.past
    if not asked.grouping.numbers or past.baseline is None:
        return []
    rows = _rows(asked, asked.numbers.sums, asked.shown[asked.groups.key])
    before, was = past.baseline.profile.measured, {}
    if asked.groups.key in before:
        was = {_place(row): row for row in _rows(asked, before, _shown_before(asked))}
    return [
        {**row, "reference": was[_place(row)]["mean"] if _place(row) in was else None}
        for row in rows
        if row["n"] is not None
    ]


def _shown_before(asked: Treated) -> Flags:
    """The groups whose figures of the reference may be shown, too."""
    if asked.decides:
        told = [("selection_rate", group) in asked.before for group in asked.groups.labels]
        return np.array(told, np.bool_)
    sizes = asked.sizes_before
    return shown_of(asked.grouping.sets, sizes, asked.limits.minimum)[asked.groups.key]


def _rows(asked: Treated, sums: Mapping[str, Measured], shown: Flags) -> list[dict[str, Any]]:
    """The numbers of the groups that have it often enough; not of others that would give those away
    that have it in few rows."""
    groups, sets, found = asked.groups, asked.grouping.sets, list[dict[str, Any]]()
    for at, one in enumerate(asked.grouping.numbers):
        means = means_of(groups, sums[groups.key], at, one, asked.limits)
        sizes = {key: own.counts[at].sum(axis=1) for key, own in sums.items()}
        own = shown_of([s for s in sets if s.key in sizes], sizes, asked.limits.minimum)
        flags = shown & own[groups.key]
        rows = measure_rows(groups, [means], [flags], asked.limits)
        pairs = zip(rows, means.n.tolist(), strict=True)
        found += [row for row, n in pairs if n >= asked.limits.minimum]
    return found


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["measure"], row["group"]
