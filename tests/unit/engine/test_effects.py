"""An incident's column judged: harm by values never shown, harm that the whole hides, and none."""

import numpy as np
import pytest

from vedette.engine.explanation import explain
from vedette.engine.facts import Facts, Moved
from vedette.profiles.binning import NumericBinning
from vedette.sketches.losses import Losses

EDGES = NumericBinning(np.array([0.0, 1.0, 2.0]))  # codes 0 to 3, 4 is no usable value
ROWS = 20_000


def facts(gone=0.0, risk=0.4, season=0.0, labelled=True, drifting=("x",), cold=0.1):
    """Column `x` loses its value in a share of the rows, which then go wrong by `risk`; all others
    as ever, plus a season.  Column `y` does nothing."""
    rng = np.random.default_rng(3)
    x, y = rng.integers(1, 3, ROWS), rng.integers(1, 3, ROWS)
    before = (rng.random(ROWS) < cold).astype(float)
    lost = rng.random(ROWS) < gone
    now = (rng.random(ROWS) < np.where(lost, risk, cold + season)).astype(float)
    sums = {
        "x": (Losses.of(x, before, 5), Losses.of(np.where(lost, 4, x), now, 5)),
        "y": (Losses.of(y, before, 5), Losses.of(y, now, 5)),
    }
    binnings = {"x": EDGES, "y": EDGES}
    if labelled:
        return Facts(binnings, realised=sums, drifting=drifting)
    moved = Moved(0.1, 0.1, -0.005, 0.005)
    return Facts(binnings, estimated=sums, drifting=drifting, moved_estimated=moved)


def of(found, column):
    return next(one for one in found.causes if one.column == column)


def test_values_that_never_came_before_are_blamed_when_labels_say_so():
    found = explain(facts(gone=0.2))
    assert found.harm.verdict == "harmful"
    assert found.causes[0].column == "x"
    assert found.causes[0].effect == pytest.approx(0.2 * 0.3, abs=0.01)
    assert found.causes[0].bins[0].words == "x has no usable value"
    assert found.causes[0].bins[0].new > 0.04
    assert any("never showed" in one for one in found.assumptions)


def test_they_are_unknown_while_there_is_no_label():
    found = of(explain(facts(gone=0.2, labelled=False)), "x")
    assert found.verdict == "unknown"
    assert "of the rows have values of x that the reference never showed" in found.statement


def test_they_are_benign_when_they_go_wrong_as_often_as_others():
    found = of(explain(facts(gone=0.2, risk=0.1)), "x")
    assert found.verdict == "benign"


def test_a_season_that_helps_does_not_hide_the_harm():
    found = explain(facts(gone=0.2, risk=0.4, season=-0.08))
    assert abs(found.after - found.before) < 0.01
    assert found.harm.verdict == "harmful"
    assert found.harm.change == pytest.approx(0.2 * 0.38, abs=0.01)
    assert "though the loss as a whole is" in found.statement
    assert found.statement.count("the drift of x") == 1


def test_a_season_that_harms_is_not_blamed_on_the_column():
    found = explain(facts(gone=0.2, risk=0.2, season=0.1))
    assert of(found, "x").effect == pytest.approx(0.0, abs=0.01)
    assert of(found, "x").verdict == "benign"


def test_where_no_other_rows_are_left_harm_is_never_certain():
    assert of(explain(facts(gone=1.0, risk=0.4)), "x").verdict == "unknown"
    assert of(explain(facts(gone=1.0, risk=0.1)), "x").verdict == "benign"


@pytest.mark.parametrize("drifting", [("prediction",), ()])
def test_an_incident_of_what_the_model_says_may_be_the_doing_of_any_column(drifting):
    found = explain(facts(gone=0.2, season=-0.08, drifting=drifting))
    assert found.harm.verdict == "harmful"


def test_an_incident_of_another_column_keeps_the_verdict_of_the_whole():
    found = explain(facts(gone=0.2, season=-0.08, drifting=("y",)))
    assert found.harm.verdict == "benign"
    assert of(found, "y").verdict == "benign"


def test_few_rows_of_the_reference_say_nothing_of_all_rows_of_now():
    """Where hardly a reference row was like those of now, harder or not is nobody's knowledge."""
    rng = np.random.default_rng(5)
    x = np.where(np.arange(ROWS) < 60, 4, rng.integers(1, 3, ROWS))
    before = (rng.random(ROWS) < np.where(x == 4, 0.5, 0.1)).astype(float)
    now = (rng.random(ROWS) < 0.1).astype(float)
    sums = {"x": (Losses.of(x, before, 5), Losses.of(np.full(ROWS, 4), now, 5))}
    (cause,) = [one for one in explain(Facts({"x": EDGES}, realised=sums, drifting=("x",))).causes
                if one.column == "x"]  # fmt: skip
    assert cause.verdict == "unknown"
    assert "only about 60 rows with such values of x" in cause.statement
