"""A table of 25 columns with violations of every kind planted in it, and how many there are.

Owns: the schema, the table as Parquet, the counts. Does not check anything.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import vedette as vd
from vedette.core.schema import Rule

SEED = 20_240_131
LANDS = ("AT", "BE", "CH", "DE", "ES", "FR", "IT", "NL")
C = vd.Constraints

SCHEMA = vd.Schema(
    (
        vd.Field("key", "id", "id", type="string", constraints=C(required=True, unique=True)),
        vd.Field("at", "time", "time", constraints=C(required=True)),
        *(
            vd.Field(f"x{i}", "numeric", type="float64", constraints=C(min=-9, max=9, finite=True))
            for i in range(8)
        ),
        vd.Field("share", "numeric", constraints=C(above=0, below=1)),
        vd.Field("price", "numeric", constraints=C(min=0, step=0.01, required=True)),
        vd.Field("rare", "numeric", constraints=C(present=0.95, max=9)),
        vd.Field("few", "numeric", constraints=C(max=2, mostly=0.9)),
        *(
            vd.Field(f"n{i}", "integer", type="int32", constraints=C(min=0, max=1000))
            for i in range(3)
        ),
        *(
            vd.Field(f"land{i}", "category", "segment", constraints=C(allowed=LANDS))
            for i in range(4)
        ),
        vd.Field(
            "code",
            "text",
            constraints=C(pattern="[A-Z]{2}[0-9]+", min_length=3, max_length=8, forbidden=("XX0",)),
        ),
        vd.Field("note", "text", constraints=C(max_length=40)),
        vd.Field("flag", "boolean", type="boolean"),
        vd.Field("number", "integer", constraints=C(required=True)),  # arrives as text
        vd.Field("gone", "numeric"),
    ),
    rules=(
        Rule("order", "n0 <= n1 or missing(n0)"),
        Rule("dear", "price < 400 or land0 != 'AT'", mostly=0.9),
    ),
    unique=(("land0", "at"),),
    closed=True,
    max_rows=10,
)

# column, value, rows in a million, the kinds of violation that each has
PLANTED: tuple[tuple[str, object, int, tuple[str, ...]], ...] = (
    ("key", None, 30, ("required",)),
    ("key", "k000000000", 70, ("unique",)),
    ("at", None, 41, ("required",)),
    ("x0", 9.5, 101, ("max",)),
    ("x1", -9.5, 102, ("min",)),
    ("x2", np.nan, 103, ("finite",)),
    ("x3", np.inf, 104, ("finite", "max")),
    ("share", 0.0, 105, ("above",)),
    ("share", 1.0, 106, ("below",)),
    ("price", 1.005, 107, ("step",)),
    ("price", -2.0, 108, ("min",)),
    ("price", None, 109, ("required",)),
    ("rare", None, 60_000, ("present",)),
    ("few", 3.0, 110_000, ("max",)),
    ("n2", 1001, 111, ("max",)),
    ("n2", 2**40, 112, ("type",)),
    ("land1", "XX", 113, ("allowed",)),
    ("code", "A1", 114, ("min_length", "pattern")),
    ("code", "AB1234567", 115, ("max_length",)),
    ("code", "XX0", 116, ("forbidden",)),
    ("code", "ab12", 117, ("pattern",)),
    ("note", "n" * 41, 118, ("max_length",)),
    ("number", "12.5", 119, ("kind",)),
    ("number", "many", 120, ("kind",)),
)


def table(rows: int) -> tuple[pa.Table, dict[tuple[str, str], int]]:
    """The table, and how many violations of each kind every field has."""
    rng = np.random.default_rng(SEED)
    columns = {name: _column(rng, name, rows) for name in SCHEMA.names if name != "gone"}
    columns["n1"] = np.maximum(columns["n1"], columns["n0"])
    counts = {("gone", "absent"): rows, ("more", "unexpected"): rows, ("", "max_rows"): rows}
    free = {
        name: 1 + rng.permutation(rows - 1) for name in dict.fromkeys(name for name, *_ in PLANTED)
    }
    masks = {name: np.zeros(rows, bool) for name in free}
    used = dict.fromkeys(free, 0)
    for name, value, share, kinds in PLANTED:
        count = max(share * rows // 1_000_000, 1)
        at = free[name][used[name] : used[name] + count]
        used[name] += count
        if value is None:
            masks[name][at] = True
        else:
            columns[name][at] = value
        for kind in kinds:
            counts[name, kind] = counts.get((name, kind), 0) + count
    at = rng.choice(rows, max(121 * rows // 1_000_000, 1), replace=False)
    columns["n0"][at] = columns["n1"][at] + 1
    counts["rule order", "rule"] = len(at)
    again = rng.choice(rows // 2 - 1, max(122 * rows // 1_000_000, 1), replace=False) * 2 + 1
    columns["land0"][again], columns["at"][again] = (
        columns["land0"][again + 1],
        columns["at"][again + 1],
    )
    masks["at"][again] = masks["at"][again + 1]
    counts["at", "required"] = int(masks["at"].sum())
    pairs = set(zip(columns["land0"], columns["at"].tolist(), masks["at"], strict=True))
    there = [pair for pair in pairs if not pair[2]]
    counts["land0, at", "unique"] = rows - counts["at", "required"] - len(there)
    dear = (columns["price"] >= 400) & ~masks["price"] & (columns["land0"] == "AT")
    counts["rule dear", "rule"] = int(dear.sum())
    arrays = {name: pa.array(values, mask=masks.get(name)) for name, values in columns.items()}
    counted = {key: count for key, count in counts.items() if count}
    return pa.table({**arrays, "more": pa.array(np.zeros(rows))}), counted


def write(rows: int, folder: Path) -> Path:
    """The table as a Parquet file, made once."""
    path = folder / f"schema-{rows}.parquet"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(rows)[0], path, row_group_size=131_072)
    return path


def _column(rng: np.random.Generator, name: str, rows: int) -> np.ndarray:
    if name == "key":
        return np.array([f"k{i:09d}" for i in range(rows)], object)
    if name == "at":
        return np.datetime64("2024-01-01", "us") + rng.integers(0, 10**13, rows)
    if name == "share":
        return rng.uniform(0.01, 0.99, rows)
    if name == "price":
        return np.round(np.minimum(rng.lognormal(4, 1, rows), 5_000), 2)
    if name == "few":
        return rng.uniform(-2, 2, rows)
    if name[:-1] == "n":
        return rng.integers(0, 1000, rows)
    if name[:-1] == "land":
        return rng.choice(np.array(LANDS, object), rows)
    if name == "code":
        codes = np.array(
            [f"{a}{b}{k}" for a in "ABCD" for b in "EFGH" for k in range(1, 300)], object
        )
        return rng.choice(codes, rows)
    if name == "note":
        return rng.choice(np.array([f"note number {k}" for k in range(5_000)], object), rows)
    if name == "flag":
        return rng.random(rows) < 0.5
    if name == "number":
        return rng.choice(np.array([str(k) for k in range(2_000)], object), rows)
    return np.clip(rng.normal(0, 2, rows), -9, 9)
