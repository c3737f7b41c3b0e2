"""Numbers of a row by group over a stretch: how long an answer took, how long it was, whether it
was refused.

Owns: which sums are added up, and what may be shown of them.  Does not own: figures
(`engine.audit.measures`), keeping the sums (`engine.kept_performance`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.engine.audit.measures import means_of, measure_rows
from vedette.engine.audit.shown import shown_of
from vedette.engine.kept_performance import KIND, NUMBERS
from vedette.profiles.codec_sums import measured_parts
from vedette.profiles.measured_sums import whole_measured
from vedette.sketches.measured import Measured
from vedette.web.fairness import Treated
from vedette.web.history.past import MOST

Flags = NDArray[np.bool_]


def number_rows(asked: Treated) -> list[dict[str, Any]]:
    """Every number of every group that may be shown, beside the rest, and in the reference."""
    grouping, past = asked.grouping, asked.one.past
    if not grouping.numbers or past.baseline is None:
        return []
    key = ("numbers by group", past.model, past.now, past.baseline.id, asked.found.span)
    sums = past.memo.get(key, lambda: _sums(asked))
    rows = _rows(asked, sums, asked.shown[asked.groups.key])
    before = past.baseline.profile.measured
    was = {}
    if asked.groups.key in before:
        every = np.ones(len(asked.groups), np.bool_)
        was = {_place(row): row for row in _rows(asked, before, every)}
    return [
        {**row, "reference": was[_place(row)]["mean"] if _may(asked, row, was) else None}
        for row in rows
        if row["n"] is not None
    ]


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


def _may(asked: Treated, row: dict[str, Any], was: dict[tuple[str, str], Any]) -> bool:
    """Whether the reference's figures of a group may be shown, too."""
    return ("selection_rate", row["group"]) in asked.before and _place(row) in was


def _sums(asked: Treated) -> dict[str, Measured]:
    """The numbers of the whole stretch, of every set."""
    past, span, grouping = asked.one.past, asked.found.span, asked.grouping
    assert past.baseline is not None
    entries = past.store.read(KIND, past.model, span.start, span.end, prefix=NUMBERS, limit=MOST)
    parts = [part for one in entries for part in measured_parts(one.body, past.baseline.id)]
    bins = [len(one.edges) + 1 for one in grouping.numbers]
    return {
        one.key: whole_measured([part for part in parts if part.key == one.key], len(one), bins)
        for one in grouping.sets
    }
