"""Whether a model treats groups alike: from a table to an audit.

Owns: putting an audit together.  Does not own: reading (`engine.audit_reading`), rates
(`engine.audit_rates`), the result (`engine.audit`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vedette.core.schema import Schema
from vedette.engine.audit import Fairness
from vedette.engine.audit_asked import LEAST, Asked, make_asked
from vedette.engine.audit_found import findings_of, rows_of
from vedette.engine.audit_rates import rated, tally_of
from vedette.engine.audit_reading import Counted, Reading, count_rows, read_of
from vedette.engine.batch import Progress, nothing
from vedette.engine.declared import schema_of
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import Source, open_source
from vedette.profiles.grading import OTHER


def fairness(
    data: Any,
    group: str | Sequence[str] = (),
    *,
    positive: object = None,
    threshold: float | None = None,
    against: str | Sequence[str] | None = None,
    intersections: bool | int = True,
    minimum: int = LEAST,
    ratio: float = 0.8,
    gap: float = 0.05,
    level: float = 0.95,
    measures: str | Sequence[str] = (),
    bands: Mapping[str, Sequence[float]] | None = None,
    reference: Any = None,
    members: Any = None,
    key: str | None = None,
    chances: Mapping[str, Mapping[str, str]] | None = None,
    proxies: bool = True,
    schema: Schema | str | Path | None = None,
    progress: Progress = nothing,
    **settings: Any,
) -> Fairness:
    """Say whether the decisions of a model treat groups alike.

    `data` is a table of any kind that `compare` takes.  `group` names the sensitive columns;
    `label`, `prediction`, `score` and `time` the others, which are their names where nothing else
    is given.  `positive` is the class that counts as selected, `threshold` the score from which a
    row is.  Groups are held against the rest and, if `against` names one ("race=White", or "best"),
    against that.  `intersections` says how many columns meet at most; `measures` are numbers of a
    row compared by group.

    Bounds: alarming is only what lies beyond `ratio` (selection) or `gap` (other rates) with its
    whole interval, which holds at `level` for all groups of a set together; groups of fewer than
    `minimum` rows are neither judged nor shown.  Limits are settings, not law.
    Errors: UsageError for tables without what is needed, SettingsError for wrong settings.
    Example:
        >>> rows = {"sex": ["F", "M"] * 1000, "prediction": [0, 1, 1, 1, 0, 0, 0, 1] * 250}
        >>> found = fairness(rows, "sex")
        >>> found.ok, found.rate("selection_rate", "sex=F")["ratio"].__round__(2)
        (False, 0.33)
    """
    asked = make_asked(
        group, positive=positive, threshold=threshold, against=against,
        intersections=intersections, minimum=minimum, ratio=ratio, gap=gap, level=level,
        measures=measures, bands=bands, chances=chances, proxies=proxies,
    )  # fmt: skip
    return run(data, asked, make_settings(settings), schema_of(schema), progress)


def run(
    data: Any,
    asked: Asked,
    settings: Settings,
    schema: Schema | None = None,
    progress: Progress = nothing,
) -> Fairness:
    """Audit under options that are already checked: what `fairness` and the command share."""
    source = open_source(data)
    reading = read_of(source, asked, settings, None)
    counted = count_rows(source.batches(reading.columns), reading, progress, source)
    findings, rates, sets = [], [], []
    for one in reading.grouping.sets:
        sets.append(_set(one.key, reading, counted))
        if one.key not in counted.cubes:
            continue
        found = rated(one, tally_of(counted.cubes[one.key], reading.grouping), asked)
        findings += findings_of(found, asked, counted.span)
        rates += rows_of(found, asked, counted.span)
    findings.sort(key=lambda one: one.rank)
    document = {
        "data": _data(source, counted),
        "settings": asked.document(),
        "reading": _reading(reading),
        "sets": sets,
        "rates": rates,
        "notes": [],
    }
    return Fairness(tuple(findings), document)


def _data(source: Source, counted: Counted) -> dict[str, Any]:
    start, end = (None, None) if counted.span is None else counted.span.isoformat()
    return {
        "name": source.name, "rows": counted.rows, "undecided": counted.undecided,
        "labelled": counted.labelled, "start": start, "end": end,
    }  # fmt: skip


def _reading(reading: Reading) -> dict[str, Any]:
    made = reading.decided
    grading = made.grading
    classes = [name for name in grading.classes if name != OTHER]
    return {
        "task": "regression" if made.number else grading.task,
        "prediction": made.number or grading.prediction,
        "score": None if made.number or not grading.scores else grading.scores[0],
        "label": made.label,
        "positive": None if made.number else grading.classes[made.positive],
        "classes": [] if made.number else classes,
        "threshold": grading.threshold if made.decides and grading.prediction is None else None,
        "median": reading.median,
    }


def _set(key: str, reading: Reading, counted: Counted) -> dict[str, Any]:
    groups = reading.grouping.by_key[key]
    rows = (
        counted.cubes[key].counts.sum(axis=(1, 2, 3))
        if key in counted.cubes
        else counted.measured[key].counts[0].sum(axis=1)
    )
    return {
        "key": key,
        "columns": list(groups.columns),
        "groups": [
            {"group": label, "rows": int(n)} for label, n in zip(groups.labels, rows, strict=True)
        ],
    }
