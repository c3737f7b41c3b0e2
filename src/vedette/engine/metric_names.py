"""How many metrics a model may have.

Owns: the names that were let in, and refusing readings of more.  Does not own: reading bodies
(`ingest.readings`), what becomes of readings (`engine.metering`).

Every name costs memory and a part of the budget for ever, and a producer that puts a number into a
name would mint new ones without end.
"""

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.ingest.decoded import Decoded
from vedette.ingest.rejections import Rejections

MOST_NAMES = 1_000  # of one model


class MetricNames:
    """The names of one model's metrics.  Any thread may ask.

    Example:
        >>> names = MetricNames(("queue",), most=1)
        >>> batch = pa.record_batch({"_id": ["1", "2"], "metric": ["queue", "bill"]})
        >>> got = names.passed(Decoded(metrics=batch))
        >>> got.metrics["metric"].to_pylist(), got.rejected[0].row
        (['queue'], 1)
    """

    def __init__(self, known: Iterable[str] = (), most: int = MOST_NAMES) -> None:
        self._known, self._most, self._lock = set(known), most, Lock()

    def passed(self, decoded: Decoded) -> Decoded:
        """A body without readings of metrics that are too many; the same one where none is."""
        rows = decoded.metrics
        if rows is None:
            return decoded
        metrics = rows[columns.METRIC].to_pylist()
        bad: list[int] = []
        with self._lock:
            for at, name in enumerate(metrics):
                if name not in self._known:
                    if len(self._known) >= self._most:
                        bad.append(at)
                    else:
                        self._known.add(name)
        if not bad:
            return decoded
        taken = {one.row for one in decoded.rejected}
        places = [at for at in range(rows.num_rows + len(taken)) if at not in taken]
        found = Rejections()
        for at in bad:
            name = metrics[at]
            why = f"the model has {self._most} metrics already; {name[:80]!r} is one too many"
            found.add(places[at], why, {"name": name}, rows[columns.ID][at].as_py())
        kept = np.ones(rows.num_rows, np.bool_)
        kept[bad] = False
        left = rows.filter(pa.array(kept)) if kept.any() else None
        rejected = sorted((*decoded.rejected, *found.all), key=lambda one: one.row)
        return replace(decoded, metrics=left, rejected=tuple(rejected))
