"""Sums of many packed windows are those of the values, one merged with the next."""

import numpy as np
import pytest

from vedette.core.errors import StoreError
from vedette.profiles.codec import pack
from vedette.profiles.codec_sums import added_graded, added_losses, graded_parts
from vedette.profiles.profile import Profile
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses

KEYS = [("realised", ""), ("realised", "a=b"), ("expected", "")]


def graded(rng: np.random.Generator, kind: str, bins: int = 6) -> Graded:
    n = int(rng.integers(1, 40))
    scores = rng.random((1, n))
    places = np.minimum((scores * bins).astype(np.intp), bins - 1)
    terms = [np.ones(n), rng.random(n)]
    said = rng.integers(0, 2, n)
    if kind == "expected":
        yes = rng.random(n)
        return Graded.expected(np.stack([1 - yes, yes]), said, places, scores, terms, bins)
    return Graded.of(rng.integers(0, 2, n), said, places, scores, terms, 2, bins)


def window(seed: int, binning: str = "b", bins: int = 6) -> Profile:
    rng = np.random.default_rng(seed)
    losses = {
        ("realised", column): Losses.of(rng.integers(0, 4, 20), rng.random(20), 4)
        for column in ("x", "y")
    }
    return Profile(
        "f", binning, graded={key: graded(rng, key[0], bins) for key in KEYS}, losses=losses
    )


def test_graded_rows_add_up_to_those_of_merged_windows():
    windows = [window(seed) for seed in range(5)]
    found = added_graded(part for one in windows for part in graded_parts(pack(one), "b"))
    assert set(found) == set(KEYS)
    for key, total in found.items():
        merged = windows[0].graded[key]
        for one in windows[1:]:
            merged = merged.merge(one.graded[key])
        assert total.rows == merged.rows
        assert total.ranked.dtype == merged.ranked.dtype
        for name in ("confusion", "ranked", "inside", "moments"):
            assert np.allclose(getattr(total, name), getattr(merged, name), rtol=1e-12, atol=0)


def test_the_sums_of_one_window_are_its_own():
    one = window(3)
    assert added_graded(graded_parts(pack(one), "b")) == dict(one.graded)


def test_windows_of_another_binning_are_passed_over():
    assert graded_parts(pack(window(1, "other")), "b") == []
    assert added_losses([pack(window(1, "other"))], "b") == {}


def test_of_sums_of_two_forms_the_last_are_taken():
    before, after = window(1, bins=4), window(2, bins=6)
    parts = [part for one in (before, after) for part in graded_parts(pack(one), "b")]
    assert added_graded(parts) == dict(after.graded)


def test_losses_add_up_and_only_those_asked_for():
    windows = [window(seed) for seed in range(4)]
    found = added_losses(map(pack, windows), "b", ("x",))
    assert set(found) == {("realised", "x")}
    merged = windows[0].losses["realised", "x"]
    for one in windows[1:]:
        merged = merged.merge(one.losses["realised", "x"])
    total = found["realised", "x"]
    assert total.rows.tolist() == merged.rows.tolist()
    assert np.allclose(total.loss, merged.loss)
    assert np.allclose(total.squares, merged.squares)


def test_what_was_packed_without_performance_has_none():
    assert graded_parts(pack(Profile("f", "b", 3)), "b") == []


@pytest.mark.parametrize("data", [b"", b"\x93abc", pack(window(1))[:-7], b"\xc1"])
def test_bytes_that_follow_no_format_are_refused(data: bytes):
    with pytest.raises(StoreError, match="does not follow the format"):
        graded_parts(data, "b")
    with pytest.raises(StoreError, match="does not follow the format"):
        added_losses([data], "b")
