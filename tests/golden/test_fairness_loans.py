"""An audit of a public table gives the rates of fairlearn and the intervals and tests of SciPy."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from fairlearn import metrics as fair
from scipy import stats
from sklearn import metrics as sk

import vedette as vd

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "fairness" / "audit.py"
EXACT = 1e-12
BY = [["race"], ["sex"], ["race", "sex"]]
THEIRS = {
    "selection_rate": fair.selection_rate,
    "true_positive_rate": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate,
    "false_negative_rate": fair.false_negative_rate,
    "positive_predictive_value": lambda y, said: sk.precision_score(y, said, zero_division=0),
    "negative_predictive_value": lambda y, said: sk.precision_score(
        y, said, pos_label=0, zero_division=0
    ),
    "accuracy": sk.accuracy_score,
    "base_rate": lambda y, said: np.mean(y),
}


@pytest.fixture(scope="module")
def example():
    spec = importlib.util.spec_from_file_location("fairness_example", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(example):
    _, audited, cut = example.modelled(example.applications())
    return audited.assign(said=(audited["score"] >= cut).astype(int)), cut


@pytest.fixture(scope="module")
def audit(example, rows):
    table, cut = rows
    return vd.fairness(
        table[["race", "sex", "approve", "score"]], example.GROUP, label="approve", score="score",
        threshold=cut, minimum=1, proxies=False,
    )  # fmt: skip


def everyone(audit, by):
    """The comparisons of a set with the rest, by group and metric."""
    return {
        (row["group"], row["metric"]): row
        for row in audit.rates
        if row["set"] == " & ".join(by) and row["against"] == "the rest"
    }


@pytest.mark.parametrize("by", BY, ids=" & ".join)
def test_every_rate_of_every_group(rows, audit, by):
    stated = rows[0].dropna(subset=by)
    frame = fair.MetricFrame(
        metrics=THEIRS, y_true=stated["approve"], y_pred=stated["said"],
        sensitive_features=stated[by],
    )  # fmt: skip
    found = everyone(audit, by)
    assert len(found) == len(frame.by_group) * len(THEIRS)
    for values, theirs in frame.by_group.iterrows():
        told = (values,) if isinstance(values, str) else values
        label = " & ".join(f"{name}={value}" for name, value in zip(by, told, strict=True))
        for metric in THEIRS:
            ours = found[label, metric]["rate"]
            assert ours is None or ours == pytest.approx(theirs[metric], abs=EXACT)
            assert ours is not None or found[label, metric]["n"] == 0


@pytest.mark.parametrize("by", BY, ids=" & ".join)
def test_selection_of_a_group_beside_everyone_else(rows, audit, by):
    stated = rows[0].dropna(subset=by)
    labels = stated[by].apply(lambda row: " & ".join(f"{k}={v}" for k, v in row.items()), axis=1)
    found = everyone(audit, by)
    for label in labels.unique():
        row = found[label, "selection_rate"]
        own, rest = stated["said"][labels == label], stated["said"][labels != label]
        assert (row["k"], row["n"], row["other_n"]) == (own.sum(), len(own), len(rest))
        assert row["other"] == pytest.approx(rest.mean(), abs=EXACT)
        assert row["difference"] == pytest.approx(own.mean() - rest.mean(), abs=EXACT)
        assert row["ratio"] == pytest.approx(own.mean() / rest.mean(), abs=EXACT)
        cells = [[own.sum(), (own == 0).sum()], [rest.sum(), (rest == 0).sum()]]
        test = stats.chi2_contingency(cells, correction=False)
        few = test.expected_freq.min() < 5
        p = stats.fisher_exact(cells).pvalue if few else test.pvalue
        assert row["p"] == pytest.approx(p, rel=1e-9)
        wilson = stats.binomtest(int(own.sum()), len(own)).proportion_ci(method="wilson")
        if min(own.sum(), (own == 0).sum()) >= 5:  # else Clopper-Pearson
            assert (row["low"], row["high"]) == pytest.approx(tuple(wilson), abs=1e-9)
        assert row["ratio_low"] < row["ratio"] < row["ratio_high"]


def test_scores_and_the_share_above_the_median(rows, audit):
    table = rows[0]
    found = audit.to_dict()
    for row in found["calibration"]:
        if row["set"] == "race":
            own = table[table["race"] == row["group"].removeprefix("race=")]
            assert row["observed"] == own["approve"].sum()
            assert row["expected"] == pytest.approx(own["score"].sum(), rel=1e-12)
    above = table["score"] > table["score"].median()
    rates = above.groupby(table["race"]).mean()
    for row in found["impact"]:
        if row["set"] == "race" and row["scoring_rate"] is not None:
            rate = rates[row["group"].removeprefix("race=")]
            assert row["scoring_rate"] == pytest.approx(rate, abs=EXACT)
            assert row["scoring_ratio"] == pytest.approx(rate / rates.max(), abs=EXACT)


def gap(table, race):
    own, rest = (table["said"][table["race"].eq(race) == inside] for inside in (True, False))
    return own.mean() - rest.mean()


def test_change_since_a_reference(example, rows):
    table, cut = rows
    training, _, _ = example.modelled(example.applications())
    training = training.assign(said=(training["score"] >= cut).astype(int))
    found = vd.fairness(
        table[["race", "score"]], "race", score="score", threshold=cut, proxies=False,
        reference=training[["race", "score"]],
    )  # fmt: skip
    changes = {row["group"]: row for row in found.to_dict()["change"]}
    for race in ("Black", "Hispanic", "White"):
        now, then = gap(table, race), gap(training, race)
        row = changes[f"race={race}"]
        assert (row["now"], row["then"], row["change"]) == pytest.approx((now, then, now - then))


def test_what_the_labels_of_the_selected_alone_leave_open(rows):
    table, cut = rows
    table = table.assign(label=table["approve"].where(table["said"] == 1))
    found = vd.fairness(
        table[["race", "score", "label"]], "race", label="label", score="score", threshold=cut,
        minimum=1, proxies=False,
    )  # fmt: skip
    for race in ("Black", "White"):
        group = f"race={race}"
        rates = [found.rate(f"{which}_positive_rate", group) for which in ("true", "false")]
        assert [row["rate"] for row in rates] == [None, None]
        own = table[table["race"] == race]
        missing = own["label"].isna().sum()
        for metric, label in (("true_positive_rate", 1), ("false_positive_rate", 0)):
            [row] = [
                row
                for row in found.to_dict()["bounds"]
                if (row["group"], row["metric"]) == (group, metric)
            ]
            least = (own["label"] == label).sum() / ((own["label"] == label).sum() + missing)
            assert (row["low"], row["high"]) == pytest.approx((least, 1.0), abs=EXACT)


def test_groups_joined_by_key_are_those_of_the_table_itself(example):
    loans = example.applications()
    options = {"prediction": "decision", "positive": "approved", "proxies": False}
    own = vd.fairness(loans[[*example.GROUP, "decision"]], example.GROUP, **options)
    joined = vd.fairness(
        loans[["application", "decision"]].sample(frac=1, random_state=1), example.GROUP,
        members=loans[["application", *example.GROUP]], key="application", **options,
    )  # fmt: skip
    assert joined.rates == own.rates
