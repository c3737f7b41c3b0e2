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
from vedette.engine.audit_made import about_data, about_reading, made_of, notes_of
from vedette.engine.audit_reading import count_rows, read_of
from vedette.engine.batch import Progress, nothing
from vedette.engine.declared import schema_of
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import open_source


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
    made = made_of(reading, counted, asked)
    document = {
        "data": about_data(source.name, counted),
        "settings": asked.document(),
        "reading": about_reading(reading),
        **made.tables,
        "notes": [*notes_of(reading, counted), *made.notes],
    }
    return Fairness(tuple(made.findings), document)
