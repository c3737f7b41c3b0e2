"""The form in which a model takes its rows.

Owns: rows as Arrow, pandas, numpy or plain dicts, and which of them a model expects.  Does not own:
calling it (`caller`).
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

from vedette.core.errors import UsageError, nearest

Form = Callable[[pa.RecordBatch], Any]


def _arrow(rows: pa.RecordBatch) -> Any:
    return pa.Table.from_batches([rows])


def _pandas(rows: pa.RecordBatch) -> Any:
    """Text is objects, not categories: an encoder was fitted on the one, as a rule."""
    try:
        return rows.to_pandas()
    except ImportError as error:
        raise UsageError(
            "model", "takes a pandas frame, and pandas is not installed", hint="form='arrow'"
        ) from error


def _numpy(rows: pa.RecordBatch) -> Any:
    """A matrix; of numbers float64 with NaN for missing, of anything else objects."""
    simple = all(_is_plain(column.type) for column in rows.columns)
    if simple:
        return np.column_stack([_floats(column) for column in rows.columns])
    made = np.empty((rows.num_rows, rows.num_columns), object)
    for at, column in enumerate(rows.columns):
        made[:, at] = column.to_pylist()
    return made


def _rows(rows: pa.RecordBatch) -> Any:
    return rows.to_pylist()


FORMS: Mapping[str, Form] = MappingProxyType(
    {"arrow": _arrow, "pandas": _pandas, "numpy": _numpy, "rows": _rows}
)


def form_of(model: Any, name: str | None) -> Form:
    """The named form, or that which a model takes most likely.

    An estimator that was fitted on a frame gets pandas, one that was not a matrix; anything else
    with a `predict` pandas; a plain callable a pyarrow.Table.
    Errors: UsageError for an unknown name.
    """
    if name is None:
        name = _likely(getattr(model, "__self__", model))
    if name not in FORMS:
        raise UsageError(
            "form", "is not known", got=repr(name), want=f"one of {', '.join(FORMS)}",
            hint=nearest(str(name), FORMS),
        )  # fmt: skip
    return FORMS[name]


def named_features(model: Any) -> Sequence[str]:
    """The columns that an estimator was fitted on, by its own word; none where it has no names."""
    found = getattr(getattr(model, "__self__", model), "feature_names_in_", None)
    return () if found is None else tuple(str(name) for name in found)


def plain(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Rows without dictionaries: text as text."""
    columns = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in rows.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=rows.schema.names)


def _likely(model: Any) -> str:
    if named_features(model):
        return "pandas"
    if hasattr(model, "n_features_in_"):
        return "numpy"
    return "pandas" if hasattr(model, "predict") else "arrow"


def _is_plain(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)
    )


def _floats(column: pa.Array) -> Any:
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.uint8())
    return column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
