"""What all quantiles agree on: a factor, an offset, or neither."""

import numpy as np
import pytest

from vedette.stats.transformed import CLOSE, PLUS, TIMES, likely

STEPS = np.linspace(0, 1, 129)


def asked(made, rows: int = 20_000, m: int = 20_000, seed: int = 0, law=None):
    """Hold a training sample against rows that were `made` of others of the same law."""
    law = law or (lambda rng, n: rng.lognormal(6, 0.8, n))
    trained, reference, served = (law(np.random.default_rng([seed, k]), n) for k, n in
                                  enumerate((m, 5_000, rows)))  # fmt: skip
    edges = np.unique(np.quantile(made(reference), np.linspace(0, 1, 31)))
    counts = np.bincount(np.searchsorted(edges, made(served)), minlength=len(edges) + 1)
    return likely(np.quantile(trained, STEPS), m, edges, counts)


@pytest.mark.parametrize("factor", [1.609, 0.6214, 1000.0, 0.01])
@pytest.mark.parametrize("seed", range(3))
def test_a_factor_is_found_with_an_interval_that_holds_it(factor, seed):
    found = asked(lambda v: v * factor, seed=seed)
    assert found.kind == TIMES
    assert found.low <= factor <= found.high
    assert found.high - found.low <= CLOSE * found.value
    assert found.value == pytest.approx(factor, rel=0.03)


def test_a_factor_of_values_on_both_sides_of_0_is_found():
    found = asked(lambda v: v * 2.0, law=lambda rng, n: rng.normal(5, 9, n))
    assert (found.kind, found.value) == (TIMES, pytest.approx(2, rel=0.05))


@pytest.mark.parametrize("offset", [273.15, -400.0])
def test_an_offset_is_found(offset):
    found = asked(lambda v: v + offset, law=lambda rng, n: rng.normal(15, 8, n))
    assert (found.kind, found.value) == (PLUS, pytest.approx(offset, abs=0.5))


@pytest.mark.parametrize(
    "made",
    [
        lambda v: v,
        lambda v: 1.001 * v,
        np.log,
        np.sqrt,
        lambda v: np.where(np.arange(len(v)) % 2, v, 1.609 * v),
        lambda v: v + np.random.default_rng(9).normal(0, 400, len(v)),
        lambda v: np.full(len(v), 7.0),
        lambda v: -v,
    ],
)
def test_what_is_neither_is_called_neither(made):
    assert asked(made) is None


def test_what_few_rows_leave_open_is_not_said():
    assert asked(lambda v: v * 1.609, rows=100) is None
    narrow = asked(lambda v: v * 1.02, law=lambda rng, n: rng.normal(1_000, 1, n))
    assert narrow is None  # as well 20 added


@pytest.mark.parametrize(
    ("quantiles", "m", "counts"),
    [
        (STEPS, 0, [5] * 12),
        (STEPS, 100, [0] * 12),
        (np.ones(129), 100, [5] * 12),
        (np.array([1.0]), 100, [5] * 12),
        (STEPS, 100, [0] * 11 + [60]),
    ],
)
def test_nothing_to_compare_is_nothing(quantiles, m, counts):
    assert likely(quantiles, m, np.arange(11.0), np.array(counts)) is None
