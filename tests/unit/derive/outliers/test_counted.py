"""Counting rows by how seldom the reference shows their like."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.derive.outliers.counted import COLUMN, FAR, LEAD, LEVELS, UNLIKE, RowCounts, within
from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.ordinary import Ordinary, with_ordinary
from vedette.profiles.infer import infer
from vedette.profiles.profile import Profile

SEGMENTS = {"country": ("DE", "FR")}
EVERY = ("country=DE", "country=FR")


def table(rows: int, seed: int, odd: float = 0.0) -> pa.RecordBatch:
    rng = np.random.default_rng(seed)
    amount = rng.normal(10, 2, rows)
    amount[: int(odd * rows)] = 60
    return pa.record_batch(
        {
            "amount": amount,
            "visits": rng.poisson(4, rows),
            "country": rng.choice(["DE", "FR", "IT"], rows, p=[0.6, 0.3, 0.1]),
        }
    )


REFERENCE = table(20_000, 0)
FITTED = fit_outliers(REFERENCE, infer(pa.Table.from_batches([REFERENCE])))
COUNTS = RowCounts.of(FITTED, SEGMENTS)


def same(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(
        cell.integers() == two[key].integers() for key, cell in one.items()
    )


def test_any_split_of_rows_adds_up_to_the_same():
    whole = table(5_000, 1, odd=0.02)
    cells, _ = COUNTS.cells([whole])
    for size in (1, 7, 1_024):
        until = 300 if size == 1 else 5_000
        parts = [whole.slice(at, min(size, until - at)) for at in range(0, until, size)]
        apart, _ = COUNTS.cells(parts)
        assert same(apart, COUNTS.cells([whole.slice(0, until)])[0])
    assert {segment for _, segment in cells} == {"", *EVERY}


def test_ordinary_rows_are_unlike_as_often_as_the_levels_say():
    (unlike, far), rows = within(COUNTS.cells([table(50_000, 2)])[0][COLUMN, ""])
    assert rows == 50_000
    assert unlike / rows == pytest.approx(UNLIKE, rel=0.4)
    assert far / rows == pytest.approx(FAR, rel=0.8)


def test_rows_that_are_not_looked_at_in_full_are_those_that_are_not_counted():
    batch = table(20_000, 3, odd=0.01)
    exact, quick = COUNTS.scorer.score(batch), COUNTS.scorer.score(batch, least=LEVELS[0])
    counted = exact.p <= LEVELS[0]
    assert 0.02 < counted.mean() < 0.06
    assert np.array_equal(quick.p[counted], exact.p[counted])
    assert np.array_equal(quick.score[counted], exact.score[counted])
    assert (quick.p[~counted] > LEVELS[0]).all()
    assert (quick.score >= exact.score).all()


def test_the_column_that_is_most_unlike_leads():
    cells, _ = COUNTS.cells([table(1_000, 4, odd=0.5)])
    lead = cells[LEAD, ""]
    assert lead.counts.counts[COUNTS.columns.index("amount")] >= 495
    assert lead.rows - lead.missing == lead.counts.counts.sum() == within(cells[COLUMN, ""])[0][0]


def test_no_rows_and_absent_columns_are_counted():
    empty, _ = COUNTS.cells([table(0, 1)])
    assert within(empty[COLUMN, ""]) == ((0, 0), 0)
    bare, _ = COUNTS.cells([table(100, 1).select(["country"])])
    assert within(bare[COLUMN, ""])[1] == 100


def windows(rates: list[float], rows: int = 500) -> list[Profile]:
    drawn = [table(rows, 100 + at, odd=rate) for at, rate in enumerate(rates)]
    return [Profile("", "", rows, COUNTS.cells([batch])[0]) for batch in drawn]


def test_what_windows_show_is_learnt_by_segment_with_how_it_scatters():
    calm = Ordinary.of(with_ordinary(FITTED, EVERY, windows([0.0] * 40)), ["", *EVERY], EVERY)
    assert calm.rows[0] == 20_000
    assert (calm.rate >= [UNLIKE, FAR]).all()
    assert calm.rate[0] == pytest.approx([UNLIKE, FAR], rel=0.6)
    assert calm.dispersion[0, 0] < 2
    wild = with_ordinary(FITTED, EVERY, windows([0.0, 0.1] * 20))
    wild = Ordinary.of(wild, ["", *EVERY], EVERY)
    assert wild.rate[0, 0] == pytest.approx(0.06, rel=0.2)
    assert wild.dispersion[0, 0] > 10
    assert wild.window_rows[0] == 500


def test_without_windows_the_levels_hold_for_all_rows_and_nothing_for_segments():
    known = Ordinary.of(FITTED, ["", "country=FR"], EVERY)
    assert known.rate.tolist() == [[UNLIKE, FAR]] * 2
    assert known.held[0] > 5_000
    assert known.held[1] == 0
    unscored = [Profile("", "", 500, {})]
    assert with_ordinary(FITTED, EVERY, unscored) is FITTED
    assert with_ordinary(FITTED, EVERY, []) is FITTED
