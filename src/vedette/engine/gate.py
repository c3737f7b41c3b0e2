"""What of a body may not come in, where a model's settings ask for more than counting.

Owns: which of its events break the schema, with the reasons.  Does not own: judging
(`derive.checks.served`), HTTP (`web.intake`), the quarantine (`engine.service`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from vedette.core import rows as columns
from vedette.derive.checks.served import Served
from vedette.engine.model_settings import QUARANTINE
from vedette.ingest.decoded import Decoded
from vedette.ingest.rejections import EVENTS_KEPT, Rejections

FEW = 16  # rows up to which they are judged one by one: columns cost as much for one as for many


@dataclass(frozen=True, eq=False)
class Gate:
    """A schema that events must obey.

    `enforce` is QUARANTINE: those that do not are put aside, the others come in; or REJECT: then
    the body is refused as a whole, where its sender hears so.
    """

    served: Served
    enforce: str

    def passed(self, decoded: Decoded, *, whole: bool = True) -> Decoded:
        """A body without what may not come in; the same one where nothing is wrong with it.

        Where it is not one sender's `whole` body that is judged, only those events are refused.
        """
        rows = decoded.rows
        if rows is None or not rows.num_rows:
            return decoded
        bad = self._bad(rows)
        if not bad:
            return decoded
        taken = {one.row for one in decoded.rejected}
        places = [at for at in range(rows.num_rows + len(taken)) if at not in taken]
        found = Rejections()
        for number, (at, reason) in enumerate(bad.items()):
            shown = number < EVENTS_KEPT
            row = rows.slice(at, 1).to_pylist()[0] if shown else {columns.ID: rows[columns.ID][at]}
            found.add(places[at], reason, _sent(row) if shown else None, str(row[columns.ID]))
        rejected = tuple(sorted((*decoded.rejected, *found.all), key=lambda one: one.row))
        left, apart = None, self.enforce == QUARANTINE or not whole
        if apart and len(bad) < rows.num_rows:
            kept = np.ones(rows.num_rows, np.bool_)
            kept[list(bad)] = False
            left = rows.filter(pa.array(kept))
        outcomes = decoded.outcomes if apart else None
        return replace(decoded, rows=left, outcomes=outcomes, rejected=rejected)

    def _bad(self, rows: pa.RecordBatch) -> dict[int, str]:
        """The rows that break the schema, with the reasons."""
        at = list(range(rows.num_rows))
        if rows.num_rows > FEW:
            at = np.flatnonzero(self.served.refused(rows)).tolist()
        names = [n for n in rows.schema.names if n in self.served.wanted]
        found = {}
        for place in at:
            row = {name: rows.column(name)[place].as_py() for name in names}
            if said := self.served.reasons(row):
                found[place] = "; ".join(one.reason for one in said)
        return found


def _sent(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row about as it was sent."""
    own = {name: value for name, value in row.items() if value is not None}
    kept = {name: own.pop(name) for name in columns.SERVING if name in own}
    identity = own.pop(columns.ID)
    features = {name: value for name, value in own.items() if name not in columns.SYSTEM}
    return {"id": identity, "features": features, **kept}
