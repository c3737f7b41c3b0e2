"""Directions and their products, exact whatever rows lie beside."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.derive.catalog import learn
from vedette.derive.deriver import Deriver
from vedette.derive.directions import halves, mean_directions, products, rounded, units

V = Field("v", "vector")


def cosines(values, learnt):
    batch = pa.RecordBatch.from_pydict({"v": pa.array(values, pa.list_(pa.float64()))})
    return Deriver(Schema((V,)), learnt).apply(batch).column("v.cosine").to_pylist()


@pytest.mark.parametrize("dimension", [1, 3, 384, 4_096, 9_001])
def test_products_are_the_same_in_any_order_of_terms(dimension):
    rng = np.random.default_rng(dimension)
    _, directions = units(rng.normal(size=(17, dimension)))
    table = rounded(rng.normal(size=(dimension, 11)))
    order = rng.permutation(min(dimension, 4_096))
    order = np.concatenate([order, np.arange(len(order), dimension)])
    assert np.array_equal(products(directions, table), products(directions[:, order], table[order]))
    assert products(directions, table) == pytest.approx(directions @ table)


def test_halves_are_about_even_and_equal_rows_lie_together():
    matrix = np.random.default_rng(0).normal(size=(4_000, 5))
    half = halves(matrix)
    assert 0.47 < half.mean() < 0.53
    assert np.array_equal(halves(matrix[::-1]), half[::-1])
    assert len(set(halves(np.tile(matrix[:1], (9, 1))))) == 1
    ones = np.eye(64)[np.random.default_rng(1).integers(0, 64, 500)]
    assert 0 < halves(ones).mean() < 1


def test_a_row_is_held_against_the_mean_of_the_half_that_it_is_not_in():
    matrix = np.random.default_rng(0).normal(0.4, 1.0, size=(500, 6))
    _, directions = units(matrix)
    half = halves(matrix)
    means = mean_directions(directions, half)
    for which in (0, 1):
        expected = directions[half != which].mean(axis=0)
        assert means[which] == pytest.approx(expected / np.linalg.norm(expected), abs=1e-6)


def test_the_cosine_by_hand():
    rows = [[3.0, 4.0], [3.0, 4.0], [-3.0, -4.0], [-4.0, 3.0], [0.0, 0.0], [1.0], None, [1.0, None]]
    reference = pa.table({"v": pa.array([[0.3, 0.4]] * 60, pa.list_(pa.float64()))})
    learnt = learn(reference, Schema((V,)))
    made = cosines(rows, learnt)
    assert made[:5] == pytest.approx([1.0, 1.0, -1.0, 0.0, 0.0], abs=1e-6)
    assert made[5:] == [None, None, None]


def test_nothing_is_learnt_of_few_vectors_and_nothing_said():
    few = pa.table({"v": pa.array([[1.0, 2.0]] * 20, pa.list_(pa.float64()))})
    learnt = learn(few, Schema((V,)))
    assert dict(learnt) == {}
    assert cosines([[1.0, 2.0]], learnt) == [None]


def test_rows_of_the_reference_are_no_nearer_than_new_ones():
    """Without halves the mean cosine of 2,000 rows of no direction is about 0.022, 16 standard
    errors from 0."""
    rng = np.random.default_rng(3)
    known, new = rng.normal(size=(2, 2_000, 384))
    table = pa.table({"v": pa.array(list(known), pa.list_(pa.float64()))})
    learnt = learn(table, Schema((V,)))
    for rows in (known, new):
        assert abs(np.mean(cosines(list(rows), learnt))) < 4 / np.sqrt(384 * 2_000)


def test_vectors_of_other_lengths_and_types_never_raise():
    learnt = {"v": np.ones((2, 3, 4))}
    for column in (
        pa.array(["text", None]),
        pa.array([[1.0], [1.0, 2.0, 3.0, 4.0]]),
        pa.array([["a"], ["b"]]),
        pa.array([b"x", b"y"]),
        pa.array([1, 2]),
    ):
        batch = pa.RecordBatch.from_arrays([column], ["v"])
        made = Deriver(Schema((V,)), learnt).apply(batch)
        assert len(made.column("v.cosine")) == 2
