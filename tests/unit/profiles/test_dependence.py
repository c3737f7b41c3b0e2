"""Fitting, counting and reading how columns go together.

Owns: which columns and places, exact counts, the series of a window.  Does not own: evidence
(`tests/laws/test_monitors.py`), the sketch's laws (`tests/laws/test_sketches.py`).
"""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.windows import Window
from vedette.profiles.associations import Associations
from vedette.profiles.dependence_fit import directions, fit_dependence
from vedette.profiles.dependence_variation import fit_dependence_variation
from vedette.profiles.profile import WHOLE, Profile
from vedette.profiles.together import counted, read

N, HOUR = 6_000, 3_600_000_000_000


def table(seed: int = 0, rows: int = N, rho: float = 0.6) -> pa.RecordBatch:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=rows)
    columns = {
        "x": x,
        "y": pa.array(y, mask=rng.random(rows) < 0.1),
        "zero": np.where(rng.random(rows) < 0.7, 0.0, rng.lognormal(size=rows)),
        "kind": rng.choice(list("abcdef"), rows, p=[0.4, 0.2, 0.2, 0.1, 0.06, 0.04]),
        "sex": rng.choice(["f", "m"], rows),
        "fixed": np.ones(rows),
        "score": rng.random(rows),
    }
    return pa.table(columns).combine_chunks().to_batches()[0]


@pytest.fixture(scope="module")
def baseline():
    return vd.Baseline.fit(pa.Table.from_batches([table()]), score="score", columns={
        "sex": {"role": "sensitive"}})  # fmt: skip


def test_sensitive_and_constant_columns_are_left_out(baseline):
    assert baseline.dependence.columns == ("kind", "score", "x", "y", "zero")


def test_places_are_quarters_of_numbers_and_the_largest_categories(baseline):
    plan = baseline.dependence
    seen = read(table(1), plan, baseline.binnings)
    at = {name: i for i, name in enumerate(plan.columns)}
    share = [np.bincount(seen.codes[:, at["x"]], minlength=4) / N][0]
    assert share == pytest.approx([0.25] * 4, abs=0.04)
    zero = np.bincount(seen.codes[:, at["zero"]], minlength=4) / N
    assert zero == pytest.approx([0.7, 0.1, 0.1, 0.1], abs=0.04)
    kind = np.bincount(seen.codes[:, at["kind"]], minlength=4) / N
    assert kind == pytest.approx([0.4, 0.2, 0.2, 0.2], abs=0.04)
    assert (seen.codes[:, at["y"]] < 0).mean() == pytest.approx(0.1, abs=0.02)
    assert not seen.values[seen.codes[:, at["y"]] < 0, at["y"]].any()


def test_a_row_is_read_whatever_lies_beside_it(baseline):
    rows = table(2, 500)
    whole = read(rows, baseline.dependence, baseline.binnings)
    for i in (0, 17, 499):
        one = read(rows.slice(i, 1), baseline.dependence, baseline.binnings)
        assert all(np.array_equal(a[0], b[i]) for a, b in zip(one, whole, strict=True))


def test_counts_add_up_exactly(baseline):
    rows = table(3)
    whole = counted([rows], baseline)[WHOLE]
    parts = counted([rows.slice(i, 700) for i in range(0, N, 700)], baseline)[WHOLE]
    assert whole == parts
    values = read(rows, baseline.dependence, baseline.binnings).values.astype(int)
    assert np.array_equal(whole.seconds, values.T @ values)
    assert whole.tables[0].sum() == N  # of kind and score


def test_absent_columns_and_other_types_have_no_place(baseline):
    rows = table(4).drop_columns(["x"]).append_column("x", pa.array(["?"] * N))
    counts = counted([rows], baseline)[WHOLE]
    assert counts.known[list(baseline.dependence.columns).index("x")] == 0
    assert np.isfinite(Associations(baseline.dependence).shown(counts).y).all()


def test_directions_follow_from_names_alone():
    one = directions(["a", "b"], np.array([1, 1]))
    two = directions(["b", "c", "a"], np.array([1, 0, 1]))
    assert np.array_equal(one[:, 0], two[:, 2])
    assert not two[:, 1].any()
    assert set(np.unique(one)) == {-1, 1}


def test_few_rows_or_one_column_are_not_fitted(baseline):
    assert fit_dependence(table(0, 100), baseline.schema, baseline.binnings) is None
    alone = {"x": baseline.binnings["x"]}
    assert fit_dependence(table(), baseline.schema, alone) is None


def test_what_a_column_does_alone_moves_no_series(baseline):
    held = Associations(baseline.dependence)
    rows = table(5)
    moved = rows.set_column(0, "x", pa.array(rows["x"].to_numpy() * 1.2 + 0.4))
    plain, seen = (held.shown(counted([one], baseline)[WHOLE]) for one in (rows, moved))
    assert np.abs(seen.y - plain.y).max() < 0.03
    assert seen.moved.max() > 0.2
    assert (seen.shape.Q - plain.shape.Q)[: len(held.reference.n)].max() < 12


def test_a_correlation_that_is_gone_moves_its_series_alone(baseline):
    held = Associations(baseline.dependence)
    seen = held.shown(counted([table(6, rho=0.0)], baseline)[WHOLE])
    pair = int(np.abs(seen.y[: len(held.reference.n)]).argmax())
    first, second = baseline.dependence.pairs
    names = {baseline.dependence.columns[side[pair]] for side in (first, second)}
    assert names == {"x", "y"}
    others = np.delete(seen.y[: len(held.reference.n)], pair)
    assert np.abs(others).max() < 0.1
    assert seen.y[pair] == pytest.approx(-np.arctanh(0.6), abs=0.08)


def test_variation_is_learnt_from_windows_enough(baseline):
    zero = Profile.zero(baseline.schema.fingerprint, baseline.id)
    windows = [
        (Window(t * HOUR, (t + 1) * HOUR), replace(zero, rows=200, pairwise=counted(
            [table(100 + t, 200)], baseline)))
        for t in range(80)
    ]  # fmt: skip
    assert fit_dependence_variation(baseline.dependence, windows[:71], HOUR).season is None
    plan = fit_dependence_variation(baseline.dependence, windows, HOUR)
    assert plan.season is not None
    assert plan.parts["used"].max() == 80
    assert plan.parts["t2"].max() < 0.01
    assert np.abs(plan.parts["beta"][:, 0]).max() < 0.15


def test_of_many_columns_what_the_model_says_is_kept_first():
    rng = np.random.default_rng(1)
    wide = {f"x{i:02}": rng.normal(size=400) for i in range(40)} | {"score": rng.random(400)}
    fitted = vd.Baseline.fit(pa.table(wide), score="score").dependence
    assert fitted.columns == (*sorted(["score", *(f"x{i:02}" for i in range(29))]),)
