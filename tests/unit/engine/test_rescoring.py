"""Asking the model itself: columns moved to where they are now, answers of every shape."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.errors import UsageError
from vedette.engine.joining import LABEL
from vedette.engine.moving import moved_to
from vedette.engine.rescoring import asked
from vedette.profiles.grading import Grading

ROWS = 4000
BINARY = Grading("binary", "prediction", ("score",), LABEL, ("false", "true"), (np.array([0.5]),))


def reference():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, ROWS), rng.normal(0, 1, ROWS)
    shop = rng.choice(["a", "b"], ROWS)
    return pa.table({"x": x, "y": y, "shop": shop, "prediction": x > 0, "score": x, LABEL: x > 0})


def by_x(table):
    """Right about every row of the reference; a missing x is taken for 0."""
    x = np.nan_to_num(table.column("x").to_numpy())
    return np.where(x > 0, 0.9, 0.1)


def test_a_column_that_stops_arriving_is_blamed_and_one_that_nobody_reads_is_not():
    now = {"x": pa.nulls(100, pa.float64()), "y": pa.array(np.full(100, 50.0))}
    found = asked(reference(), now, BINARY, by_x)
    assert found["x"] == pytest.approx(0.5, abs=0.03)
    assert found["y"] == 0.0


def test_a_part_that_is_missing_does_a_part_of_it():
    half = pa.array([None, 1.0, None, -1.0] * 50)
    found = asked(reference(), {"x": half}, BINARY, by_x)
    assert found["x"] == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize(
    "answer",
    [
        lambda s: s,
        lambda s: s.tolist(),
        lambda s: pa.array(s),
        lambda s: np.stack([1 - s, s], axis=1),
    ],
)
def test_answers_come_in_any_shape(answer):
    found = asked(reference(), {"y": pa.array([1.0])}, BINARY, lambda t: answer(by_x(t)))
    assert found == {"y": 0.0}


def test_the_model_sees_neither_the_truth_nor_what_was_said():
    seen = []

    def model(table):
        seen.append(table.column_names)
        return by_x(table)

    asked(reference(), {"y": pa.array([1.0])}, BINARY, model)
    assert all(names == ["x", "y", "shop"] for names in seen)


def test_a_regression_and_classes_without_scores_are_asked_for_predictions():
    rng = np.random.default_rng(1)
    x = rng.normal(0, 1, ROWS)
    table = pa.table({"x": x, "prediction": x, LABEL: x})
    grading = Grading("regression", "prediction", scale=2.0)
    found = asked(table, {"x": pa.array(x + 1)}, grading, lambda t: t.column("x").to_numpy())
    assert found["x"] == pytest.approx(0.5, abs=0.01)
    names = Grading("binary", "prediction", (), LABEL, ("false", "true"))
    rows = reference().drop_columns(["score"])
    gone = {"x": pa.nulls(10, pa.float64())}
    assert asked(rows, gone, names, lambda t: by_x(t) > 0.5)["x"] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (lambda t: [0.5], "another number of answers; got 1"),
        (lambda t: 0.5, "another number of answers; got one value"),
        (lambda t: np.zeros((t.num_rows, 3)), "columns that are no scores of its classes; got 3"),
        (lambda t: [None] * t.num_rows, "nothing that can be graded"),
        (lambda t: 1 / 0, "raised; got ZeroDivisionError"),
        (lambda t: t.column("gone"), "raised; got KeyError"),
    ],
)
def test_a_wrong_answer_is_one_sentence(model, told):
    with pytest.raises(UsageError, match=told):
        asked(reference(), {"x": pa.array([1.0])}, BINARY, model)


def test_numbers_keep_their_order_and_get_the_new_values():
    values, now = np.random.default_rng(2).normal(0, 1, 500), np.linspace(10, 20, 500)
    moved = moved_to(pa.array(values), pa.array(now)).to_numpy()
    assert (np.argsort(moved) == np.argsort(values)).all()
    assert np.sort(moved) == pytest.approx(now)


def test_categories_get_their_new_shares_and_as_few_rows_as_possible_change():
    values = pa.array(["a"] * 600 + ["b"] * 400)
    now = pa.array(["a"] * 30 + ["b"] * 50 + [None] * 20)
    moved = moved_to(values, now).to_pylist()
    assert [moved.count(one) for one in ("a", "b", None)] == [300, 500, 200]
    stayed = sum(old == new for old, new in zip(values.to_pylist(), moved, strict=True))
    assert stayed == 300 + 400


@pytest.mark.parametrize(
    ("values", "now"),
    [
        (pa.array([True, False, True, True]), pa.array([False])),
        (pa.array(["a", "b"]).dictionary_encode(), pa.array(["b"])),
        (pa.array([1, 2, 3]), pa.array([7])),
    ],
)
def test_values_of_other_kinds_are_moved_too(values, now):
    moved = moved_to(values, now)
    assert set(moved.to_pylist()) == set(now.to_pylist())
    assert len(moved) == len(values)


def test_missing_values_that_are_gone_are_filled_and_text_for_a_number_is_none():
    assert None not in moved_to(pa.array([1.0, None, 3.0]), pa.array([2.0, 4.0])).to_pylist()
    assert moved_to(pa.array([1.0, 2.0]), pa.array(["x", "y"])).to_pylist() == [None, None]
