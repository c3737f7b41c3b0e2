"""Fitting what single rows of a reference are like, and what its ordinary windows show of them.

Owns: which rows of a source are read for it.  Does not own: fitting and scoring
(`derive.outliers`), when a baseline is fitted (`engine.fitting`).
"""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from vedette.core.windows import Window
from vedette.derive.outliers.counted import Cells, RowCounts
from vedette.derive.outliers.fit import fit_outliers
from vedette.derive.outliers.ordinary import with_ordinary
from vedette.engine.batch import deriving
from vedette.engine.timed import timed
from vedette.ingest.source import Source
from vedette.profiles.baseline import Baseline
from vedette.profiles.columns import one_batch
from vedette.profiles.profile import Profile
from vedette.profiles.windowed import by_window, instants

READ = 200_000  # rows, spread over the source

Windows = list[tuple[Window, Profile]]


def with_outliers(
    source: Source, baseline: Baseline, windows: Windows, width: int
) -> tuple[Baseline, Windows]:
    """A baseline that knows what single rows are like, and its windows with the counts of theirs;
    as they were where there are too few rows, or no column that says anything.

    Units: `width` of the windows in nanoseconds.  Bounds: about a second for 25 columns.
    """
    rows = deriving(baseline).apply(one_batch(source.sample(READ)))
    fitted = fit_outliers(rows, baseline.schema)
    if fitted is None:
        return baseline, windows
    counts = RowCounts.of(fitted, baseline.segments)
    if windows:
        found = _by_window(counts, rows, baseline, width)
        windows = [
            (window, replace(profile, cells={**profile.cells, **found.get(window.start, {})}))
            for window, profile in windows
        ]
        seen = [profile for _, profile in windows]
    else:
        cells, _ = counts.cells([rows])
        seen = [replace(baseline.profile, cells=cells)]
    fitted = with_ordinary(fitted, segments_of(baseline), seen)
    return replace(baseline, outliers=fitted), windows


def relearnt(baseline: Baseline, windows: Sequence[tuple[Window, Profile]]) -> Baseline:
    """The same fit with what other ordinary windows show of single rows."""
    if baseline.outliers is None:
        return baseline
    seen = (profile for _, profile in windows)
    return replace(baseline, outliers=with_ordinary(baseline.outliers, segments_of(baseline), seen))


def segments_of(baseline: Baseline) -> list[str]:
    """The segments that a baseline names, in its order."""
    return [f"{column}={name}" for column, names in baseline.segments.items() for name in names]


def _by_window(
    counts: RowCounts, rows: pa.RecordBatch, baseline: Baseline, width: int
) -> dict[int, Cells]:
    """The counts of rows by the start of their window."""
    time = baseline.schema.with_role("time")[0].name
    (whole,) = timed([rows], time)
    whole = whole.filter(whole.column(whole.schema.get_field_index(time)).is_valid())
    return {
        start: counts.cells([part])[0]
        for start, part in by_window(whole, instants(whole, time), width)
    }
