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
from vedette.derive.outliers.read import AFTER_UNSEEN, Reader, Rows
from vedette.derive.outliers.read import MISSING as ABSENT
from vedette.derive.outliers.reasons import (
    ABOVE,
    BELOW,
    BROKEN,
    MISSING,
    RARE,
    SELDOM,
    TOGETHER,
    UNSEEN,
    USUAL,
    Reason,
)
from vedette.derive.outliers.surprise import LEAST, Surprise
from vedette.derive.outliers.together import Together, terms_of
from vedette.profiles.outliers import Outliers

TELLING = 3.0  # nats from which a column other than the first is named: 1 row in 20


class Scored(NamedTuple):
    """Rows and how unlike the reference they are.

    Shapes: float64[n] each; `score` the mean distance to the nearest rows of the reference, in
    robust standard deviations; `p` in (0, 1], the chance that an ordinary row is as far.
    """

    score: NDArray[np.float64]
    p: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scorer:
    """What was fitted, ready to score rows.  Made once, used for many batches."""

    reader: Reader
    encoding: Encoding
    neighbours: Neighbours
    calibration: Calibration
    surprise: Surprise
    together: Together
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
            Together.of(parts),
            int(parts["nearest"][0]),
        )

    def score(self, batch: pa.RecordBatch, least: float = 1.0) -> Scored:
        """Score every row, the same to the bit whatever rows lie beside it.

        Rows whose p is surely above `least` may get too large a score, of a p that is above it as
        well: a quarter of the work where only the unusual ones are wanted.

        Shapes: n rows, derived columns included; a column that is absent is all missing.
        Errors: none for any value.
        """
        return self.of_read(self.reader.read(batch), least)

    def explained(
        self, batch: pa.RecordBatch, most: int = 5
    ) -> tuple[Scored, list[tuple[Reason, ...]]]:
        """Score every row and say why, as `score` and `why` do, in one reading: of a single row
        that is most of the work."""
        read = self.reader.read(batch)
        return self.of_read(read), self._reasons(batch, read, most)

    def why(
        self, batch: pa.RecordBatch, rows: Sequence[int] | NDArray[np.intp], most: int = 5
    ) -> list[tuple[Reason, ...]]:
        """Name the columns that make some rows odd, the most responsible first.

        Shapes: `rows` are places in the batch; at most `most` reasons each.
        """
        chosen = batch.take(pa.array(np.asarray(rows, np.int64)))
        return self._reasons(chosen, self.reader.read(chosen), most)

    def leading(self, read: Rows) -> NDArray[np.intp]:
        """The place among `reader.columns` of the column that makes a row odd most; -1 where none
        stands out.

        Shapes: n rows that `reader` read -> intp[n].
        """
        _, nats = self._nats(read)
        return np.where(nats.max(axis=0) >= TELLING, nats.argmax(axis=0), -1)

    def of_read(self, read: Rows, least: float = 1.0) -> Scored:
        """Score rows that `reader` read, as `score` does."""
        points = self.encoding.points(read)
        sure = self.calibration.ordinary(least) if least < 1 else -1.0
        score = self.neighbours.distances(points, self.nearest, sure)
        return Scored(score, self.calibration.p(score))

    def _nats(self, read: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The surprise of every column: alone, and also beside the others.

        Shapes: float64[columns, n].
        """
        alone = self.surprise.of_rows(read)
        terms = terms_of(read, alone >= LEAST, self.encoding, self.neighbours)
        return alone, np.maximum(alone, self.together.of_terms(terms))

    def _reasons(self, batch: pa.RecordBatch, read: Rows, most: int) -> list[tuple[Reason, ...]]:
        """The reasons of every row of a batch that was read."""
        alone, nats = self._nats(read)
        found = []
        orders = np.argsort(-nats, axis=0, kind="stable")[:most].T.tolist()
        for i, (row, order) in enumerate(zip(nats.T.tolist(), orders, strict=True)):
            worth = [j for j in order if j == order[0] or row[j] >= TELLING]
            found.append(tuple(self._reason(batch, read, j, i, row[j], alone[j, i]) for j in worth))
        return found

    def _reason(
        self, batch: pa.RecordBatch, rows: Rows, j: int, i: int, nats: float, alone: float
    ) -> Reason:
        """The reason of column j and row i."""
        name = self.reader.columns[j]
        at = batch.schema.get_field_index(name)
        value = batch.column(at)[i].as_py() if at >= 0 else None
        kind, limit = self._kind(rows, j, i)
        if kind == USUAL and nats >= TELLING:
            nominal = j >= len(self.reader.numeric)
            kind = TOGETHER if nats > alone else RARE if nominal else SELDOM
        return Reason(name, float(nats), kind, value, limit)

    def _kind(self, rows: Rows, j: int, i: int) -> tuple[str, float | None]:
        """What a value is by itself, and the limit that it is beyond."""
        C = len(self.reader.numeric)
        if j >= C:
            after = self.encoding.sizes[j - C] - rows.places[j - C, i]  # places to the end
            return {1: BROKEN, 2: MISSING, AFTER_UNSEEN: UNSEEN}.get(int(after), USUAL), None
        if rows.states[j, i]:
            return (MISSING if rows.states[j, i] == ABSENT else BROKEN), None
        low, high = self.surprise.ends(j)
        if rows.numbers[j, i] < low:
            return BELOW, low
        return (ABOVE, high) if rows.numbers[j, i] > high else (USUAL, None)
