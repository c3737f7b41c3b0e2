"""Tables that anybody wrote, in whatever format, with a word on what columns are.

Owns: from a row to an event and a label.  Does not own: files (`rows`), what columns are
(`mapping`).
"""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from vedette.core.errors import SchemaError, nearest
from vedette.core.events import Score, Value
from vedette.ingest.moments import moment
from vedette.ingest.payloads.values import features_of
from vedette.ingest.readers.calls import status_columns
from vedette.ingest.readers.delta_log import is_delta
from vedette.ingest.readers.mapping import (
    UNITS,
    Columns,
    Prefix,
    Time,
    latency_of,
    time_of,
    usual,
)
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.readers.rows import is_table, known_by, rows, text_moment
from vedette.ingest.sent import Sent, SentLabel


def reader(path: Path, given: Given) -> Reader:
    """Read rows of one file.

    Errors: SchemaError for a row of a table without a column that is named.
    """
    said: Columns | None = given.mapping
    unchecked = is_table(path) or is_delta(path)
    names: tuple[str, ...] = ()
    columns = said or Columns()

    def read(record: Record) -> Iterable[Item]:
        nonlocal unchecked, names, columns
        row = dict(mapping_of(record))
        if said is None and names != (names := tuple(row)):
            columns = usual(row)
        if unchecked:
            _check(row, columns)
            unchecked = False
        event, label = _event(row, columns, given)
        model = str(event.model or "")
        if columns.label is None or _says_something(event):
            yield Item(model, event)
        if label is not None:
            yield Item(model, label)

    return read


def _check(row: Mapping[str, Any], columns: Columns) -> None:
    for name in columns.named:
        if name not in row and "." not in name:
            raise SchemaError("table", f"there is no column {name!r}", hint=nearest(name, row))


def _event(row: dict[str, Any], columns: Columns, given: Given) -> tuple[Sent, SentLabel | None]:
    """The event of a row, and its label if it has one."""

    def take(name: str | None) -> Any:
        return None if name is None else _taken(row, name)

    identity, version, trace = map(
        _word, map(take, (columns.id, columns.version, columns.trace_id))
    )
    time = _moment(columns.time, take, given)
    known = _moment(columns.label_time, take, given)
    label, prediction = take(columns.label), take(columns.prediction)
    attributes = {name: take(name) for name in columns.attributes}
    if (status := take(columns.status)) is not None:
        attributes |= status_columns(int(status))
    took = None
    if columns.latency and (told := take(latency_of(columns.latency).column)) is not None:
        took = float(told) * UNITS[latency_of(columns.latency).unit]
    event = Sent(
        id=identity, time=time, model=_word(take(columns.model)), version=version,
        prediction=prediction, scores=_scores(columns, take), latency_s=took,
        text={name: str(text) for name in columns.texts if (text := take(name)) is not None}
        or None,
        weight=_weight(columns, take), trace_id=trace,
    )  # fmt: skip
    event.attributes = features_of(attributes, given.limits) or None
    event.features = features_of(_features(row, columns), given.limits)
    if label is None:
        return event, None
    if identity is None:
        raise SchemaError("record", "has a label, and no id")
    return event, SentLabel(id=identity, label=label, time=time if known is None else known)


def _features(row: Mapping[str, Any], columns: Columns) -> Mapping[str, Any]:
    """What is left of a row, or what is named of it."""
    wanted = columns.features
    if isinstance(wanted, Prefix):
        size = len(wanted.prefix)
        inner = row.get(wanted.prefix.removesuffix("."))
        if wanted.prefix.endswith(".") and isinstance(inner, Mapping):
            return inner
        return {name[size:]: one for name, one in row.items() if name.startswith(wanted.prefix)}
    if wanted is None:
        return {name: value for name, value in row.items() if name not in columns.ignore}
    return {name: _taken(dict(row), name) for name in wanted}


def _says_something(event: Sent) -> bool:
    """Whether a row is more than the label of an event that came another way."""
    features = any(value is not None for value in event.features.values())
    said = event.prediction is not None or event.scores or event.text or event.attributes
    return bool(features or said or event.latency_s is not None)


def _taken(row: dict[str, Any], name: str) -> Any:
    """A value by its name, which is then gone; a dot stands between keys of nested objects."""
    if name in row:
        return row.pop(name)
    first, dot, inner = name.partition(".")
    part = row.get(first)
    if not dot or not isinstance(part, Mapping):
        return None
    row[first] = left = dict(part)
    return _taken(left, inner)


def _word(value: Any) -> str | None:
    if value is None or value == "":
        return None
    whole = isinstance(value, float) and value.is_integer()  # a number beside missing ones
    return str(int(value) if whole else value)


def _moment(said: Time | str | None, take: Callable[[str], Any], given: Given) -> int | None:
    if said is None:
        return None
    one = time_of(said)
    told = take(one.column)
    if told is None:
        return None
    if isinstance(told, str) or one.format:
        return text_moment(str(told), one.zone or given.zone, one.format)
    return moment(told)


def _scores(columns: Columns, take: Callable[[str], Any]) -> dict[str, Score | None] | None:
    if columns.score is None:
        return None
    named = {"score": columns.score} if isinstance(columns.score, str) else columns.score
    found: dict[str, Score | None] = {name: take(column) for name, column in named.items()}
    return {name: score for name, score in found.items() if score is not None} or None


def _weight(columns: Columns, take: Callable[[str | None], Value]) -> float | None:
    weight, fraction = take(columns.weight), take(columns.sampling_fraction)
    if fraction is not None:
        return 1 / float(fraction)  # type: ignore[arg-type]
    return None if weight is None else float(weight)  # type: ignore[arg-type]


KIND = Kind(
    about="tables in CSV, Parquet, Arrow, Avro, JSON lines or Delta Lake",
    files=("*.csv", "*.csv.gz", "*.tsv", "*.parquet", "*.arrow", "*.feather", "*.jsonl",
           "*.ndjson", "*.json", "*.jsonl.gz", "*.avro"),
    cut=rows,
    reader=reader,
    known_by=known_by,
    takes_tables=True,
)  # fmt: skip
