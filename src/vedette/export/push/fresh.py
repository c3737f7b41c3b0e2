"""What is new of all series since the last push.

Owns: picking samples, their increases, cutting them into portions.  Does not own: series
(`export.series`), protocols (the files beside this one).
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.export.series.families import FAMILY_OF, Family
from vedette.export.series.series import Labels, Series

BOUND = "le"  # the label of a bucket
PORTION = 2_000  # samples of one request


class Fresh(NamedTuple):
    """The new samples of one series.

    Shapes: `series` holds them alone; `before` is the value of the one before them, None where
    there was none.
    """

    series: Series
    before: float | None

    @property
    def family(self) -> Family:
        """What it is."""
        return FAMILY_OF[self.series.name]

    @property
    def about(self) -> tuple[str, dict[str, str]]:
        """What it shares with the other parts of a histogram."""
        labels = {key: value for key, value in self.series.labels if key != BOUND}
        return self.family.name, labels

    @property
    def is_counter(self) -> bool:
        """Whether it only grows: a counter, or a part of a histogram."""
        return self.family.kind in ("counter", "histogram")

    @property
    def increases(self) -> NDArray[np.float64]:
        """By how much a counter grew with each new sample, 0 with the first one that there is; what
        fell began anew."""
        values = self.series.values
        whole = np.concatenate([values[:1] if self.before is None else [self.before], values])
        steps = np.diff(whole)
        grew: NDArray[np.float64] = np.where(steps < 0, whole[1:], steps)
        return grew

    @property
    def increase(self) -> float:
        """By how much it grew in all."""
        return float(self.increases.sum())


Told = Mapping[tuple[str, Labels], tuple[int, float]]


def fresh(found: Sequence[Series], after: int, told: Told = MappingProxyType({})) -> list[Fresh]:
    """The samples that a receiver has not been told of, of series that have some.

    `told` are the newest sample (UTC nanoseconds) and its value as a receiver knows it, by series;
    one that it knows nothing of begins `after` an instant.  Late rows may have changed a counter's
    last sample since: what they added is an increase as well.
    """
    picked = []
    for one in found:
        since, value = told.get((one.name, one.labels), (after, None))
        first = int(one.times.searchsorted(since, "right"))
        if first < len(one.times):
            new = one._replace(times=one.times[first:], values=one.values[first:])
            before = value if value is not None else float(one.values[first - 1]) if first else None
            picked.append(Fresh(new, before))
    return picked


def portions(found: Sequence[Fresh], most: int = PORTION) -> Iterator[list[Fresh]]:
    """The same in portions of about that many samples; a series is not torn, nor a histogram."""
    own: list[Fresh] = []
    size = 0
    for one in found:
        n = len(one.series.times)
        if own and size + n > most and one.about != own[-1].about:
            yield own
            own, size = [], 0
        own.append(one)
        size += n
    if own:
        yield own
