"""Single rows held against a model's reference, outside its log.

Owns: what it takes to score rows of a model that runs.  Does not own: scoring (`derive.outliers`),
asking for it over HTTP (`web.scoring`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import pyarrow as pa

from vedette.derive.deriver import Deriver
from vedette.derive.outliers.reasons import Reason
from vedette.derive.outliers.score import Scorer
from vedette.engine.plan import OUTLIERS, Plan
from vedette.engine.rare import REASONS


class RowScore(NamedTuple):
    """How unlike the reference one row is.

    Units: `score` in robust standard deviations, `p` the chance that an ordinary row is as far off.
    """

    score: float
    p: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, eq=False)
class Scoring:
    """Rows of events to scores, under one plan."""

    deriver: Deriver
    scorer: Scorer

    @classmethod
    def of(cls, plan: Plan | None) -> Self | None:
        """What scores rows of a model under a plan; None where nothing does."""
        if plan is None or plan.rows is None:
            return None
        return cls(plan.deriver, plan.rows.scorer)

    def of_rows(self, batch: pa.RecordBatch) -> list[RowScore]:
        """Score every row, with the columns that make it odd, the most responsible first.

        Shapes: n rows as the log stores them.  Bounds: a row gets the same score, to the bit,
        whatever rows lie beside it.
        """
        scored, whys = self.scorer.explained(self.deriver.apply(batch), REASONS)
        return [
            RowScore(score, p, why)
            for score, p, why in zip(scored.score.tolist(), scored.p.tolist(), whys, strict=True)
        ]

    def of_batches(self, batches: Sequence[pa.RecordBatch]) -> list[list[RowScore]]:
        """Score several batches of the same columns at once: it costs as much for one row as for
        fifty."""
        if len(batches) == 1:
            return [self.of_rows(batches[0])]
        table = pa.Table.from_batches(batches).unify_dictionaries().combine_chunks()
        (whole,) = table.to_batches()
        found, first = self.of_rows(whole), 0
        parts = []
        for batch in batches:
            parts.append(found[first : first + batch.num_rows])
            first += batch.num_rows
        return parts


def why_not(plan: Plan | None) -> str:
    """Why rows of a model are not scored, in a sentence."""
    if plan is None:
        return "The model has no baseline yet."
    if OUTLIERS in plan.settings.without:
        return "Rows of this model are not scored: `outliers` is left out in the settings."
    if plan.baseline.outliers is None:
        said = "Rows are not scored: the baseline does not know what single rows are like."
        return f"{said} Fit it to 50 rows or more, or to a file that OutlierScorer.save wrote."
    return "Rows are not scored yet: the baseline is a first guess."
