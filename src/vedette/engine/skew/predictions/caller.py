"""Asking the user's model, batch by batch.

Owns: calls, rows on which it raises, answers as Arrow columns, threads.  Does not own: what is
asked (`asking`), comparing answers.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any, NamedTuple, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.engine.skew.predictions.asking import Asking
from vedette.engine.skew.predictions.forms import plain
from vedette.ingest.frames import library, objects

BATCH_ROWS = 8_192  # rows of a call: enough to hide what a call costs, few enough for any model
TRIED = 8  # single rows that are tried when the very first call fails: is it the rows, or the call?
MOST_RAISED = 1_000  # calls that may raise before the replay is given up
AHEAD = 2  # batches waiting for each thread

T = TypeVar("T")
U = TypeVar("U")


class Answers(NamedTuple):
    """What a model says of rows.  Shapes: `columns` one array [n] each; `failed` bool[n], rows on
    which it raised: their answers are missing."""

    columns: tuple[pa.Array, ...]
    failed: NDArray[np.bool_]


class Caller:
    """A model that can be asked about rows.

    Shapes: `width` is the number of columns that were logged.
    Errors: UsageError when it raises on every row that is tried or on very many, and for answers
    that do not fit the rows.
    """

    def __init__(self, asking: Asking, width: int) -> None:
        self._asking, self._width = asking, width
        self._lock = Lock()
        self._raised, self._worked = 0, False
        self.calls, self.rows = 0, 0
        self.first_error = ""

    @property
    def words(self) -> str:
        """What is asked of it."""
        return self._asking.words

    def __call__(self, rows: pa.RecordBatch) -> Answers:
        """Ask about rows of the model's features."""
        if rows.num_rows == 0:
            return Answers(tuple(pa.nulls(0) for _ in range(self._width)), np.zeros(0, np.bool_))
        rows = plain(rows)
        try:
            return self._once(rows)
        except _RaisedError as error:
            self._give_up(rows, error)
        return self._carefully(rows)

    def _once(self, rows: pa.RecordBatch) -> Answers:
        given = self._asking.form(rows)
        try:
            answer = self._asking.call(given)
        except Exception as error:
            with self._lock:
                self._raised += 1
                self.first_error = self.first_error or _said(error)
            raise _RaisedError(_said(error)) from error
        columns = read(answer, rows.num_rows, self._width, self._asking.pick)
        with self._lock:
            self._worked = True
            self.calls += 1
            self.rows += rows.num_rows
        return Answers(columns, np.zeros(rows.num_rows, np.bool_))

    def _carefully(self, rows: pa.RecordBatch) -> Answers:
        """Ask about halves, and their halves, until the rows on which it raises are alone."""
        try:
            return self._once(rows)
        except _RaisedError as error:
            if self._raised > MOST_RAISED:
                raise UsageError(
                    "model", f"raised more than {MOST_RAISED} times", got=str(error)
                ) from error
        if rows.num_rows == 1:
            return Answers(tuple(pa.nulls(1) for _ in range(self._width)), np.ones(1, np.bool_))
        half = rows.num_rows // 2
        parts = [self._carefully(rows.slice(0, half)), self._carefully(rows.slice(half))]
        return together(parts)

    def _give_up(self, rows: pa.RecordBatch, error: Exception) -> None:
        """End it when the model never answered and answers for no single row either."""
        if self._worked:
            return
        for at in np.linspace(0, rows.num_rows - 1, TRIED).astype(int):
            try:
                self._once(rows.slice(int(at), 1))
            except _RaisedError:
                continue
            return
        raise UsageError(
            "model", "raised on every row that was tried", got=str(error),
            hint="which form it takes (arrow, pandas, numpy, rows) and which features can be named",
        ) from error  # fmt: skip


class _RaisedError(Exception):
    """The model raised."""


def read(answer: Any, rows: int, width: int, pick: int | None) -> tuple[pa.Array, ...]:
    """Answers of any kind as one Arrow array for each logged column.

    Of two columns where one was logged the second counts: so scikit-learn tells probabilities.
    Errors: UsageError for another number of rows or columns.
    """
    columns = _columns(answer)
    length = len(columns[0]) if columns else 0
    if length != rows:
        raise UsageError(
            "model",
            "gave another number of answers",
            got=f"{length:,}",
            want=f"{rows:,}, one a row",
        )
    if pick is not None and len(columns) > 1:
        columns = columns[pick : pick + 1]
    elif width == 1 and len(columns) == 2:
        columns = columns[1:]
    if len(columns) != width:
        raise UsageError(
            "model", "gave another number of columns", got=len(columns),
            want=f"{width}, as many as were logged",
        )  # fmt: skip
    return tuple(columns)


def _columns(answer: Any) -> list[pa.Array]:
    if isinstance(answer, pa.Table | pa.RecordBatch):
        return [_whole(answer.column(at)) for at in range(answer.num_columns)]
    if isinstance(answer, pa.Array | pa.ChunkedArray):
        return [_whole(answer)]
    if library(answer)[0]:
        answer = answer.to_numpy()
    try:
        told = np.asarray(answer)
    except ValueError as error:
        raise UsageError("model", "gave no array", got=str(error)) from error
    if told.ndim not in (1, 2):
        raise UsageError(
            "model", "gave no answer for each row", got=f"an array of {told.ndim} dimensions",
            want="one value a row",
        )  # fmt: skip
    parts = [told] if told.ndim == 1 else [told[:, at] for at in range(told.shape[1])]
    return [_array(part) for part in parts]


def _array(values: NDArray[Any]) -> pa.Array:
    if values.dtype.kind in "fiub":
        return pa.array(np.ascontiguousarray(values), from_pandas=True)
    return objects(values.tolist())


def _whole(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def together(parts: Sequence[Answers]) -> Answers:
    """Answers one behind the other; their types are brought together where they differ."""
    failed = np.concatenate([part.failed for part in parts])
    columns = []
    for at in range(len(parts[0].columns)):
        pieces = [part.columns[at] for part in parts]
        known = list(dict.fromkeys(p.type for p in pieces if not pa.types.is_null(p.type)))
        if len(known) > 1:
            pieces = [objects([v for p in pieces for v in p.to_pylist()])]
        elif known:
            pieces = [p.cast(known[0]) if p.type != known[0] else p for p in pieces]
        columns.append(pa.concat_arrays(pieces))
    return Answers(tuple(columns), failed)


def ahead(work: Callable[[T], U], items: Iterable[T], workers: int) -> Iterator[U]:
    """What a function makes of items, in order, by several threads; few items wait at a time.

    Example:
        >>> list(ahead(lambda n: n + 1, [1, 2, 3], 2))
        [2, 3, 4]
    """
    if workers <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[U]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > workers * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for one in waiting:
                one.cancel()


def _said(error: Exception) -> str:
    text = (str(error).strip() or "no message").splitlines()[0][:200]
    return f"{type(error).__name__}: {text}"
