"""How good a reference's predictions were: from a file, from labels that came, or not at all."""

import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.labelled import (
    REFERENCE,
    UTC,
    begun,
    commit,
    kept,
    outcomes,
    reference,
    sent,
    settings,
    truth,
)
from tests.traffic import BEGIN, HOUR, MINUTE, MODEL, Live, live, note

from vedette.engine import fitting
from vedette.engine.grade import expected_of, labelled_sums
from vedette.engine.joining import LABEL
from vedette.engine.learning import REFITS
from vedette.engine.live import LiveSettings
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outputs import APPRAISAL, Wanted
from vedette.profiles.baseline import Baseline
from vedette.profiles.codec import decode
from vedette.profiles.grading import EXPECTED, REALISED
from vedette.profiles.profile import WHOLE
from vedette.stores.store import TICK, Record

N = 800


def table(**columns: object) -> pa.Table:
    rng = np.random.default_rng(7)
    times = np.sort(rng.integers(REFERENCE, REFERENCE + 30 * HOUR, N))
    x = rng.normal(size=N)
    shared = {"_id": [str(i) for i in range(N)], "_time": pa.array(times, UTC), "x0": x}
    return pa.table({**shared, "country": rng.choice(["de", "fr"], N), **columns})


def scored(rng: np.random.Generator) -> np.ndarray:
    return rng.beta(0.8, 1.2, N)


def fitted(path: Path, made: pa.Table, **named: object) -> Baseline:
    """The baseline of a reference, after its bytes were read again."""
    pq.write_table(made, path)
    names = {"time": "_time", "id": "_id", "label": "label", **named}
    chosen = live(baseline={"file": str(path)}, segments=["country"], **names).of(MODEL)
    baseline, _ = fitting.from_file(chosen)
    return decode(fitting.identity(baseline)[1])[0]


def binary(rng: np.random.Generator) -> tuple[dict[str, object], dict[str, object]]:
    score = scored(rng)
    return {"score": score, "label": rng.random(N) < score}, {"score": "score"}


def multiclass(rng: np.random.Generator) -> tuple[dict[str, object], dict[str, object]]:
    label = rng.choice(["a", "b", "c"], N)
    said = np.where(rng.random(N) < 0.8, label, rng.choice(["a", "b", "c"], N))
    return {"prediction": said, "label": label}, {"prediction": "prediction"}


def regression(rng: np.random.Generator) -> tuple[dict[str, object], dict[str, object]]:
    said = rng.normal(10, 3, N)
    return {"prediction": said, "label": said + rng.normal(0, 1, N)}, {"prediction": "prediction"}


def ranking(rng: np.random.Generator) -> tuple[dict[str, object], dict[str, object]]:
    scores = rng.random((N, 4))
    relevant = (rng.random((N, 4)) < scores).astype(float)
    return {"score": scores.tolist(), "label": relevant.tolist()}, {"score": "score"}


@pytest.mark.parametrize("task", [binary, multiclass, regression, ranking])
def test_every_task_is_learnt_from_a_file(task: object, tmp_path: Path) -> None:
    columns, named = task(np.random.default_rng(1))  # type: ignore[operator]
    made = table(**columns)
    baseline = fitted(tmp_path / "reference.parquet", made, **named)
    assert baseline.appraisal is not None
    assert baseline.appraisal.grading.task == task.__name__  # type: ignore[attr-defined]
    graded = baseline.profile.graded
    assert graded[REALISED, WHOLE].rows == N
    parts = [one.rows for (kind, name), one in graded.items() if kind == REALISED and name]
    assert sum(parts) == N
    assert baseline.appraisal.variation is not None
    assert baseline.appraisal.sample is not None
    served = made.drop_columns(["label"]).to_batches()[0]  # as events bring them
    ahead = expected_of(baseline, [served]).graded[EXPECTED, WHOLE]
    told = labelled_sums(baseline, served.append_column(LABEL, made["label"].chunk(0)), LABEL)
    assert told.graded[REALISED, WHOLE] == graded[REALISED, WHOLE]
    assert ahead.rows == N
    lost, due = (one.moments[0, 1] / N for one in (told.graded[REALISED, WHOLE], ahead))
    assert abs(lost - due) < 0.05


@pytest.mark.parametrize(
    ("label", "said"),
    [
        pytest.param([None] * N, False, id="no label at all"),
        pytest.param([True] * 50 + [None] * (N - 50), False, id="few labels"),
        pytest.param([True] * N, True, id="one class only"),
        pytest.param([None] * 300 + [i % 3 == 0 for i in range(N - 300)], True, id="some labels"),
        pytest.param([float("nan")] * N, True, id="no usable label"),
        pytest.param([[1.0]] * N, True, id="lists beside a score"),
    ],
)
def test_a_reference_is_watched_whatever_its_labels_are(
    label: list[object], said: bool, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = table(score=scored(np.random.default_rng(2)), label=pa.array(label))
    with caplog.at_level(logging.WARNING, "vedette"):
        baseline = fitted(tmp_path / "reference.parquet", made, score="score")
    assert "score" in baseline.binnings
    assert "label" not in baseline.binnings
    if baseline.appraisal is None:
        assert baseline.profile.graded == {}
        assert bool(caplog.records) == said
    else:
        assert baseline.profile.graded[REALISED, WHOLE].rows >= 200


def test_a_reference_of_many_classes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    label = rng.choice([f"c{i:03}" for i in range(200)], N)
    said = np.where(rng.random(N) < 0.7, label, "c000")
    made = table(prediction=said, label=label)
    baseline = fitted(tmp_path / "reference.parquet", made, prediction="prediction")
    assert baseline.appraisal is not None
    realised = baseline.profile.graded[REALISED, WHOLE]
    assert (realised.rows, int(realised.confusion.sum())) == (N, N)
    classes = baseline.appraisal.grading.classes  # the commonest, and all others as one
    assert len(classes) == len(realised.confusion) == 50
    one, two = (np.where(np.isin(texts, classes), texts, "other") for texts in (said, label))
    assert realised.moments[0, 1] / N == pytest.approx(np.mean(one != two))


def test_serving_events_need_no_label_column(tmp_path: Path) -> None:
    """Neither is it missed where the reference has one, nor watched where events bring one."""
    columns, named = binary(np.random.default_rng(1))
    baseline = fitted(tmp_path / "reference.parquet", table(**columns), **named)
    assert [f.name for f in baseline.schema.fields if f.role == "label"] == []


# --- from labels that came ------------------------------------------------------------------------


def learning(**more: object) -> LiveSettings:
    return settings(None, baseline={"warm_up": 4, **more})


def hours(made: Live, first: int, last: int, *, labels: int, n: int = 100) -> Live:
    """Hours of which the first `labels` events have a label at once."""
    for h in range(first, last):
        batch, records = sent(BEGIN + h * HOUR, n)
        made.feed(records)
        if labels:
            told = truth(batch)[:labels]
            at = BEGIN + (h + 1) * HOUR + 5 * MINUTE
            made.feed([outcomes(batch["_id"].to_pylist()[:labels], told, at)])
    return made


def asked(made: Live) -> list[Wanted]:
    return [one for one in made.of(Wanted) if one.what == APPRAISAL]


def test_labels_of_the_warm_up_say_how_good_its_predictions_were() -> None:
    made = hours(Live(learning()), 0, 14, labels=100)
    state = made.runner.models[MODEL]
    assert state.plan is not None
    assert state.plan.baseline.appraisal is not None
    assert [name for name, _ in state.plan.labels.monitors] == ["concept", "estimate", "odds"]
    made.feed([Record(TICK, "", BEGIN + h * HOUR) for h in (15, 16)])
    whole = kept(commit(made))
    for h in range(14):  # those of before are shown, too
        assert whole["drift/all/", BEGIN + h * HOUR].graded[REALISED, WHOLE].rows == 100
    state = made.runner.models[MODEL]
    assert made.runner.problems == {}
    assert made.runner.guard.faults == {}
    assert state.outcomes.position > 0
    assert len(asked(made)) == 1


def test_an_appraisal_that_fails_is_asked_for_again_and_is_no_problem() -> None:
    """Of labels of the wrong events nothing can be learnt; the watch goes on meanwhile."""
    made = Live(learning())
    hours(made, 0, 6, labels=0)
    strangers = [f"stranger-{i}" for i in range(600)]
    made.feed([outcomes(strangers, [True] * 600, BEGIN + 6 * HOUR + 2 * MINUTE)])
    hours(made, 6, 8, labels=0)
    state = made.runner.models[MODEL]
    assert state.plan is not None
    assert state.plan.baseline.appraisal is None
    assert (len(asked(made)), state.outcomes.try_at) == (1, 1200)
    assert made.runner.problems == {}
    assert state.drift.closed >= BEGIN + 7 * HOUR
    for h in range(6):  # now those of the right ones come
        batch, _ = sent(BEGIN + h * HOUR)
        labels = outcomes(batch["_id"].to_pylist(), truth(batch), BEGIN + 8 * HOUR + 9 * MINUTE)
        made.feed([labels])
    hours(made, 8, 12, labels=0)
    state = made.runner.models[MODEL]
    assert len(asked(made)) == 2
    assert state.plan is not None
    assert state.plan.baseline.appraisal is not None
    assert made.runner.guard.faults == {}


def test_an_appraisal_that_breaks_does_not_stop_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from vedette.engine import answers

    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(answers, "appraised", broken)
    made = hours(Live(learning()), 0, 12, labels=100)
    assert made.runner.guard.faults == {"appraisal": len(asked(made))}
    assert 1 <= len(asked(made)) <= 2
    assert made.runner.models[MODEL].drift.closed >= BEGIN + 11 * HOUR
    assert made.runner.problems == {}


def test_learning_natural_variation_anew_keeps_what_labels_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from vedette.engine import learning as learnt

    assert REFITS[0] == 72
    monkeypatch.setattr(learnt, "REFITS", (30, 36))
    chosen = settings(reference(tmp_path / "reference.parquet", 28, 60))
    made = hours(begun(chosen), 0, 1, labels=60, n=60)
    plan = made.runner.models[MODEL].plan
    assert plan is not None
    before = plan.baseline.appraisal
    hours(made, 1, 16, labels=60, n=60)
    assert [one.what for one in made.of(Wanted) if one.what == "variation"]
    state = made.runner.models[MODEL]
    assert state.plan is not None
    assert state.plan.baseline_id != plan.baseline_id
    assert before is not None
    assert state.plan.baseline.appraisal is not None
    assert state.plan.baseline.appraisal.grading.scores == before.grading.scores
    assert state.plan.baseline.profile.graded.keys() == plan.baseline.profile.graded.keys()
    assert state.labels.looks >= 13  # the evidence of labels goes on
    assert made.runner.guard.faults == {}


def test_a_new_baseline_from_the_log_gets_its_labels_back(tmp_path: Path) -> None:
    """Somebody says that a stretch of the log is the new reference: its labels are known."""
    chosen = settings(reference(tmp_path / "reference.parquet", 28, 60))
    made = hours(begun(chosen), 0, 12, labels=60, n=60)
    old = made.runner.models[MODEL].plan
    body = f'{{"act": "baseline", "start": {BEGIN}, "end": {BEGIN + 10 * HOUR}, "by": "Ann"}}'
    made.feed([note(body.encode(), BEGIN + 12 * HOUR + 9 * MINUTE)])
    hours(made, 12, 16, labels=60, n=60)
    made.feed([Record(TICK, "", BEGIN + 18 * HOUR)])
    state = made.runner.models[MODEL]
    assert state.plan is not None
    assert old is not None
    assert state.plan.baseline.id != old.baseline.id
    assert state.plan.baseline.appraisal is not None
    assert made.runner.guard.faults == {}
    assert made.runner.problems == {}
    whole = kept(commit(made))
    rows = [whole["drift/all/", BEGIN + h * HOUR].graded[REALISED, WHOLE].rows for h in range(16)]
    assert rows == [60] * 16  # of every window, once
    assert state.labels.looks > 0


def test_a_changed_reference_grades_the_open_window_anew(tmp_path: Path) -> None:
    """Labels that were joined already are joined again where their rows are counted again; windows
    that were kept under the old one keep their sums."""
    path = reference(tmp_path / "reference.parquet", 28, 60)
    first = begun(settings(path))
    hours(first, 0, 6, labels=60, n=60)
    batch, records = sent(BEGIN + 6 * HOUR, 60)
    first.feed(
        [records[0]._replace(rows=batch.slice(0, 40), received=BEGIN + 6 * HOUR + 40 * MINUTE)]
    )
    told = truth(batch)
    first.feed([outcomes(batch["_id"].to_pylist()[:30], told[:30], BEGIN + 6 * HOUR + 41 * MINUTE)])
    first.runner.commit(0, force=True)
    reference(path, 29, 70)  # another file
    again = Live(settings(path), log=first.log, store=first.store)
    again.runner.restore()
    again.runner.catch_up()
    again.feed([records[0]._replace(rows=batch.slice(40)), records[1]])
    again.feed([outcomes(batch["_id"].to_pylist()[30:], told[30:], BEGIN + 7 * HOUR + 9 * MINUTE)])
    corrected, _ = sent(BEGIN + 2 * HOUR, 60)
    ids, labels = corrected["_id"].to_pylist(), truth(corrected)
    again.feed([outcomes(ids[:5], [not one for one in labels[:5]], BEGIN + 7 * HOUR + 9 * MINUTE)])
    hours(again, 7, 9, labels=60, n=60)
    again.feed([Record(TICK, "", BEGIN + 11 * HOUR)])
    assert again.runner.guard.faults == {}
    whole = kept(commit(again))
    rows = [
        {k[0]: one.rows for k, one in whole["drift/all/", BEGIN + h * HOUR].graded.items()}
        for h in range(9)
    ]
    assert [one[REALISED] for one in rows] == [60] * 9
    assert [one[EXPECTED] for one in rows] == [60] * 9


def test_settings_of_performance_shape_the_grading(tmp_path: Path) -> None:
    columns, named = binary(np.random.default_rng(1))
    how = {"threshold": 0.7, "positive": "false"}
    made = fitted(tmp_path / "reference.parquet", table(**columns), **named, performance=how)
    assert made.appraisal is not None
    assert made.appraisal.grading.threshold == 0.7
    assert made.appraisal.grading.classes[-1] == "false"
    assert isinstance(live().of(MODEL), ModelSettings)
