"""What the sketches show of their counts.  Their laws are in `tests/laws/test_sketches.py`."""

import numpy as np
import pytest

from vedette.core.errors import UsageError
from vedette.sketches.bins import Bins
from vedette.sketches.counts import Counts
from vedette.sketches.distinct import Distinct
from vedette.sketches.joint import Joint
from vedette.sketches.moments import Moments
from vedette.sketches.newcomers import Newcomers


def test_bins_tell_outside_from_inside():
    edges = np.array([0.0, 1.0, 2.0])
    bins = Bins.of(np.array([-1.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 9.0]), edges)
    assert (bins.below, bins.inside.tolist(), bins.above) == (2, [2, 2], 2)
    assert Bins.zero(edges).counts.tolist() == [0, 0, 0, 0]


def test_counts_tell_other_from_unseen():
    counts = Counts.of(np.array([0, 0, 1, 2, 3, 3]), 2)
    assert (counts.named.tolist(), counts.other, counts.unseen) == ([2, 1], 1, 2)
    assert counts.with_rest.tolist() == [2, 1, 3]
    assert counts.rows == 6


def test_joint_counts_pairs_in_their_places():
    joint = Joint.of(np.array([0, 2, 2]), np.array([1, 0, 0]), 3, 2)
    assert joint.counts.tolist() == [[0, 1], [0, 0], [2, 0]]
    assert joint.state()[:2] == (3, 2)
    assert joint != Joint.of(np.array([0, 1, 1]), np.array([1, 0, 0]), 2, 3)


def test_moments_give_mean_and_deviation():
    values = np.array([1.0, 3.0, 5.0, 7.0])
    moments = Moments.of(values, np.array([0, 1, 1, 2]), 3)
    assert moments.sums.tolist() == [1.0, 8.0, 7.0]
    assert moments.mean(4) == 4.0
    assert moments.deviation(4) == pytest.approx(values.std())
    assert (moments.low, moments.high) == (1.0, 7.0)


def test_a_deviation_survives_a_large_offset():
    values = 1.7e9 + np.random.default_rng(0).normal(size=1_000)  # seconds since 1970
    moments = Moments.of(values, np.zeros(1_000, int), 2, centre=1.7e9 + 0.5)
    assert moments.deviation(1_000) == pytest.approx(values.std(), rel=1e-6)
    with pytest.raises(UsageError, match="different centres"):
        moments.merge(Moments.zero(2))


def test_a_deviation_is_never_below_zero():
    values = np.full(1_000, 0.1)
    moments = Moments.of(values, np.zeros(1_000, int), 2)
    assert moments.deviation(1_000) == pytest.approx(0, abs=1e-7)


def test_long_names_of_newcomers_are_cut_and_still_told_apart():
    name = "x" * 100
    sketch = Newcomers.of({1: (name + "a", 2), 2: (name + "b", 3)})
    assert sketch.entries == ((1, "x" * 80, 2), (2, "x" * 80, 3))
    assert sketch.merge(sketch).entries == ((1, "x" * 80, 4), (2, "x" * 80, 6))


def test_only_so_many_newcomers_are_kept():
    sketch = Newcomers.of({key: (str(key), 1) for key in range(1000, 0, -1)})
    assert [key for key, *_ in sketch.entries] == list(range(1, Newcomers.SIZE + 1))


def test_distinct_never_holds_more_than_its_size():
    hashes = np.arange(5_000, dtype=np.uint64)
    assert len(Distinct.of(hashes).hashes) == Distinct.SIZE
    merged = Distinct.of(hashes[::2]).merge(Distinct.of(hashes[1::2]))
    assert merged.hashes.tolist() == list(range(Distinct.SIZE))


@pytest.mark.parametrize(
    "sketch",
    [Bins(np.zeros(2, int)), Counts(np.zeros(2, int)), Distinct.zero(), Moments.zero(2)],
    ids=lambda sketch: type(sketch).__name__,
)
def test_sketches_that_hold_arrays_are_no_keys(sketch):
    with pytest.raises(TypeError):
        hash(sketch)
