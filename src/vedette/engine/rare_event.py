"""One event that the reference shows next to nothing like.

Owns: the record, its rank, and the few that are kept of many.  Does not own: finding them
(`engine.rare`), what may be shown of them (`web.rare`).
"""

from collections.abc import Iterable

import msgspec

MOST = 20  # events of a window


class Because(msgspec.Struct, frozen=True):
    """A column that makes an event odd, as `derive.outliers.reasons.Reason` without the value.

    Units: `surprise` in nats.
    """

    column: str
    surprise: float
    kind: str


class RareEvent(msgspec.Struct, frozen=True):
    """An event by its id, without its values.

    Units: `time` in UTC nanoseconds; `p` the chance that an ordinary row is as far off, `score` the
    distance to the reference in robust standard deviations.
    """

    id: str
    time: int
    p: float
    score: float
    reasons: tuple[Because, ...] = ()

    @property
    def rank(self) -> tuple[float, float, str]:
        """Sort key: the rarest first; ties by distance, then id."""
        return self.p, -self.score, self.id


def rarest(events: Iterable[RareEvent]) -> tuple[RareEvent, ...]:
    """The rarest of some events, in a fixed order; one that is there twice counts once.

    Example:
        >>> one, two = RareEvent("a", 0, 0.01, 3.0), RareEvent("b", 1, 0.001, 5.0)
        >>> [event.id for event in rarest([one, two, one])]
        ['b', 'a']
    """
    each = {event.id: event for event in events}
    return tuple(sorted(each.values(), key=lambda event: event.rank)[:MOST])
