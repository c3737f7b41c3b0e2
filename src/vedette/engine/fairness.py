"""Whether a model treats groups alike: from a table to an audit.

Owns: putting an audit together.  Does not own: reading (`engine.audit.reading`), rates
(`engine.audit.rates`), the result (`engine.audit.result`).
"""

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np

from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.schema import Schema
from vedette.core.words import plural
from vedette.engine.audit.asked import LEAST, MINIMUM, Asked, make_asked
from vedette.engine.audit.digests import fingerprints, of_counts
from vedette.engine.audit.made import about_data, about_reading, made_of, notes_of
from vedette.engine.audit.proxies import proxy_rows
from vedette.engine.audit.reading import check_columns, count_rows, read_of
from vedette.engine.audit.result import Fairness
from vedette.engine.batch import Progress, nothing
from vedette.engine.declared import schema_of
from vedette.engine.joined_source import JoinedSource
from vedette.engine.members import Members, members_of
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import Source, open_source

COLUMNS = ("label", "prediction", "score", "time", "columns")  # that say what is in the table


def fairness(
    data: Any,
    group: str | Sequence[str] | None = (),
    *,
    positive: object = None,
    threshold: float | None = None,
    against: str | Sequence[str] | None = None,
    intersections: bool | int = True,
    least: int = LEAST,
    minimum: int = MINIMUM,
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
    name: str | None = None,
    progress: Progress = nothing,
    **columns: Any,
) -> Fairness:
    """Say whether the decisions of a model treat groups alike.

    `data` is a table of any kind that `compare` takes.  `group` names the sensitive columns, where
    no schema does by their role; `label`, `prediction`, `score` and `time` the others, which are
    their names where nothing else is given; `columns` says what single ones are, as for `compare`.
    `positive` is the class that counts as selected, which is guessed only where classes say yes and
    no; `threshold` the score from which a row is.  Groups are held against the rest and, if
    `against` names one ("race=White", or "best"), against that.  `intersections` says how many meet
    at most; `measures` are numbers of a row compared by group; `bands` where a sensitive column of
    numbers is cut.

    `reference` is an earlier table, for what changed since; `members` a table that holds sensitive
    columns by `key`; `chances` says which columns hold the chance of each group where nobody knows
    it for certain ({"race": {"Black": "p_black", ...}}); `proxies` asks which features reveal a
    group.  `name` is what the table is called in reports.

    Bounds: alarming is only what lies beyond `ratio` (selection) or `gap` (other rates) with its
    whole interval, which holds at `level` for all groups of a set together; groups of fewer than
    `least` rows are not judged, of fewer than `minimum` not shown.  Limits are settings, not law.
    Errors: UsageError for tables without what is needed, SettingsError for wrong settings.
    Example:
        >>> rows = {"sex": ["F", "M"] * 1000, "prediction": [0, 1, 1, 1, 0, 0, 0, 1] * 250}
        >>> found = fairness(rows, "sex")
        >>> found.ok, found.rate("selection_rate", "sex=F")["ratio"].__round__(2)
        (False, 0.33)
    """
    _check_names(columns)
    declared = schema_of(schema)
    named = sensitive(declared) if group is None or group == () else group
    asked = make_asked(
        named, positive=positive, threshold=threshold, against=against,
        intersections=intersections, least=least, minimum=minimum, ratio=ratio, gap=gap,
        level=level, measures=measures, bands=bands, chances=chances, proxies=proxies,
    )  # fmt: skip
    beside = Beside(reference, members, key, name)
    return run(data, asked, make_settings(columns), declared, beside, progress)


def _check_names(given: Mapping[str, object]) -> None:
    """Refuse what is no option of an audit, though a comparison may have it.

    Errors: SettingsError with the nearest option.
    """
    own = [name for name in signature(fairness).parameters if name not in ("data", "columns")]
    known = [*own, *COLUMNS]
    for name in given:
        if name not in COLUMNS:
            raise SettingsError(
                "fairness", f"there is no option {name!r}",
                hint=nearest(name, known) or f"options are {', '.join(known)}",
            )  # fmt: skip


def sensitive(schema: Schema | None) -> tuple[str, ...]:
    """The columns that a schema declares sensitive: the groups, where none are named."""
    return () if schema is None else tuple(field.name for field in schema.with_role("sensitive"))


class Beside(NamedTuple):
    """Tables beside the one that is audited, and what that one is called.

    Shapes: `reference` an earlier one with the same columns; `members` holds sensitive columns by
    `key`, under permissions of its own; `name` None calls the table what its source does; `filters`
    say which rows of a log were read: {"name", "value"} each.
    """

    reference: Any = None
    members: Any = None
    key: str | None = None
    name: str | None = None
    filters: Sequence[Mapping[str, str | None]] = ()


def members_name(beside: Beside) -> dict[str, str] | None:
    """What is told of the table of members; its rows count in the digest of the data."""
    if beside.members is None or beside.key is None:
        return None
    return {"name": open_source(beside.members).name, "key": beside.key}


def run(
    data: Any,
    asked: Asked,
    settings: Settings,
    schema: Schema | None = None,
    beside: Beside = Beside(),  # noqa: B008 - a tuple cannot change
    progress: Progress = nothing,
) -> Fairness:
    """Audit under options that are already checked: what `fairness` and the command share."""
    with np.errstate(over="ignore", invalid="ignore"):  # a score of 1e300 has no square
        return _run(data, asked, settings, schema, beside, progress)


def _run(
    data: Any,
    asked: Asked,
    settings: Settings,
    schema: Schema | None,
    beside: Beside,
    progress: Progress,
) -> Fairness:
    found = _known(beside, open_source(data), asked)
    source = _joined(open_source(data), found, beside.key)
    settings = _named(settings, schema)
    reading = read_of(source, asked, settings)
    counted = count_rows(source.batches(reading.columns), reading, progress, source)
    before = then = None
    if beside.reference is not None:
        before = _joined(open_source(beside.reference), found, beside.key)
        check_columns(before, reading)
        then = count_rows(before.batches(reading.columns), reading, progress, before)
    _check_members(source, counted.rows, beside)
    made = made_of(reading, counted, asked, then)
    if asked.proxies:
        rows = proxy_rows(source, reading, settings, schema, made.shown, asked.level)
        made.add("proxies", rows)
    notes = [*notes_of(reading, counted, asked), *made.notes]
    if isinstance(source, JoinedSource) and source.unmatched:
        notes.append(
            f"{plural(source.unmatched, 'row has', 'rows have')} no member: their group is not "
            "stated"
        )
    if found is not None and found.disputed:
        notes.append(
            f"{plural(found.disputed, 'key has', 'keys have')} several members that disagree: "
            "their group is not stated"
        )
    return Fairness(
        tuple(made.findings),
        {
            "data": about_data(beside.name or source.name, counted),
            "reference": None if before is None or then is None else about_data(before.name, then),
            "settings": asked.document(),
            "reading": about_reading(reading),
            "filters": list(beside.filters),
            "members": members_name(beside),
            "fingerprints": {
                **fingerprints(source, reading, asked, settings),
                "data": of_counts(about_data(source.name, counted), made.tables),
            },
            **made.tables,
            "notes": notes,
        },
        made.mirrors,
    )


def _known(beside: Beside, source: Source, asked: Asked) -> Members | None:
    """Sensitive columns that lie in a table of their own.

    Errors: UsageError without a key, and where nothing is asked for that the table lacks.
    """
    if beside.members is None:
        if beside.key is not None:
            raise UsageError("key", "there is no table of members to find by it", got=beside.key)
        return None
    if beside.key is None:
        raise UsageError(
            "members", "there is no key to find them by", hint="name it: key=, or --key"
        )
    there = source.arrow_schema.names
    chances = [name for held in asked.chances.values() for name in held.values()]
    wanted = [name for name in (*asked.group, *chances) if name not in there]
    if not wanted:
        raise UsageError("members", "every sensitive column is in the table itself")
    return members_of(beside.members, beside.key, wanted)


def _check_members(source: Source, rows: int, beside: Beside) -> None:
    """Refuse members of whom not one belongs to a row.

    Errors: UsageError.
    """
    if isinstance(source, JoinedSource) and rows and source.unmatched == rows:
        raise UsageError(
            "members", f"not one row has a member by the key {beside.key!r}",
            hint="keys are compared as text: see how both tables spell them",
        )  # fmt: skip


def _joined(source: Source, members: Members | None, key: str | None) -> Source:
    return source if members is None or key is None else JoinedSource(source, members, key)


def _named(settings: Settings, schema: Schema | None) -> Settings:
    """The settings with the roles that a schema declares."""
    if schema is None:
        return settings
    told = {
        role: schema.with_role(role)[0].name
        for role in ("label", "prediction", "score", "time")
        if getattr(settings, role) is None and schema.with_role(role)
    }
    return msgspec.structs.replace(settings, **told)
