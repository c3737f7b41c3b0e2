"""Is this row like those of the reference?  A few lines, no server.

Owns: `OutlierScorer`: fitting it on anything that is a table, its file.  Does not own: how rows are
scored (`derive.outliers`), what is said of many (`engine.outlier_scores`).
"""

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from pathlib import Path
from typing import Any, Self

import numpy as np

from vedette.core.errors import UsageError
from vedette.core.schema import Schema
from vedette.derive.outliers.fit import ENOUGH, HELD, LEARNT, Likeness, fit_outliers
from vedette.derive.outliers.read import ROLES
from vedette.derive.outliers.score import Scorer
from vedette.engine.batch import Progress, deriving, fit_baseline, nothing
from vedette.engine.declared import schema_of
from vedette.engine.outlier_scores import OutlierScores
from vedette.engine.profile_file import load, save
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import Source, open_source
from vedette.profiles.baseline import Baseline
from vedette.profiles.columns import one_batch


class OutlierScorer:
    """Says of single rows how far they are from a reference, how rare that is, and why.

    Made by `OutlierScorer.fit(reference)`, or by `OutlierScorer.load(path)`.
    Example:
        >>> amounts = [100 + i % 50 for i in range(1000)]
        >>> scorer = OutlierScorer.fit({"amount": amounts, "country": ["DE", "FR"] * 500})
        >>> found = scorer.score({"amount": 120, "country": "ZZ"})
        >>> bool(found.p[0] < 0.01), str(found.reasons(0)[0])
        (True, "`country` 'ZZ' was never seen in the reference")
    """

    def __init__(self, baseline: Baseline) -> None:
        if baseline.outliers is None:
            raise UsageError(
                "outlier scorer", "has nothing to hold rows against",
                want="a baseline that knows what single rows are like",
                hint="OutlierScorer.fit(reference)",
            )  # fmt: skip
        self.baseline = baseline
        self.columns = baseline.outliers.numeric + baseline.outliers.nominal
        self._scorer = Scorer.of(baseline.outliers)
        self._deriver = deriving(baseline)

    @classmethod
    def fit(
        cls,
        reference: Any,
        *,
        schema: Schema | str | Path | None = None,
        nearest: int = Likeness.nearest,
        sampled: int = Likeness.sampled,
        centroids_of: int = Likeness.centroids_of,
        **settings: Any,
    ) -> Self:
        """Learn from a table of any kind that `compare` takes; `schema` and keyword settings as
        there.

        A score is the mean distance to the `nearest` of `sampled` rows, which are kept in the
        scorer's file; with `centroids_of`, means of at least that many rows are kept in their
        place.
        Errors: UsageError for too few rows, no column that can be read, or settings out of range.
        """
        like = Likeness(nearest, sampled, centroids_of)
        return cls(fitted(open_source(reference), make_settings(settings), schema_of(schema), like))

    def score(self, rows: Any) -> OutlierScores:
        """Score one row (a dict), rows (a list of dicts), or a table of any kind that `compare`
        takes; a row's score does not depend on the rows beside it.

        A column that is absent is missing.  Errors: UsageError for what is no table.
        Example:
            >>> scorer = OutlierScorer.fit({"x": [i / 7 % 1 for i in range(500)]})
            >>> len(scorer.score([{"x": 0.5}, {"x": 9.0}]))
            2
        """
        single = isinstance(rows, Mapping) and self._is_row(rows)
        return self.score_source(open_source([dict(rows)] if single else rows))

    def _is_row(self, rows: Mapping[str, Any]) -> bool:
        """Whether a dict is one row, not a table by columns: a list in it is a vector of a
        column of vectors."""
        vectors = {field.name for field in self.baseline.schema.fields if field.kind == "vector"}
        return not any(
            _is_column(value) and not (name in vectors and _is_vector(value))
            for name, value in rows.items()
        )

    def score_source(self, source: Source, progress: Progress = nothing) -> OutlierScores:
        """Score the rows of an opened source."""
        known = tuple(
            f.name for role in ("id", "time") for f in self.baseline.schema.with_role(role)
        )
        return OutlierScores.of(source, self._deriver, self._scorer, known, progress)

    def save(self, path: str | Path) -> None:
        """Write a profile file that `load` reads; sampled rows of the reference are in it.

        Errors: StoreError when it cannot be written.
        """
        save(path, self.baseline)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, or any profile file whose baseline knows single rows.

        Errors: UsageError when there is no such file or it knows none, StoreError when it is
        damaged.
        """
        baseline = load(path).baseline
        if baseline.outliers is None:
            raise UsageError(
                f"file {str(path)!r}", "knows nothing of single rows",
                hint="write one with OutlierScorer.fit(reference).save(path)",
            )  # fmt: skip
        return cls(baseline)

    def __repr__(self) -> str:
        return f"<OutlierScorer: {len(self.columns)} columns>"


def fitted(
    source: Source,
    settings: Settings,
    schema: Schema | None,
    like: Likeness,
    progress: Progress = nothing,
) -> Baseline:
    """A baseline that knows what single rows of a source are like.

    Errors: UsageError as `OutlierScorer.fit`.
    """
    sample = one_batch(source.sample(LEARNT + HELD))
    few = open_source(sample, name=source.name)
    baseline = fit_baseline(few, settings, schema, workers=1, progress=progress)
    outliers = fit_outliers(deriving(baseline).apply(sample), baseline.schema, like)
    if outliers is None:
        enough = sample.num_rows >= ENOUGH
        raise UsageError(
            f"table {source.name!r}",
            "has no column that says what rows are like" if enough else "has too few rows",
            got=", ".join(sample.schema.names[:8]) if enough else sample.num_rows,
            want=f"numbers or categories of role {' or '.join(ROLES)}" if enough else f"{ENOUGH}",
        )
    return replace(baseline, outliers=outliers)


def _is_column(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray) or hasattr(value, "__arrow_c_array__")


def _is_vector(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "fiu"
    return isinstance(value, list | tuple) and all(isinstance(one, Real) for one in value)
