"""The derived columns of a model's rows, under one schema and one baseline.

Owns: what is needed to add them, as one value that all callers pass on.  Does not own: the
derivations (`derive.catalog`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from vedette.core.schema import Schema
from vedette.derive.catalog import derive
from vedette.derive.derivation import NOTHING, Learnt


@dataclass(frozen=True, eq=False)
class Deriver:
    """Columns that others are derived from, and what was learnt of them on the reference.

    Shapes: `schema` is the one before `extend`; columns that derive nothing do no harm.
    """

    schema: Schema
    learnt: Learnt = field(default_factory=lambda: NOTHING)

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """A batch with the derived columns added."""
        return derive(batch, self.schema, self.learnt)

    def only(self, columns: Iterable[str]) -> "Deriver":
        """What is derived from some columns alone."""
        return Deriver(self.schema.select(columns), self.learnt)
