"""The mean loss of a column's bins: in the reference, by labels, as estimated.

Owns: which bins are told, and their intervals.  Does not own: sums by bin (`sketches.losses`), what
bins are called (`profiles.codes`).
"""

from math import sqrt
from typing import Any

import numpy as np

from vedette.profiles.binning import Binning
from vedette.profiles.codes import code_count, range_words
from vedette.profiles.grading import EXPECTED, REALISED
from vedette.report.figures.losses import SIDES
from vedette.sketches.losses import Losses
from vedette.stats.intervals import Z95
from vedette.web.history import performance
from vedette.web.performance import Performed

MOST = 24  # bins that are drawn: those with most rows
FEW = 5  # rows of a bin and side from which its loss is told


def losses_by_bin(asked: Performed, column: str) -> list[dict[str, Any]]:
    """The mean loss of a column in every bin that holds rows, in the order of its values."""
    baseline = asked.one.past.baseline
    if baseline is None or column not in baseline.binnings:
        return []
    binning = baseline.binnings[column]
    now = performance.losses(asked.one.past, asked.span, column)
    sides: list[Losses | None] = [
        baseline.profile.losses.get((REALISED, column)), now.get(REALISED), now.get(EXPECTED),
    ]  # fmt: skip
    if sides[1] is None and sides[2] is None:
        return []
    classes = bool(asked.judge.grading.classes)
    rows = np.sum([one.rows for one in sides if one is not None], axis=0)
    places = np.sort(np.argsort(-rows, kind="stable")[:MOST])
    return [
        {"bin": _words(binning, int(at)), "side": name, **told}
        for at in places
        if rows[at]
        for name, one in zip(SIDES, sides, strict=True)
        if one is not None and (told := _told(one, int(at), classes)) is not None
    ]


def _words(binning: Binning, at: int) -> str:
    """What a bin is called, where the column's own name is told already."""
    if at == code_count(binning) - 1:
        return "no usable value"
    return range_words("value", binning, at, at)


def _told(one: Losses, at: int, classes: bool) -> dict[str, Any] | None:
    """Mean loss of a bin with its interval: normal, of classes with half a row more on either side,
    so that no few rows are certain."""
    n = int(one.rows[at])
    if n < FEW:
        return None
    mean = float(one.loss[at]) / n
    variance = max(float(one.squares[at]) / n - mean**2, 0.0)
    if classes:
        share = (float(one.loss[at]) + 0.5) / (n + 1)
        variance = share * (1 - share)
    room = Z95 * sqrt(variance / n)
    return {"loss": mean, "low": max(mean - room, 0.0), "high": min(mean + room, 1.0), "rows": n}
