"""What hypothesis draws for the laws: values, tables, splits, rows to feed every sketch with.

Owns: the strategies and the sketch adapters.  Does not own: any law.  Read by `runpy`, so that the
tests need no package.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from vedette.profiles.binning import hash_text
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.cube import Cube
from vedette.sketches.distinct import Distinct
from vedette.sketches.graded import Graded
from vedette.sketches.joint import Joint
from vedette.sketches.loglinear import LogLinear
from vedette.sketches.losses import Losses
from vedette.sketches.measured import Binned, Measured
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers
from vedette.sketches.pairwise import Pairwise
from vedette.sketches.readings import Readings
from vedette.sketches.twins import Twins

NASTY = (
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2e-308, 1.7976931348623157e308,
    -1.7976931348623157e308, 1e200, 0.1, 1 / 3, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
SHOPS = ("north", "south", "east")
LABELS = ("yes", "no")

nasty = st.one_of(st.sampled_from(NASTY), st.floats(), st.integers(-20, 20).map(float))
finite = st.floats(-1e6, 1e6)


# --- tables ---------------------------------------------------------------------------------------

row = st.tuples(
    st.none() | nasty,  # amount
    st.none() | st.integers(-(2**53), 2**53) | st.integers(-5, 5),  # count
    st.none() | st.sampled_from(["a", "b", "c", "fresh", "", "ü", "x" * 90]),  # kind
    st.sampled_from(SHOPS),  # shop
    st.none() | finite,  # score
    st.none() | st.sampled_from(LABELS),  # label
    st.integers(0, 2**60),  # at
)
SCHEMA = pa.schema(
    {
        "amount": pa.float64(),
        "count": pa.int64(),
        "kind": pa.string(),
        "shop": pa.string(),
        "score": pa.float64(),
        "label": pa.string(),
        "at": pa.timestamp("ns"),
    }
)
rows = st.lists(row, max_size=40)


def batch(drawn: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    """Rows as one batch of `SCHEMA`."""
    columns = list(zip(*drawn, strict=True)) or [()] * len(SCHEMA)
    arrays = [
        pa.array(list(values), field.type) for values, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def settled(n: int = 4_000, seed: int = 0) -> pa.Table:
    """An ordinary table of `SCHEMA`, to fit a baseline on."""
    rng = np.random.default_rng(seed)
    score = rng.random(n)
    table = pa.table(
        {
            "amount": rng.lognormal(0, 1, n) * rng.choice([0.0, 1.0, -1.0], n),
            "count": rng.poisson(2, n),
            "kind": rng.choice(["a", "b", "c"], n, p=[0.6, 0.3, 0.1]),
            "shop": rng.choice(SHOPS, n, p=[0.5, 0.3, 0.2]),
            "score": score,
            "label": np.where(rng.random(n) < score, *LABELS),
            "at": rng.integers(0, 10**15, n),
        }
    )
    return table.cast(SCHEMA)


@st.composite
def splits(draw: st.DrawFn, things: st.SearchStrategy[list[Any]]) -> tuple[list[Any], list[Any]]:
    """A list, and the same things in another order and in up to five parts, some empty."""
    whole = draw(things)
    shuffled = draw(st.permutations(whole))
    cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    ends = [0, *cuts, len(whole)]
    return whole, [shuffled[a:b] for a, b in pairwise(ends)]


# --- sketches -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Adapter:
    """How a sketch is fed: a row, rows as the arguments of `of`, and what follows them."""

    row: st.SearchStrategy[Any]
    read: Callable[[list[Any]], Any]
    fixed: tuple[Any, ...] = ()
    unit: tuple[Any, ...] = ()
    spread: bool = False  # whether `read` gives several arguments


EDGES = np.array([-1.0, 0.0, 1.0, 2.5])
PER_ROW = 150  # distinct values a row stands for, so that a few rows overflow the sketch


def many_hashes(drawn: list[int]) -> np.ndarray:
    """Well-spread 64-bit hashes, PER_ROW of each row."""
    z = np.array(drawn, np.uint64)[:, None] * np.uint64(PER_ROW) + np.arange(
        PER_ROW, dtype=np.uint64
    )
    z = (z.ravel() + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def newcomers(drawn: list[int]) -> dict[int, tuple[str, int]]:
    """Rows of the values that the numbers name."""
    return {hash_text(f"new {i}"): (f"new {i}", n) for i, n in Counter(drawn).items()}


def graded(drawn: list[tuple[int, int, int, int]]) -> tuple[Any, ...]:
    """Rows of a binary model: label, predicted class, score bin (2: none), score in eighths."""
    label, predicted, place, eighths = np.array(drawn, np.int64).reshape(-1, 4).T
    scores = np.where(place == 2, 0.0, eighths / 8)
    terms = [np.ones(len(label)), (label != predicted).astype(float), scores, None]
    return label, predicted, place[None], scores[None], terms


def cubed(drawn: list[tuple[int, int, int, int, int]]) -> tuple[Any, ...]:
    """Rows of three groups: decision, label (-1: none), score bin (2: none), score in eighths."""
    group, decision, label, place, eighths = np.array(drawn, np.int64).reshape(-1, 5).T
    return group, decision, label, place, np.where(place == 2, 0.0, eighths / 8)


def measured(drawn: list[tuple[int, int]]) -> tuple[Any, ...]:
    """Rows of three groups with a number in eighths, or none (-1), in four bins."""
    group, eighths = np.array(drawn, np.int64).reshape(-1, 2).T
    known = np.flatnonzero(eighths >= 0)
    return group, 3, [Binned(known, eighths[known] // 3, eighths[known] / 8, 4)]


ADAPTERS: dict[type, Adapter] = {
    Bins: Adapter(
        st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(list(EDGES)),
        lambda drawn: np.array(drawn, float),
        (EDGES,),
        (EDGES,),
    ),
    Counts: Adapter(st.integers(0, 4), lambda drawn: np.array(drawn, np.int64), (3,), (3,)),
    Cube: Adapter(
        st.tuples(
            st.integers(0, 2),
            st.integers(0, 1),
            st.integers(-1, 1),
            st.integers(0, 2),
            st.integers(0, 8),
        ),
        cubed,
        ((3, 2, 2, 3),),
        (3, 2, 2, 3),
        spread=True,
    ),
    Distinct: Adapter(st.integers(0, 30), many_hashes),
    Graded: Adapter(
        st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 2), st.integers(0, 8)),
        graded,
        (2, 2),
        (2, 1, 2, 4),
        spread=True,
    ),
    Joint: Adapter(
        st.tuples(st.integers(0, 2), st.integers(0, 1)),
        lambda drawn: tuple(np.array(drawn, np.int64).reshape(-1, 2).T),
        (3, 2),
        (3, 2),
        spread=True,
    ),
    Losses: Adapter(  # eighths, as of moments
        st.tuples(st.integers(0, 2), st.integers(0, 8)),
        lambda drawn: (
            np.array([code for code, _ in drawn], np.int64),
            np.array([eighths / 8 for _, eighths in drawn], float),
        ),
        (3,),
        (3,),
        spread=True,
    ),
    Measured: Adapter(
        st.tuples(st.integers(0, 2), st.integers(-1, 8)), measured, (), (3, (4,)), spread=True
    ),
    Moments: Adapter(  # eighths: their sums are exact, so that states can be compared to the bit
        st.tuples(st.integers(-(2**20), 2**20).map(lambda k: k / 8), st.integers(0, 3)),
        lambda drawn: (
            np.array([value for value, _ in drawn], float),
            np.array([place for _, place in drawn], np.int64),
        ),
        (4,),
        (4,),
        spread=True,
    ),
    LogLinear: Adapter(st.floats(-1, 1e9), lambda drawn: np.array(drawn, float)),
    Newcomers: Adapter(st.integers(0, 80), newcomers),
    Pairwise: Adapter(
        st.tuples(*[st.integers(-1, 1)] * 3, *[st.integers(-64, 64)] * 3, *[st.integers(0, 3)] * 2),
        lambda drawn: tuple(
            np.array(drawn, np.int64).reshape(-1, 8)[:, part]
            for part in (slice(3), slice(3, 6), slice(6, 8))
        ),
        (2, 4),
        (3, 2, 2, 4),
        spread=True,
    ),
    Readings: Adapter(
        st.integers(-(2**20), 2**20).map(lambda k: k / 8), lambda drawn: np.array(drawn, float)
    ),
    Twins: Adapter(st.integers(0, 3), lambda drawn: np.array(drawn, np.int64)),
}


def sketch_of(kind: Any, drawn: list[Any]) -> Any:
    """The sketch of some rows."""
    adapter = ADAPTERS[kind]
    read = adapter.read(drawn)
    return kind.of(*(read if adapter.spread else (read,)), *adapter.fixed)


def sketch_zero(kind: Any) -> Any:
    """The sketch of no rows."""
    return kind.zero(*ADAPTERS[kind].unit)
