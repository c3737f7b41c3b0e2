"""Numbers of a row by group over a stretch: how long an answer took, how long it was, whether it
was refused.

Owns: which sums are added up, and what may be shown of them.  Does not own: figures
(`engine.audit.measures`), keeping the sums (`engine.kept_performance`).
"""

from typing import Any

from vedette.engine.audit.measures import means_of, measure_rows
from vedette.engine.kept_performance import KIND, NUMBERS
from vedette.profiles.codec_sums import measured_parts
from vedette.profiles.measured_sums import whole_measured
from vedette.sketches.measured import Measured
from vedette.web.fairness import Treated
from vedette.web.history.past import MOST


def number_rows(asked: Treated) -> list[dict[str, Any]]:
    """Every number of every group that may be shown, beside the rest, and in the reference."""
    grouping, past, key = asked.grouping, asked.one.past, asked.groups.key
    if not grouping.numbers or past.baseline is None:
        return []
    sums = past.memo.get(
        ("numbers by group", past.model, past.now, asked.found.span, key), lambda: _sums(asked)
    )
    rows = _rows(asked, sums)
    before = past.baseline.profile.measured.get(key)
    was = {} if before is None else {_place(row): row for row in _rows(asked, before)}
    return [
        {**row, "reference": was[_place(row)]["mean"] if _may(asked, row, was) else None}
        for row in rows
        if row["n"] is not None
    ]


def _rows(asked: Treated, sums: Measured) -> list[dict[str, Any]]:
    groups, flags = asked.groups, asked.shown[asked.groups.key]
    found = [
        means_of(groups, sums, at, one, asked.limits)
        for at, one in enumerate(asked.grouping.numbers)
    ]
    return measure_rows(groups, found, flags, asked.limits)


def _place(row: dict[str, Any]) -> tuple[str, str]:
    return row["measure"], row["group"]


def _may(asked: Treated, row: dict[str, Any], was: dict[tuple[str, str], Any]) -> bool:
    """Whether the reference's figures of a group may be shown, too."""
    return ("selection_rate", row["group"]) in asked.before and _place(row) in was


def _sums(asked: Treated) -> Measured:
    """The numbers of the whole stretch."""
    past, span = asked.one.past, asked.found.span
    assert past.baseline is not None
    entries = past.store.read(KIND, past.model, span.start, span.end, prefix=NUMBERS, limit=MOST)
    parts = [
        part
        for entry in entries
        for part in measured_parts(entry.body, past.baseline.id)
        if part.key == asked.groups.key
    ]
    bins = [len(one.edges) + 1 for one in asked.grouping.numbers]
    return whole_measured(parts, len(asked.groups), bins)
