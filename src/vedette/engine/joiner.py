"""Labels read from the log, or remembered since they came, for their join.

Owns: which labels are still to be joined, and how many at once.  Does not own: the join
(`engine.joining`), when one is wanted (`engine.labelling`).
"""

from collections.abc import Iterator
from zlib import crc32

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.engine import appraise
from vedette.engine.joining import Joined, join, read_batches
from vedette.engine.model import ModelState
from vedette.profiles.windowed import instants
from vedette.stores.store import OUTCOMES, EventLog, Record

AT_ONCE = 200_000  # labels that are joined in one go, so that their events fit into the memory

Outcomes = list[tuple[int, pa.RecordBatch]]  # with the position after each


class Joiner:
    """Labels of every model that were taken and not joined yet.

    What the log holds is never read twice where it was just taken: only after a restart, when the
    reference's labels have come, or when a join failed.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        # By model: the position since which its labels are here, and these.
        self._heard: dict[str, tuple[int, Outcomes]] = {}

    def hear(self, name: str, before: int, position: int, record: Record) -> None:
        """Remember labels until they are joined; of every record of a model that grades rows."""
        _, held = self._heard.setdefault(name, (before, []))
        if record.kind == OUTCOMES and record.rows is not None:
            held.append((position, record.rows))

    def join(self, state: ModelState, first: int, position: int) -> Joined:
        """Find the events of the labels that came since the last time.

        Units: `first` is the position before the model's first record.
        """
        assert state.plan is not None
        o, wanted = state.outcomes, appraise.arriving(state.plan.baseline)
        since = max(o.position, first)
        come, until = self._take(state.name, since, position)
        if until == position and not come and not o.unmatched and o.anew < 0:
            return Joined(position)
        labels = (rows for _, rows in come)
        span = (o.position, until)
        found = join(self._log, state.name, labels, o.unmatched, span, wanted)
        again = self._again(state, first, wanted) if o.anew >= 0 else ()
        return Joined(
            until, (*again, *found.batches), found.unmatched, found.lost, until < position
        )

    def _take(self, name: str, since: int, until: int) -> tuple[Outcomes, int]:
        """A model's labels in a stretch of the log, no more than fit; and the position after."""
        begin, recent = self._heard.get(name, (until, []))
        come, count = Outcomes(), 0
        for at, rows in self._both(name, since, begin, until, recent):
            if count and count + rows.num_rows > AT_ONCE:
                until = come[-1][0]
                break
            come.append((at, rows))
            count += rows.num_rows
        # Where the join fails, the state stays before what is let go of here: it is read again.
        self._heard[name] = max(begin, until), [(at, rows) for at, rows in recent if at > until]
        return come, until

    def _both(
        self, name: str, since: int, begin: int, until: int, recent: Outcomes
    ) -> Iterator[tuple[int, pa.RecordBatch]]:
        if since < begin:
            yield from self._logged(name, since, min(begin, until))
        yield from ((at, rows) for at, rows in recent if since < at <= until)

    def _logged(self, name: str, since: int, until: int) -> Iterator[tuple[int, pa.RecordBatch]]:
        for at, record in self._log.read(since, until):
            if record.kind == OUTCOMES and record.model == name and record.rows is not None:
                yield at, record.rows

    def _again(
        self, state: ModelState, first: int, wanted: list[str]
    ) -> tuple[pa.RecordBatch, ...]:
        """Labels that were joined under another baseline, of events that are counted anew."""
        o = state.outcomes
        waiting = [batch.column(columns.ID) for batch in read_batches(o.unmatched)]
        never = pa.array([name for ids in waiting for name in ids.to_pylist()], pa.string())
        labels = (
            rows.filter(pc.invert(pc.is_in(rows.column(columns.ID), value_set=never)))
            for _, rows in self._logged(state.name, first, o.position)
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
        labels = (_part(rows, every) for _, rows in self._logged(state.name, first, position))
        wanted = appraise.arriving(state.plan.baseline)
        return join(self._log, state.name, labels, b"", (0, position), wanted)


def _part(rows: pa.RecordBatch, every: int) -> pa.RecordBatch:
    """The labels of every so-many-th id: all labels of these, the same at every call."""
    if every <= 1:
        return rows
    ids = rows.column(columns.ID).to_pylist()
    return rows.filter(pa.array([crc32(name.encode()) % every == 0 for name in ids]))
