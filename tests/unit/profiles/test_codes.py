import numpy as np
import pyarrow as pa
import pytest

from vedette.core.errors import UsageError
from vedette.profiles.binning import NominalBinning, NumericBinning
from vedette.profiles.codes import code_count, codes_of, range_words
from vedette.profiles.sample import Sample

EDGES = NumericBinning(np.array([0.0, 10.0, 20.0]))
CITIES = NominalBinning(("Rome", "Oslo"), np.zeros(0, np.uint64))


def test_every_value_has_a_code_and_none_is_the_last():
    column = pa.array([-5.0, 10.0, 11.0, 99.0, float("nan"), None])
    assert codes_of(column, EDGES).tolist() == [0, 1, 2, 3, 4, 4]
    assert code_count(EDGES) == 5
    assert codes_of(pa.array(["Oslo", "Bonn", None, "Rome"]), CITIES).tolist() == [1, 2, 4, 0]
    assert code_count(CITIES) == 5


@pytest.mark.parametrize("column", [pa.array([], pa.float64()), pa.array([None, None])])
def test_no_values(column):
    assert set(codes_of(column, EDGES).tolist()) <= {4}


def test_codes_in_words():
    assert range_words("city", CITIES, 1, 1) == "city = Oslo"
    assert range_words("city", CITIES, 2, 2) == "city is none of the 2 named categories"
    assert range_words("city", CITIES, 4, 4) == "city has no usable value"
    assert range_words("age", EDGES, 0, 0) == "age <= 0"
    assert range_words("age", EDGES, 0, 3) == "age has any value"


def test_a_sample_keeps_rows_together_and_in_order():
    n = 45_000
    codes = np.stack([np.arange(n) % 200, np.arange(n) % 7], 1)
    sample = Sample.of(("a", "b"), codes, np.arange(n) / n, np.arange(n) / n)
    assert sample.rows == 20_000
    assert sample.codes.dtype == np.uint8
    assert (np.diff(sample.loss) > 0).all()
    assert np.abs(np.bincount(sample.codes[:, 1]) / 20_000 - 1 / 7).max() < 0.002
    assert sample.chosen(["b"]).tolist() == sample.codes[:, [1]].tolist()


def test_parts_of_a_sample_that_do_not_belong_together():
    with pytest.raises(UsageError, match="do not belong together"):
        Sample(("a",), np.zeros((3, 2), np.uint8), np.zeros(3), np.zeros(3))
