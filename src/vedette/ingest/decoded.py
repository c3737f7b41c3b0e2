"""What a request body turns into.

Owns: the values between decoding and storing.  Does not own: decoding (`ingest.body`), storing.
"""

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from vedette.stores.store import EVENTS, LOGS, METRICS, OUTCOMES, PARTS, TWINS


@dataclass(frozen=True)
class Rejected:
    """One event that cannot be kept, and why.

    Shapes: `row` is its place in the body, from 0; `event` what was readable of it, cut to
    8 KiB as text.
    """

    row: int
    reason: str
    event: Any = None
    id: str = ""


@dataclass(frozen=True)
class Decoded:
    """The good rows of a body, as the log stores them, and the bad ones with reasons.

    Shapes: `rows` has the columns of `core.rows` (`_id`, `_time`, `_version`, `_weight` always)
    and those of the model, all validated; None when no event is left.  Likewise `outcomes` with
    `_id`, `_time` and `label`, `twins` with `_id`, `_time` and what was reckoned offline, `metrics`
    with `_id`, `_time`, `metric` and `value`; `logs` are lines that a service wrote, `parts`
    requests and responses of events that have yet to be put together.
    """

    rows: pa.RecordBatch | None = None
    outcomes: pa.RecordBatch | None = None
    rejected: tuple[Rejected, ...] = ()
    size: int = 0  # bytes that the rows of all kinds take, about; 0 when nobody reckoned
    dropped_by_client: int = 0  # what the sender says it lost since its last message
    twins: pa.RecordBatch | None = None
    metrics: pa.RecordBatch | None = None
    logs: pa.RecordBatch | None = None
    parts: pa.RecordBatch | None = None

    @property
    def kinds(self) -> tuple[tuple[str, pa.RecordBatch | None], ...]:
        """The good rows by their kind of record."""
        beside = (TWINS, self.twins), (METRICS, self.metrics), (LOGS, self.logs)
        return (EVENTS, self.rows), (OUTCOMES, self.outcomes), *beside, (PARTS, self.parts)
