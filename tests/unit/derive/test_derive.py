"""Descriptors of text and projections of vectors, by hand."""

import numpy as np
import pyarrow as pa
import pytest

from vedette.core.schema import Field, Schema
from vedette.derive.bearings import PROJECTIONS, projections
from vedette.derive.catalog import derive, derived_fields, extend


def batch(**columns):
    return pa.RecordBatch.from_pydict(columns)


def test_text_descriptors_by_hand():
    schema = Schema((Field("t", "text"),))
    out = derive(batch(t=["Ab 12", "", None, "ü", "  two   words "]), schema).to_pydict()
    assert out["t.length"] == [5, 0, None, 1, 14]
    assert out["t.words"] == [2, 0, None, 1, 2]
    assert out["t.digits"] == [0.4, 0, None, 0, 0]
    assert out["t.upper"] == [0.2, 0, None, 0, 0]
    assert out["t.non_ascii"] == [0, 0, None, 1, 0]


def test_vectors_are_projected_by_length_and_rows_that_cannot_be_are_missing():
    schema = Schema((Field("v", "vector"),))
    rows = [[3.0, 4.0], [1.0], None, [], [1.0, float("nan")], [0.0, 0.0], [1.0, None]]
    out = derive(batch(v=pa.array(rows, pa.list_(pa.float64()))), schema).to_pydict()
    assert out["v.norm"] == [5.0, 1.0, None, None, None, 0.0, None]
    expected = np.array([0.6, 0.8]) @ projections("v", 2)
    assert out["v.projection_0"][0] == pytest.approx(expected[0])
    assert out["v.projection_0"][5] == 0.0


def test_projections_are_fixed_and_of_unit_variance():
    drawn = projections("embedding", 4000)
    assert drawn.shape == (4000, PROJECTIONS)
    assert np.array_equal(drawn, projections("embedding", 4000))
    assert not np.array_equal(drawn, projections("other", 4000))
    assert np.allclose(drawn.var(axis=0), 1, atol=0.1)


def test_derived_fields_stand_behind_their_column_and_take_its_role():
    schema = Schema((Field("t", "text", "text_input"), Field("x", "numeric")))
    names = extend(schema).names
    assert names[0] == "t"
    assert names[-1] == "x"
    assert {f.role for f in derived_fields(schema)["t"]} == {"text_input"}


def test_a_column_that_does_not_arrive_derives_nothing():
    schema = Schema((Field("t", "text"),))
    assert derive(batch(x=[1]), schema).schema.names == ["x"]
