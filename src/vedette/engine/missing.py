"""Events of a body that did not come in.

Owns: the readings that the log keeps of them, and reading these again.  Does not own: counting them
into windows (`engine.sight`), the events themselves (the quarantine, `engine.stepper`).

A body that is sent again, as when its answer was lost, says so again: readings of it have the same
ids, and the log drops those that it knows.
"""

from collections.abc import Mapping
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.rows import LOST, REFUSED
from vedette.ingest.decoded import Decoded
from vedette.ingest.readings import batch_of

LOOKED_AT = 1_000  # refused events by which a body is known; how many there are counts as well


def readings_of_missing(decoded: Decoded, now: int, number: int) -> pa.RecordBatch | None:
    """Say how many events of a body were refused, and lost before it; None where none were.

    Shapes: `number` tells bodies apart that have no id in them.
    Units: `now` UTC nanoseconds.
    Example:
        >>> from vedette.ingest.decoded import Rejected
        >>> bad = Decoded(rejected=(Rejected(0, "has no amount", id="a"),))
        >>> one, again = readings_of_missing(bad, 5, 0), readings_of_missing(bad, 9, 1)
        >>> one["value"].to_pylist(), one["_id"] == again["_id"]
        ([1.0], True)
    """
    missing = {REFUSED: len(decoded.rejected), LOST: decoded.dropped_by_client}
    if not any(missing.values()):
        return None
    name = _name(decoded) or f"{now}-{number}"
    return batch_of(
        [(f"{what}-{name}-{n}", now, what, float(n)) for what, n in missing.items() if n]
    )


def missing_in(rows: pa.RecordBatch) -> Mapping[str, float]:
    """How many events readings say were refused and lost.

    Example:
        >>> missing_in(batch_of([("a", 0, "_refused", 2.0), ("b", 0, "queue", 9.0)]))
        {'_refused': 2.0, '_lost': 0.0}
    """
    counts = {REFUSED: 0.0, LOST: 0.0}
    own = rows.filter(pc.is_in(rows[columns.METRIC], value_set=pa.array(list(counts))))
    names, values = own[columns.METRIC].to_pylist(), own[columns.VALUE].to_pylist()
    for name, value in zip(names, values, strict=True):
        counts[name] += value
    return counts


def _name(decoded: Decoded) -> str:
    """What a body is known by whenever it is sent; "" where nothing in it has an id."""
    digest, known = blake2b(digest_size=12), False
    for kind, rows in decoded.kinds:
        if rows is not None and rows.num_rows:
            ids = rows.column(columns.ID)
            digest.update(repr((kind, ids[0].as_py(), ids[-1].as_py(), len(ids))).encode())
            known = True
    for one in decoded.rejected[:LOOKED_AT]:
        digest.update(repr((one.row, one.id, one.reason)).encode("utf-8", "replace"))
        known = known or bool(one.id)
    return digest.hexdigest() if known else ""
