"""Times and values of callers: by name where there are names, one sentence where they are wrong."""

from datetime import date

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import vedette as vd

HOUR = 3_600_000_000_000
TIMES = pd.date_range("2026-01-01", periods=30, freq="h")
FRAME = pd.DataFrame({"b": np.arange(30.0) * 10, "a": np.arange(30.0)})
PLAIN = FRAME[["a", "b"]].to_numpy()


@pytest.mark.parametrize(
    "values",
    [
        FRAME,
        pa.Table.from_pandas(FRAME),
        pl.from_pandas(FRAME),
        {"b": FRAME["b"], "a": FRAME["a"]},
        FRAME.to_dict("records"),
        PLAIN,
        PLAIN.tolist(),
    ],
    ids=["pandas", "arrow", "polars", "mapping", "records", "numpy", "lists"],
)
def test_columns_go_to_the_series_of_their_name(values):
    said = vd.MetricDetector(series=["a", "b"]).update_many(TIMES, values, noise=values)
    np.testing.assert_array_equal(said.value, PLAIN)


@pytest.mark.parametrize("values", [PLAIN.T, PLAIN[:-1], PLAIN[:, :1], PLAIN.ravel(), 5.0, None])
def test_another_shape_is_refused(values):
    with pytest.raises(vd.VedetteError, match=r"do not fit|cannot read"):
        vd.MetricDetector(series=["a", "b"]).update_many(TIMES, values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (FRAME.assign(c=1.0), "does not know a series; got 'c'"),
        (FRAME[["a"]], "lacks a series; got 'b'"),
        ({"a": [1.0], "b": [1.0]}, "do not fit"),
    ],
)
def test_columns_too_many_or_too_few_are_refused(values, said):
    with pytest.raises(vd.VedetteError, match=said):
        vd.MetricDetector(series=["a", "b"]).update_many(TIMES, values)


def test_nothing_is_nothing():
    assert len(vd.MetricDetector(series=["a", "b"]).update_many([], [])) == 0
    assert len(vd.MetricDetector().update_many([], [])) == 0


@pytest.mark.parametrize("value", ["much", [1], {}, 1 + 2j, np.array([1.0, 2.0]), 10**400])
def test_what_is_no_number_is_said(value):
    detector = vd.MetricDetector()
    with pytest.raises(vd.VedetteError, match="cannot read a value"):
        detector.update(HOUR, value)
    assert detector.update(HOUR, 1.0).value == 1.0  # nothing was learnt of it


@pytest.mark.parametrize("value", [None, float("nan"), pd.NA, pa.scalar(None), float("inf")])
def test_what_is_missing_is_missing(value):
    detector = vd.MetricDetector(weekly=False)
    for hour in range(72):
        detector.update(hour * HOUR, 5 + hour % 3)
    assert detector.update(72 * HOUR, value).kind == "missing"


@pytest.mark.parametrize("value", [[1, 2], None, 3.0, (1, 2)])
def test_several_series_are_read_by_name(value):
    with pytest.raises(vd.VedetteError, match="by name"):
        vd.MetricDetector(series=["a", "b"]).update(HOUR, value)


@pytest.mark.parametrize("noise", [-1, "x", [-1.0]])
def test_a_noise_is_a_variance(noise):
    with pytest.raises(vd.VedetteError, match=r"noise|value"):
        vd.MetricDetector().update(HOUR, 1.0, noise=noise)
    with pytest.raises(vd.VedetteError, match=r"noise|value|fit"):
        vd.MetricDetector().update_many([HOUR], [1.0], noise=noise)


def test_a_noise_that_is_not_known_is_none():
    known, unknown = vd.MetricDetector(), vd.MetricDetector()
    for hour in range(72):
        one = known.update(hour * HOUR, 5 + hour % 3)
        assert unknown.update(hour * HOUR, 5 + hour % 3, noise=float("nan")) == one or hour == 0


@pytest.mark.parametrize(
    "time",
    [date(2026, 1, 1), np.datetime64("2026-01-01"), pa.scalar(pd.Timestamp("2026-01-01")),
     "2026-01-01", "2026-01-01T02:00+02:00", 1767225600.0, 1767225600 * 10**9],
)  # fmt: skip
def test_times_of_many_kinds_are_one(time):
    detector = vd.MetricDetector()
    detector.update(pd.Timestamp("2026-01-01"), 1.0)
    assert "not later" in detector.update(time, 1.0).reason


@pytest.mark.parametrize("time", [None, pd.NaT, np.datetime64("NaT"), True, "", [1], 2**70])
def test_what_is_no_time_is_said(time):
    with pytest.raises(vd.VedetteError, match="cannot read a time"):
        vd.MetricDetector().update(time, 1.0)


@pytest.mark.parametrize(
    "settings",
    [{"budget": "x"}, {"budget": None}, {"period": "0s"}, {"period": 30}, {"season": 5},
     {"series": "queue"}],
)  # fmt: skip
def test_settings_out_of_range_are_said(settings):
    with pytest.raises(vd.VedetteError, match="metric detector: "):
        vd.MetricDetector(**settings)


def test_a_maintenance_has_a_length():
    with pytest.raises(vd.VedetteError, match="no length"):
        vd.MetricDetector().maintenance("2026-01-02", "2026-01-01")
