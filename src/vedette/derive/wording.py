"""The words of texts as plain columns: where the vectors of their hashed pieces point.

Owns: reading text columns for it.  Does not own: the vectors (`derive.hashed`), what is told of a
direction (`derive.bearings`).
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.schema import Field
from vedette.derive.bearings import Bearings, bearing_fields, learn_bearings, thinned
from vedette.derive.hashed import hashed
from vedette.derive.written import written

ROWS = 512  # texts worked on at once: 1 MB of vectors


@dataclass(frozen=True, eq=False)
class TextWording:
    """Nine numeric columns and a category per text column.

    Shapes: `NAME.projection_0` … `_7`, `NAME.cosine` and `NAME.neighbourhood`, missing where the
    text is, or is of a type that has none (lists, bytes).
    """

    learnt: NDArray[np.float64] | None = None

    def adds(self, field: Field) -> tuple[Field, ...]:
        return bearing_fields(field) if field.kind == "text" else ()

    def apply(self, column: pa.Array, field: Field) -> Mapping[str, pa.Array]:
        texts = written(column)
        made = Bearings.zero(len(texts), self.learnt)
        for start in range(0, len(texts), ROWS):
            part = texts.slice(start, ROWS)
            there = np.asarray(part.is_valid())
            made.fill(field.name, slice(start, start + len(part)), hashed(part), there)
        return made.columns(field.name)

    def learn(self, column: pa.Array, field: Field) -> NDArray[np.float64] | None:
        """Of the texts that are there."""
        texts = written(thinned(column))
        return learn_bearings(hashed(texts.drop_null()))

    def knowing(self, learnt: NDArray[np.float64]) -> "TextWording":
        """With these directions."""
        return TextWording(learnt)
