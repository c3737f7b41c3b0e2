"""Sums of products are exact even for the farthest rows; groups are as large as promised."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.derive.outliers import Scorer, fit_outliers
from vedette.derive.outliers.grouped import means


@pytest.mark.parametrize("columns", [1, 8, 60, 300])
def test_products_are_exact_for_rows_as_far_as_can_be(columns):
    rng = np.random.default_rng(columns)
    names = [f"x{j}" for j in range(columns)]
    values = rng.standard_t(
        2, size=(2000, columns)
    )  # some of the reference's rows are far off, too
    fitted = fit_outliers(
        pa.record_batch(dict(zip(names, values.T, strict=True))),
        Schema(tuple(Field(name, "numeric") for name in names)),
    )
    assert fitted is not None
    scorer = Scorer.of(fitted)
    odd = pa.record_batch({n: rng.choice([-1e9, 1e9, 0.3], 50) for n in names})
    at = scorer.encoding.points(scorer.reader.read(odd)).at
    held = scorer.neighbours.across
    assert (at == np.rint(at)).all()
    exact = at.astype(np.int64) @ held.astype(np.int64)
    assert (at @ held == exact).all()
    largest = np.abs(at).astype(np.int64) @ np.abs(held).astype(np.int64)
    assert largest.max() < 2**24  # so that it is exact in any order, not by luck


def test_no_group_is_smaller_than_promised():
    rng = np.random.default_rng(0)
    points = np.rint(rng.normal(size=(1003, 4)) * 50).astype(np.float32)
    for least in (2, 7, 100):
        made = means(points, least)
        assert 1003 / (2 * least) < len(made) <= 1003 / least
        # Rounded means of groups that cover all rows once keep the middle of all of them.
        assert np.abs(made.mean(axis=0) - points.mean(axis=0)).max() < 5
    assert len(means(points[:5], 10)) == 1
