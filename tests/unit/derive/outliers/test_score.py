"""Rows are scored the same whatever lies beside them, and nothing that a row holds is an error."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.derive.outliers import Scorer, fit_outliers
from vedette.profiles.infer import infer
from vedette.profiles.outliers import Outliers


def table(rows: int, seed: int = 0) -> pa.RecordBatch:
    """Two numbers that go together, one that is sometimes missing, two categories, a constant."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=rows)
    gone = rng.random(rows) < 0.1
    return pa.record_batch(
        {
            "x": 100 + 10 * x,
            "y": 5 + x + 0.2 * rng.normal(size=rows),
            "z": pa.array(rng.exponential(size=rows), mask=gone),
            "kind": rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]),
            "who": [f"name {i}" for i in rng.integers(0, 200, rows)],
            "same": np.full(rows, 7.0),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Outliers:
    rows = table(6000)
    found = fit_outliers(rows, infer(pa.Table.from_batches([rows])))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def scorer(fitted: Outliers) -> Scorer:
    return Scorer.of(fitted)


def changed(name: str, value: object) -> pa.RecordBatch:
    """One ordinary row with another value in one column."""
    row = {"x": 100.0, "y": 5.0, "z": 0.5, "kind": "a", "who": "name 7", "same": 7.0} | {
        name: value
    }
    return pa.RecordBatch.from_pylist([row])


def test_a_row_scores_the_same_to_the_bit_whatever_lies_beside_it(scorer: Scorer) -> None:
    rows = table(3000, 1)
    whole = scorer.score(rows)
    for size in (1, 7, 64, 1000, 1025):
        parts = [scorer.score(rows.slice(at, size)) for at in range(0, min(40 * size, 3000), size)]
        score = np.concatenate([part.score for part in parts])
        assert score.tobytes() == whole.score[: len(score)].tobytes()


def test_clean_rows_have_uniform_p(scorer: Scorer) -> None:
    p = np.sort(scorer.score(table(20_000, 2)).p)
    assert np.abs(p - np.arange(1, len(p) + 1) / len(p)).max() < 0.03
    assert p[0] > 0
    assert p[-1] <= 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", 1e9),
        ("x", float("inf")),
        ("x", float("-inf")),
        ("x", None),
        ("x", "no number"),
        ("y", float("nan")),
        ("kind", "never seen"),
        ("kind", None),
        ("same", 7.1),
    ],
)
def test_a_value_that_the_reference_lacks_is_far_and_named(
    scorer: Scorer, name: str, value: object
) -> None:
    row = changed(name, value)
    assert scorer.score(row).p[0] < 0.02
    assert scorer.why(row, [0])[0][0].column == name


def test_columns_that_never_come_are_missing_and_other_types_no_error(scorer: Scorer) -> None:
    for rows in (
        pa.RecordBatch.from_pylist([{"other": 1}]),
        pa.record_batch({"x": [[1.0]], "kind": [b"bytes"], "who": [3.5]}),
    ):
        assert scorer.score(rows).p[0] < 0.01
    assert len(scorer.score(table(0)).p) == 0


def test_only_features_are_read() -> None:
    rows = table(500)
    fields = [Field("x", "numeric"), Field("y", "numeric", "label"), Field("z", "numeric", "score")]
    found = fit_outliers(rows, Schema((*fields, Field("kind", "category", "sensitive"))))
    assert found is not None
    assert (found.numeric, found.nominal) == (("x",), ())


def test_nothing_is_fitted_to_few_rows_or_no_column() -> None:
    assert fit_outliers(table(20), Schema((Field("x", "numeric"),))) is None
    assert fit_outliers(table(500), Schema((Field("x", "numeric", "id"),))) is None
