"""Shares of rows or pairs, with their intervals.

Owns: the value, and how it is spelt.  Does not own: what is counted.
"""

from dataclasses import dataclass

from vedette.core.words import percent
from vedette.stats.intervals import wilson


@dataclass(frozen=True)
class Share:
    """k of n, with a 95 % interval."""

    k: int
    n: int

    @property
    def rate(self) -> float | None:
        return self.k / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.k, self.n)


def bounded(share: Share) -> str:
    """A share with its interval.

    Example:
        >>> bounded(Share(24, 1000)), bounded(Share(0, 0))
        ('2.4 % (1.6-3.5)', '–')
    """
    if share.rate is None:
        return "–"
    low, high = (percent(end).removesuffix(" %") for end in share.interval)
    return f"{percent(share.rate)} ({low}-{high})"
