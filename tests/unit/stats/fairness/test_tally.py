import numpy as np
import pytest

from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.tally import Tally

PARTS = tuple(Tally.__dataclass_fields__)


def drawn(decisions, labels, seed=0, rows=3_000, groups=4, bins=5):
    """Rows, and the two arrays of their cube."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, rows)
    said = rng.integers(0, decisions, rows)
    label = rng.integers(0, labels + 1, rows)  # the last: none known
    scored = rng.random(rows) < 0.8
    score = np.where(scored, rng.random(rows), 0.0)
    place = np.where(scored, (score * bins).astype(int), bins)
    counts = np.zeros((groups, decisions, labels + 1, bins + 1), int)
    np.add.at(counts, (group, said, label, place), 1)
    sums = np.zeros((groups, labels + 1, 2))
    np.add.at(sums, (group, label), np.stack([score, score**2], axis=-1))
    return (group, said, label, scored, score), counts, sums


@pytest.mark.parametrize(("classes", "positive"), [(2, 1), (2, 0), (4, 2)])
def test_a_tally_counts_what_the_rows_hold(classes, positive):
    (group, said, label, scored, score), counts, sums = drawn(classes, classes)
    tally = Tally.of(counts, sums, positive, score_of=positive)
    known = label < classes
    yes, true = said == positive, (label == positive) & known
    kept = known & scored
    expected = {
        "rows": np.ones(len(group), bool),
        "selected": yes,
        "labelled": known,
        "tp": yes & true,
        "fp": yes & known & ~true,
        "fn": ~yes & true,
        "tn": ~yes & known & ~true,
        "right": known & (said == label),
        "scored": kept,
        "happened": kept & true,
    }
    for name, mask in expected.items():
        assert getattr(tally, name).tolist() == np.bincount(group[mask], minlength=4).tolist(), name
    for name, power in (("expected", 1), ("expected_squares", 2)):
        by_group = np.bincount(group[kept], score[kept] ** power, minlength=4)
        assert getattr(tally, name) == pytest.approx(by_group), name


def test_a_score_of_the_other_class_is_turned_round():
    (group, _, label, scored, score), counts, sums = drawn(2, 2)
    tally = Tally.of(counts, sums, positive=0)
    kept = scored & (label < 2)
    chance = 1 - score[kept]
    assert tally.expected == pytest.approx(np.bincount(group[kept], chance, minlength=4))
    assert tally.expected_squares == pytest.approx(np.bincount(group[kept], chance**2, minlength=4))


def test_a_class_without_labels_or_decisions_has_no_rows():
    _, counts, sums = drawn(2, 0)  # a model without labels
    tally = Tally.of(counts, sums, positive=1)
    assert tally.selected.sum() > 0
    for name in PARTS[2:]:
        assert not getattr(tally, name).any(), name
    _, counts, sums = drawn(1, 3)
    assert not Tally.of(counts, sums, positive=2).selected.any()


def test_groups_add_up():
    _, counts, sums = drawn(2, 2)
    tally = Tally.of(counts, sums, 1)
    for name in PARTS:
        field = getattr(tally, name)
        total = getattr(tally.total(), name)
        assert total.shape == (1,)
        assert getattr(tally.rest(), name) + field == pytest.approx(np.full(4, total[0])), name
        assert getattr(tally.take([2, 0]), name).tolist() == field[[2, 0]].tolist()
        assert getattr(tally.sum([1, 3]), name) == pytest.approx([field[1] + field[3]])


def test_every_metric_is_a_share_of_its_own_rows():
    (group, said, label, _, _), counts, sums = drawn(2, 2)
    k, n = shares(Tally.of(counts, sums, 1))
    known, hit, true = label < 2, said == 1, label == 1
    among = {
        "selection_rate": (hit, np.ones(len(group), bool)),
        "true_positive_rate": (hit, known & true),
        "false_positive_rate": (hit, known & ~true),
        "false_negative_rate": (~hit, known & true),
        "positive_predictive_value": (true, known & hit),
        "negative_predictive_value": (~true, known & ~hit),
        "accuracy": (said == label, known),
        "base_rate": (true, known),
    }
    assert [metric.name for metric in GROUP_METRICS] == list(among)
    for i, (of, rows) in enumerate(among.values()):
        assert n[i].tolist() == np.bincount(group[rows], minlength=4).tolist()
        assert k[i].tolist() == np.bincount(group[rows & of], minlength=4).tolist()
