"""Graded rows: sums of any split are the same, taken out again they are gone, and what is expected
is what happens on average."""

from functools import reduce

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.profiles.graded_rows import (
    expected,
    expected_loss,
    read_labels,
    read_predictions,
    realised,
    row_loss,
)
from vedette.profiles.grading import OTHER, Grading, facts_of, terms_of
from vedette.sketches.graded import Graded
from vedette.stats.performance.metrics import measure

EDGES = np.array([0.25, 0.5, 0.75])
BINARY = Grading("binary", "said", ("p",), "y", ("no", "yes"), (EDGES,))
MANY = Grading(
    "multiclass", "said", ("score.a", "score.b", ""), "y", ("a", "b", OTHER), (EDGES,) * 3
)
NUMBERS = Grading("regression", "said", label="y", quantiles=(0.25,), scale=4.0, centre=1.0)
LISTS = Grading("ranking", None, ("p",), "y", top=(1,))
QUICK = settings(max_examples=40, deadline=None)

eighth = st.integers(0, 8).map(lambda k: k / 8)
relevance = st.lists(st.integers(0, 2), max_size=4)
numbers = st.integers(-40, 40).map(lambda k: k / 8)
row = {
    "binary": st.tuples(
        st.none() | st.sampled_from(["yes", "no", "odd"]), st.none() | eighth,
        st.none() | st.sampled_from(["yes", "no", "odd"]),
    ),
    "multiclass": st.tuples(
        st.none() | st.sampled_from(["a", "b", "c"]), st.none() | eighth, st.none() | eighth,
        st.none() | st.sampled_from(["a", "b", "c"]),
    ),
    "regression": st.tuples(st.none() | numbers, st.none() | numbers),
    "ranking": st.tuples(
        st.none() | st.lists(eighth, max_size=4), st.none() | relevance
    ),
}  # fmt: skip
COLUMNS = {
    "binary": {"said": pa.string(), "p": pa.float64(), "y": pa.string()},
    "multiclass": {
        "said": pa.string(), "score.a": pa.float64(), "score.b": pa.float64(), "y": pa.string(),
    },
    "regression": {"said": pa.float64(), "y": pa.float64()},
    "ranking": {"p": pa.list_(pa.float64()), "y": pa.list_(pa.int64())},
}  # fmt: skip
GRADINGS = [BINARY, MANY, NUMBERS, LISTS]
every_task = pytest.mark.parametrize("grading", GRADINGS, ids=lambda g: g.task)


def batch(drawn, grading):
    schema = pa.schema(COLUMNS[grading.task])
    columns = list(zip(*drawn, strict=True)) or [()] * len(schema)
    arrays = [pa.array(list(c), f.type) for c, f in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def summed(drawn, grading, segments=None):
    rows = batch(drawn, grading)
    said, label = read_predictions(rows, grading), read_labels(rows.column("y"), grading)
    return realised(said, label, grading, segments or {})


def same(one, two):
    assert one.rows == two.rows
    assert (one.confusion == two.confusion).all()
    assert (one.ranked == two.ranked).all()
    np.testing.assert_allclose(one.inside, two.inside, atol=1e-9)
    np.testing.assert_allclose(one.moments, two.moments, rtol=1e-12, atol=1e-9)


def flagged(grading):
    """Rows, each with the part it belongs to."""
    return st.lists(st.tuples(row[grading.task], st.integers(0, 2)), max_size=30)


@every_task
def test_any_split_is_one_pass_and_segments_add_up(grading):
    @QUICK
    @given(flagged(grading))
    def law(drawn):
        rows = [values for values, _ in drawn]
        parts = [[v for v, part in drawn if part == k] for k in range(3)]
        segments = {f"s={k}": np.flatnonzero([p == k for _, p in drawn]) for k in range(3)}
        whole = summed(rows, grading, segments)
        pieces = [summed(part, grading)[""] for part in parts]
        for k in range(3):
            same(whole[f"s={k}"], pieces[k])
        same(whole[""], reduce(Graded.merge, reversed(pieces)))

    law()


@every_task
def test_rows_are_taken_out_again(grading):
    @QUICK
    @given(st.lists(row[grading.task], max_size=12), st.lists(row[grading.task], max_size=12))
    def law(kept, withdrawn):
        both = summed(kept + withdrawn, grading)[""]
        rest = both.merge(summed(withdrawn, grading)[""].negated())
        same(rest, summed(kept, grading)[""])

    law()


@every_task
def test_losses_of_rows_are_those_of_the_sums(grading):
    @QUICK
    @given(st.lists(row[grading.task], max_size=20))
    def law(drawn):
        rows = batch(drawn, grading)
        said, label = read_predictions(rows, grading), read_labels(rows.column("y"), grading)
        loss, sums = row_loss(said, label, grading), summed(drawn, grading)[""]
        known = loss[np.isfinite(loss)]
        assert len(loss) == len(drawn)
        assert len(known) == sums.rows == sums.moments[0, 0]
        assert ((known >= 0) & (known <= 1)).all()
        assert sums.moments[0, 1] == pytest.approx(known.sum())
        assert sums.moments[1, 1] == pytest.approx((known**2).sum())
        assert sums.moments.shape == (len(terms_of(grading)),) * 2

    law()


@pytest.mark.parametrize("grading", [BINARY, MANY], ids=lambda g: g.task)
def test_certain_chances_are_labels(grading):
    @QUICK
    @given(st.lists(row[grading.task], max_size=20))
    def law(drawn):
        rows = batch(drawn, grading)
        said, label = read_predictions(rows, grading), read_labels(rows.column("y"), grading)
        outlook = np.eye(len(grading.classes))[label.codes]
        outlook[~label.usable] = np.nan
        known, told = summed(drawn, grading)[""], expected(said, outlook, grading, {})[""]
        same(known, told)
        assert (told.confusion.dtype, told.ranked.dtype) == (np.float64, np.float64)
        np.testing.assert_array_equal(
            expected_loss(said, outlook, grading), row_loss(said, label, grading)
        )

    law()


@pytest.mark.parametrize("grading", [BINARY, MANY], ids=lambda g: g.task)
def test_what_is_expected_is_the_mean_and_its_variance_that_of_what_happens(grading):
    rng = np.random.default_rng(0)
    n, draws = 60, 4_000
    L = len(grading.classes)
    outlook = rng.dirichlet(np.ones(L), n)
    columns = {name: pa.array(rng.choice([0.125, 0.375, 0.875], n) / 2) for name in grading.scores}
    columns["said"] = pa.array(rng.choice(grading.classes, n))
    said = read_predictions(pa.record_batch(columns), grading)
    told = expected(said, outlook, grading, {})[""]
    names = np.array(grading.classes)
    losses, logs, tables = [], [], []
    terms = terms_of(grading)
    for _ in range(draws // 10):
        label = names[(rng.random(n)[:, None] > outlook.cumsum(axis=1)).sum(axis=1)]
        seen = realised(said, read_labels(pa.array(label), grading), grading, {})[""]
        losses.append(seen.moments[0, 1])
        logs.append(seen.moments[0, terms.index("log_loss")])
        tables.append(seen.ranked)
    at = {term: told.moments[0, place] for place, term in enumerate(terms)}
    for seen, term, variance in (
        (losses, "loss", "variance"),
        (logs, "log_loss", "log_loss_variance"),
    ):
        assert np.mean(seen) == pytest.approx(at[term], abs=4 * np.std(seen) / np.sqrt(len(seen)))
        assert np.var(seen) == pytest.approx(at[variance], rel=0.3)
    np.testing.assert_allclose(np.mean(tables, axis=0), told.ranked, atol=0.9)
    assert told.ranked.sum() == pytest.approx(n * len(grading.scores))


def test_expected_errors_of_numbers():
    rng = np.random.default_rng(1)
    n = 20_000
    said = rng.normal(5, 2, n)
    sd = rng.uniform(0.5, 1.5, n)
    label = said + rng.laplace(0, sd / np.sqrt(2))
    grading = Grading("regression", "said", label="y", scale=4.0, centre=5.0)
    rows = read_predictions(pa.record_batch({"said": said}), grading)
    capped = np.minimum(np.abs(label - said) / 4, 1)  # any unbiased forecast of the loss will do
    outlook = np.stack([sd / np.sqrt(2), sd**2, np.full(n, capped.mean())], axis=1)
    told = measure(expected(rows, outlook, grading, {})[""], facts_of(grading))
    seen = measure(
        realised(rows, read_labels(pa.array(label), grading), grading, {})[""], facts_of(grading)
    )
    assert set(told) == {"mae", "rmse", "r2"}
    for name, metric in told.items():
        assert metric.value == pytest.approx(seen[name].value, abs=4 * seen[name].se)
        assert metric.se == pytest.approx(seen[name].se, rel=0.5)


def test_expected_rankings_say_only_ndcg():
    rows = read_predictions(pa.record_batch({"p": [[0.5, 0.2], [0.1]]}), LISTS)
    outlook = np.full((2, 3), 0.25)
    found = measure(expected(rows, outlook, LISTS, {})[""], facts_of(LISTS))
    assert list(found) == ["ndcg"]
    assert found["ndcg"].value == 0.75
    assert expected_loss(rows, outlook, LISTS).tolist() == [0.25, 0.25]


@every_task
def test_a_segment_expects_what_its_own_rows_expect(grading):
    rng = np.random.default_rng(2)
    columns = {
        "binary": {"said": ["yes", "no", "no"], "p": [0.5, 0.25, 0.0]},
        "multiclass": {
            "said": ["a", "b", "a"], "score.a": [0.5, 0.25, 1.0], "score.b": [0.5, 0.5, 0.0],
        },
        "regression": {"said": [1.0, 2.0, 3.0]},
        "ranking": {"p": [[0.5, 0.2], [0.1], [0.3, 0.4]]},
    }[grading.task]  # fmt: skip
    rows, chosen = pa.record_batch(columns), np.array([0, 2])
    outlook = rng.dirichlet(np.ones(len(grading.classes) or 3), 3)
    segment = expected(read_predictions(rows, grading), outlook, grading, {"s=1": chosen})["s=1"]
    alone = read_predictions(rows.take(pa.array(chosen)), grading)
    same(segment, expected(alone, outlook[chosen], grading, {})[""])
    assert segment.rows == 2


def test_rows_that_cannot_be_graded_are_left_out_of_every_sum():
    drawn = [("yes", 0.5, "yes"), (None, None, "yes"), ("no", None, "no"), ("no", 0.25, None)]
    sums = summed(drawn, BINARY, {"s=1": np.array([1, 2, 3])})
    assert (sums[""].rows, sums["s=1"].rows) == (2, 1)
    assert (sums[""].ranked.sum(), sums["s=1"].ranked.sum()) == (1, 0)
    found = measure(sums["s=1"], facts_of(BINARY))
    assert (found["accuracy"].value, found["accuracy"].n) == (1.0, 1)
    assert np.isnan(found["log_loss"].value)


def test_lists_of_other_lengths_are_not_graded():
    drawn = [([0.5, 0.25], [1, 0]), ([0.5], [1, 0]), ([], []), (None, [1])]
    assert summed(drawn, LISTS)[""].rows == 1


def test_whole_rows_may_be_named_among_the_segments():
    sums = summed([("yes", 0.5, "yes")], BINARY, {"": np.array([], np.intp), "s=1": np.array([0])})
    assert sums[""].rows == sums["s=1"].rows == 1
