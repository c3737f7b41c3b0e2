"""An auditor is row-wise, whole and plain, whatever the task and the rows.

Owns: the laws of `derive.expected`.  Does not own: its learners (`tests/golden/test_boosting.py`).
"""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest

import vedette as vd
from vedette.core.errors import UsageError
from vedette.derive.expected import fit_auditor, outlook
from vedette.profiles.auditor import Auditor
from vedette.profiles.graded_rows import read_labels, read_predictions, row_loss
from vedette.profiles.grading_fit import fit_grading

ROWS = 2_400
ROLES = {"score": "score", "prediction": "prediction", "label": "label"}


def features(seed, rows=ROWS):
    rng = np.random.default_rng(seed)
    shop = rng.integers(0, 4, rows)
    a, b = rng.normal(size=rows), rng.normal(size=rows)
    return rng, shop, a, b, {
        "a": pa.array(a, mask=rng.random(rows) < 0.1),
        "b": pa.array(b),
        "shop": pa.array([f"s{k}" for k in shop]),
    }  # fmt: skip


def drawn(task, seed=0):
    """A table whose labels depend on more than the score: on b, in one shop."""
    rng, shop, a, b, table = features(seed)
    margin = 1.2 * a + 1.5 * b * (shop == 1)
    chance = 1 / (1 + np.exp(-margin))
    score = 1 / (1 + np.exp(-a))
    if task in ("binary", "classes only"):
        yes = rng.random(ROWS) < chance
        said = {"score": score} if task == "binary" else {"prediction": score > 0.5}
        return pa.table({**table, **said, "label": yes})
    if task == "multiclass":
        three = np.column_stack([np.exp(a), np.exp(0.5 * b), np.ones(ROWS)])
        three /= three.sum(axis=1, keepdims=True)
        true = np.where((shop == 1)[:, None], three[:, [1, 2, 0]], three)
        label = np.minimum((true.cumsum(axis=1) < rng.random(ROWS)[:, None]).sum(axis=1), 2)
        label[:20] = 3  # too rare to be told apart
        named = {f"score.c{k}": three[:, k] for k in range(3)}
        said = pa.array([f"c{k}" for k in three.argmax(axis=1)])
        return pa.table(
            {**table, **named, "prediction": said, "label": pa.array([f"c{k}" for k in label])}
        )
    if task == "regression":
        return pa.table({**table, "prediction": a, "label": a + rng.normal(size=ROWS) * np.exp(b)})
    lists = rng.normal(size=(ROWS, 6))
    turned = np.where((shop == 1) & (b > 0), -1, 1)[:, None]  # there it ranks upside down
    gain = (lists * turned + rng.normal(size=lists.shape) > 0.8).astype(int)
    return pa.table({**table, "score": pa.array(lists.tolist()), "label": pa.array(gain.tolist())})


TASKS = ("binary", "classes only", "multiclass", "regression", "ranking")


@cache
def studied(task):
    table = drawn(task)
    features_only = table.select([n for n in table.column_names if not _graded(n)])
    baseline = vd.Baseline.fit(features_only)
    fields = tuple(
        vd.Field(n, "numeric", ROLES.get(n, "attribute")) for n in table.column_names if _graded(n)
    )
    grading = fit_grading(table, vd.Schema((*baseline.schema.fields, *fields)))
    labels = table.column("label").combine_chunks()
    fitted = fit_auditor(table.drop_columns(["label"]), labels, grading, baseline)
    return table, grading, baseline, fitted


def _graded(name):
    return name in ROLES or name.startswith("score.")


def asked(task, table):
    _, grading, _, fitted = studied(task)
    batch = table.combine_chunks().to_batches()[0]
    return outlook(batch, fitted.auditor, grading)


@pytest.mark.parametrize("task", TASKS)
def test_rows_are_told_the_same_alone_and_in_any_company(task):
    table = studied(task)[0].slice(0, 300)
    whole = asked(task, table)
    order = np.random.default_rng(1).permutation(300)
    np.testing.assert_array_equal(asked(task, table.take(order)), whole[order])
    for row in (0, 7, 299):
        np.testing.assert_array_equal(asked(task, table.slice(row, 1))[0], whole[row])


@pytest.mark.parametrize("task", TASKS)
def test_it_survives_as_plain_arrays(task):
    table, grading, _, fitted = studied(task)
    a = fitted.auditor
    assert all(array.dtype.kind in "fiub" for array in a.parts.values())
    again = {
        name: np.frombuffer(array.tobytes(), array.dtype).reshape(array.shape)
        for name, array in a.parts.items()
    }
    batch = table.combine_chunks().to_batches()[0]
    other = Auditor(str(a.kind), tuple(a.columns), again)
    np.testing.assert_array_equal(outlook(batch, other, grading), outlook(batch, a, grading))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize(
    "change", ["absent", "all missing", "unseen", "constant", "only the score"]
)
def test_it_answers_whatever_arrives(task, change):
    table = studied(task)[0].slice(0, 50)
    if change == "absent":
        table = table.drop_columns(["shop", "a"])
    elif change == "only the score":
        table = table.drop_columns(["shop", "a", "b", "label"])
    elif change == "all missing":
        table = pa.table({n: pa.nulls(50, table.schema.field(n).type) for n in table.column_names})
    else:
        shop = ["new", "s1"] * 25 if change == "unseen" else ["s1"] * 50
        table = table.set_column(table.column_names.index("shop"), "shop", pa.array(shop))
    said = asked(task, table)
    assert np.isfinite(said).all()
    assert (said >= 0).all()
    if task in ("binary", "classes only", "multiclass"):
        np.testing.assert_allclose(said.sum(axis=1), 1, atol=1e-12)
    else:
        assert (said[:, 2] <= 1).all()


def test_an_absent_column_reads_as_missing():
    table = studied("binary")[0].slice(0, 50)
    at = table.column_names.index("b")
    empty = table.set_column(at, "b", pa.nulls(50, pa.float64()))
    np.testing.assert_array_equal(
        asked("binary", table.drop_columns(["b"])), asked("binary", empty)
    )


@pytest.mark.parametrize("task", TASKS)
def test_unseen_rows_are_judged_honestly_and_better_than_by_the_mean(task):
    table, grading, _, fitted = studied(task)
    assert fitted.auditor.kind == "trees"  # what the score does not know is in the row
    assert fitted.unseen.shape == (ROWS, len(grading.classes) or 3)
    batch = table.combine_chunks().to_batches()[0]
    said, labels = read_predictions(batch, grading), read_labels(table.column("label"), grading)
    loss = row_loss(said, labels, grading)
    ahead = (
        1 - fitted.unseen[np.arange(ROWS), said.codes] if grading.classes else fitted.unseen[:, 2]
    )
    assert ahead.mean() == pytest.approx(np.nanmean(loss), abs=4 * np.nanstd(loss) / ROWS**0.5)
    assert np.nanmean((loss - ahead) ** 2) < 0.98 * np.nanvar(loss)
    seen = outlook(batch, fitted.auditor, grading)
    assert np.abs(seen - fitted.unseen).max() > 1e-6  # not what it says of rows it knows


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_a_second_fit_says_the_same(task):
    table, grading, baseline, fitted = studied(task)
    labels = table.column("label").combine_chunks()
    again = fit_auditor(table.drop_columns(["label"]), labels, grading, baseline)
    np.testing.assert_array_equal(again.unseen, fitted.unseen)
    assert again.auditor.noise == fitted.auditor.noise


def test_few_labels_or_no_features_leave_calibration():
    table, grading, baseline, _ = studied("binary")
    some = fit_auditor(table.slice(0, 1_000), table["label"].slice(0, 1_000), grading, baseline)
    scores = table.select(["score"])
    bare = fit_auditor(scores, table.column("label").combine_chunks(), grading, baseline)
    for fitted in (some, bare):
        assert fitted.auditor.kind in ("score", "isotonic")
        assert set(fitted.auditor.log_loss) == {"score", "isotonic"}


def test_rows_without_a_label_are_told_of_but_not_learned_from():
    table, grading, baseline, _ = studied("binary")
    labels = table.column("label").combine_chunks().to_pylist()
    half = pa.array([None if i % 2 else label for i, label in enumerate(labels)])
    fitted = fit_auditor(table, half, grading, baseline)
    assert fitted.auditor.rows == ROWS // 2
    assert np.isfinite(fitted.unseen).all()
    with pytest.raises(UsageError, match="no row of the reference has a label"):
        fit_auditor(table, pa.nulls(ROWS, pa.bool_()), grading, baseline)


def test_of_many_columns_the_telling_ones_are_read():
    table, grading, _, _ = studied("binary")
    rng = np.random.default_rng(3)
    wide = table
    for k in range(60):
        wide = wide.append_column(f"noise{k}", pa.array(rng.normal(size=ROWS)))
    baseline = vd.Baseline.fit(wide.drop_columns(["score", "label"]))
    fitted = fit_auditor(wide, wide.column("label").combine_chunks(), grading, baseline)
    assert fitted.auditor.kind == "trees"
    assert len(fitted.auditor.columns) <= 10
    assert {"score", "b"} <= set(fitted.auditor.columns)
