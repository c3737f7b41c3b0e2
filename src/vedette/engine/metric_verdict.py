"""What is said of a value of a metric.

Owns: verdicts from chances, and their words.  Does not own: the chances.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.stats.metrics.judge import KINDS

NOTABLE = 0.01  # chance below which a value is worth a look
VERDICTS = ("calm", "notable", "alarming", "unknown")
CALM, WORTH_A_LOOK, ALARMING, UNKNOWN = range(4)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one value.

    `score` in [0, 1] rises with how unusual it is; `verdict` is "calm", "notable", "alarming" or
    "unknown"; `kind` is "none", "spike", "level", "trend", "season" or "missing"; `reason` says why
    in words.  An ordinary value lies between `low` and `high` 99 times of 100, and as far off as
    this one with chance `p`; `away` is how far that is in standard deviations, `why` why a value
    is not judged.
    """

    score: float
    verdict: str
    kind: str
    value: float
    expected: float
    low: float
    high: float
    p: float
    away: float
    why: str = ""

    @property
    def reason(self) -> str:
        """Why this verdict, in words."""
        if self.verdict == "unknown":
            return self.why
        return said(
            self.verdict, self.kind, self.value, self.expected, self.low, self.high, self.away
        )


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What is said of many values: arrays [T], or [T, S] of several series; `verdicts[t]` or
    `verdicts[t, s]` is one `Verdict`.  `level` and `kind` are places in `VERDICTS` and
    `stats.metrics.judge.KINDS`; `why` says why a moment's values are unknown.
    """

    score: NDArray[np.float64]
    level: NDArray[np.int8]
    kind: NDArray[np.int8]
    value: NDArray[np.float64]
    expected: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]
    away: NDArray[np.float64]
    why: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.score)

    def __getitem__(self, place: int | tuple[int, int]) -> Verdict:
        at = place if isinstance(place, tuple) else (place,)
        return Verdict(
            float(self.score[at]),
            VERDICTS[int(self.level[at])],
            KINDS[int(self.kind[at])],
            float(self.value[at]),
            float(self.expected[at]),
            float(self.low[at]),
            float(self.high[at]),
            float(self.p[at]),
            float(self.away[at]),
            self.why[at[0]] if self.level[at] == UNKNOWN else "",
        )

    @property
    def alarming(self) -> NDArray[np.bool_]:
        """Which values are alarming."""
        return np.equal(self.level, ALARMING)


def grade(tail: Any, known: Any, threshold: float) -> int:
    """The place of a verdict in `VERDICTS`; a gross value is alarming however little is known."""
    if tail <= threshold:
        return ALARMING
    if not known:
        return UNKNOWN
    return WORTH_A_LOOK if tail <= NOTABLE else CALM


def graded(tail: Any, known: Any, threshold: float) -> NDArray[np.int8]:
    """`grade` of many.

    Example:
        >>> graded(np.array([0.5, 0.005, 1e-6, 1.0, 1e-6]), np.array([1.0, 1, 1, 0, 0]), 1e-4)
        array([0, 1, 2, 3, 2], dtype=int8)
    """
    known = np.asarray(known) > 0
    calm = np.where(known, np.where(np.asarray(tail) <= NOTABLE, WORTH_A_LOOK, CALM), UNKNOWN)
    return np.where(np.asarray(tail) <= threshold, ALARMING, calm).astype(np.int8)


def said(
    verdict: str, kind: str, value: float, expected: float, low: float, high: float, away: float
) -> str:
    """Say in words why a value gets its verdict.

    Example:
        >>> said("alarming", "spike", 250.0, 100.0, 90.0, 110.0, 30.0)
        '250 lies above the 90 to 110 that are usual now: far above the expected 100'
        >>> said("calm", "none", 101.0, 100.0, 90.0, 110.0, 0.2)
        '101 lies within the 90 to 110 that are usual now'
    """
    if not isfinite(value):
        return "the value is missing" + ("" if verdict == "calm" else ", for longer than usual")
    side = "above" if away > 0 else "below"
    usual = f"the {low:.5g} to {high:.5g} that are usual now"
    where = f"within {usual}" if low <= value <= high else f"{side} {usual}"
    found = f"{value:.6g} lies {where}"
    if verdict == "calm":
        return found
    return found + {
        "spike": f": far {side} the expected {expected:.5g}",
        "level": ", like others before it: the level has shifted",
        "trend": ", like others for long: values drift away from what was usual",
        "season": ": the shape of the season has changed",
        "missing": ", after a gap longer than usual",
    }.get(kind, "")
