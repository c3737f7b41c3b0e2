"""Twins read from the log, or remembered since they came, for their join.

Owns: which twins are still to be joined, and how many at once.  Does not own: the join
(`engine.pairing`), when one is wanted (`engine.paired`).
"""

from vedette.engine.heard import Heard
from vedette.engine.model import ModelState
from vedette.engine.pairing import Paired, pair
from vedette.stores.store import TWINS, EventLog

AT_ONCE = 50_000  # twins that are joined in one go, with all their columns


class Pairer:
    """Twins of every model that were taken and not joined yet."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._heard = Heard(log, TWINS, AT_ONCE)
        self.hear = self._heard.hear

    def pair(self, state: ModelState, first: int, position: int) -> Paired:
        """Find the events of the twins that came since the last time.

        Those that wait for their event are looked for with the last ones.
        Units: `first` is the position before the model's first record.
        """
        t = state.twins
        since = self._heard.since(state.name, max(t.position, first), t.waiting)
        come, until = self._heard.take(state.name, since, position)
        more = until < position
        found = pair(
            self._log,
            state.name,
            (rows for _, rows in come),
            () if more else t.unmatched,
            (t.position, until),
        )
        if not more:
            return found
        unmatched = (*t.unmatched, *found.unmatched)
        return Paired(until, found.batches, unmatched, found.lost, more)
