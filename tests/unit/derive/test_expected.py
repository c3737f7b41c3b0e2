"""What an auditor learns, on tables whose truth is known.  Laws: `tests/laws/test_auditor.py`."""

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.schema import Field, Schema
from vedette.derive.expected import fit_auditor
from vedette.derive.expected.aims import aims_of
from vedette.derive.expected.channel import fit_curve
from vedette.derive.expected.noise import noise_of
from vedette.profiles.graded_rows import expected, read_labels, read_predictions, realised
from vedette.profiles.grading import OTHER, Grading, facts_of
from vedette.profiles.grading_fit import fit_grading
from vedette.stats.performance.metrics import measure

EDGES = (np.linspace(0.05, 0.95, 19),)
BINARY = Grading("binary", None, ("score",), "label", ("false", "true"), EDGES)


def scored(rng, rows):
    true = rng.uniform(0.05, 0.95, rows)
    batch = pa.record_batch({"score": true})
    return true, batch, rng.random(rows) < true


def noise(batch, label, ahead):
    said, labels = read_predictions(batch, BINARY), read_labels(pa.array(label), BINARY)
    outlook = np.column_stack([1 - ahead, ahead])
    return noise_of(said, labels, outlook, BINARY, np.arange(batch.num_rows))


def test_noise_is_that_of_parts_beyond_sampling():
    rng = np.random.default_rng(0)
    true, batch, label = scored(rng, 20_000)
    calm = noise(batch, label, true)
    assert calm["accuracy"] < 0.01
    assert calm["roc_auc"] < 0.01
    # In every second part labels are turned round for a tenth of the rows.
    part = np.arange(20_000) // 1_000 % 2 == 1
    turned = np.where(part & (rng.random(20_000) < 0.1), ~label, label)
    right = np.where(true >= 0.5, true, 1 - true).mean()
    expected = 0.1 * (2 * right - 1) / np.sqrt(2)
    found = noise(batch, turned, true)
    assert found["accuracy"] == pytest.approx(expected, rel=0.3)
    assert found["loss"] == pytest.approx(found["accuracy"], abs=1e-9)


def test_few_labels_leave_noise_unknown():
    rng = np.random.default_rng(1)
    true, batch, label = scored(rng, 300)
    assert noise(batch, label, true) == {}


def test_parts_follow_time_and_not_the_order_of_rows():
    rng = np.random.default_rng(2)
    rows = 4_000
    x = rng.normal(size=rows)
    late = np.arange(rows) >= rows // 2
    label = rng.random(rows) < np.where(late, 0.9, 0.1)
    shuffled = rng.permutation(rows)
    table = pa.table({"x": x, "score": np.full(rows, 0.5)}).take(pa.array(shuffled))
    baseline = vd.Baseline.fit(table.select(["x"]))
    labels = pa.array(label[shuffled])
    timed = fit_auditor(table, labels, BINARY, baseline, times=np.arange(rows)[shuffled])
    blind = fit_auditor(table, labels, BINARY, baseline)
    assert timed.auditor.noise["accuracy"] > 0.3
    assert blind.auditor.noise["accuracy"] < 0.05


def test_rare_classes_share_what_the_others_leave():
    rng = np.random.default_rng(3)
    names = tuple(f"c{k}" for k in range(5))
    label = np.array(names)[rng.choice(5, 4_000, p=[0.5, 0.46, 0.02, 0.01, 0.01])]
    table = pa.table({"x": rng.normal(size=4_000), "prediction": np.full(4_000, "c0")})
    grading = Grading("multiclass", "prediction", (), "label", names)
    kept = aims_of(grading, read_labels(pa.array(label), grading)).kept
    assert kept == (0, 1)
    baseline = vd.Baseline.fit(table.select(["x"]))
    said = fit_auditor(table, pa.array(label), grading, baseline).unseen.mean(axis=0)
    assert said == pytest.approx([np.mean(label == name) for name in names], abs=0.01)


@pytest.mark.parametrize("scored", [True, False])
def test_averages_over_classes_leave_out_the_class_that_no_label_was(scored):
    rng = np.random.default_rng(4)
    names = ("a", "b", "c")
    chances = rng.dirichlet(np.ones(3), 4_000)
    label = np.array(names)[(rng.random(4_000)[:, None] > chances.cumsum(axis=1)).sum(axis=1)]
    columns = {"prediction": np.array(names)[chances.argmax(axis=1)]}
    if scored:
        columns |= {f"score.{name}": chances[:, k] for k, name in enumerate(names)}
    batch = pa.record_batch(columns)
    fields = (Field("prediction", "category", "prediction"), Field("y", "category", "label"))
    table = pa.Table.from_batches([batch]).append_column("y", pa.array(label))
    grading = fit_grading(table, Schema(fields))
    assert grading.classes[-1] == OTHER
    fitted = fit_auditor(batch, pa.array(label), grading, vd.Baseline.fit(table.drop_columns("y")))
    assert max(fitted.auditor.noise.values()) < 0.05
    said, facts = read_predictions(batch, grading), facts_of(grading)
    ahead = measure(expected(said, fitted.unseen, grading, {})[""], facts)
    seen = measure(realised(said, read_labels(pa.array(label), grading), grading, {})[""], facts)
    for name, metric in ahead.items():
        if name != "ece":
            real = seen[name].value
            assert metric.value == pytest.approx(real, abs=0.03, nan_ok=not scored), name


def test_errors_of_a_regression_are_expected_where_they_are_large():
    rng = np.random.default_rng(4)
    x, noisy = rng.normal(size=6_000), rng.random(6_000) < 0.5
    error = rng.normal(size=6_000) * np.where(noisy, 3.0, 1.0)
    table = pa.table({"noisy": pa.array(noisy), "prediction": x})
    grading = Grading("regression", "prediction", scale=10.0)
    baseline = vd.Baseline.fit(table.select(["noisy"]))
    said = fit_auditor(table, pa.array(x + error), grading, baseline).unseen
    for where, sd in ((noisy, 3.0), (~noisy, 1.0)):
        assert said[where, 0].mean() == pytest.approx(sd * np.sqrt(2 / np.pi), rel=0.06)
        assert said[where, 1].mean() == pytest.approx(sd**2, rel=0.12)
        assert said[where, 2].mean() == pytest.approx(sd * np.sqrt(2 / np.pi) / 10, rel=0.06)


def test_amounts_may_fall_with_the_prediction_and_chances_may_not():
    x = np.linspace(0, 1, 200)
    assert np.diff(fit_curve("log", x, 2 - x).at([0.1, 0.9]))[0] < 0
    assert np.diff(fit_curve("logit", x, 1 - x).at([0.1, 0.9]))[0] == pytest.approx(0)
