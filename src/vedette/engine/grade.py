"""Rows of a model graded: what is expected of them, and what their labels say.

Owns: the sums of performance that a batch adds to its windows.  Does not own: grading a row
(`profiles.grading`), the auditor (`derive.expected`), which windows (`engine.outcomes`).
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.derive.expected import outlook
from vedette.engine.joining import BEFORE, LABEL
from vedette.engine.plan import Plan
from vedette.profiles.accumulate import Rows
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import segment_rows
from vedette.profiles.codes import code_count, codes_of
from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import (
    Predictions,
    expected,
    expected_loss,
    read_labels,
    read_predictions,
    realised,
    row_loss,
)
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED
from vedette.profiles.profile import WHOLE
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses

Sums = Mapping[tuple[str, str], Graded]
Parts = Mapping[tuple[str, str], Losses]


class Performance(NamedTuple):
    """The sums of some rows, as a profile holds them."""

    graded: Sums
    losses: Parts


NOTHING = Performance({}, {})


def expected_of(baseline: Baseline, batches: list[pa.RecordBatch]) -> Performance:
    """What the auditor expects of rows that were just served; nothing without a reference that had
    labels.

    Shapes: batches with their derived columns.
    """
    appraisal, total = baseline.appraisal, NOTHING
    if appraisal is None:
        return NOTHING
    for batch in batches:
        predictions = read_predictions(batch, appraisal.grading)
        chances = outlook(batch, appraisal.auditor, appraisal.grading, predictions)
        total = added(total, _expected(baseline, batch, predictions, chances))
    return total


def realised_of(
    plan: Plan, rows: pa.RecordBatch, starts: NDArray[np.int64]
) -> dict[int, Performance]:
    """What labels change, by window: the sums of the new ones, less those of the ones they replace.

    Shapes: n rows as `engine.joining` gives them, derived columns included; `starts` int64[n] of
    the windows that they lie in.
    """
    made: dict[int, Performance] = {}
    for label, sign in ((LABEL, added), (BEFORE, _less)):
        there = rows.column(label).is_valid()
        if not pc.any(there).as_py():
            continue
        own = starts[there.to_numpy(zero_copy_only=False)]
        for start, sums in _labelled(plan.baseline, rows.filter(there), label, own).items():
            made[start] = sign(made.get(start, NOTHING), sums)
    return made


def labelled_sums(baseline: Baseline, rows: pa.RecordBatch, label: str) -> Performance:
    """The sums of rows by their label, and by what had been expected of them; losses by bin are
    realised ones."""
    starts = np.zeros(rows.num_rows, np.int64)
    return _labelled(baseline, rows, label, starts).get(0, NOTHING)


def _labelled(
    baseline: Baseline, rows: pa.RecordBatch, label: str, starts: NDArray[np.int64]
) -> dict[int, Performance]:
    """The same by window: labels come for many at once, a few rows of each, so all are read and
    graded together, and only then told apart."""
    appraisal = baseline.appraisal
    if appraisal is None or not rows.num_rows:
        return {}
    grading = appraisal.grading
    predictions = read_predictions(rows, grading)
    labels = read_labels(rows.column(label), grading)
    chances = outlook(rows, appraisal.auditor, grading, predictions)
    loss = row_loss(predictions, labels, grading)
    usable = np.isfinite(loss)
    if not usable.any():
        return {}
    if not usable.all():  # both sums must be of the same rows
        kept = rows.filter(pa.array(usable))
        return _labelled(baseline, kept, label, starts[usable])
    windows, place = np.unique(starts, return_inverse=True)
    parts = _apart({WHOLE: np.arange(len(place)), **segment_rows(rows, baseline.segments)}, place)
    named = {str(number): own for number, own in enumerate(parts.values())}
    kinds = {
        REALISED: realised(predictions, labels, grading, named),
        LABELLED: expected(predictions, chances, grading, named),
    }
    graded: dict[int, dict[tuple[str, str], Graded]] = {at: {} for at in range(len(windows))}
    losses: dict[int, dict[tuple[str, str], Losses]] = {at: {} for at in range(len(windows))}
    for kind, sums in kinds.items():
        for number, (at, segment) in enumerate(parts):
            graded[at][kind, segment] = sums[str(number)]
    for name, binning in baseline.binnings.items():
        codes = codes_of(column_or_absent(rows, name), binning)
        tables = _losses_of(codes, loss, place, code_count(binning), len(windows))
        for at, part in enumerate(tables):
            losses[at][REALISED, name] = part
    return {start: Performance(graded[at], losses[at]) for at, start in enumerate(windows.tolist())}


def _apart(segments: Mapping[str, Rows], place: NDArray[np.intp]) -> dict[tuple[int, str], Rows]:
    """The rows of every segment and window.  Shapes: `place` intp[n], the number of the window."""
    found = {}
    for segment, own in segments.items():
        if not len(own):
            continue
        ordered = own[np.argsort(place[own], kind="stable")]
        numbers, firsts = np.unique(place[ordered], return_index=True)
        for at, some in zip(numbers.tolist(), np.split(ordered, firsts[1:]), strict=True):
            found[at, segment] = some
    return found


def _losses_of(
    codes: NDArray[np.intp],
    loss: NDArray[np.float64],
    place: NDArray[np.intp],
    width: int,
    windows: int,
) -> list[Losses]:
    """Losses by code, of every window."""
    usable = np.isfinite(loss)
    at = (place * width + codes)[usable]
    whole = Losses.of(at, loss[usable], windows * width)
    tables = (one.reshape(windows, width) for one in (whole.rows, whole.loss, whole.squares))
    return [Losses(*one) for one in zip(*tables, strict=True)]


def reference_sums(
    baseline: Baseline, rows: pa.RecordBatch, label: str, unseen: NDArray[np.float64]
) -> Performance:
    """The sums of labelled rows of the reference; what was expected of them is given: what the
    auditor expected while it had not seen them.

    Shapes: n rows; `unseen` as `derive.expected.outlook` gives.
    """
    assert baseline.appraisal is not None
    grading = baseline.appraisal.grading
    predictions = read_predictions(rows, grading)
    labels = read_labels(rows.column(label), grading)
    loss = row_loss(predictions, labels, grading)
    usable = np.isfinite(loss)
    if not usable.all():  # both sums must be of the same rows
        return reference_sums(baseline, rows.filter(pa.array(usable)), label, unseen[usable])
    sums = realised(predictions, labels, grading, segment_rows(rows, baseline.segments))
    told = Performance(
        {(REALISED, segment): one for segment, one in sums.items()},
        _losses(baseline, rows, loss, REALISED),
    )
    return added(told, _expected(baseline, rows, predictions, unseen))


def _expected(
    baseline: Baseline,
    rows: pa.RecordBatch,
    predictions: Predictions,
    chances: NDArray[np.float64],
) -> Performance:
    """The sums of what is expected of rows, of which nothing more is read than their predictions
    and segments."""
    assert baseline.appraisal is not None
    grading = baseline.appraisal.grading
    sums = expected(predictions, chances, grading, segment_rows(rows, baseline.segments))
    loss = expected_loss(predictions, chances, grading)
    return Performance(
        {(EXPECTED, segment): one for segment, one in sums.items()},
        _losses(baseline, rows, loss, EXPECTED),
    )


def _losses(
    baseline: Baseline, rows: pa.RecordBatch, loss: NDArray[np.float64], kind: str
) -> dict[tuple[str, str], Losses]:
    """Losses by the bins of every column that is compared."""
    usable = np.isfinite(loss)
    found = {}
    for name, binning in baseline.binnings.items():
        own = codes_of(column_or_absent(rows, name), binning)
        found[kind, name] = Losses.of(own[usable], loss[usable], code_count(binning))
    return found


def added(one: Performance, two: Performance) -> Performance:
    """The sums of both."""
    graded, losses = dict(one.graded), dict(one.losses)
    for key, sums in two.graded.items():
        graded[key] = graded[key].merge(sums) if key in graded else sums
    for at, part in two.losses.items():
        losses[at] = losses[at].merge(part) if at in losses else part
    return Performance(graded, losses)


def _less(one: Performance, two: Performance) -> Performance:
    return added(one, _negated(two))


def _negated(one: Performance) -> Performance:
    return Performance(
        {key: sums.negated() for key, sums in one.graded.items()},
        {key: part.negated() for key, part in one.losses.items()},
    )
