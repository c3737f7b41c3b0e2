"""What was found of rows that were scored.

Owns: scores and chances of all rows, the rarest of them, reasons, whether there are more than by
chance; the plain document.  Does not own: scoring (`derive.outliers`), its layout (`report`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.core.version import __version__
from vedette.core.words import count, percent, plural
from vedette.derive.deriver import Deriver
from vedette.derive.outliers.reasons import Reason
from vedette.derive.outliers.score import Scorer
from vedette.engine.batch import Progress, nothing
from vedette.engine.document import plain
from vedette.engine.output import as_json
from vedette.ingest.source import Source
from vedette.stats.rates import rate_tail

FORMAT, FORMAT_VERSION = "vedette-outliers", 1
LEVEL = 0.01  # p up to which a row is called rare
ALPHA = 0.01  # chance with which unchanged tables have more rare rows than may be
TOP = 10


@dataclass(frozen=True, eq=False)
class OutlierScores:
    """Scores of rows.

    Shapes: float64[n] each; `score` is the distance to the reference in robust standard deviations,
    `p` in (0, 1] the chance that an ordinary row is as far; `calibrated` rows that chance rests on;
    `ids` columns by which people know a row.
    """

    score: NDArray[np.float64]
    p: NDArray[np.float64]
    calibrated: int
    name: str
    source: Source
    deriver: Deriver
    scorer: Scorer
    ids: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        source: Source,
        deriver: Deriver,
        scorer: Scorer,
        ids: tuple[str, ...] = (),
        progress: Progress = nothing,
    ) -> Self:
        """Score every row of a source."""
        score, p, done = [np.zeros(0)], [np.zeros(0)], 0
        for batch in source.batches(source.arrow_schema.names):
            found = scorer.score(deriver.apply(batch))
            score.append(found.score)
            p.append(found.p)
            done += batch.num_rows
            progress(source.name, done, source.rows)
        held = scorer.calibration.rows
        whole = np.concatenate(score), np.concatenate(p)
        return cls(*whole, held, source.name, source, deriver, scorer, ids)

    def __len__(self) -> int:
        return len(self.p)

    @property
    def level(self) -> float:
        """The p up to which a row is called rare: 1 %, or the least that can be told."""
        return max(LEVEL, 1 / (self.calibrated + 1))

    @property
    def rare(self) -> NDArray[np.intp]:
        """The places of rare rows, the rarest first; the farther first where p is the same."""
        found = np.flatnonzero(self.p <= self.level)
        return found[np.lexsort((found, -self.score[found], self.p[found]))]

    @property
    def chance(self) -> float:
        """The chance that so many rows are rare though nothing changed.

        Assumes rows independent of one another and of the kind that was held out.
        Source: of the order statistics of a calibration, Vovk 2012, Proceedings of Machine Learning
        Research 25, 475-490.
        """
        hits = int((self.p <= self.level).sum())
        if not hits:
            return 1.0
        within = int(self.level * (self.calibrated + 1) + 1e-9)
        return rate_tail(hits, len(self), within, self.calibrated + 1 - within)

    @property
    def ok(self) -> bool:
        """Whether there are no more rare rows than chance allows."""
        return self.chance > ALPHA * (1 + 1e-9)

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        hits, n = int((self.p <= self.level).sum()), len(self)
        if not n:
            return "There are no rows."
        told = f"{count(hits)} of {plural(n, 'row')} ({percent(hits / n)})"
        verb = "is" if hits == 1 else "are"
        more = "as chance allows" if self.ok else f"where {percent(self.level)} would be by chance"
        return f"{told} {verb} unlike the reference, {more}."

    def reasons(self, row: int, most: int = 5) -> tuple[Reason, ...]:
        """Why a row is odd, the most responsible column first.

        Errors: UsageError for a row that there is not.
        """
        return self.all_reasons([row], most)[0]

    def all_reasons(self, rows: Sequence[int], most: int = 5) -> list[tuple[Reason, ...]]:
        """Why some rows are odd.  The table is read once more, up to the last of them."""
        return [reasons for reasons, _ in self._read(rows, most, ())]

    def _read(
        self, rows: Sequence[int], most: int, columns: Sequence[str]
    ) -> list[tuple[tuple[Reason, ...], dict[str, Any]]]:
        """Reasons of some rows, and what they hold in some columns."""
        wrong = [row for row in rows if not 0 <= row < len(self)]
        if wrong:
            want = f"0 to {len(self) - 1}"
            raise UsageError("rows", "there is no such row", got=wrong[0], want=want)
        found: dict[int, tuple[tuple[Reason, ...], dict[str, Any]]] = {}
        start = 0
        for batch in self.source.batches(self.source.arrow_schema.names):
            inside = sorted({row for row in rows if start <= row < start + batch.num_rows})
            chosen = batch.take(pa.array([row - start for row in inside], pa.int64()))
            held = chosen.select(columns).to_pylist()
            whys = self.scorer.why(self.deriver.apply(chosen), range(len(inside)), most)
            found |= dict(zip(inside, zip(whys, held, strict=True), strict=True))
            start += batch.num_rows
            if len(found) == len(set(rows)):
                break
        return [found[row] for row in rows]

    def to_dict(self, top: int = TOP) -> dict[str, Any]:
        """The plain document: the verdict, the `top` rarest rows with their reasons."""
        rare = self.rare
        shown = rare[:top].tolist()
        names = [name for name in self.ids if name in self.source.arrow_schema.names]
        read = self._read(shown, 5, names)
        made: dict[str, Any] = plain(
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "vedette": __version__,
                "ok": self.ok,
                "verdict": self.verdict,
                "data": {"name": self.name, "rows": len(self)},
                "level": self.level,
                "rare": len(rare),
                "chance": self.chance,
                "calibrated": self.calibrated,
                "rows": [
                    {
                        "row": row,
                        "id": held,
                        "p": float(self.p[row]),
                        "score": float(self.score[row]),
                        "reasons": [
                            {"column": r.column, "kind": r.kind, "surprise": r.surprise,
                             "reason": r.words()}
                            for r in reasons
                        ],
                    }
                    for row, (reasons, held) in zip(shown, read, strict=True)
                ],
            }
        )  # fmt: skip
        return made

    def to_json(self, path: str | Path | None = None, *, top: int = TOP) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(top), path)

    def __repr__(self) -> str:
        return f"<OutlierScores: {self.verdict}>"

    def __str__(self) -> str:
        return self.verdict
