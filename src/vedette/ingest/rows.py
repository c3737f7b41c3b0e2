"""From events as sent to rows as stored.

Owns: the checks of one event, its columns (`core.rows`), their types, ids for events that have
none.  Does not own: reading bytes (`ingest.sent`), Arrow bodies (`ingest.arrow_body`).

Numbers are float64, whatever they were sent as; a column whose values disagree in one body is text.
"""

import hashlib
from collections.abc import Container
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite
from typing import Any

import msgspec
import pyarrow as pa

from vedette.core import rows as names
from vedette.core.schema import Schema
from vedette.ingest.decoded import Rejected
from vedette.ingest.limits import Limits, too_large
from vedette.ingest.moments import moment, unbelievable
from vedette.ingest.rejections import Rejections
from vedette.ingest.sent import Read, Sent, SentLabel
from vedette.ingest.shapes import ARROW, KINDS, TIME, Plan, Row, Shape, plan_of, spelt

NEEDS_ID = "needs the id of its event"


@dataclass(frozen=True)
class Context:
    """What the checks of one body need to know.  Units: `received` in UTC nanoseconds."""

    body: bytes
    model: str
    received: int
    limits: Limits
    schema: Schema | None = None
    exact_times: bool = False  # numbers are nanoseconds, however small
    names_events: bool = False  # every row belongs to an event that is sent by itself

    @cached_property
    def digest(self) -> Any:
        """Of the body."""
        return hashlib.blake2b(self.body, digest_size=12)

    def made_id(self, place: int, timed: bool) -> str:
        """An id for the event at a place of the body, the same whenever this body is sent.

        An event without a time happens when it is received: sent again it is another one.
        Errors: ValueError where rows belong to events.
        """
        if self.names_events:
            raise ValueError(NEEDS_ID)
        digest = self.digest.copy()
        if not timed:
            digest.update(self.received.to_bytes(8, "big", signed=True))
        return f"{digest.hexdigest()}-{place}"


def event_rows(read: Read[Sent], context: Context) -> tuple[pa.RecordBatch | None, list[Rejected]]:
    """Turn events into rows, and say of the others why not."""
    few(len(read.items) + len(read.bad), context.limits)
    rejected = Rejections(read.bad)
    rows: list[Row] = []
    places: list[int] = []
    for at, event in enumerate(read.items):
        place = at if read.places is None else read.places[at]
        try:
            rows.append(_row(event, place, context))
        except ValueError as error:
            rejected.add(place, str(error), event, "" if event.id is None else str(event.id))
            continue
        places.append(place)
    return batch_of(rows, places, context, rejected), rejected.all


def batch_of(
    rows: list[Row], places: list[int], context: Context, rejected: Rejections
) -> pa.RecordBatch | None:
    """Rows as columns; those that do not fit beside the others are rejected.

    Shapes: `places` says where in the body each row stood.
    Errors: Refused, 413.
    """
    shapes: dict[Shape, list[int]] = {}
    for at, row in enumerate(rows):
        shapes.setdefault((*row, *map(type, row.values())), []).append(at)
    if not rows:
        return None
    plan = plan_of(tuple(shapes), context.schema, context.limits)
    if plan.refused:
        lost = {at: why for shape, why in plan.refused.items() for at in shapes[shape]}
        for at, why in sorted(lost.items()):
            rejected.add(places[at], why, None, rows[at][names.ID])
        rows = [row for at, row in enumerate(rows) if at not in lost]
        if not rows:
            return None
    if len(rows) * len(plan.struct) > context.limits.cells:
        raise too_large("cells", len(rows) * len(plan.struct), context.limits.cells)
    return _batch(rows, plan)


def alone(event: Sent, context: Context) -> tuple[Row, Shape] | None:
    """One event as a row with its shape; None when it is refused, for whatever reason."""
    try:
        row = _row(event, 0, context)
    except ValueError:
        return None
    shape = (*row, *map(type, row.values()))
    return None if plan_of((shape,), context.schema, context.limits).refused else (row, shape)


def batches_of(rows: list[Row], shape: Shape, context: Context) -> list[pa.RecordBatch]:
    """Rows of one shape as batches of one row each, which share their memory."""
    batch = _batch(rows, plan_of((shape,), context.schema, context.limits))
    return [batch] if len(rows) == 1 else [batch.slice(at, 1) for at in range(len(rows))]


def label_rows(
    read: Read[SentLabel], context: Context
) -> tuple[pa.RecordBatch | None, list[Rejected]]:
    """Turn labels into rows, and say of the others why not."""
    few(len(read.items) + len(read.bad), context.limits)
    rejected = Rejections(read.bad)
    ids: list[str] = []
    times: list[int] = []
    labels: list[Any] = []
    for at, label in enumerate(read.items):
        place = at if read.places is None else read.places[at]
        name = label.id if label.id is not None else label.event_id
        try:
            identity = identity_of(name, label.model, context)
            if not identity:
                raise ValueError(NEEDS_ID)
            if isinstance(label.label, str) and len(label.label) > context.limits.string:
                raise ValueError(f"label is longer than {context.limits.string} bytes")
            if isinstance(label.label, list) and len(label.label) > context.limits.string // 8:
                raise ValueError(f"label has more than {context.limits.string // 8} numbers")
            times.append(time_of(label.time, context))
        except ValueError as error:
            rejected.add(place, str(error), label, "" if name is None else str(name))
            continue
        ids.append(identity)
        labels.append(label.label)
    if not ids:
        return None, rejected.all
    kind = "".join(sorted({KINDS.get(type(label), "t") for label in labels} - {""}))
    values = labels if len(kind) < 2 and kind != "t" else [spelt(label) for label in labels]
    arrays = [
        pa.array(ids, pa.string()),
        pa.array(times, pa.int64()).cast(TIME),
        pa.array(_plain(values, kind), ARROW.get(kind, pa.string())),
    ]
    batch = pa.RecordBatch.from_arrays(arrays, [names.ID, names.TIME, names.LABEL])
    return batch, rejected.all


def few(count: int, limits: Limits) -> None:
    """See that a body does not hold too many.  Errors: Refused, 413."""
    if count > limits.rows:
        raise too_large("events", count, limits.rows)


def _row(event: Sent, place: int, context: Context) -> dict[str, Any]:
    """One event as a flat row: the features' own dict, with the rest put in."""
    row = event.features
    limits = context.limits
    if len(row) > limits.features:
        raise ValueError(f"has {len(row)} features; at most {limits.features} are taken")
    if not names.RESERVED.isdisjoint(row):
        name = next(name for name in row if name in names.RESERVED)
        raise ValueError(f"feature {name!r} has a reserved name; rename it")
    identity = identity_of(event.id, event.model, context)
    time, weight = time_of(event.time, context), _weight(event.weight)
    if event.latency_s is not None and not event.latency_s >= 0:
        raise ValueError(f"latency_s is negative: {event.latency_s}")
    for part in (event.attributes, event.text):
        if part:
            _join(row, part, limits)
    if len(context.body) > limits.string:
        short(row, event.text or (), limits)
    row[names.ID] = identity or context.made_id(place, event.time is not None)
    row[names.TIME] = time
    row[names.VERSION] = "" if event.version is None else str(event.version)
    row[names.WEIGHT] = weight
    if event.trace_id:
        row[names.TRACE] = event.trace_id
    if event.span_id:
        row[names.SPAN] = event.span_id
    if event.parent_id:
        row[names.PARENT] = event.parent_id
    if event.rest:
        row[names.REST] = _rest(event.rest, limits)
    if event.prediction is not None:
        row[names.PREDICTION] = event.prediction
    if event.score is not None or event.scores:
        _put_scores(row, event, limits)
    if event.latency_s is not None:
        row[names.LATENCY] = event.latency_s
    if event.usage is not None:
        row[names.INPUT_TOKENS] = event.usage.input_tokens
        row[names.OUTPUT_TOKENS] = event.usage.output_tokens
        for name in (names.FIRST_TOKEN, names.PER_TOKEN, names.QUEUE):
            if (took := getattr(event.usage, name)) is not None:
                row[name] = took
    return row


def _rest(rest: dict[str, Any], limits: Limits) -> str:
    text = msgspec.json.encode(rest)
    if len(text) > limits.text:
        raise ValueError(f"rest is longer than {limits.text} bytes")
    return text.decode()


def _join(row: dict[str, Any], part: dict[str, Any], limits: Limits) -> None:
    if len(part) > limits.features:
        raise ValueError(f"has {len(part)} attributes or texts; at most {limits.features}")
    for name, value in part.items():
        if name in names.RESERVED:
            raise ValueError(f"{name!r} is a reserved name; rename it")
        if name in row:
            raise ValueError(f"two values are called {name!r}; rename one")
        row[name] = value


def short(row: Row, text: Container[str], limits: Limits) -> None:
    """Check lengths; only a body longer than the limit can hold a longer value.

    Shapes: `text` names the columns that may be as long as texts.  Errors: ValueError.
    """
    for name, value in row.items():
        if isinstance(value, str):
            limit = limits.text if name in text else limits.string
            if len(value) > limit // 4 and len(value.encode()) > limit:
                raise ValueError(f"{name[:80]!r} is longer than {limit} bytes")
        else:
            _few_numbers(name, value, limits)


def _few_numbers(name: str, value: Any, limits: Limits) -> None:
    if isinstance(value, list) and len(value) > limits.string // 8:
        raise ValueError(f"{name[:80]!r} has more than {limits.string // 8} numbers")


def identity_of(given: str | int | None, model: str | None, context: Context) -> str:
    """An id as text, "" for none.  Errors: ValueError, also for what is of another model."""
    if model and model != context.model:
        raise ValueError(f"is of model {model[:80]!r}, sent to {context.model!r}")
    if given is None:
        return ""
    identity = given if isinstance(given, str) else str(given)
    if not identity or len(identity) > context.limits.name:
        raise ValueError(f"id must have 1 to {context.limits.name} characters")
    return identity


def time_of(given: int | float | str | None, context: Context) -> int:
    """A moment as UTC nanoseconds, by default when it was received.  Errors: ValueError."""
    if given is None:
        return context.received
    try:
        time = given if context.exact_times and isinstance(given, int) else moment(given)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"time {str(given)[:60]!r} cannot be read: {error}") from None
    why = unbelievable(time, context.received, context.limits.ahead_s)
    if why:
        raise ValueError(why)
    return time


def _weight(given: float | None) -> float:
    if given is None:
        return 1.0
    if not (isfinite(given) and given >= 1):
        raise ValueError(f"weight is {given}, not one over the sampling fraction")
    return given


def _put_scores(row: dict[str, Any], event: Sent, limits: Limits) -> None:
    for part in (event.score, event.scores):
        if part is None:
            continue
        for name, value in (part if isinstance(part, dict) else {names.SCORE: part}).items():
            column = names.score_column(name)
            if column in row:
                raise ValueError(f"two values are called {column!r}; rename one")
            _few_numbers(column, value, limits)
            if value is not None:
                row[column] = value


def _batch(rows: list[dict[str, Any]], plan: Plan) -> pa.RecordBatch:
    for name in plan.mixed:
        for row in rows:
            if name in row:
                row[name] = spelt(row[name])
    try:
        array = pa.array(rows, plan.struct)
    except (pa.ArrowException, OverflowError):  # integers that float64 does not hold exactly
        for row in rows:
            for name, value in row.items():
                if name != names.TIME:
                    row[name] = _float(value)
        array = pa.array(rows, plan.struct)
    batch: pa.RecordBatch = pa.RecordBatch.from_struct_array(array)
    return batch


def _plain(values: list[Any], kind: str) -> list[Any]:
    """Numbers as float64, integers beyond it as infinities."""
    return [_float(value) for value in values] if kind in ("f", "l") else values


def _float(value: Any) -> Any:
    if isinstance(value, list):
        return [_float(one) for one in value]
    if type(value) is not int:
        return value
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf
