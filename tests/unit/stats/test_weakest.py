import numpy as np
import pytest

from vedette.core.errors import UsageError
from vedette.profiles.sample import Sample
from vedette.stats.candidates import ranges, tails
from vedette.stats.weakest import Condition, weakest

NAMES, ORDERED = ["age", "city", "plan"], [True, False, False]


def table(seed, rows=6000):
    rng = np.random.default_rng(seed)
    codes = np.stack(
        [rng.integers(0, 24, rows), rng.integers(0, 6, rows), rng.integers(0, 3, rows)], 1
    )
    expected = rng.beta(0.4, 3.6, rows)
    return rng, codes, expected, (rng.random(rows) < expected).astype(float)


def broken(rng, rows, loss, chance):
    return np.where(rows & (rng.random(len(loss)) < chance), 1.0, loss)


def test_a_segment_of_two_columns_is_found_with_its_size():
    rng, codes, expected, loss = table(0)
    bad = (codes[:, 1] == 2) & (codes[:, 2] == 1)
    found = weakest(codes, broken(rng, bad, loss, 0.25), NAMES, ORDERED, expected)
    assert found[0].conditions == (Condition("city", 2, 2), Condition("plan", 1, 1))
    assert found[0].rows == bad.sum()
    assert found[0].low < 0.25 * 0.9 < found[0].high + 0.05


def test_a_range_of_one_column_is_found_as_a_whole():
    rng, codes, expected, loss = table(1)
    bad = codes[:, 0] < 3
    found = weakest(codes, broken(rng, bad, loss, 0.2), NAMES, ORDERED, expected)
    assert found[0].conditions == (Condition("age", 0, 2),)


def test_the_same_change_everywhere_is_no_segments():
    rng, codes, expected, loss = table(2)
    everywhere = np.ones(len(loss), bool)
    assert weakest(codes, broken(rng, everywhere, loss, 0.2), NAMES, ORDERED, expected) == []


def test_a_calm_table_rarely_shows_any():
    found = 0
    for seed in range(60):
        _, codes, expected, loss = table(100 + seed, rows=2500)
        found += bool(weakest(codes, loss, NAMES, ORDERED, expected))
    assert found <= 7  # 5 % of 60 is 3; 8 or more would come once in 80


def test_a_loss_that_is_a_number_is_searched_too():
    rng, codes, _, _ = table(3)
    loss = rng.beta(1, 9, len(codes))
    bad = codes[:, 1] == 4
    found = weakest(codes, np.clip(loss + 0.06 * bad, 0, 1), NAMES, ORDERED)
    assert found[0].conditions == (Condition("city", 4, 4),)
    assert weakest(codes, loss, NAMES, ORDERED) == []


@pytest.mark.parametrize("rows", [0, 1, 399])
def test_too_few_rows_say_nothing(rows):
    assert weakest(np.zeros((rows, 3), int), np.ones(rows), NAMES, ORDERED) == []


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3, np.nan])
def test_losses_that_are_all_alike_say_nothing(value):
    _, codes, expected, loss = table(4)
    same = np.full(len(loss), value)
    assert weakest(codes, same, NAMES, ORDERED) == []
    assert weakest(codes, same, NAMES, ORDERED, expected * 0) == []


def test_rows_without_a_value_are_a_segment_and_no_neighbour():
    rng, codes, expected, loss = table(6)
    gone = rng.random(len(loss)) < 0.1
    codes[gone, 0] = 24
    bad = broken(rng, gone, loss, 0.2)
    found = weakest(codes, bad, NAMES, ORDERED, expected, widths=[25, 6, 3])
    assert found[0].conditions == (Condition("age", 24, 24),)


def test_what_was_always_hard_is_not_told_when_the_reference_shows_it():
    always = []
    for seed in (7, 8):
        rng, codes, expected, loss = table(seed, rows=12_000)
        always.append((codes, broken(rng, codes[:, 1] == 3, loss, 0.1), expected))
    known = Sample.of(NAMES, *always[1])
    assert weakest(*always[0][:2], NAMES, ORDERED, always[0][2])
    assert weakest(*always[0][:2], NAMES, ORDERED, always[0][2], known) == []
    worse = broken(rng, always[0][0][:, 1] == 3, always[0][1], 0.15)
    found = weakest(always[0][0], worse, NAMES, ORDERED, always[0][2], known)
    assert found[0].conditions == (Condition("city", 3, 3),)


def test_a_reference_without_an_auditor_expects_by_column():
    rng, codes, _, _ = table(9, rows=12_000)
    chance = np.where(codes[:, 1] == 3, 0.3, 0.1)
    loss = (rng.random(len(codes)) < chance).astype(float)
    known = Sample.of(NAMES, codes[6000:], loss[6000:], np.full(6000, np.nan))
    assert weakest(codes[:6000], loss[:6000], NAMES, ORDERED)
    assert weakest(codes[:6000], loss[:6000], NAMES, ORDERED, None, known) == []


def test_the_same_rows_say_the_same():
    rng, codes, expected, loss = table(5)
    loss = broken(rng, codes[:, 1] == 0, loss, 0.1)
    one = weakest(codes, loss, NAMES, ORDERED, expected)
    assert one
    assert one == weakest(codes.astype(np.uint8), loss, NAMES, ORDERED, expected)


def test_parts_that_do_not_belong_together():
    with pytest.raises(UsageError, match="do not belong together"):
        weakest(np.zeros((5, 2), int), np.zeros(5), NAMES, ORDERED)


def test_ranges_keep_the_place_of_no_value_apart():
    counts = np.array([0, *[100] * 30, 0, 250])
    spans = ranges(counts, 200)
    assert spans[-1] == (32, 32)
    assert len(spans) <= 9
    assert all(counts[low : high + 1].sum() >= 200 for low, high in spans)
    assert [low for low, _ in spans[1:]] == [high + 1 for _, high in spans[:-1]]


@pytest.mark.parametrize("counts", [[0], [5], [0, 0, 0], [5, 500]])
def test_ranges_and_tails_of_next_to_nothing(counts):
    assert ranges(np.array(counts), 200) in ([], [(1, 1)])
    assert tails(np.array(counts), 200) == []
