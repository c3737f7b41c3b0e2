"""Figures of fairness equal fairlearn's from the same rows, and the published ones of COMPAS."""

import numpy as np
import pytest
from fairlearn import metrics as fair
from sklearn import metrics as sk

from vedette.stats.fairness.compare import compare
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.spread import spread
from vedette.stats.fairness.tally import Tally

EXACT = 1e-12
GROUPS = 18
ROWS = 20_000

THEIRS = {
    "selection_rate": fair.selection_rate,
    "true_positive_rate": fair.true_positive_rate,
    "false_positive_rate": fair.false_positive_rate,
    "false_negative_rate": fair.false_negative_rate,
    "positive_predictive_value": sk.precision_score,
    "negative_predictive_value": lambda y, said: sk.precision_score(y, said, pos_label=0),
    "accuracy": sk.accuracy_score,
    "base_rate": lambda y, said: np.mean(y),
}


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(6)
    shares = rng.dirichlet(np.full(GROUPS, 2.0))
    group = rng.choice(GROUPS, ROWS, p=shares)
    label = (rng.random(ROWS) < rng.uniform(0.1, 0.6, GROUPS)[group]).astype(int)
    said = np.where(rng.random(ROWS) < rng.uniform(0.6, 0.95, GROUPS)[group], label, 1 - label)
    return group, label, said


@pytest.fixture(scope="module")
def frame(rows):
    group, label, said = rows
    return fair.MetricFrame(metrics=THEIRS, y_true=label, y_pred=said, sensitive_features=group)


@pytest.fixture(scope="module")
def tally(rows):
    group, label, said = rows
    counts = np.zeros((GROUPS, 2, 3, 1), np.int64)
    np.add.at(counts, (group, said, label, 0), 1)
    return Tally.of(counts, np.zeros((GROUPS, 3, 2)), positive=1)


def test_every_rate_of_every_group(frame, tally):
    k, n = shares(tally)
    whole = shares(tally.total())
    for i, metric in enumerate(GROUP_METRICS):
        assert k[i] / n[i] == pytest.approx(frame.by_group[metric.name].to_numpy(), abs=EXACT)
        assert whole.k[i] / whole.n[i] == pytest.approx([frame.overall[metric.name]], abs=EXACT)


def test_differences_and_ratios_between_groups(frame, tally):
    k, n = shares(tally)
    found = spread(k / n)
    names = [metric.name for metric in GROUP_METRICS]
    assert found.difference == pytest.approx(frame.difference()[names].to_numpy(), abs=EXACT)
    assert found.ratio == pytest.approx(frame.ratio()[names].to_numpy(), abs=EXACT)


def test_differences_and_ratios_to_everyone(frame, tally):
    found = compare(*shares(tally), *shares(tally.total()))
    names = [metric.name for metric in GROUP_METRICS]
    widest = frame.difference(method="to_overall")[names].to_numpy()
    assert np.abs(found.difference).max(axis=1) == pytest.approx(widest, abs=EXACT)
    ratio = np.minimum(found.ratio, 1 / found.ratio).min(axis=1)
    assert ratio == pytest.approx(frame.ratio(method="to_overall")[names].to_numpy(), abs=EXACT)


def test_the_named_figures(rows, tally):
    group, label, said = rows
    k, n = shares(tally)
    found = spread(k / n)
    chosen, hit, false = found.difference[:3], found.ratio, found.difference[2]
    at = {"y_true": label, "y_pred": said, "sensitive_features": group}
    assert chosen[0] == pytest.approx(fair.demographic_parity_difference(**at), abs=EXACT)
    assert hit[0] == pytest.approx(fair.demographic_parity_ratio(**at), abs=EXACT)
    assert chosen[1] == pytest.approx(fair.equal_opportunity_difference(**at), abs=EXACT)
    assert max(chosen[1], false) == pytest.approx(fair.equalized_odds_difference(**at), abs=EXACT)


def test_a_group_without_rows_has_no_rate(tally):
    empty = tally.take([0, 1])
    k, n = shares(empty)
    k, n = np.append(k, 0 * k[:, :1], axis=1), np.append(n, 0 * n[:, :1], axis=1)
    found, without = compare(k, n, k[:, :1], n[:, :1]), spread(k[:, :2] / n[:, :2])
    assert np.isnan(found.rate[:, 2]).all()
    assert spread(found.rate).difference.tolist() == without.difference.tolist()


# Larson, Mattu, Kirchner & Angwin 2016, "How we analyzed the COMPAS recidivism algorithm",
# ProPublica: two years, medium and high risk as positive; TN, FP, FN, TP of the two largest groups.
ALL_DEFENDANTS = {"African-American": (990, 805, 532, 1369), "Caucasian": (1139, 349, 461, 505)}
# The same after the filter of the usual replications, 6,172 defendants in all.
FILTERED = {"African-American": (873, 641, 473, 1188), "Caucasian": (999, 282, 408, 414)}


def published(counts):
    """Rates by name of the two groups, and the comparison of the first with the second."""
    cube = np.zeros((2, 2, 3, 1), np.int64)
    for g, (tn, fp, fn, tp) in enumerate(counts.values()):
        cube[g, :, :2, 0] = [[tn, fn], [fp, tp]]  # decision x label
    k, n = shares(Tally.of(cube, np.zeros((2, 3, 2)), positive=1))
    rates = {m.name: (k[i] / n[i]).round(4).tolist() for i, m in enumerate(GROUP_METRICS)}
    return rates, compare(k[:, :1], n[:, :1], k[:, 1:], n[:, 1:])


def test_compas_of_all_defendants():
    rates, found = published(ALL_DEFENDANTS)
    assert rates["false_positive_rate"] == [0.4485, 0.2345]
    assert rates["false_negative_rate"] == [0.2799, 0.4772]
    assert rates["positive_predictive_value"] == [0.6297, 0.5913]
    assert found.ratio[2, 0].round(2) == 1.91
    assert found.difference_low[2, 0] > 0.18
    assert found.p[2, 0] < 1e-30


def test_compas_filtered():
    rates, _ = published(FILTERED)
    assert rates["false_positive_rate"] == [0.4234, 0.2201]
    assert rates["false_negative_rate"] == [0.2848, 0.4964]
    assert rates["positive_predictive_value"] == [0.6495, 0.5948]
    assert sum(map(sum, FILTERED.values())) == 3175 + 2103
