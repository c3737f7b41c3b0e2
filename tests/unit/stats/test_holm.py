import numpy as np
import pytest

from vedette.stats.holm import decide, holm


def test_nothing_to_decide():
    assert holm([], []).tolist() == []
    assert decide([], [], []).alarming.tolist() == []


def test_zero_weight_and_no_number_cannot_speak():
    assert holm([0.0, np.nan, 0.01], [0.0, 1.0, 1.0]).tolist() == [1.0, 1.0, 0.01]


def test_only_ratios_of_weights_matter():
    p, w = [0.001, 0.02, 0.3], np.array([1, 2, 3.0])
    assert holm(p, w) == pytest.approx(holm(p, w * 1e-9))


def test_ties_share_their_value():
    assert holm([0.01] * 4, [1] * 4) == pytest.approx([0.04] * 4)


def test_family_wise_error_is_kept():
    rng = np.random.default_rng(0)
    w = rng.random(50) + 0.1
    wrong = [(holm(rng.random(50), w) <= 0.05).any() for _ in range(4000)]
    assert np.mean(wrong) == pytest.approx(0.05, abs=0.012)


def test_two_parts():
    p, margin = [1e-9, 1e-9, 0.4], [0.001, 0.2, 0.001]
    got = decide(p, margin, [1, 1, 1])
    assert got.alarming.tolist() == [True, False, False]
    assert got.notable.tolist() == [False, True, False]
    assert got.adjusted == pytest.approx(holm(p, [1, 1, 1]))


def test_strict_pays_for_the_margin():
    p, margin = [1e-9, 1e-9, 0.4], [0.03, 0.001, 1.0]
    got = decide(p, margin, [1, 1, 1], strict=True)
    assert got.alarming.tolist() == [False, True, False]
    assert got.notable.tolist() == [True, False, False]
    assert got.adjusted == pytest.approx([3e-9, 0.003, 0.4])


def test_strict_is_never_more_eager_than_the_default():
    rng = np.random.default_rng(2)
    for _ in range(200):
        p, margin = rng.random(6) ** 6, rng.random(6) ** 8
        strict = decide(p, margin, np.ones(6), strict=True).alarming
        assert not (strict & ~(holm(p, np.ones(6)) <= 0.05)).any()
