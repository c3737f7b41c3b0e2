"""Scoring rows: how far from the reference, how rare that is, which columns are to blame.

Owns: a batch in, scores and reasons out.  Does not own: the parts that they rest on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.derive.outliers.conformal import Calibration
from vedette.derive.outliers.encode import Encoding
from vedette.derive.outliers.nearest import Neighbours
from vedette.derive.outliers.read import Reader
from vedette.derive.outliers.surprise import Surprise
from vedette.profiles.outliers import Outliers


class Scored(NamedTuple):
    """Rows and how unlike the reference they are.

    Shapes: float64[n] each; `score` the mean distance to the nearest rows of the reference, in
    robust standard deviations; `p` in (0, 1], the chance that an ordinary row is as far.
    """

    score: NDArray[np.float64]
    p: NDArray[np.float64]


class Reason(NamedTuple):
    """A column that makes a row odd.  Units: `surprise` in nats."""

    column: str
    surprise: float


@dataclass(frozen=True, eq=False)
class Scorer:
    """What was fitted, ready to score rows.  Made once, used for many batches."""

    reader: Reader
    encoding: Encoding
    neighbours: Neighbours
    calibration: Calibration
    surprise: Surprise
    nearest: int

    @classmethod
    def of(cls, outliers: Outliers) -> Self:
        """Take the fitted value out of its arrays."""
        parts = outliers.parts
        categories = {name: outliers.categories[name] for name in outliers.nominal}
        known = {name: parts[f"known.{name}"] for name in outliers.nominal}
        encoding = Encoding.of(parts)
        return cls(
            Reader.of(outliers.numeric, categories, known),
            encoding,
            Neighbours.of(parts["sample"], float(encoding.step[0])),
            Calibration.of("calibration", parts),
            Surprise.of(parts),
            int(parts["nearest"][0]),
        )

    def score(self, batch: pa.RecordBatch) -> Scored:
        """Score every row, the same to the bit whatever rows lie beside it.

        Shapes: n rows, derived columns included; a column that is absent is all missing.
        Errors: none for any value.
        """
        points = self.encoding.points(self.reader.read(batch))
        score = self.neighbours.distances(points, self.nearest)
        return Scored(score, self.calibration.p(score))

    def why(
        self, batch: pa.RecordBatch, rows: Sequence[int] | NDArray[np.intp], most: int = 5
    ) -> list[tuple[Reason, ...]]:
        """Name the columns that make some rows odd, the most responsible first.

        Shapes: `rows` are places in the batch; at most `most` reasons each.
        """
        read = self.reader.read(batch.take(pa.array(np.asarray(rows, np.int64))))
        nats = self.surprise.of_rows(read)
        columns = self.reader.columns
        found = []
        for row in nats.T:
            order = np.argsort(-row, kind="stable")[:most]
            found.append(tuple(Reason(columns[i], float(row[i])) for i in order.tolist()))
        return found
