"""An audit put together from the counts of a table.

Owns: which figures are made of which counts, in which order.  Does not own: the figures
(`engine.audit_rates`, `engine.audit_impact`, `engine.audit_measures`), reading tables
(`engine.audit_reading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError, nearest
from vedette.engine.audit_asked import BEST, Asked
from vedette.engine.audit_found import findings_of, ranked, rows_of
from vedette.engine.audit_impact import four_fifths, impact_rows, widest_rows
from vedette.engine.audit_measures import Means, means_of, measure_findings, measure_rows
from vedette.engine.audit_rates import Rated, rated, tally_of
from vedette.engine.audit_reading import ABOVE, Counted, Reading
from vedette.engine.audit_shown import Flags, shown_of
from vedette.monitors.finding import Finding
from vedette.profiles.grading import OTHER
from vedette.profiles.groups import Groups


@dataclass
class Made:
    """What has been made of an audit so far: findings, and tables of the document by name."""

    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Add rows to a table."""
        self.tables.setdefault(table, []).extend(rows)


TABLES = ("sets", "rates", "impact", "four_fifths", "widest", "measures")


def made_of(reading: Reading, counted: Counted, asked: Asked) -> Made:
    """Every table and finding that the counts of one table give."""
    sets = reading.grouping.sets
    shown = shown_of(sets, counted.sizes, asked.minimum)
    made = Made(tables={name: [] for name in TABLES})
    asked = replace(asked, against=_against(made, sets, shown, asked))
    for one in sets:
        _add_set(made, one, reading, counted, shown[one.key], asked)
    made.add("four_fifths", four_fifths(made.tables["rates"], made.tables["impact"]))
    made.findings = ranked(made.findings)
    return made


def _against(
    made: Made, sets: Sequence[Groups], shown: Mapping[str, Flags], asked: Asked
) -> tuple[str, ...]:
    """The groups that others are held against, without those that may not be shown.

    Errors: UsageError for one that there is not.
    """
    told = {
        label: bool(shown[one.key][place])
        for one in sets
        for place, label in enumerate(one.labels[: len(one.names)])
    }
    for name in asked.against:
        if name != BEST and name not in told:
            raise UsageError(
                "fairness", f"there is no group {name!r} to hold others against",
                want="a group like race=White, or best", hint=nearest(name, told),
            )  # fmt: skip
        if not told.get(name, True):
            made.notes.append(f"`{name}` is too small to hold others against: the rest stands in")
    return tuple(name for name in asked.against if told.get(name, True))


def _add_set(
    made: Made, one: Groups, reading: Reading, counted: Counted, shown: Flags, asked: Asked
) -> None:
    sizes = counted.sizes[one.key]
    made.add("sets", [_set(one, sizes, shown, asked)])
    found = None
    if one.key in counted.cubes:
        found = rated(one, tally_of(counted.cubes[one.key], reading.grouping), asked)
        made.findings += findings_of(found, asked, counted.span, shown)
        made.add("rates", rows_of(found, asked, counted.span, shown))
        made.add("widest", widest_rows(found, shown, asked))
    sums = counted.measured[one.key]
    means = [means_of(one, sums, at, measure, asked) for at, measure in enumerate(reading.measures)]
    made.findings += measure_findings(one, means, shown, asked)
    made.add("measures", measure_rows(one, means, shown, asked))
    made.add("impact", _impact(one, sizes, found, means, reading, counted, shown, asked))


def _impact(
    one: Groups,
    sizes: NDArray[np.int64],
    found: Rated | None,
    means: list[Means],
    reading: Reading,
    counted: Counted,
    shown: Flags,
    asked: Asked,
) -> list[dict[str, Any]]:
    selected = None if found is None else (found.tally.selected, found.tally.rows)
    scored = None
    names = [measure.name for measure in reading.measures]
    if ABOVE in names:
        at = names.index(ABOVE)
        n = counted.measured[one.key].counts[at].sum(axis=1)
        total = counted.measured[one.key].sums[at, :, 0] + n * reading.measures[at].centre
        scored = (np.rint(total).astype(np.int64), n)
    return impact_rows(one, sizes, selected, scored, shown, asked)


def _set(one: Groups, sizes: NDArray[np.int64], shown: Flags, asked: Asked) -> dict[str, Any]:
    """The groups of a set with their sizes; None where a size is not shown."""
    total = max(int(sizes.sum()), 1)
    return {
        "key": one.key,
        "columns": list(one.columns),
        "groups": [
            {
                "group": label,
                "rows": int(n) if told or not n else None,
                "share": float(n / total) if told or not n else None,
                "named": place < len(one.names),
                "few": bool(0 < n < asked.minimum),
            }
            for place, (label, n, told) in enumerate(zip(one.labels, sizes, shown, strict=True))
            if n or place < len(one.names) or place == len(one.labels) - 1
        ],
    }


def about_data(name: str, counted: Counted) -> dict[str, Any]:
    """The table that was read."""
    start, end = (None, None) if counted.span is None else counted.span.isoformat()
    return {
        "name": name, "rows": counted.rows, "undecided": counted.undecided,
        "labelled": counted.labelled, "start": start, "end": end,
    }  # fmt: skip


def about_reading(reading: Reading) -> dict[str, Any]:
    """How it was read."""
    made = reading.decided
    grading = made.grading
    classes = [name for name in grading.classes if name != OTHER]
    score = grading.scores[0] if len(grading.scores) == 1 and not made.number else None
    return {
        "task": "regression" if made.number else grading.task,
        "prediction": made.number or grading.prediction,
        "score": score,
        "label": made.label,
        "positive": None if made.number else grading.classes[made.positive],
        "classes": [] if made.number else classes,
        "threshold": grading.threshold if made.decides and grading.prediction is None else None,
        "median": reading.median,
        "time": reading.time,
    }


def notes_of(reading: Reading, counted: Counted) -> list[str]:
    """What a reader must know of how the table was read, in sentences."""
    made, said = reading.decided, []
    if counted.undecided:
        said.append(f"{counted.undecided} rows hold no decision and are in no rate")
    if not made.decides:
        said.append(
            f"no threshold is known from which `{made.number}` selects a row: there are no "
            "selection rates, and the scoring rate (the share above the median) stands in"
        )
    elif made.label is None:
        said.append("no labels are known: only selection rates can be told, and no errors")
    return said
