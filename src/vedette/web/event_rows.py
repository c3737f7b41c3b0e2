"""Rows of events as plain data, redacted: what the API answers and what tables show.

Owns: values of rows with the reasons why they are unusual, cells of a table.  Does not own: finding
rows (`web.events`), what is hidden (`web.redaction`), a single event with everything about it
(`web.event`).
"""

from collections.abc import Iterable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

import pyarrow as pa

from vedette.core import rows
from vedette.core.schema import Schema
from vedette.core.words import count, number
from vedette.profiles.baseline import Baseline
from vedette.profiles.unusual import Judge
from vedette.web import documents
from vedette.web.redaction import Redaction
from vedette.web.sifting import Deriving, judged_columns, learnt_of

DIGITS = 6  # of a number in a table
LONGEST = 80  # characters of a text in a table
UNUSUAL = "_unusual"  # the reasons, beside a row's own columns


class Row(NamedTuple):
    """One event.  Shapes: `values` by column, redacted; `reasons` a sentence by unusual column."""

    id: str
    time: int
    values: Mapping[str, Any]
    reasons: Mapping[str, str]


class Cell(NamedTuple):
    """One value in a table: `kind` is number, text, missing or hidden; `why` it is unusual, or
    ""."""

    column: str
    text: str
    kind: str
    why: str


def judge_of(baseline: Baseline | None) -> Judge | None:
    """What judges single events of a model; None when it has no baseline."""
    return None if baseline is None else Judge.of(baseline, judged_columns(baseline))


def rows_of(
    table: pa.Table,
    judge: Judge | None,
    schema: Schema | None,
    redaction: Redaction,
    derived: Iterable[str] = (),
) -> list[Row]:
    """Rows as they may be shown; `derived` columns are shown beside the stored ones."""
    if not table.num_rows:
        return []
    judged = [] if judge is None else list(judge.columns)
    batch = table.combine_chunks().to_batches()[0]
    whole = Deriving.of([*judged, *derived], schema, learnt_of(judge)).apply(batch)
    codes = {} if judge is None else judge.codes(whole)
    times = table[rows.TIME].cast(pa.int64()).to_pylist()
    plain = table.drop_columns([rows.TIME]).to_pylist()
    flagged = {name: column for name, column in codes.items() if column.any()}
    more = {name: whole[name].to_pylist() for name in {*flagged, *derived}
            if name in whole.schema.names}  # fmt: skip
    found = []
    for at, (when, row) in enumerate(zip(times, plain, strict=True)):
        row |= {name: more[name][at] for name in derived if name in more}
        reasons = {}
        for name, column in flagged.items():
            if column[at] and judge is not None:
                raw = more[name][at] if name in more else None
                value = redaction.value(name, raw)
                shown = not redaction.hides(name) and not (isinstance(raw, list) or value is None)
                reasons[name] = judge.reason(name, int(column[at]), value, shown=shown)
        values = {name: redaction.value(name, _plain(value)) for name, value in row.items()}
        found.append(Row(values.pop(rows.ID), when, values, reasons))
    return found


def row_document(row: Row, column: str | None = None) -> dict[str, Any]:
    """A row as JSON: flat, with the reasons under a name of our own; or only one of its columns."""
    values = row.values
    if column is not None:
        values = {name: values.get(name) for name in (*rows.SYSTEM, column)
                  if name not in (rows.ID, rows.TIME)}  # fmt: skip
    own = {rows.ID: row.id, rows.TIME: documents.instant(row.time)}
    found: dict[str, Any] = documents.finite({**own, **values, UNUSUAL: list(row.reasons.values())})
    return found


def cells_of(row: Row, columns: Sequence[str], redaction: Redaction) -> list[Cell]:
    """The cells of a table's line."""
    return [cell_of(name, row.values.get(name), row.reasons.get(name, ""), redaction)
            for name in columns]  # fmt: skip


def cell_of(column: str, value: Any, why: str, redaction: Redaction) -> Cell:
    """One value as a table shows it.

    Example:
        >>> cell_of("x", 1234567.891, "", Redaction()).text
        '1,234,568'
    """
    if value is None:
        return Cell(column, "missing", "missing", why)
    if redaction.hides(column) or (isinstance(value, str) and value.startswith("hidden: ")):
        return Cell(column, str(value), "hidden", why)
    if isinstance(value, bool):
        return Cell(column, "true" if value else "false", "text", why)
    if isinstance(value, int):
        return Cell(column, count(value), "number", why)
    if isinstance(value, float):
        text = number(value, DIGITS) if isfinite(value) or value != value else number(value)
        return Cell(column, "not a number" if value != value else text, "number", why)
    if isinstance(value, list):
        shown = ", ".join(map(_item, value[:4]))
        return Cell(column, f"{shown}, … ({len(value)})" if len(value) > 4 else shown, "text", why)
    text = str(value)
    return Cell(column, text if len(text) <= LONGEST else f"{text[:LONGEST]}…", "text", why)


def _item(value: Any) -> str:
    return number(float(value)) if isinstance(value, int | float) else str(value)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | bool | list | None) else str(value)
