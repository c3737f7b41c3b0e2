"""Spikes: one value that takes up far more rows than before.

Owns: finding the value and testing it on other rows than it was found on.  Does not own: whether it
stands for missing values (`recoding`).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, percent
from vedette.engine.skew.unkeyed.trait import Two, shared
from vedette.engine.skew.unkeyed.values import first_half
from vedette.monitors.finding import Finding

LEAST = 40  # serving rows: half of them must show a spike


def spikes(two: Two, eps: float) -> list[Finding]:
    """Choose the value that gained most on half of the serving rows, test it on the others."""
    if not two.comparable or two.serving.rows < LEAST:
        return []
    words, now, before = _coded(two)
    first = first_half(len(now))
    one, other = now[first], now[~first]
    counts = np.bincount(one[one >= 0], minlength=len(words))
    usual = np.bincount(before[before >= 0], minlength=len(words))
    gain = counts / len(one) - usual / len(before)
    at = int(np.argmax(gain))
    x, k = int((other == at).sum()), int(usual[at])
    if x == 0:
        return []
    value = words[at]
    said = value if isinstance(value, str) else number(float(value))
    reason = (
        f"{percent(x / len(other))} of serving `{two.name}` is {said},"
        f" {percent(k / len(before))} in training"
    )
    counted = (x, len(other)), (k, len(before))
    return [shared("spike", two.name, *counted, eps, reason, str(value))]


def _coded(two: Two) -> tuple[Sequence[str | float], NDArray[np.int64], NDArray[np.int64]]:
    """Every value of either side, and which of them each row of serving and of training holds, -1
    for none."""
    now, before = two.serving, two.training
    if now.kind == "text":
        assert now.codes is not None
        assert before.codes is not None
        words = list(dict.fromkeys([*now.words, *before.words]))
        place = {word: i for i, word in enumerate(words)}
        table = np.array([*(place[word] for word in before.words), -1, -1])
        own = np.array([*(place[word] for word in now.words), -1, -1])
        return words, own[now.codes], table[before.codes]
    assert now.numbers is not None
    assert before.numbers is not None
    every = np.concatenate([now.numbers, before.numbers])
    values, codes = np.unique(every, return_inverse=True, equal_nan=True)
    codes = np.where(np.isnan(every), -1, codes)
    return values.tolist(), codes[: now.rows], codes[now.rows :]
