"""One wrong value in an ordinary row: where it is planted, for naming its column.

Owns: the six kinds.  Does not own: the tables (`outlier_tables`), scoring (`bench_outliers`).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from bench.outlier_tables import Table

KINDS = ("out of range", "in an empty gap", "sign swapped", "missing", "unseen category", "rare")
EACH = 50  # of a kind and table
FEW = 10  # different values up to which numbers are names


class Plant(NamedTuple):
    """A row with a wrong value in one column."""

    kind: str
    column: str
    row: dict[str, Any]


def planted(
    table: Table, reference: np.ndarray, others: np.ndarray, seed: int = 0
) -> Iterator[Plant]:
    """Plant every kind that a table has room for."""
    rng = np.random.default_rng(seed)
    known = table.rows.take(pa.array(reference))
    rows = table.rows.take(pa.array(others)).to_pylist()
    names = table.rows.column_names
    values = {n: known.column(n).to_numpy(zero_copy_only=False) for n in names}
    values = {n: v for n, v in values.items() if len(np.unique(v)) > 1}
    nominal = [n for n in table.categories if n in values]
    numeric = [n for n, v in values.items() if n not in nominal and len(np.unique(v)) > FEW]
    rare = [(n, one) for n in nominal for one in _rare(values[n])]
    signed = [
        n for n in numeric if values[n].min() > 0 and np.median(values[n]) > values[n].std() / 2
    ]
    gaps = [(n, *gap) for n in numeric if (gap := _gap(values[n])) is not None]

    every = [*numeric, *nominal]

    def put(kind: str, column: str, value: Any) -> Plant:
        return Plant(kind, column, {**rows[rng.integers(len(rows))], column: value})

    for _ in range(EACH):
        if numeric:
            name = numeric[rng.integers(len(numeric))]
            low, high = float(values[name].min()), float(values[name].max())
            by = (high - low) * rng.uniform(0.2, 1.5)
            yield put(KINDS[0], name, high + by if rng.random() < 0.5 else low - by)
        if gaps:
            name, low, high = gaps[rng.integers(len(gaps))]
            yield put(KINDS[1], name, low + (high - low) * rng.uniform(0.3, 0.7))
        if signed:
            name = signed[rng.integers(len(signed))]
            row = rows[rng.integers(len(rows))]
            yield Plant(KINDS[2], name, {**row, name: -row[name]})
        if every:
            yield put(KINDS[3], every[rng.integers(len(every))], None)
        if nominal:
            yield put(KINDS[4], nominal[rng.integers(len(nominal))], "never seen")
        if rare:
            name, one = rare[rng.integers(len(rare))]
            yield put(KINDS[5], name, one)


def _rare(values: np.ndarray) -> list[str]:
    """Categories of fewer than 2 in 1,000 rows."""
    names, counts = np.unique(values.astype(str), return_counts=True)
    return names[counts < 0.002 * len(values)].tolist()


def _gap(values: np.ndarray) -> tuple[float, float] | None:
    """The widest gap between the outer twentieths, where it is a seventh of the range."""
    low, high = np.quantile(values, (0.05, 0.95))
    inner = np.unique(values[(values >= low) & (values <= high)])
    if len(inner) < 2:
        return None
    at = int(np.diff(inner).argmax())
    wide = inner[at + 1] - inner[at] > (values.max() - values.min()) / 7
    return (float(inner[at]), float(inner[at + 1])) if wide else None
