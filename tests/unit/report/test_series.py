"""A metric over time: its title, and what its axis says."""

import pytest

from vedette.report.figures.series import series

POINT = {
    "t0": 0.0, "t1": 3.6e6, "value": 2.2e8, "expected": 2.2e8, "low": 2.1e8, "high": 2.3e8,
    "score": 0.1, "verdict": "calm", "most": 2.2e8, "windows": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("mean of latency_s", "Mean of latency_s"),
        ("p50 of latency_s", "p50 of latency_s"),
        ("process.memory.bytes", "process.memory.bytes"),
        ("queue", "queue"),
    ],
)
def test_a_title_begins_with_a_capital_where_it_is_no_name(name, title):
    assert series([POINT], [], [], name=name, unit="", step="1 h").title == title


@pytest.mark.parametrize("unit", ["bytes", "s", ""])
def test_an_axis_of_bytes_says_so(unit):
    figure = series([POINT], [], [], name="x", unit=unit, step="1 h")
    assert ("+ 'B'" in str(figure.spec)) == (unit == "bytes")
