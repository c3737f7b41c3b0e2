"""Which groups of a reference are told apart, and how it treated them.

Owns: adding a grouping and the reference's own cubes to a baseline.  Does not own: finding groups
(`profiles.groups_fit`), how labels are read (`profiles.grading_fit`), counting (`profiles.cubes`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vedette.core import rows as columns
from vedette.core.errors import UsageError, nearest
from vedette.core.windows import Window
from vedette.engine.appraise import grading_of
from vedette.engine.batch import deriving
from vedette.engine.fairness_settings import FairnessSettings
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.profiles.baseline import Baseline
from vedette.profiles.classes import Classes
from vedette.profiles.columns import column_or_absent, one_batch
from vedette.profiles.cubes import cubes_of, measured_of
from vedette.profiles.gap_variation import fit_gaps, joined
from vedette.profiles.graded_rows import read_labels
from vedette.profiles.grading import Grading
from vedette.profiles.groups import Grouping
from vedette.profiles.groups_fit import fit_groups
from vedette.profiles.measures import fit_measure, is_share, numbers_of
from vedette.profiles.numbers import finite, within_unit
from vedette.profiles.windowed import instants
from vedette.sketches.cube import Cube

HALF = 0.5  # from which a score that is a chance says yes, while no label says otherwise
NO_DECISION = Grading("regression", None)


def grouped(
    baseline: Baseline, rows: pa.Table, settings: ModelSettings, labelled: pa.Table | None = None
) -> Baseline:
    """A baseline that tells groups apart; the same where there are none.

    Shapes: `rows` of the reference as events bring them; `labelled` those with a label in LABEL.
    Errors: UsageError for a column of groups, or a class, that the reference lacks.
    """
    names = group_columns(baseline, rows.column_names, settings.fairness)
    if not names or not rows.num_rows:
        return baseline
    batch = one_batch(rows)
    found = fit_groups(batch, names, depth=settings.fairness.depth)
    # A column may be called as two others taken together are; single columns come first.
    keys = [one.key for one in found]
    sets = tuple(one for at, one in enumerate(found) if one.key not in keys[:at])
    grading = _grading(baseline, rows, settings, labelled)
    batch, named = deriving(baseline).apply(batch), settings.fairness.measures
    held = {name: column_or_absent(batch, name) for name in named}
    numbers = tuple(fit_measure(n, numbers_of(c), is_share(c)) for n, c in held.items())
    grouping = Grouping(
        grading, sets, named, _positive(grading, settings.fairness), numbers=numbers
    )
    made = replace(baseline, grouping=_varied(grouping, batch, settings, None))
    digest = sha256(msgspec.json.encode([baseline.id, *_identity(grouping)])).hexdigest()[:32]
    profile = replace(
        made.profile, binning_id=digest, cubes=cubes_of(batch, grouping),
        measured=measured_of(batch, grouping),
    )  # fmt: skip
    return replace(made, profile=profile)


def judged(baseline: Baseline, table: pa.Table, settings: ModelSettings) -> Baseline:
    """The same groups with what the labels of the reference say of them.

    Shapes: `table` holds rows of the reference and their labels in LABEL.
    """
    grouping, appraisal = baseline.grouping, baseline.appraisal
    if grouping is None or appraisal is None or not grouping.grading.classes:
        return baseline
    grading = _named(grouping.grading, appraisal.grading)
    grouping = replace(grouping, grading=grading, labelled=True)
    batch = deriving(baseline).apply(one_batch(table))
    found = _counted(batch, grouping)
    before = baseline.profile.cubes
    cubes = {key: _beside(before.get(key), one) for key, one in found.items()}
    varied, every = _varied(grouping, batch, settings, LABEL), grouping.variation
    if every is not None and varied.variation is not None:
        varied = replace(varied, variation=joined(every, varied.variation))
    return replace(baseline, grouping=varied, profile=replace(baseline.profile, cubes=cubes))


def _beside(every: Cube | None, told: Cube) -> Cube:
    """Rows with a label, and as many without as there were more rows."""
    if every is None:
        return told
    moved = every.merge(told).merge(told.unlabelled().negated())
    # Labels may be of other rows than were counted: then more came than there were.
    return replace(moved, counts=np.maximum(moved.counts, 0))


def group_columns(
    baseline: Baseline, there: Sequence[str], settings: FairnessSettings
) -> tuple[str, ...]:
    """The columns whose values are groups: those that the settings name, and sensitive ones.

    Errors: UsageError when the reference lacks one that is named.
    """
    for name in (*settings.groups, *settings.measures):
        if name not in there:
            raise UsageError(
                "fairness", f"the reference has no column {name!r}",
                hint=nearest(name, there) or f"columns are {', '.join(there[:20])}",
            )  # fmt: skip
    sensitive = [field.name for field in baseline.schema.with_role("sensitive")]
    found = dict.fromkeys([*settings.groups, *(name for name in sensitive if name in there)])
    return tuple(found)


def _grading(
    baseline: Baseline, rows: pa.Table, settings: ModelSettings, labelled: pa.Table | None
) -> Grading:
    """How decisions and labels are read; without labels from what was predicted alone."""
    if labelled is None:
        said = _said(rows)
        if said is None:
            return NO_DECISION
        labelled = rows.append_column(LABEL, said)
    try:
        found = grading_of(baseline, labelled, settings.performance, settings.label)
    except UsageError:
        return NO_DECISION
    return found if found.classes else NO_DECISION


def _said(rows: pa.Table) -> pa.ChunkedArray | None:
    """What was decided, in the place of labels that nobody knows yet."""
    there = rows.column_names
    if columns.PREDICTION in there:
        return rows.column(columns.PREDICTION)
    if columns.SCORE in there:
        values = finite(column_or_absent(one_batch(rows), columns.SCORE))
        if within_unit(values):
            yes = pa.array(values >= HALF, mask=~np.isfinite(values))
            return pa.chunked_array([yes])
    return None


def _positive(grading: Grading, settings: FairnessSettings) -> int:
    """The place of the class that counts as selected."""
    if settings.positive is None:
        return 1 if len(grading.classes) == 2 else 0
    place = Classes(grading.classes).place(settings.positive)
    if place < 0 and grading.classes:
        raise UsageError(
            "fairness", f"there is no class {settings.positive!r}",
            want=f"one of {', '.join(grading.classes[:20])}",
            hint=nearest(settings.positive, grading.classes),
        )  # fmt: skip
    return max(place, 0)


def _named(before: Grading, now: Grading) -> Grading:
    """The grading that cubes were counted under, with the names that labels give its classes."""
    if before.task != now.task or len(before.classes) != len(now.classes):
        return before
    if before.prediction is None and before.scores:  # its classes were made up
        return replace(before, classes=now.classes, label=now.label, threshold=now.threshold)
    return replace(before, label=now.label)


def _counted(batch: pa.RecordBatch, grouping: Grouping) -> Mapping[str, Cube]:
    return cubes_of(batch, grouping, read_labels(batch.column(LABEL), grouping.grading))


def _varied(
    grouping: Grouping, batch: pa.RecordBatch, settings: ModelSettings, label: str | None
) -> Grouping:
    """A grouping that knows how far the gaps of ordinary windows lie apart."""
    if columns.TIME not in batch.schema.names or not grouping.grading.classes:
        return grouping
    width = settings.clocks.widths[2]
    starts: NDArray[np.int64] = instants(batch, columns.TIME) // width * width
    order = np.argsort(starts, kind="stable")
    at, firsts = np.unique(starts[order], return_index=True)
    windows = []
    for start, own in zip(at.tolist(), np.split(order, firsts[1:]), strict=True):
        rows = batch.take(pa.array(own))
        cubes = cubes_of(rows, grouping) if label is None else _counted(rows, grouping)
        # A season of windows with their score bins would not fit into the memory.
        slim = {key: one.slim() for key, one in cubes.items()}
        windows.append((Window(start, start + width), slim))
    return replace(grouping, variation=fit_gaps(grouping, windows, width))


def _identity(grouping: Grouping) -> list[object]:
    """What must be the same for cubes to add up."""
    return [list(grouping.shape), *([one.key, *one.labels] for one in grouping.sets)]
