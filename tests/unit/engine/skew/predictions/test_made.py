"""`vd.prediction_skew`: the same features, other features, and what makes a verdict impossible."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from vedette.core.errors import UsageError, VedetteError
from vedette.engine.skew.predictions import counted
from vedette.engine.skew.predictions.made import prediction_skew
from vedette.engine.skew.predictions.swaps import ROWS, SIZE

N = 1_200


def table(seed=0, n=N):
    luck = np.random.default_rng(seed)
    drawn = {name: luck.normal(size=n) for name in "abc"}
    return pd.DataFrame({"id": np.arange(n), **drawn})


def formula(rows: pa.Table):
    a, b, c = (rows[name].to_numpy(zero_copy_only=False) for name in "abc")
    return 2 * a + b * c


def served(frame, by=formula):
    return frame.assign(prediction=by(pa.Table.from_pandas(frame[["a", "b", "c"]])))


def test_what_was_served_is_reproduced():
    found = prediction_skew(served(table()), formula, key=None, features=["a", "b", "c"])
    assert found.replay.differing.count == 0
    assert found.replay.differing.rows == N
    assert found.ok
    assert found.findings[0].verdict == "calm"
    assert "in all 1200 rows" in found.verdict


def test_another_model_is_told_from_other_features():
    frame = served(table(), lambda rows: formula(rows) + 1)
    found = prediction_skew(frame, formula, features=["a", "b", "c"], offline=table(), key="id")
    assert found.replay.differing.count == N
    assert found.replay.size.mean == pytest.approx(1)
    assert found.both.features.differing.count == 0
    assert (found.both.model, found.both.only_model) == (N, N)
    assert found.causes == ()
    assert not found.ok
    assert "another version" in found.verdict


def test_disagreement_is_shared_out_among_the_features_that_differ():
    truth, online = table(), table()
    online.loc[online.index % 10 == 0, "a"] *= 1.609
    online.loc[online.index % 5 == 1, "b"] += 1e-3
    found = prediction_skew(served(online), formula, offline=truth, key="id")
    assert found.replay.differing.count == 0
    assert {one.feature: one.mismatch.count for one in found.causes} == {"a": 120, "b": 240}
    assert found.causes[0].feature == "a"
    # Rows are single: each feature's share is its own part of what the answers lie apart.
    by_a = np.abs(2 * (online.a - truth.a)).sum()
    by_b = np.abs((online.b - truth.b) * truth.c).sum()
    # All but those that are within the tolerance.
    assert found.causes[0].share.value == pytest.approx(by_a / (by_a + by_b), rel=1e-3)
    assert found.causes[1].share.value == pytest.approx(by_b / (by_a + by_b), rel=1e-3)
    assert sum(one.share.value for one in found.causes) == pytest.approx(1)
    assert found.swaps.by == SIZE
    assert "comes from 'a', which differs in 10 % of rows" in found.verdict
    assert found.findings[0].verdict == "alarming"


def test_what_was_done_to_a_feature_is_said_and_where():
    truth = table().assign(kind=lambda rows: np.array(["x", "y", "z"])[rows.id % 3])
    online = truth.copy()
    online.loc[online.kind == "y", "a"] *= 1.609344
    frame = online.assign(prediction=formula(pa.Table.from_pandas(online[["a", "b", "c"]])))
    found = prediction_skew(
        frame, formula, features=["a", "b", "c", "kind"], offline=truth, key="id"
    )
    (why,) = found.causes[0].why
    assert why.name == "unit"
    assert why.segment == "kind = y"
    assert "1.609344" in found.verdict


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda said: said.round(1), "rounded"),
        (lambda said: said + 0.25, "+ 0.25"),
        (lambda said: said * 0 + 7.5, "7.5"),
    ],
)
def test_what_lies_between_answers_is_said(change, says):
    frame = served(table())
    frame["prediction"] = change(frame.prediction)
    found = prediction_skew(frame, formula, features=["a", "b", "c"])
    assert len(found.answers) == 1
    assert says in found.verdict
    assert "training" not in found.verdict
    assert "the model's answer" in found.verdict or says == "7.5"


def test_rows_of_which_both_differ_are_told_apart():
    truth, online = table(), table()
    online.loc[online.index < 300, "a"] += 1
    frame = served(online)
    frame.loc[(frame.index >= 200) & (frame.index < 700), "prediction"] += 9
    found = prediction_skew(frame, formula, offline=truth, key="id")
    assert found.replay.differing.count == 500
    assert found.both.features.differing.count == 300
    assert found.both.whole.differing.count == 700
    assert found.both.model == 500
    assert found.both.only_model == 400


def test_classes_flip():
    truth = table()
    model = LogisticRegression().fit(truth[["a", "b"]], np.where(truth.a > 0, "yes", "no"))
    online = truth.assign(a=np.where(truth.index < 100, -truth.a, truth.a))
    frame = online.assign(prediction=model.predict(online[["a", "b"]]))
    found = prediction_skew(frame, model, offline=truth, key="id")
    expected = (frame.prediction != model.predict(truth[["a", "b"]])).sum()
    assert found.features == ("a", "b")
    assert found.both.features.flipped == expected == found.both.features.differing.count
    ways = {(flip.served, flip.replayed) for flip in found.both.features.flips}
    assert ways == {("yes", "no"), ("no", "yes")}
    assert found.swaps.by == ROWS
    assert found.causes[0].share.value == pytest.approx(1)


def test_a_probability_is_that_of_the_second_class_or_the_positive_one():
    truth = table()
    model = LogisticRegression().fit(truth[["a", "b"]], np.where(truth.a > 0, "yes", "no"))
    chances = model.predict_proba(truth[["a", "b"]])
    assert (
        prediction_skew(truth.assign(prediction=chances[:, 1]), model).replay.differing.count == 0
    )
    frame = truth.assign(prediction=chances[:, 0])
    assert prediction_skew(frame, model, positive="no").replay.differing.count == 0
    wrong = prediction_skew(frame, model, threshold=0.5)
    assert wrong.replay.flipped > 1_000
    assert wrong.model == "predict_proba of class 'yes'"
    assert prediction_skew(frame, model.predict_proba, positive="no").ok


def test_several_scores_are_one_answer():
    truth = table()
    classes = np.array(["x", "y", "z"])[np.digitize(truth.a, [-0.5, 0.5])]
    model = LogisticRegression().fit(truth[["a", "b"]], classes)
    chances = model.predict_proba(truth[["a", "b"]])
    frame = truth.assign(px=chances[:, 0], py=chances[:, 1], pz=chances[:, 2])
    frame.loc[5, "pz"] += 0.01
    found = prediction_skew(frame, model, prediction=["px", "py", "pz"])
    assert found.replay.differing.count == 1
    assert found.replay.size.largest == pytest.approx(0.01)
    with pytest.raises(UsageError, match="positive"):
        prediction_skew(truth.assign(prediction=chances[:, 1]), model)
    assert prediction_skew(truth.assign(prediction=chances[:, 1]), model, positive="y").ok


def test_an_estimator_fitted_without_names_gets_a_matrix():
    truth = table()
    model = LinearRegression().fit(truth[["a", "b"]].to_numpy(), truth.c)
    frame = truth.assign(prediction=model.predict(truth[["a", "b"]].to_numpy()))
    assert prediction_skew(frame, model, features=["a", "b"]).ok
    turned = prediction_skew(frame, model, features=["b", "a"])
    assert turned.replay.differing.count > 1_000


@pytest.mark.parametrize(
    ("form", "model"),
    [
        ("arrow", lambda rows: rows["a"]),
        ("pandas", lambda rows: rows["a"]),
        ("pandas", lambda rows: rows[["a"]]),
        ("numpy", lambda rows: rows[:, 0]),
        ("rows", lambda rows: [row["a"] for row in rows]),
        ("rows", lambda rows: tuple(row["a"] for row in rows)),
    ],
)
def test_every_form_of_rows_and_answers(form, model):
    frame = table().assign(prediction=lambda rows: rows.a)
    assert prediction_skew(frame, model, form=form, features=["a", "b"]).ok


def test_text_is_text_and_missing_is_missing_in_every_form():
    frame = pa.table({"t": ["x", None], "n": [1, None], "prediction": ["str", "NoneType"]})
    seen = {}

    def model(rows):
        seen["last"] = rows
        return [type(row["t"]).__name__ for row in rows]

    assert prediction_skew(frame, model, form="rows").replay.differing.count == 0
    prediction_skew(frame, lambda rows: [str(v) for v in rows[:, 0]], form="numpy")
    frames = []
    prediction_skew(frame, lambda rows: frames.append(rows) or ["a"] * len(rows), form="pandas")
    assert not isinstance(frames[0]["t"].dtype, pd.CategoricalDtype)
    assert frames[0]["n"].isna().tolist() == [False, True]


def test_luck_gets_no_verdict():
    luck = np.random.default_rng(0)
    found = prediction_skew(served(table()), lambda rows: luck.normal(size=len(rows)))
    assert found.unsteady.when == "asked again"
    assert not found.ok
    assert {one.verdict for one in found.findings} == {"unknown"}
    assert "another answer" in found.findings[0].reason
    assert found.verdict.startswith("No verdict: the model is not steady")


def test_an_answer_that_hangs_on_its_neighbours_gets_no_verdict():
    def cumulative(rows):
        return np.cumsum(rows["a"].to_numpy())

    found = prediction_skew(served(table()), cumulative)
    assert found.unsteady.when.startswith("asked in another order")


def test_a_state_that_grows_gets_no_verdict():
    calls = []

    def tired(rows):
        calls.append(len(rows))
        return formula(rows) + (1.0 if sum(calls) > 6 * N else 0.0)

    found = prediction_skew(served(table(n=3 * N)), tired, features=["a", "b", "c"])
    assert found.unsteady is not None
    assert not found.ok


def test_rows_on_which_the_model_raises_are_counted():
    frame = served(table())

    def strict(rows):
        if (rows["a"].to_numpy() > 2.5).any():
            raise ValueError("a is too large")
        return formula(rows)

    found = prediction_skew(frame, strict, features=["a", "b", "c"], batch_rows=200)
    bad = int((frame.a > 2.5).sum())
    assert 0 < bad < 20
    assert found.replay.kinds["raised"] == bad == found.replay.differing.count
    assert found.error == "ValueError: a is too large"
    assert "the model raises an error" in found.verdict


def test_a_model_that_raises_on_every_row_is_an_error():
    with pytest.raises(UsageError, match="raised on every row that was tried; got KeyError"):
        prediction_skew(served(table()), lambda rows: {}["a"])


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda rows: [1.0], "another number of answers; got 1;"),
        (lambda rows: 1.0, "no answer for each row"),
        (lambda rows: np.ones((len(rows), 3)), "another number of columns; got 3"),
        (lambda rows: np.ones((len(rows), 2, 2)), "no answer for each row"),
        (lambda rows: [[1], [1, 2]] * (len(rows) // 2), "model"),
    ],
)
def test_answers_that_do_not_fit_are_errors(answer, message):
    with pytest.raises(UsageError, match=message):
        prediction_skew(served(table()), answer)


def test_missing_answers_are_told_by_side():
    frame = served(table())
    frame.loc[:9, "prediction"] = np.nan
    frame.loc[5:29, "a"] = np.nan
    found = prediction_skew(frame, formula, features=["a", "b", "c"])
    # Rows 5 to 9 have no answer on either side, and agree.
    assert found.replay.kinds == {"other": 0, "not served": 5, "not replayed": 20, "raised": 0}
    assert "the model gives nothing" in found.verdict
    assert "nothing was served" in found.verdict


def test_single_precision_is_within_the_tolerance_and_a_rounded_answer_is_not():
    frame = served(table())
    single = frame.assign(prediction=frame.prediction.astype("float32"))
    assert prediction_skew(single, formula, features=["a", "b", "c"]).replay.differing.count == 0
    rounded = frame.assign(prediction=frame.prediction.round(2))
    assert (
        prediction_skew(rounded, formula, features=["a", "b", "c"]).replay.differing.count > 1_000
    )
    assert prediction_skew(rounded, formula, features=["a", "b", "c"], tolerance="abs:0.0051").ok


def test_whole_numbers_must_be_the_same_and_others_nearly():
    truth = pd.DataFrame({"id": range(100), "n": 10_000_000, "x": 1.0})
    online = truth.assign(n=truth.n + 1, x=truth.x + 1e-7, prediction=1.0)

    def model(rows):
        return np.ones(len(rows))

    asked = {"features": ["n", "x"], "offline": truth, "key": "id"}
    found = prediction_skew(online, model, **asked)
    assert {name: one.count for name, one in found.both.mismatches.items()} == {"n": 100, "x": 0}
    wide = prediction_skew(online, model, tolerance={"n": "abs:1", "x": 1e-9}, **asked)
    assert {name: one.count for name, one in wide.both.mismatches.items()} == {"n": 0, "x": 100}


def test_offline_rows_that_agree_are_one_partner():
    truth = pd.concat([table(), table()])
    found = prediction_skew(served(table()), formula, offline=truth, key="id")
    assert (found.joined.matched, found.joined.ambiguous) == (N, 0)


@pytest.mark.parametrize("spelt", [int, str, float])
def test_partners_are_found_by_key(spelt):
    truth, online = table(), table()
    online["b"] += 1
    truth = pd.concat([truth.iloc[100:], truth.iloc[[500, 600]] + [0, 1, 1, 1]])
    truth["id"] = truth.id.map(spelt)
    found = prediction_skew(served(online), formula, offline=truth, key="id")
    joined = found.joined
    assert (joined.rows, joined.alone, joined.ambiguous) == (N, 100, 2)
    assert joined.matched == found.both.features.differing.rows == N - 102
    assert found.notes == (
        "100 of 1,200 rows have no partner offline",
        "2 rows have several partners offline, and were not compared to any",
    )


def test_a_key_of_two_columns_whose_names_differ_by_case_alone():
    truth = table().rename(columns={"id": "Key"}).assign(key="x")
    online = truth.assign(b=truth.b + 1)
    found = prediction_skew(
        served(online), formula, features=["a", "b", "c"], offline=truth, key=["Key", "key"]
    )
    assert found.joined.matched == N
    assert [one.feature for one in found.causes] == ["b"]


def test_features_that_cannot_be_swapped_are_told():
    truth = table().assign(b=lambda rows: rows.b.map(str)).drop(columns="c")
    found = prediction_skew(served(table()), formula, offline=truth, key="id")
    assert found.notes == (
        "'b' has another type offline and stays as it was logged",
        "'c' is not among the offline features: it stays as it was logged",
    )
    assert list(found.both.mismatches) == ["a"]


def test_a_boolean_and_a_number_are_one_feature():
    online = table().assign(flag=lambda rows: rows.a > 0, prediction=1.0)
    truth = online.assign(flag=online.flag.astype(int)).drop(columns="prediction")
    found = prediction_skew(
        online, lambda rows: np.ones(len(rows)), features=["flag"], offline=truth, key="id"
    )
    assert found.both.mismatches["flag"].count == 0


def test_a_category_is_swapped_and_missing_is_a_difference():
    truth = pd.DataFrame({"id": range(300), "kind": ["a", "b", None] * 100})
    online = truth.assign(kind=["A", "B", "x"] * 100)

    def model(rows):
        return [{"a": 1.0, "A": 2.0}.get(one, 0.0) for one in rows["kind"].to_pylist()]

    frame = online.assign(prediction=model(pa.Table.from_pandas(online)))
    found = prediction_skew(frame, model, features=["kind"], offline=truth, key="id")
    assert found.both.mismatches["kind"].count == 300
    assert found.both.features.differing.count == 100
    assert found.causes[0].share.value == 1


def test_threads_and_batches_change_nothing(monkeypatch):
    monkeypatch.setattr(counted, "KEPT", 100)
    truth, online = table(), table()
    online[["a", "b"]] += np.random.default_rng(3).normal(size=(N, 2))
    documents = [
        prediction_skew(
            served(online), formula, offline=truth, key="id", workers=workers, batch_rows=rows
        ).to_dict()
        for workers, rows in ((1, 8192), (3, 100), (2, 77))
    ]
    assert documents[0]["attribution"]["rows"] == 100
    assert documents[0]["attribution"]["of"] == N
    for one in documents[1:]:
        assert one["causes"] == documents[0]["causes"]
        assert one["replay"]["differing"] == documents[0]["replay"]["differing"]


def test_the_document_is_plain_json():
    truth, online = table(), table()
    online["a"] += 1
    frame = served(online)
    frame.loc[3, "prediction"] = np.inf
    found = prediction_skew(frame, formula, offline=truth, key="id")
    plain = json.loads(found.to_json())
    assert plain["format"] == "vedette.prediction_skew"
    assert plain["ok"] is False
    assert plain["replay"]["differing"] == 1
    assert plain["causes"][0]["feature"] == "a"
    assert plain["findings"][0]["monitor"] == "skew"
    assert found.to_table().to_pylist()[0]["mismatches"] == N
    assert repr(found).startswith("<PredictionSkew: ")


def test_a_few_rows_that_differ_are_notable():
    frame = served(table(n=10_000))
    frame.loc[:4, "prediction"] += 1
    found = prediction_skew(frame, formula, features=["a", "b", "c"], max_mismatch=0.01)
    assert found.findings[0].verdict == "calm"  # 5 of 10,000 are surely below one percent
    few = prediction_skew(frame.iloc[:300], formula, features=["a", "b", "c"], max_mismatch=0.01)
    assert few.findings[0].verdict == "notable"
    assert few.ok


def test_no_rows_are_no_verdict():
    found = prediction_skew(served(table()).iloc[:0], formula, features=["a", "b", "c"])
    assert not found.ok
    assert found.findings[0].verdict == "unknown"
    assert found.notes == ("the online side has no rows",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prediction": "predicton"}, "did you mean 'prediction'"),
        ({"features": ["aa"]}, "no column 'aa'"),
        ({"key": "id"}, "needs both an offline table and its key"),
        ({"offline": table(), "key": "idd"}, "no column 'idd'"),
        ({"offline": pd.DataFrame({"id": [1]}), "key": "id"}, "none of the model's features"),
        ({"form": "panda"}, "did you mean 'pandas'"),
        ({"tolerance": -1.0}, "tolerance: is below zero"),
        ({"max_mismatch": 1.0}, "max_mismatch: is no share"),
        ({"positive": "yes"}, "positive: is no class of the model"),
    ],
)
def test_wrong_use_is_said(change, message):
    with pytest.raises(VedetteError, match=message):
        prediction_skew(served(table()), formula, **change)


def test_what_cannot_be_asked_is_said():
    with pytest.raises(UsageError, match="can be neither called nor asked to predict"):
        prediction_skew(served(table()), object())
