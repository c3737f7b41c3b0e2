"""Estimating a table: figures beside scikit-learn's, what it says of itself, wrong tables."""

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error, roc_auc_score

import vedette as vd

ROWS = 6000


def served(seed, rows=ROWS, tilt=0.0, broken=""):
    """A model whose score is the chance; in `broken` shops its rows end the other way round."""
    rng = np.random.default_rng(seed)
    chance = 1 / (1 + np.exp(-rng.normal(tilt, 2, rows)))
    truth = rng.random(rows) < chance
    shop = rng.choice(["a", "b"], rows)
    truth = np.where(shop == broken, ~truth, truth)
    return {"shop": shop, "p": chance, "bought": truth}


NAMES = {"label": "bought", "score": "p", "segments": ["shop"]}


@pytest.fixture(scope="module")
def calm():
    return vd.estimate(served(0), served(1, tilt=0.5), **NAMES)


def test_what_labels_say_is_what_scikit_learn_says(calm):
    rows = served(1, tilt=0.5)
    truth, score = rows["bought"], rows["p"]
    accuracy = calm.metric("accuracy").realised
    assert accuracy.value == pytest.approx(accuracy_score(truth, score >= 0.5), abs=1e-9)
    assert calm.metric("roc_auc").realised.value == pytest.approx(
        roc_auc_score(truth, score), abs=1e-3
    )
    assert accuracy.low < accuracy.value < accuracy.high


def test_estimates_are_close_where_nothing_but_the_rows_changed(calm):
    for name in ("accuracy", "roc_auc", "brier"):
        one = calm.metric(name)
        assert abs(one.estimated.value - one.realised.value) < 0.02
        assert one.trusted is True
    assert calm.ok
    assert calm.trusted
    assert calm.rows == calm.labels == ROWS
    assert calm.auditor.rows == ROWS
    assert calm.auditor.kind in calm.auditor.log_loss


def test_without_labels_there_is_an_estimate_and_nothing_else():
    rows = served(1)
    del rows["bought"]
    found = vd.estimate(served(0), rows, **NAMES)
    one = found.metric("accuracy")
    assert one.realised is None
    assert one.trusted is None
    assert one.estimated.value == pytest.approx(one.reference.value, abs=0.03)
    assert found.labels == 0


def test_a_segment_that_breaks_is_first_and_the_estimate_is_not_trusted():
    found = vd.estimate(served(0), served(1, broken="b"), **NAMES)
    assert [part.segment for part in found.segments] == ["shop=b", "shop=a"]
    assert found.segments[0].figure.trusted is False
    assert found.segments[1].figure.trusted is True
    assert not found.ok
    assert found.harm.verdict == "harmful"
    assert "disagree" in found.notes[0]


def test_labels_for_some_scores_only_are_said_and_accuse_nobody():
    rows = served(1)
    bought = rows["bought"].astype(object)
    bought[rows["p"] < 0.3] = None  # nobody learns how the surest rows would have ended
    found = vd.estimate(served(0), rows | {"bought": bought.tolist()}, **NAMES)
    assert found.metric("accuracy").realised.high < found.metric("accuracy").reference.low
    assert found.harm.verdict != "harmful"
    assert "of the rows with score below 0.3" in " ".join(found.notes)


def test_of_rows_beyond_the_reference_an_estimate_accuses_and_acquits_nobody():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, ROWS)
    before = {"x": x, "p": np.full(ROWS, 0.5), "bought": rng.random(ROWS) < x}
    found = vd.estimate(before, {"x": x + 5, "p": np.full(ROWS, 0.5)}, label="bought", score="p")
    assert found.auditor.kind == "trees"
    assert found.harm.verdict == "unknown"


def test_the_document_is_json_and_the_table_has_every_side(calm, tmp_path):
    document = json.loads(calm.to_json(tmp_path / "found.json"))
    assert document == json.loads((tmp_path / "found.json").read_text("utf-8"))
    assert document["format"] == "vedette.estimation"
    assert document["metrics"][0]["metric"] == "accuracy"
    table = calm.to_table()
    assert set(table["side"].to_pylist()) == {"reference", "estimated", "realised"}
    assert set(table["segment"].to_pylist()) == {"", "shop=a", "shop=b"}
    page = calm.to_html(tmp_path / "found.html").read_text("utf-8")
    assert page.startswith("<!doctype html>")
    assert "<script" not in page


def test_a_regression_and_a_ranking_are_estimated_too():
    rng = np.random.default_rng(2)

    def priced(rows):
        truth = rng.normal(100, 20, rows)
        return {"prediction": truth + rng.normal(0, 5, rows), "label": truth}

    now = priced(1000)
    found = vd.estimate(priced(2000), now)
    assert found.task == "regression"
    mae = found.metric("mae")
    assert mae.realised.value == pytest.approx(mean_absolute_error(now["label"], now["prediction"]))
    assert mae.estimated.value == pytest.approx(mae.realised.value, rel=0.1)

    def ranked(rows):
        gain = rng.integers(0, 2, (rows, 5)).astype(float)
        gain[:, 0] = 1.0
        return pa.table({"score": (gain + rng.normal(0, 1, gain.shape)).tolist(),
                         "label": gain.tolist()})  # fmt: skip

    found = vd.estimate(ranked(1000), ranked(1000))
    assert found.task == "ranking"
    assert found.metric("ndcg").estimated.value == pytest.approx(
        found.metric("ndcg").realised.value, abs=0.05
    )


def test_performance_alone_needs_no_reference():
    rows = served(4)
    found = vd.performance(rows, **NAMES)
    assert found.metric("accuracy").realised.value == pytest.approx(
        accuracy_score(rows["bought"], rows["p"] >= 0.5), abs=1e-9
    )
    assert found.metric("accuracy").reference is None
    assert {part.segment for part in found.segments} == {"shop=a", "shop=b"}
    assert found.auditor is None
    assert found.ok
    assert str(found).startswith("accuracy 0.")


def test_a_threshold_and_a_positive_class_are_heeded():
    rows = served(4)
    at = vd.performance(rows, threshold=0.8, **NAMES).metric("accuracy").realised.value
    assert at == pytest.approx(accuracy_score(rows["bought"], rows["p"] >= 0.8), abs=5e-3)


@pytest.mark.parametrize(
    ("table", "names", "told"),
    [
        ({"score": [0.1] * 300}, {}, "has no column of labels, 'label'"),
        ({"label": [0, 1] * 200}, {}, "has neither predictions nor scores"),
        ({"label": [0, 1] * 10, "score": [0.1, 0.9] * 10}, {}, "too few labelled rows"),
        ({"label": [0, 1] * 200, "p": [0.1, 0.9] * 200}, {"score": "q"}, "neither predictions"),
    ],
)
def test_what_a_table_lacks_is_said(table, names, told):
    for call in (
        lambda: vd.estimate(table, table, **names),
        lambda: vd.performance(table, **names),
    ):
        with pytest.raises(vd.UsageError, match=told):
            call()


def test_a_current_table_without_predictions_is_told():
    with pytest.raises(vd.UsageError, match=r"current .* has neither predictions nor scores"):
        vd.estimate(served(0), {"shop": ["a"] * 10}, **NAMES)


def test_wrong_settings_are_told():
    with pytest.raises(vd.SettingsError, match="quantile"):
        vd.performance(served(0), quantiles=[2.0], **NAMES)
    with pytest.raises(vd.SettingsError, match="segmnts"):
        vd.estimate(served(0), served(1), segmnts=["shop"])


@pytest.mark.parametrize("name", ["1", "true", "Yes"])
def test_the_positive_class_may_be_a_yes_in_any_spelling(name: str) -> None:
    scores = [0.1, 0.9, 0.2, 0.8] * 100
    table = {"score": scores, "label": [0, 1, 0, 1] * 100}
    assert vd.estimate(table, table, positive=name).ok


def test_a_positive_class_that_is_no_label_is_refused() -> None:
    table = {"score": [0.1, 0.9] * 200, "label": [0, 1] * 200}
    with pytest.raises(vd.UsageError, match=r"positive class .banana. is no label"):
        vd.estimate(table, table, positive="banana")


def test_rows_without_the_score_are_unknown_not_worse() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=4_000)
    score = 1 / (1 + np.exp(-x))
    said = score > 0.5
    known = {"x": x, "score": score, "prediction": said, "label": rng.random(4_000) < score}
    found = vd.estimate(known, {"x": x, "prediction": said})
    assert found.harm.verdict == "unknown"


def test_rows_beyond_the_reference_widen_estimates_of_a_score_alone() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=1_000)
    score = 1 / (1 + np.exp(-x))
    known = {"x": x, "score": score, "label": rng.random(1_000) < score}
    near = vd.estimate(known, {"x": x, "score": score})
    far = vd.estimate(known, {"x": x + 50, "score": score})
    assert near.auditor.kind != "trees"
    one, two = (found.metric("accuracy").estimated for found in (near, far))
    assert two.high - two.low > 5 * (one.high - one.low)
    assert far.harm.verdict == "unknown"
