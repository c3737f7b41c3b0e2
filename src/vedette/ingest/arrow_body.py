"""Arrow streams from senders nobody vouches for.

Owns: checking a stream before and after decoding, its columns as stored, ids and times of rows.
Does not own: single events (`ingest.rows`).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core import rows as names
from vedette.core.errors import nearest
from vedette.ingest.arrow_message import declared
from vedette.ingest.arrow_types import allowed, stored
from vedette.ingest.decoded import Rejected
from vedette.ingest.limits import Limits, Refused, too_large
from vedette.ingest.moments import SCALES, moment, unbelievable
from vedette.ingest.rejections import EVENTS_KEPT, Rejections
from vedette.ingest.rows import NEEDS_ID, Context

# What a query parameter names, and the column that it becomes.
MAPPED: Mapping[str, str] = {
    "id": names.ID, "time": names.TIME, "version": names.VERSION, "weight": names.WEIGHT,
    "trace_id": names.TRACE, "prediction": names.PREDICTION, "score": names.SCORE,
    "latency_s": names.LATENCY, "label": names.LABEL,
}  # fmt: skip
_TIME = pa.timestamp("ns", "UTC")
_MEASURES = (names.SCORE, names.INPUT_TOKENS, names.OUTPUT_TOKENS, *names.SPENT)
Made = tuple[pa.RecordBatch | None, list[Rejected]]


def read_event_table(context: Context, given: Mapping[str, str]) -> Made:
    """Read a table of events; columns that are no event's own are features.

    Errors: Refused for a broken or too large stream, or a column of a type that is not stored.
    """
    columns, rows = _columns(context, given)
    if rows == 0:
        return None, []
    keep = _Keep(rows)
    out: dict[str, Any] = {
        names.ID: _ids(columns.pop(names.ID, None), columns.get(names.TIME), rows, keep, context),
        names.TIME: _times(columns.pop(names.TIME, None), rows, keep, context),
        names.VERSION: _version(columns.pop(names.VERSION, None), rows),
        names.WEIGHT: _weights(columns.pop(names.WEIGHT, None), rows, keep),
    }
    if names.TRACE in columns:
        out[names.TRACE] = _text(columns.pop(names.TRACE), names.TRACE)
    for name, column in columns.items():
        is_list = name == names.SCORE and pa.types.is_list(column.type)
        if name in _MEASURES and not (is_list or pa.types.is_floating(column.type)):
            raise Refused(400, f"column {name!r} is not numeric", got=column.type)
        out[name] = column
    if names.LATENCY in out:
        negative = pc.fill_null(pc.less(out[names.LATENCY], 0), False)
        keep.drop(_mask(negative), "latency_s is negative")
    return keep.finished(out)


def read_label_table(context: Context, given: Mapping[str, str]) -> Made:
    """Read a table of labels: `id`, `label` and perhaps `time`, or as `given` maps them.

    Errors: as `read_event_table`.
    """
    given = {name: name for name in ("id", "label", "time")} | dict(given)
    columns, rows = _columns(context, given, absent_fine=True)
    for name in (names.ID, names.LABEL):
        if name not in columns and rows:
            raise Refused(400, "lacks a column", want=f"{name.strip('_')!r}")
    if rows == 0:
        return None, []
    keep = _Keep(rows)
    ids = _text(columns[names.ID], names.ID)
    keep.drop(_mask(pc.equal(pc.fill_null(ids, ""), "")), NEEDS_ID)
    out = {
        names.ID: ids,
        names.TIME: _times(columns.get(names.TIME), rows, keep, context),
        names.LABEL: columns[names.LABEL],
    }
    return keep.finished(out)


class _Keep:
    """Which rows are kept, and why not the others."""

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.mask: NDArray[np.bool_] | None = None
        self.why: dict[int, str] = {}

    def drop(self, bad: NDArray[np.bool_], reason: str) -> None:
        """Drop rows for one reason."""
        if bad.any():
            self.mask = ~bad if self.mask is None else self.mask & ~bad
            for row in np.flatnonzero(bad):
                self.why.setdefault(int(row), reason)

    def finished(self, columns: dict[str, Any]) -> Made:
        """The rows kept, and the others with reasons."""
        batch = pa.RecordBatch.from_arrays(list(columns.values()), list(columns))
        rejected = Rejections()
        for row, why in sorted(self.why.items()):
            event = batch.slice(row, 1).to_pylist()[0] if len(rejected.all) < EVENTS_KEPT else None
            rejected.add(row, why, event, str((event or {}).get(names.ID) or ""))
        if self.mask is not None:
            batch = batch.filter(pa.array(self.mask))
        return (batch if batch.num_rows else None), rejected.all


def _columns(
    context: Context, given: Mapping[str, str], *, absent_fine: bool = False
) -> tuple[dict[str, Any], int]:
    """Every column by the name it is stored under, as one array of a stored type."""
    limits = context.limits
    for key in given:
        if key not in MAPPED:
            hint = nearest(key, MAPPED) or f"known are {', '.join(MAPPED)}"
            raise Refused(400, f"query parameter {key[:40]!r} names nothing", want=hint)
    said = declared(context.body, limits)
    batch = _decoded(context.body, said.rows, limits)
    targets = {column: MAPPED[key] for key, column in given.items()}
    absent = next((c for c in targets if c not in batch.schema.names), None)
    if absent is not None and not absent_fine:
        hint = nearest(absent, batch.schema.names)
        raise Refused(400, f"there is no column {absent[:80]!r}", want=hint or "one of the table's")
    out: dict[str, Any] = {}
    for field, array in zip(batch.schema, batch.columns, strict=True):
        name = targets.get(field.name, field.name)
        if not name or len(name) > limits.name:
            raise Refused(400, f"a column's name must have 1 to {limits.name} characters")
        if name in out:
            raise Refused(400, f"two columns are called {name!r}")
        kept = stored(array, name, limits)
        if kept is not None:
            out[name] = kept
    return out, int(batch.num_rows)


def _decoded(body: bytes, rows: int, limits: Limits) -> pa.RecordBatch:
    try:
        with pa.ipc.open_stream(pa.BufferReader(body)) as reader:
            width = len(reader.schema)
            if width > limits.columns:
                raise too_large("columns", width, limits.columns)
            if width * rows > limits.cells:
                raise too_large("cells", width * rows, limits.cells)
            for field in reader.schema:
                allowed(field)
            batches = []
            for batch in reader:
                batch.validate(full=True)  # a wrong offset would abort the process later
                batches.append(batch)
        if len(batches) == 1:
            return batches[0]
        table = pa.Table.from_batches(batches, reader.schema).combine_chunks()
        whole = table.to_batches()
        if not whole:
            return pa.RecordBatch.from_pylist([], reader.schema)
        return whole[0] if len(whole) == 1 else pa.concat_batches(whole)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(400, "is no whole Arrow stream", got=str(error)[:120]) from None


def _mask(array: Any) -> NDArray[np.bool_]:
    mask: NDArray[np.bool_] = array.to_numpy(zero_copy_only=False)
    return mask


def _text(array: Any, name: str) -> Any:
    if array.type == pa.string():
        return array
    if pa.types.is_nested(array.type):
        raise Refused(400, f"column {name!r} is no text", got=array.type)
    return array.cast(pa.string())


def _ids(array: Any, times: Any, rows: int, keep: _Keep, context: Context) -> Any:
    if array is None:
        array = pa.nulls(rows, pa.string())
    ids = _text(array, names.ID)
    longest = context.limits.name
    if ids.nbytes > longest:
        lengths = pc.fill_null(pc.utf8_length(ids), 0)
        if (pc.max(lengths).as_py() or 0) > longest:
            keep.drop(_mask(pc.greater(lengths, longest)), f"id is longer than {longest}")
    if ids.null_count or pc.min(pc.binary_length(ids)).as_py() == 0:
        empty = pc.equal(pc.fill_null(ids, ""), "")
        if context.names_events:
            keep.drop(_mask(empty), NEEDS_ID)
            return ids
        values = ids.to_pylist()
        timed = np.zeros(rows, np.bool_) if times is None else _mask(times.is_valid())
        for row in np.flatnonzero(_mask(empty)):
            values[row] = context.made_id(int(row), bool(timed[row]))
        ids = pa.array(values, pa.string())
    return ids


def _times(array: Any, rows: int, keep: _Keep, context: Context) -> Any:
    received = context.received
    if array is None:
        return pa.array(np.full(rows, received), pa.int64()).cast(_TIME)
    nanoseconds = _nanoseconds(array, keep)
    absent = ~_mask(array.is_valid()) if array.null_count else None
    if absent is not None:
        nanoseconds = np.where(absent, received, nanoseconds)
    keep.drop(nanoseconds < 0, unbelievable(-1, received, 0))
    latest = received + context.limits.ahead_s * 1_000_000_000
    late = nanoseconds > latest
    if late.any():
        why = unbelievable(int(nanoseconds[late].min()), received, context.limits.ahead_s)
        keep.drop(late, why)
    return pa.array(nanoseconds, pa.int64()).cast(_TIME)


_UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_FURTHEST = 2**63 - 1


def _nanoseconds(array: Any, keep: _Keep) -> NDArray[np.int64]:
    """Moments in any spelling as UTC nanoseconds, those beyond int64 at its ends."""
    t, kind = pa.types, array.type
    if t.is_timestamp(kind):
        return _scaled(_whole(array.cast(pa.int64())), _UNITS[kind.unit])
    if t.is_integer(kind):
        whole = _whole(array.cast(pa.int64(), safe=False))
        out = whole.copy()
        below = np.zeros(len(whole), np.bool_)
        for limit, scale in SCALES:
            here = (np.abs(whole) < limit) & ~below
            out[here] = _scaled(whole[here], scale)
            below |= here
        return out
    values = np.zeros(len(array), np.int64)
    bad = np.zeros(len(array), np.bool_)
    for row, value in enumerate(array.to_pylist()):
        try:
            spelt = value if isinstance(value, str | float) else str(value)
            values[row] = 0 if value is None else moment(spelt)
        except (ValueError, OverflowError):
            bad[row] = True
    keep.drop(bad, "time cannot be read")
    return values


def _whole(array: Any) -> NDArray[np.int64]:
    if array.null_count:
        array = pc.fill_null(array, 0)
    whole: NDArray[np.int64] = array.to_numpy(zero_copy_only=False)
    return whole


def _scaled(whole: NDArray[np.int64], scale: int) -> NDArray[np.int64]:
    if scale == 1:
        return whole
    bound = _FURTHEST // scale
    return np.clip(whole, -bound, bound) * scale


def _version(array: Any, rows: int) -> Any:
    if array is None:
        return pa.array([""], pa.string()).take(pa.array(np.zeros(rows, np.int64)))
    text = _text(array.cast(pa.int64()) if _integral(array) else array, names.VERSION)
    return pc.fill_null(text, "") if text.null_count else text


def _integral(array: Any) -> bool:
    return bool(
        pa.types.is_floating(array.type)
        and pc.all(pc.equal(pc.floor(array), array)).as_py()
        and (pc.max(pc.abs(array)).as_py() or 0) < 2**53
    )


def _weights(array: Any, rows: int, keep: _Keep) -> Any:
    if array is None:
        return pa.array(np.ones(rows))
    if not pa.types.is_floating(array.type):
        raise Refused(400, "column '_weight' is not numeric", got=array.type)
    values = pc.fill_null(array, 1.0) if array.null_count else array
    weights = values.to_numpy(zero_copy_only=False)
    with np.errstate(invalid="ignore"):
        bad = ~(np.isfinite(weights) & (weights >= 1))
    keep.drop(bad, "weight is not one over the sampling fraction")
    return values
