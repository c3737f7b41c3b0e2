"""Frames as Arrow streams under the columns that a server knows.

Owns: turning a frame into Arrow, naming its columns, cutting it into messages.  Does not own: the
queue.  pyarrow is loaded only when a frame is logged, so that the client stays light.
"""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from vedette.core import rows
from vedette.core.errors import UsageError
from vedette.sdk.batch import FRAMES
from vedette.sdk.queued import Piece

PIECE_ROWS = 50_000  # what a server takes in one message
PIECE_BYTES = 4 << 20  # half of what it takes

OWN = {
    "id": rows.ID,
    "time": rows.TIME,
    "version": rows.VERSION,
    "prediction": rows.PREDICTION,
    "latency_s": rows.LATENCY,
}


def pieces(
    frame: Any,
    *,
    columns: Mapping[str, str | None],
    scores: Mapping[str, str],
    prefix: str,
    version: str,
    now: int,
    is_kept: Callable[[str], bool] | None,
    weight: float,
    most: int = PIECE_ROWS,
    kind: str = FRAMES,
) -> Iterator[Piece]:
    """Cut a frame into messages, of `most` rows at most.

    Errors: UsageError without pyarrow, for something that is no frame, or a column that it has not.
    """
    arrow = _pyarrow()
    table = _renamed(arrow_table(frame, arrow), columns, scores)
    table = _completed(table, arrow, prefix, version, now, weight)
    if is_kept is not None:
        mask = [is_kept(key) for key in table.column(rows.ID).to_pylist()]
        table = table.filter(arrow.array(mask, arrow.bool_()))
    step = max(1, min(PIECE_ROWS, most))
    if table.num_rows:
        step = max(1, min(step, PIECE_BYTES * table.num_rows // max(1, table.nbytes)))
    for start in range(0, table.num_rows, step):
        part = table.slice(start, step)
        yield Piece(part.num_rows, part.nbytes, _writer(part, arrow), kind)


def arrow_table(frame: Any, arrow: Any) -> Any:
    """A frame as an Arrow table; the index of a pandas frame is left out.

    Errors: UsageError for something that is no frame.
    """
    if isinstance(frame, arrow.Table):
        return frame
    if isinstance(frame, arrow.RecordBatch):
        return arrow.Table.from_batches([frame])
    if isinstance(frame, Mapping):
        return arrow.table({str(k): _column(v, arrow) for k, v in frame.items()})
    if isinstance(frame, list | tuple) and frame and isinstance(frame[0], Mapping):
        return arrow.Table.from_pylist(list(frame))
    if type(frame).__module__.partition(".")[0] == "pandas" and hasattr(frame, "columns"):
        names = [str(name) for name in frame.columns]
        columns = [_column(frame.iloc[:, i], arrow) for i in range(len(names))]
        return arrow.table(columns, names=names)
    if hasattr(frame, "__arrow_c_stream__"):
        return arrow.table(frame)
    raise UsageError("log_frame", "wanted a frame", got=type(frame).__name__)


def _column(values: Any, arrow: Any) -> Any:
    """Values as an Arrow array; values of several types become text."""
    try:
        return arrow.array(values, from_pandas=True)
    except (arrow.ArrowException, TypeError, ValueError, OverflowError):
        texts = [None if v is None or v != v else str(v) for v in values]
        return arrow.array(texts, arrow.string())


def _renamed(table: Any, columns: Mapping[str, str | None], scores: Mapping[str, str]) -> Any:
    wanted = {OWN[role]: name for role, name in columns.items() if name is not None}
    wanted |= {rows.score_column(score): name for score, name in scores.items()}
    for own, name in wanted.items():
        if name not in table.column_names:
            raise UsageError(
                "log_frame", f"the frame has no column {name!r}", want=f"one for {own!r}"
            )
    names = {name: own for own, name in wanted.items()}
    return table.rename_columns([names.get(name, name) for name in table.column_names])


def _completed(table: Any, arrow: Any, prefix: str, version: str, now: int, weight: float) -> Any:
    """The table with an id, a time, a version and a weight in every row."""
    count = table.num_rows
    compute = import_module("pyarrow.compute")
    own = [f"{prefix}{row}" for row in range(count)] if _lacks(table, rows.ID) else None
    made = arrow.array(own, arrow.string()) if own is not None else None
    if rows.ID in table.column_names:
        given = table.column(rows.ID).cast(arrow.string())
        made = given if made is None else compute.coalesce(given, made)
    table = _with(table, rows.ID, made)
    moment = arrow.scalar(now, arrow.timestamp("ns", "UTC"))
    if rows.TIME in table.column_names:
        times = _times(table.column(rows.TIME), arrow, compute)
        table = _with(table, rows.TIME, compute.coalesce(times, moment))
    else:
        table = _with(table, rows.TIME, arrow.repeat(moment, count))
    if rows.VERSION not in table.column_names:
        table = _with(table, rows.VERSION, arrow.repeat(arrow.scalar(version), count))
    if rows.WEIGHT not in table.column_names:
        table = _with(table, rows.WEIGHT, arrow.repeat(arrow.scalar(weight), count))
    return table


def _lacks(table: Any, name: str) -> bool:
    return name not in table.column_names or table.column(name).null_count > 0


def _with(table: Any, name: str, values: Any) -> Any:
    if name in table.column_names:
        return table.set_column(table.column_names.index(name), name, values)
    return table.append_column(name, values)


def _times(column: Any, arrow: Any, compute: Any) -> Any:
    """Moments as Arrow's nanoseconds: whole numbers are nanoseconds, floats seconds, text ISO."""
    wanted, kind = arrow.timestamp("ns", "UTC"), column.type
    types = arrow.types
    if types.is_timestamp(kind):
        naive = column if kind.tz else column.cast(arrow.timestamp(kind.unit, "UTC"))
        return naive.cast(wanted)
    if types.is_floating(kind):
        micros = compute.round(compute.multiply(column, 1e6)).cast(arrow.int64())
        return compute.multiply(micros, 1000).cast(wanted)
    if types.is_integer(kind):
        return column.cast(arrow.int64()).cast(wanted)
    if types.is_date(kind):
        return column.cast(arrow.timestamp("ns")).cast(wanted)
    if types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    return column.cast(arrow.string()).cast(wanted)


def _writer(table: Any, arrow: Any) -> Callable[[], bytes]:
    def write() -> bytes:
        sink = arrow.BufferOutputStream()
        with arrow.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table.combine_chunks())
        return bytes(sink.getvalue())

    return write


def _pyarrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError:
        raise UsageError("log_frame", "needs pyarrow", hint="pip install pyarrow") from None
