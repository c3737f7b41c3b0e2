"""What is counted of a window's rows is the same in whatever blocks and order they came.

Owns: the law of `engine.counting.counted_rows`, what rows name that no baseline knows included.
Does not own: laws of profiles themselves (`tests/laws/test_profiles.py`).
"""

from functools import cache
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.windows import Window
from vedette.engine.counting import counted_rows
from vedette.engine.fitting import fit
from vedette.engine.live import make_live
from vedette.engine.paces import pace_entry
from vedette.engine.plan import make_plan
from vedette.ingest.source import open_source
from vedette.profiles.codec import pack
from vedette.profiles.profile import Profile

HOUR = 3_600 * 10**9
WINDOW = Window(0, HOUR)
ROWS = 2_000


def table(rows, seed, hours, *, versions=3, types=2, extras=0):
    """Answers of a model; many versions, types of errors and columns where asked for.

    Numbers are multiples of 1/64: their sums are exact in any order.
    """
    rng = np.random.default_rng(seed)
    took = rng.integers(0, 5_000, rows) / 64
    often = rng.zipf(1.3, rows) - 1  # a few of most, most of them rare
    columns = {
        "_id": [f"{seed}-{k}" for k in range(rows)],
        "_time": pa.array(np.arange(rows) * hours * HOUR // rows).cast(pa.timestamp("ns", "UTC")),
        "_version": [f"{k % versions}.0" for k in often],
        "_weight": np.where(rng.random(rows) < 0.1, 4.0, 1.0),
        "_rest": pa.array(np.where(rng.random(rows) < 0.05, '{"time_quality":"read"}', None)),
        "carrier": rng.choice(["AA", "DL"], rows),
        "operation": rng.choice(["chat", "embed"], rows, p=[0.8, 0.2]),
        "x": rng.integers(-99, 99, rows) / 64,
        "latency_s": pa.array(took, mask=rng.random(rows) < 0.3),
        "first_token_s": pa.array(took / 8, mask=rng.random(rows) < 0.6),
        "error_type": pa.array([f"E{k % types}" if k % 3 else None for k in often]),
        "output": pa.array(np.where(rng.random(rows) < 0.9, "a text", "")),
    }
    for k in range(extras):
        columns[f"extra{k}"] = pa.array(np.ones(rows), mask=rng.random(rows) < 0.999)
    return pa.table(columns)


@cache
def plan():
    settings = make_live({"models": {"m": {
        "segments": ["carrier"],
        "columns": {"output": {"role": "text_output"}},
        "metrics": {"shares": {"operation": ["chat"], "error_type": ["E1"]}},
        "objectives": {"fast": {"target": 0.9, "within": {"latency_s": 1.0}}},
    }}}).of("m")  # fmt: skip
    baseline, _ = fit(open_source(table(2_000, 1, 80)), settings)
    return make_plan(settings, baseline, "b", metering=settings.metering(()))


def counted(batches):
    return counted_rows(plan(), list(batches), WINDOW)[0]


def cut(rows, rng):
    """Rows in some blocks, each of some batches; of a batch only columns that say something."""
    ends = [0, *np.sort(rng.integers(0, len(rows), rng.integers(1, 12))).tolist(), len(rows)]
    for first, last in pairwise(ends):
        parts = rows.slice(first, last - first).combine_chunks().to_batches()
        batches = [batch.slice(at, 211) for batch in parts for at in range(0, len(batch), 211)]
        yield [
            batch.select([
                name for name in batch.schema.names
                if not name.startswith("extra") or batch[name].null_count < len(batch)
            ])
            for batch in batches
        ]  # fmt: skip


@pytest.mark.parametrize("many", [
    {"versions": 12, "types": 8, "extras": 3}, {"versions": 400, "types": 700, "extras": 250},
], ids=["some", "too many"])  # fmt: skip
def test_any_blocks_of_rows_and_any_order_of_adding_them_up_give_the_same_bytes(many):
    rows = table(ROWS, 2, 1, **many)
    whole = counted(rows.combine_chunks().to_batches())
    assert whole.rows == ROWS
    assert whole.tails
    for seed in range(4):
        rng = np.random.default_rng(seed)
        shuffled = rows.take(pa.array(rng.permutation(ROWS)))
        parts = [counted(batches) for batches in cut(shuffled, rng)]
        while len(parts) > 1:  # any two, not one after another
            one, two = (parts.pop(at) for at in sorted(rng.choice(len(parts), 2, False))[::-1])
            parts.append(Profile.merge(one, two))
        merged = parts[0]
        assert merged.same_counts(whole)
        assert pack(merged) == pack(whole)
        assert pace_entry("m", "base", WINDOW, merged) == pace_entry("m", "base", WINDOW, whole)
