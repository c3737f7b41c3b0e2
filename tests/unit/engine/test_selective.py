"""Labels that come for some scores only."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.engine.selective import selective, told

EDGES = np.arange(1, 20) / 20
ROWS = np.full(20, 500)


def drawn(shares: np.ndarray, seed: int = 0, rows: np.ndarray = ROWS) -> np.ndarray:
    """Labelled rows by bin."""
    return np.random.default_rng(seed).binomial(rows, shares)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("size", [30, 500, 20_000])
def test_fair_labels_are_not_selective(share: float, size: int) -> None:
    rows = np.full(20, size)
    for seed in range(100):
        assert selective(rows, drawn(np.full(20, share), seed, rows)) is None


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 8, "with score below 0.4 and for"),
        (14, 20, "with score of 0.7 or more and for"),
        (5, 9, "with score from 0.25 to below 0.45 and for"),
        (0, 18, "with score below 0.9 and for"),  # most rows lack them
    ],
)
def test_a_stretch_without_labels_is_found(low: int, high: int, words: str) -> None:
    shares = np.full(20, 0.95)
    shares[low:high] = 0.02
    found = selective(ROWS, drawn(shares))
    assert found is not None
    assert np.flatnonzero(found.lacking).tolist() == list(range(low, high))
    assert found.share == pytest.approx(0.02, abs=0.01)
    assert found.others == pytest.approx(0.95, abs=0.02)
    assert words in told(found, EDGES)
    assert "evenly drawn labels" in told(found, EDGES)


def test_two_stretches_are_found_and_scores_go_by_their_name() -> None:
    shares = np.full(20, 0.5)
    shares[:3] = shares[15:] = 0.01
    found = selective(ROWS, drawn(shares))
    assert found is not None
    assert "with churn below 0.15 or of 0.75 or more and for" in told(found, EDGES, "churn")


def test_what_has_no_label_cannot_be_known() -> None:
    shares = np.full(20, 0.5)
    shares[:4] = 0
    found = selective(ROWS, drawn(shares))
    assert found is not None
    assert found.unknown == pytest.approx(0.2)
    assert np.isnan(found.weights[:4]).all()
    assert np.isfinite(found.weights[4:]).all()
    assert "on the 20 % of rows whose scores have no label cannot be known" in told(found, EDGES)


def test_too_little_to_matter_is_not_told() -> None:
    shares = np.full(20, 0.5)
    shares[3] = 0.3  # significant, but more than half of the others
    assert selective(np.full(20, 50_000), drawn(shares, rows=np.full(20, 50_000))) is None
    rows, shares = np.r_[400, np.full(19, 500)], np.full(20, 0.5)
    shares[0] = 0.0  # 4 % of the rows
    assert selective(rows, drawn(shares, rows=rows)) is None
    few = np.full(5, 8)  # chance does that
    assert selective(few, np.array([1, 4, 4, 4, 4])) is None


def test_the_empty_and_the_whole_are_not_selective() -> None:
    none = np.zeros(3, np.int64)
    for rows, labels in (
        (np.zeros(0, np.int64), np.zeros(0, np.int64)),
        (none, none),
        (np.array([100]), np.array([50])),
        (np.full(3, 100), none),
        (np.full(3, 100), np.full(3, 100)),
        (np.array([1000, 0, 0]), np.array([500, 0, 0])),
    ):
        assert selective(rows, labels) is None
        assert told(None, np.zeros(0)) == ""


def test_weights_bring_back_the_rows() -> None:
    """A metric that hangs on the score alone comes out right again."""
    rng, shares = np.random.default_rng(3), np.linspace(0.02, 0.9, 20) ** 3
    rows = np.full(20, 5000)
    labelled = rng.binomial(rows, shares)
    wrong = rng.binomial(labelled, np.linspace(0.4, 0.1, 20)) / np.maximum(labelled, 1)
    found = selective(rows, labelled)
    assert found is not None
    at = labelled > 0
    plain = np.average(wrong[at], weights=labelled[at])
    mended = np.average(wrong[at], weights=(found.weights * labelled)[at])
    assert abs(plain - 0.25) > 0.05
    assert mended == pytest.approx(0.25, abs=0.05)
    assert found.effective < labelled.sum() / 4


@given(pairs=st.lists(st.tuples(st.integers(0, 2000), st.floats(0, 1)), min_size=1, max_size=30))
def test_what_is_told_holds(pairs: list[tuple[int, float]]) -> None:
    rows = np.array([n for n, _ in pairs])
    labels = np.array([int(n * q) for n, q in pairs])
    found = selective(rows, labels)
    mirrored = selective(rows[::-1], labels[::-1])
    assert (found is None) == (mirrored is None)
    if found is None:
        return
    at = found.lacking
    assert found.share == labels[at].sum() / rows[at].sum() < found.others / 2
    assert rows[at].sum() >= 0.05 * rows.sum()
    assert 0 <= found.p <= 1e-4
    assert 0 < found.effective <= labels.sum() * (1 + 1e-9)
    weighed = np.nansum(found.weights * labels) + found.unknown * rows.sum()
    assert weighed == pytest.approx(rows.sum())
    assert told(found, np.arange(1.0, len(rows))).count(".") >= 2
