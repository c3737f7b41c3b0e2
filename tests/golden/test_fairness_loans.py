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


RATES = {  # of whom, and how many of these
    "true_positive_rate": (("approve", 1), ("said", 1)),
    "false_positive_rate": (("approve", 0), ("said", 1)),
    "false_negative_rate": (("approve", 1), ("said", 0)),
    "positive_predictive_value": (("said", 1), ("approve", 1)),
    "negative_predictive_value": (("said", 0), ("approve", 0)),
}


def ends(table, metric):
    """The least and the most that a rate of people can be: by filling in what is missing."""
    (column, who), (other, hit) = RATES[metric]
    found = []
    for least in (True, False):
        filled = table[["approve", "said"]].copy()
        missing = table["label"].isna()
        if column == "said":  # who is in the rate is known, whether they are hits is not
            worst = 1 - hit if least else hit
            filled.loc[missing, "approve"] = worst
        else:  # those who would be misses are in it, or those who would be hits
            would = filled["said"] == hit
            inside = missing & (~would if least else would)
            filled.loc[missing, "approve"] = 1 - who
            filled.loc[inside, "approve"] = who
        own = filled[filled[column] == who]
        found.append(float((own[other] == hit).mean()))
    return found


def percent(share):
    return f"{100 * share:.2g} %" if share < 1 else "100 %"


def unevenly(table):
    """Of two in three Black applicants who were denied the label never came."""
    table = table.assign(label=table["approve"].astype(float))
    denied = table["race"].eq("Black") & table["approve"].eq(0)
    table.loc[denied & (denied.cumsum() % 3 > 0), "label"] = np.nan
    return table


def audited(table, cut):
    return vd.fairness(
        table[["race", "score", "label"]], "race", label="label", score="score", threshold=cut,
        minimum=1, proxies=False,
    )  # fmt: skip


@pytest.mark.parametrize("metric", RATES)
def test_labels_that_come_unevenly_are_said_in_the_finding(rows, metric):
    table = unevenly(rows[0])
    found = audited(table, rows[1])
    own, rest = (table[table["race"].eq("Black") == inside] for inside in (True, False))
    own_ends, rest_ends = ends(own, metric), ends(rest, metric)
    [bound] = [
        row
        for row in found.to_dict()["bounds"]
        if (row["group"], row["metric"]) == ("race=Black", metric)
    ]
    told = [bound[key] for key in ("low", "high", "rest_low", "rest_high")]
    assert told == pytest.approx([*own_ends, *rest_ends], abs=EXACT)
    assert rest_ends[0] == rest_ends[1]  # all labels of the rest are known
    coverage = [part["label"].notna().mean() for part in (own, rest)]
    assert (bound["labelled"], bound["rest_labelled"]) == pytest.approx(coverage, abs=EXACT)
    one, two, three, four = (percent(end) for end in told)
    said = (
        f"{percent(coverage[0])} of its rows have a label, of the rest 100 %: whatever the missing "
        f"ones are, it lies between {one} and {two}, that of the rest between {three} and {four}"
    )
    assert said in found.rate(metric, "race=Black")["reason"]
    if metric != "false_negative_rate":  # is found by its twin
        findings = {(one.segment, one.component): one for one in found.findings}
        assert said in findings["race=Black", metric].reason


def test_what_missing_labels_may_make_up_is_notable_and_no_alarm(rows):
    """Thirty such tables: the labelled rows alone would be an alarm."""
    table = unevenly(rows[0].loc[np.repeat(rows[0].index, 30)].reset_index(drop=True))
    found = audited(table, rows[1])
    own, rest = (table[table["race"].eq("Black") == inside] for inside in (True, False))
    right = own["label"].eq(own["said"]).sum()
    known = own["label"].notna().sum()
    other = rest["approve"].eq(rest["said"]).mean()
    assert right / known < other - 0.05 < (right + len(own) - known) / len(own)
    row = found.rate("accuracy", "race=Black")
    assert row["difference_high"] < -0.05
    [finding] = [
        one for one in found.findings
        if (one.segment, one.component) == ("race=Black", "accuracy")
    ]  # fmt: skip
    assert (row["verdict"], finding.verdict) == ("notable", "notable")
    assert finding.reason.endswith("which may keep the limit")


def test_groups_joined_by_key_are_those_of_the_table_itself(example):
    loans = example.applications()
    options = {"prediction": "decision", "positive": "approved", "proxies": False}
    own = vd.fairness(loans[[*example.GROUP, "decision"]], example.GROUP, **options)
    joined = vd.fairness(
        loans[["application", "decision"]].sample(frac=1, random_state=1), example.GROUP,
        members=loans[["application", *example.GROUP]], key="application", **options,
    )  # fmt: skip
    assert joined.rates == own.rates
