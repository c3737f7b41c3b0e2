"""Why serving and training disagree about a column, guessed from some of its pairs.

Owns: what the guesser of causes is shown of pairs, and its answer in words about a column.  Does
not own: guessing (`engine.skew.causes`), reading pairs (`engine.mismatches`).
"""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.alerts.incident import Incident
from vedette.core import rows as columns
from vedette.core.schema import Schema
from vedette.core.words import percent
from vedette.derive.twins import Tolerance, codes
from vedette.engine.mismatches import Known, Reading, some_pairs
from vedette.engine.model import ModelState
from vedette.engine.plan import PAIRS
from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.skew.causes.guess import guess
from vedette.engine.skew.causes.pairs import TIME, Pairs, Statistics, Values, values_of
from vedette.monitors.twins import MONITOR
from vedette.profiles.codec import unpack
from vedette.sketches.twins import SAME, Twins
from vedette.stores.store import EventLog

LEAST = 20  # values from which they tell what the column is like
MOST = 10  # columns of an incident that are looked into
OTHERS = 30  # columns that are looked at beside one
TOLD_APART = 50  # values of a column by which rows are told apart, at most
PRIVATE = ("sensitive", "caller", "id", "text_input", "text_output", "ignore")  # roles


def causes_of(
    pairs: Known, column: str, tolerance: Tolerance, rate: float, schema: Schema | None = None
) -> tuple[Cause, ...]:
    """Guess why pairs of a column disagree; nothing where nothing is certain.

    Shapes: `pairs` that disagree, and others; `rate` the share of all pairs that do.  Rows are not
    told apart by columns that are personal.
    """
    names = pairs.offline.column_names
    if column not in names or column not in pairs.online.column_names:
        return ()
    order = _shuffled(pairs.online[columns.ID])
    sides = [_values(side[column], order) for side in (pairs.offline, pairs.online)]
    arrays = [side[column].combine_chunks().take(order) for side in (pairs.offline, pairs.online)]
    apart = codes(arrays[0], arrays[1], tolerance) != SAME
    others = [
        name for name in names
        if name not in (column, columns.ID, columns.TIME) and name in pairs.online.column_names
    ][:OTHERS]  # fmt: skip
    segments = {
        name: _values(pairs.online[name], order)
        for name in others
        if _tells_apart(pairs.online[name], name, schema)
    }
    agreeing = sides[0].take(~apart)
    made = Pairs(
        sides[0].take(apart),
        sides[1].take(apart),
        column,
        same=agreeing,
        rate=rate,
        others={
            name: (
                _values(pairs.offline[name], order).take(apart),
                _values(pairs.online[name], order).take(apart),
            )
            for name in others
        },
        statistics=_statistics(agreeing, sides[0].take(apart), rate),
        segments={name: values.take(apart) for name, values in segments.items()},
        same_segments={name: values.take(~apart) for name, values in segments.items()},
        absolute=tolerance.absolute,
    )
    return guess(made)


def in_words(causes: Iterable[Cause]) -> tuple[str, ...]:
    """Causes of a column as sentences, each with what it explains.

    Example:
        >>> cause = Cause(name="unit", share=0.98, low=0.9, high=1.0, transformation="",
        ...     words="serving `distance` = training × 1.6 for carrier UA")
        >>> in_words([cause])
        ('serving `distance` = training × 1.6 for carrier UA (98 % of the pairs that disagree)',)
    """
    return tuple(
        f"{'' if one.confidence == 'sure' else 'perhaps '}{one.words}"
        f" ({percent(one.share)} of the pairs that disagree)"
        for one in causes
    )


def guesses(
    log: EventLog,
    store: Reading,
    state: ModelState,
    incident: Incident,
    span: tuple[int, int],
    through: int,
) -> dict[str, tuple[str, ...]]:
    """Why the columns of an incident disagree, in sentences by column.

    Units: windows of pairs in `span` of event time, records up to the position `through`.
    """
    assert state.plan is not None
    model, skew, schema = state.name, state.settings.skew, state.plan.baseline.schema
    counted = rates_of(store, model, span)
    said = {}
    own = dict.fromkeys(c for monitor, c, _ in incident.streams if monitor == MONITOR)
    for column in list(own)[:MOST]:
        pairs = some_pairs(log, store, model, column, span, through)
        rate = counted.get(column, 0.0)
        found = causes_of(pairs, column, skew.tolerance_of(column), rate, schema)
        if found:
            said[column] = in_words(found)
    return said


def rates_of(store: Reading, model: str, span: tuple[int, int]) -> dict[str, float]:
    """The share of pairs of some windows that disagree, by column."""
    total: dict[str, Twins] = {}
    for entry in store.read("profile", model, *span, prefix=f"{PAIRS}/"):
        for column, own in unpack(entry.body).twins.items():
            total[column] = total[column].merge(own) if column in total else own
    return {name: 1 - int(t.counts[SAME]) / t.pairs for name, t in total.items() if t.pairs}


def _shuffled(ids: pa.ChunkedArray) -> NDArray[np.int64]:
    """The rows in an order that has nothing to do with their values, always the same."""
    names = ids.to_pylist()
    return np.array(sorted(range(len(names)), key=lambda at: crc32(names[at].encode())), np.int64)


def _values(array: pa.ChunkedArray, order: NDArray[np.int64]) -> Values:
    """The values of one side as the guesser has them."""
    if pa.types.is_timestamp(array.type):
        whole = array.cast(pa.timestamp("us", array.type.tz), safe=False).cast(pa.int64())
        return values_of(_taken(whole, order), TIME)
    return values_of(_taken(array, order))


def _taken(array: pa.ChunkedArray, order: NDArray[np.int64]) -> list[Any]:
    values = array.to_pylist()
    return [values[at] for at in order]


def _tells_apart(array: pa.ChunkedArray, name: str, schema: Schema | None) -> bool:
    """Whether the values of a column may, and can, name a part of the rows."""
    fields = {} if schema is None else {field.name: field for field in schema.fields}
    known = fields.get(name)
    if known is not None and (known.role in PRIVATE or known.kind in ("id", "text", "vector")):
        return False
    kind = array.type.value_type if pa.types.is_dictionary(array.type) else array.type
    if not (pa.types.is_string(kind) or pa.types.is_boolean(kind)):
        return False
    return 1 < len(array.unique()) <= TOLD_APART


def _statistics(agreeing: Values, apart: Values, rate: float) -> Statistics | None:
    """What the column is like offline, of so many pairs that disagree as there are; None of too
    few."""
    if agreeing.kind != apart.kind or agreeing.kind == TIME:
        return None
    part = rate / max(1 - rate, 1e-9) * len(agreeing) if len(agreeing) else len(apart)
    ends = (agreeing.floats(), apart.floats()[: round(min(part, len(apart)))])
    numbers = np.concatenate(ends)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < LEAST:
        return None
    q25, median, q75 = np.quantile(numbers, [0.25, 0.5, 0.75]).tolist()
    low, high, mean = (float(f(numbers)) for f in (np.min, np.max, np.mean))
    return Statistics(mean, float(numbers.std()), low, high, median, q25, q75, len(numbers))
