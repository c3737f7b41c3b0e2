"""Spikes: one value that takes up far more rows than before.

Owns: finding the value and testing it on other rows than it was found on.  Does not own: whether it
stands for missing values (`recoding`).
"""

import numpy as np

from vedette.core.words import number, percent
from vedette.engine.skew.tables.trait import Two, shared
from vedette.engine.skew.tables.values import Values
from vedette.monitors.finding import Finding

LEAST = 40  # serving rows: half of them must show a spike


def spikes(two: Two, eps: float) -> list[Finding]:
    """Choose the value that gained most on every second serving row, test it on the others."""
    if not two.comparable or two.serving.rows < LEAST:
        return []
    one, other = (_counts(two.serving, start) for start in (0, 1))
    before = _counts(two.training, None)
    if not one:
        return []
    rows = [(two.serving.rows + 1) // 2, two.serving.rows // 2, two.training.rows]
    value = max(one, key=lambda v: (one[v] / rows[0] - before.get(v, 0) / rows[2], str(v)))
    x, k = other.get(value, 0), before.get(value, 0)
    if x == 0:
        return []
    said = value if isinstance(value, str) else number(value)
    reason = (
        f"{percent(x / rows[1])} of serving `{two.name}` is {said}, {percent(k / rows[2])} in training"
    )
    return [shared("spike", two.name, (x, rows[1]), (k, rows[2]), eps, reason, str(value))]


def _counts(side: Values, start: int | None) -> dict[str | float, int]:
    """Rows of every value, of all rows or of every second."""
    part = slice(None) if start is None else slice(start, None, 2)
    if side.kind == "text":
        assert side.codes is not None
        codes = side.codes[part]
        counts = np.bincount(codes[codes >= 0], minlength=len(side.words))
        return {side.words[i]: int(counts[i]) for i in np.flatnonzero(counts)}
    assert side.numbers is not None
    values, times = np.unique(side.numbers[part], return_counts=True)
    return {float(v): int(t) for v, t in zip(values, times, strict=True) if v == v}
