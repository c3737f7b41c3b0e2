"""An audit put together from the counts of a table.

Owns: which figures are made of which counts, in which order.  Does not own: the figures
(`engine.audit.rates`, `engine.audit.impact`, `engine.audit.measures`), reading tables
(`engine.audit.reading`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError, nearest
from vedette.core.windows import Window
from vedette.core.words import count, plural
from vedette.engine.audit.asked import BEST, Asked
from vedette.engine.audit.calibration import calibration_of
from vedette.engine.audit.change import change_of
from vedette.engine.audit.found import findings_of, mirrors, ranked, rows_of
from vedette.engine.audit.history import history_rows
from vedette.engine.audit.impact import four_fifths, impact_rows, widest_rows
from vedette.engine.audit.labels import coverage_rows, left_out_words, selective_words
from vedette.engine.audit.measures import means_of, measure_findings, measure_rows
from vedette.engine.audit.membership import membership_of
from vedette.engine.audit.rates import Rated, classes_of, rated, tally_of
from vedette.engine.audit.reading import ABOVE, SAMPLE, Counted, Reading
from vedette.engine.audit.seen import Seen, seen_of
from vedette.engine.audit.shown import Flags, shown_of
from vedette.engine.audit.spread import spread_rows
from vedette.engine.audit.uneven import uneven_of
from vedette.monitors.finding import Finding
from vedette.profiles.grading import OTHER
from vedette.profiles.groups import Groups
from vedette.stats.fairness.metrics import GROUP_METRICS


@dataclass
class Made:
    """What has been made of an audit so far: findings, tables of the document by name, and which
    groups are shown by the key of their set; `mirrors` are ids of findings that say once more what
    others do."""

    findings: list[Finding] = field(default_factory=list)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    shown: Mapping[str, Flags] = field(default_factory=dict)
    mirrors: frozenset[str] = frozenset()

    def add(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Add rows to a table."""
        self.tables.setdefault(table, []).extend(rows)


SELECTION_AT = [one.name for one in GROUP_METRICS].index("selection_rate")
TABLES = (
    "sets", "rates", "impact", "four_fifths", "widest", "calibration", "measures", "spread",
    "coverage", "bounds", "change", "membership", "proxies", "history",
)  # fmt: skip


def made_of(reading: Reading, counted: Counted, asked: Asked, then: Counted | None = None) -> Made:
    """Every table and finding that the counts of a table give, beside those of a reference."""
    sets = reading.grouping.sets
    shown = shown_of(sets, counted.sizes, asked.minimum)
    made = Made(tables={name: [] for name in TABLES}, shown=shown)
    asked = replace(asked, against=_against(made, sets, shown, asked))
    every = seen_of(reading, counted, shown, asked.minimum)
    every_then = {}
    if then is not None:
        shown_then = shown_of(sets, then.sizes, asked.minimum)
        every_then = seen_of(reading, then, shown_then, asked.minimum)
    rates: dict[str, Rated] = {}
    for one in sets:
        seen = every[one.key]
        found = _add_set(made, one, reading, counted, seen, asked)
        if found is not None:
            rates[one.key] = found
        if found is not None and then is not None and one.key in then.cubes:
            rates_then = every_then[one.key].rates
            before = _rated(one, then, reading, asked, rates_then)
            out = found.out | before.out  # alike in both rests, lest leaving out look like a change
            if out.any():
                found = _rated(one, counted, reading, asked, seen.rates, out)
                before = _rated(one, then, reading, asked, rates_then, out)
            told = change_of(found, before, seen.rates, rates_then, asked)
            _add(made, "change", told)
    for column, sums in counted.chances.items():
        names = tuple(reading.chances[column])
        if sums.broken:
            made.notes.append(
                f"{plural(sums.broken, 'row has', 'rows have')} no usable chances of `{column}`, "
                "and are in none of its comparisons: they may be of any group"
            )
        told = membership_of(column, names, sums, reading.grouping.positive, asked)
        _add(made, "membership", told)
    made.add("four_fifths", four_fifths(made.tables["rates"], made.tables["impact"]))
    made.findings = ranked(made.findings)
    selection = {key: every[key].rates[SELECTION_AT] for key in rates}
    told_in_time = history_rows(rates, made.findings, counted.steps, counted.span, selection, asked)
    made.add("history", told_in_time)
    named = {
        one.key: dict(zip(one.labels[:-2], counted.sizes[one.key].tolist(), strict=False))
        for one in sets
    }
    made.mirrors = mirrors(made.findings, named)
    made.notes += hidden_words(sets, counted.sizes, shown, asked)
    return made


def _rated(
    one: Groups,
    counted: Counted,
    reading: Reading,
    asked: Asked,
    shown: Flags,
    out: Flags | None = None,
) -> Rated:
    tally = tally_of(counted.cubes[one.key], reading.grouping)
    # The classes of a number that is cut are words of ours, of which no label speaks.
    classes = ("", "") if reading.decided.number else classes_of(reading.grouping)
    return rated(one, tally, asked, classes, out, shown)


def hidden_words(
    sets: Sequence[Groups],
    sizes: Mapping[str, NDArray[np.int64]],
    shown: Mapping[str, Flags],
    asked: Asked,
) -> list[str]:
    """Which groups are not shown, why, and how to show them."""
    told = []
    for one in sets:
        own = sizes[one.key][: len(one.names)]
        few = int(((own > 0) & (own < asked.minimum)).sum())
        beside = int((~shown[one.key][: len(one.names)] & (own >= asked.minimum)).sum())
        parts = []
        if few:
            parts.append(plural(few, "group") + f" of fewer than {asked.minimum} rows")
        if beside:
            parts.append(
                plural(beside, "group", "groups")
                + " that would give away a smaller one, here or among the others"
            )
        if parts:
            told.append(
                f"of `{one.key}` {' and '.join(parts)} {'is' if few + beside == 1 else 'are'} not "
                "shown: a lower minimum= (--minimum) shows more; impact ratios are to the highest "
                "of those that are, which one of these may exceed"
            )
    return told


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


def _add(made: Made, table: str, told: tuple[list[dict[str, Any]], list[Finding]]) -> None:
    made.add(table, told[0])
    made.findings += told[1]


def _add_set(
    made: Made, one: Groups, reading: Reading, counted: Counted, seen: Seen, asked: Asked
) -> Rated | None:
    sizes, numbers = counted.sizes[one.key], seen.numbers
    made.add("sets", [_set(one, sizes, seen.groups, asked)])
    found = None
    if one.key in counted.cubes:
        found = _rated(one, counted, reading, asked, seen.rates)
        _add_rates(made, one, found, counted.span, seen, asked)
        if reading.grouping.grading.chances:
            _add(made, "calibration", calibration_of(one, found.tally, seen.scored, asked))
    sums = counted.measured[one.key]
    means = [means_of(one, sums, at, measure, asked) for at, measure in enumerate(reading.measures)]
    made.findings += measure_findings(one, means, numbers, asked)
    made.add("measures", measure_rows(one, means, numbers, asked))
    made.add("spread", spread_rows(one, sums, reading.measures, means, numbers, asked))
    made.add("impact", _impact(one, sizes, found, reading, counted, seen, asked))
    return found


def _add_rates(
    made: Made, one: Groups, found: Rated, span: Window | None, seen: Seen, asked: Asked
) -> None:
    """Every rate, with what missing labels leave open of it."""
    shown = seen.rates
    coverages = coverage_rows(one, found.tally, shown[0], asked)
    uneven = uneven_of(one, found.tally, found.metrics, shown, asked)
    selective = selective_words(found.tally, found.classes)
    left_out = left_out_words(one, found.out, seen.groups)
    if left_out:
        made.notes.append(f"of labels of `{one.key}` {left_out} alone: error rates are not told")
    elif found.beside[0].why_refused and selective not in made.notes:
        made.notes.append(selective)
    for finding in findings_of(found, asked, span, shown):
        about = finding.segment, finding.component
        verdict, reason = uneven.beside(*about, finding.verdict, finding.reason)
        made.findings.append(msgspec.structs.replace(finding, verdict=verdict, reason=reason))
    for row in rows_of(found, asked, span, shown):
        told = uneven.beside(row["group"], row["metric"], row["verdict"], row["reason"])
        made.add("rates", [row | dict(zip(("verdict", "reason"), told, strict=True))])
    made.add("widest", widest_rows(found, shown, asked))
    made.add("coverage", coverages)
    made.add("bounds", list(uneven.bounds))


def _impact(
    one: Groups,
    sizes: NDArray[np.int64],
    found: Rated | None,
    reading: Reading,
    counted: Counted,
    seen: Seen,
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
    told = {"selection": seen.rates[0]}
    if scored is not None:
        told["scoring"] = seen.numbers[at]
    return impact_rows(one, sizes, selected, scored, seen.groups, asked, told)


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


def notes_of(reading: Reading, counted: Counted, asked: Asked) -> list[str]:
    """What a reader must know of how the table was read, in sentences."""
    made, said = reading.decided, list[str]()
    found = {column for one in reading.grouping.sets for column in one.columns}
    for name in asked.group:
        if name not in found:
            said.append(f"no row states its `{name}`: nothing is told of these groups")
    if counted.undecided:
        said.append(
            f"{plural(counted.undecided, 'row holds', 'rows hold')} no decision and "
            f"{'is' if counted.undecided == 1 else 'are'} in no rate"
        )
    if reading.median is not None and counted.rows > SAMPLE:
        said.append(
            f"the median score is that of a sample of {count(SAMPLE)} rows of {count(counted.rows)}"
        )
    if not made.decides:
        said.append(
            f"no threshold is known from which `{made.number}` selects a row: there are no "
            "selection rates, and the scoring rate (the share above the median) stands in; "
            "threshold= (--threshold) names one, positive= (--positive) a class"
        )
    elif made.label is None:
        said.append("no labels are known: only selection rates can be told, and no errors")
    return said
