import pytest

from vedette.alerts.harm import points, spelt, verdict

AT = {"tolerance": 0.01, "basis": "estimated"}


@pytest.mark.parametrize(
    ("change", "low", "high", "want"),
    [
        (0.05, 0.03, 0.07, "harmful"),
        (0.05, -0.01, 0.11, "unknown"),
        (0.008, 0.004, 0.012, "benign"),
        (0.012, 0.004, 0.020, "harmful"),
        (0.0, -0.01, 0.01, "benign"),
        (0.0, -0.03, 0.03, "unknown"),
        (-0.05, -0.07, -0.03, "benign"),
    ],
)
def test_the_interval_and_the_tolerance_decide(change, low, high, want):
    harm = verdict(change, low, high, **AT)
    assert harm.verdict == want
    assert harm.statement.startswith(want.capitalize() + ": ")
    assert harm.assumption


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_no_figure_is_unknown(value):
    harm = verdict(value, value, value, **AT)
    assert (harm.verdict, harm.change) == ("unknown", None)


def test_an_estimate_is_not_believed_outside_the_reference_or_when_labels_deny_it():
    assert verdict(0.05, 0.03, 0.07, outside=0.2, **AT).verdict == "unknown"
    harm = verdict(0.05, 0.03, 0.07, distrust="labels left its interval", **AT)
    assert "labels left its interval" in harm.statement
    seen = verdict(0.05, 0.03, 0.07, tolerance=0.01, basis="realised", outside=0.2, distrust="x")
    assert seen.verdict == "harmful"


@pytest.mark.parametrize("column", ["", "age"])
@pytest.mark.parametrize("basis", ["realised", "estimated"])
@pytest.mark.parametrize(
    "figures", [(0.05, 0.03, 0.07), (0.0, -0.005, 0.005), (0.02, -0.1, 0.1), (-0.1, -0.2, -0.05)]
)
def test_sentences_are_whole(figures, basis, column):
    text = verdict(*figures, tolerance=0.01, basis=basis, column=column).statement
    assert "  " not in text
    assert " ," not in text
    assert text.count(column) == 1 or not column


def test_points_are_spelt_alike():
    assert [points(x) for x in (0.123456, 0.0312, -0.01, 1e-7, 1.0)] == [
        "12.3",
        "3.1",
        "-1",
        "0",
        "100",
    ]
    assert [spelt(x) for x in (-0.01, 0.02)] == ["1 point", "2 points"]
