"""How long labels take.

Owns: a histogram of delays, how many labels usually come, and when a window has those that it may
expect.  Does not own: joining labels (`engine.outcomes`), whether labels come for some scores only
(`engine.selective`).

Young events can only have quick labels.  While a model is followed for a day, no delay is longer
than a day, whatever is still to come; so delays and shares are believed only once events have been
followed for twice as long as hardly a label takes.
"""

from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import SECOND, roughly
from vedette.core.words import percent

OCTAVES, PARTS = 28, 8  # up to 8 years, in eighths of an octave
ENOUGH = 0.9  # of the labels that usually come, from which a window counts
SETTLED = 0.99  # quantile of the delays after which hardly a label comes
FOLLOWED = 2.0  # times that delay, for which events must have been followed to believe it
LEAST_ROWS = 100  # predictions from which a share of labels is one
PATIENCE = 4.0  # times the 0.9 quantile of delays, after which a window counts with what it has


@dataclass(frozen=True, eq=False)
class Delays:
    """Labels by how long after their event they became known.

    Shapes: `counts` int64[OCTAVES * PARTS], the last open upwards.
    """

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(OCTAVES * PARTS, dtype=np.int64)
    )

    @property
    def labels(self) -> int:
        """How many were seen."""
        return int(self.counts.sum())

    def quantile(self, q: float) -> int:
        """The delay that a share q of the labels did not exceed; 0 when none came.

        Units: nanoseconds, the upper end of its bin.
        """
        total = self.labels
        if not total:
            return 0
        place = int(np.searchsorted(np.cumsum(self.counts), max(q * total, 1)))
        return int(SECOND * 2 ** ((place + 1) / PARTS))

    def settled(self, followed: int) -> int | None:
        """The age of a window at which hardly a label is still to come; None where nobody can know.

        Units: nanoseconds; `followed` is the age of the oldest event whose labels were waited for.
        """
        age = self.quantile(SETTLED)
        return age if self.labels and followed >= FOLLOWED * age else None


def observed(delays: Delays, ns: NDArray[np.int64]) -> Delays:
    """Count more labels.  Units: nanoseconds; a label from before its event counts as at once."""
    octaves = np.log2(np.maximum(ns / SECOND, 1.0)) * PARTS
    places = np.minimum(octaves.astype(np.int64), OCTAVES * PARTS - 1)
    return Delays(delays.counts + np.bincount(places, minlength=OCTAVES * PARTS))


def usual_share(
    ages: NDArray[np.int64],
    predictions: NDArray[np.int64],
    labels: NDArray[np.int64],
    settled: int | None,
) -> float | None:
    """The share of predictions that end up with a label; None where nobody can know.

    Windows, in the order of time, are put together until they have some predictions; the median of
    their shares is not moved by a day on which no labels were made.
    Units: `ages` since the ends of windows, nanoseconds; `settled` as `Delays.settled` says.
    Example:
        >>> day = 86_400 * SECOND
        >>> ages, rows = np.arange(5)[::-1] * day, np.full(5, 200)
        >>> usual_share(ages, rows, np.array([100, 100, 110, 60, 10]), 2 * day)
        0.5
    """
    if settled is None:
        return None
    old = ages >= settled
    rows, known = np.cumsum(predictions[old]), np.cumsum(labels[old])
    if not len(rows) or rows[-1] == 0:
        return None
    ends = np.searchsorted(rows, np.arange(LEAST_ROWS, rows[-1] + 1, LEAST_ROWS))
    ends = np.unique(ends) if len(ends) else np.array([len(rows) - 1])
    shares = np.diff(known[ends], prepend=0) / np.diff(rows[ends], prepend=0)
    return float(min(np.median(shares), 1.0))


def told(delays: Delays, followed: int, share: float | None) -> str:
    """Say how long labels take and how many come.

    Units: nanoseconds; `share` as `usual_share` says.
    Example:
        >>> told(Delays(), 0, None)
        'No label has come yet.'
        >>> some = observed(Delays(), np.full(100, 3 * 86_400 * SECOND))
        >>> told(some, 30 * 86_400 * SECOND, 0.62)
        'Half of the labels come within 3 days, 9 in 10 within 3 days; 62 % of predictions get one.'
        >>> told(some, 86_400 * SECOND, None)
        'Labels so far took up to 3 days; how many are still to come cannot be known yet.'
    """
    if not delays.labels:
        return "No label has come yet."
    half, most = roughly(delays.quantile(0.5)), roughly(delays.quantile(ENOUGH))
    if delays.settled(followed) is None or share is None:
        longest = roughly(delays.quantile(1.0))
        return (
            f"Labels so far took up to {longest}; how many are still to come cannot be known yet."
        )
    return (
        f"Half of the labels come within {half}, 9 in 10 within {most};"
        f" {percent(share)} of predictions get one."
    )


class Labelling(msgspec.Struct, frozen=True):
    """How the labels of a model come, in plain numbers and words.

    Units: `labels` whose delay is known; `median` and `most` (0.9 quantile) of the delays in
    nanoseconds; `waiting` labels came and are not joined yet, `lost` never found their event;
    `usual` is the share of predictions that end up with a label, None where nobody can know.
    `said` is all that as a sentence, `selective` one on the scores for which labels are lacking.
    """

    labels: int = 0
    median: int = 0
    most: int = 0
    waiting: int = 0
    lost: int = 0
    usual: float | None = None
    said: str = ""
    selective: str = ""


def labelling_of(
    delays: Delays,
    followed: int = 0,
    share: float | None = None,
    *,
    waiting: int = 0,
    lost: int = 0,
    selective: str = "",
) -> Labelling:
    """Put delays in plain numbers.  Units: as in `told`."""
    median, most = (delays.quantile(q) for q in (0.5, ENOUGH))
    said = told(delays, followed, share)
    return Labelling(delays.labels, median, most, waiting, lost, share, said, selective)


def matured(
    how: Labelling, age: int, predictions: int, labels: int, usual: float, width: int
) -> bool:
    """Whether a window may be judged: most labels that usually come have come, or waiting is over.

    Waiting is over, too, for a window that got no label at all.
    Units: `age` since the window's end, `width` of a window, nanoseconds; `usual` is the share of
    predictions that end up with a label, 1 where nobody can know.
    Example:
        >>> matured(Labelling(labels=10, most=2), 0, 100, 95, 1.0, 1)
        True
        >>> matured(Labelling(), 9, 9, 0, 1.0, 1)
        False
    """
    if labels >= ENOUGH * usual * predictions and labels > 0:
        return True
    return how.labels > 0 and age >= max(PATIENCE * how.most, width)
