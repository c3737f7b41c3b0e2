"""Labels read from the log, or remembered since they came, for their join.

Owns: which labels are still to be joined, and how many at once.  Does not own: the join
(`engine.joining`), when one is wanted (`engine.labelling`).
"""

from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.engine import appraise
from vedette.engine.heard import Heard
from vedette.engine.joining import Joined, join, read_batches
from vedette.engine.model import ModelState
from vedette.profiles.windowed import instants
from vedette.stores.store import OUTCOMES, EventLog

AT_ONCE = 200_000  # labels that are joined in one go, so that their events fit into the memory


class Joiner:
    """Labels of every model that were taken and not joined yet.

    The log is also read again when the reference's labels have come.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._heard = Heard(log, OUTCOMES, AT_ONCE)
        self.hear = self._heard.hear

    def join(self, state: ModelState, first: int, position: int) -> Joined:
        """Find the events of the labels that came since the last time.

        Units: `first` is the position before the model's first record.
        """
        assert state.plan is not None
        o, wanted = state.outcomes, appraise.arriving(state.plan.baseline)
        since = max(o.position, first)
        come, until = self._heard.take(state.name, since, position)
        if until == position and not come and not o.unmatched and o.anew < 0:
            return Joined(position)
        labels = (rows for _, rows in come)
        span = (o.position, until)
        found = join(self._log, state.name, labels, o.unmatched, span, wanted)
        again = self._again(state, first, wanted) if o.anew >= 0 else ()
        return Joined(
            until, (*again, *found.batches), found.unmatched, found.lost, until < position
        )

    def _again(
        self, state: ModelState, first: int, wanted: list[str]
    ) -> tuple[pa.RecordBatch, ...]:
        """Labels that were joined under another baseline, of events that are counted anew."""
        o = state.outcomes
        waiting = [batch.column(columns.ID) for batch in read_batches(o.unmatched)]
        never = pa.array([name for ids in waiting for name in ids.to_pylist()], pa.string())
        labels = (
            rows.filter(pc.invert(pc.is_in(rows.column(columns.ID), value_set=never)))
            for _, rows in self._heard.logged(state.name, first, o.position)
        )
        found = join(self._log, state.name, labels, b"", (0, o.position), wanted)
        batches = []
        for batch in found.batches:
            kept = batch.filter(pa.array(instants(batch, columns.TIME) >= o.anew))
            if kept.num_rows:
                batches.append(kept)
        return tuple(batches)

    def reference(self, state: ModelState, first: int, position: int) -> Joined:
        """All labels of a model that are known, or of many an even part, beside their events."""
        assert state.plan is not None
        every = -(-state.tally.labels // appraise.MOST)
        labels = (_part(rows, every) for _, rows in self._heard.logged(state.name, first, position))
        wanted = appraise.arriving(state.plan.baseline)
        return join(self._log, state.name, labels, b"", (0, position), wanted)


def _part(rows: pa.RecordBatch, every: int) -> pa.RecordBatch:
    """The labels of every so-many-th id: all labels of these, the same at every call."""
    if every <= 1:
        return rows
    ids = rows.column(columns.ID).to_pylist()
    return rows.filter(pa.array([crc32(name.encode()) % every == 0 for name in ids]))
