"""A table read once for an audit of fairness: counts by group, and nothing else of any row.

Owns: how a table is read (from a sample of it), and counting all of its rows.  Does not own: the
options (`engine.audit.asked`), the groups (`profiles.groups_fit`), figures (`engine.audit.rates`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.errors import UsageError, nearest
from vedette.core.windows import Window
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.grading import Decided, decided, named
from vedette.engine.audit.membership import weighted_of
from vedette.engine.audit.steps import Stepped
from vedette.engine.batch import Progress
from vedette.engine.settings import Settings
from vedette.engine.timed import timed
from vedette.ingest.source import Source
from vedette.profiles.classes import is_truth
from vedette.profiles.columns import as_codes, column_or_absent, one_batch
from vedette.profiles.cubes import cubes_of
from vedette.profiles.graded_rows import Labels, Predictions, read_labels, read_predictions
from vedette.profiles.groups import Grouping
from vedette.profiles.groups_fit import fit_groups
from vedette.profiles.measures import (
    Measure,
    binned,
    fit_measure,
    is_numeric,
    is_share,
    numbers_of,
)
from vedette.profiles.numbers import are_numbers, finite
from vedette.profiles.windowed import instants
from vedette.sketches.cube import Cube
from vedette.sketches.measured import Measured
from vedette.stats.fairness.membership import Weighted

SAMPLE = 200_000  # rows from which groups, classes and bins are found; of no more, all of them
SCORE, ERROR, ABSOLUTE = "score", "error", "absolute error"
ABOVE = "above the median"  # whether a score lies above the one of the middle row


@dataclass(frozen=True, eq=False)
class Reading:
    """How the rows of a table are read.

    Shapes: `columns` those that are read; `median` of the score in the sample, None without one.
    """

    grouping: Grouping
    measures: tuple[Measure, ...]
    columns: tuple[str, ...]
    decided: Decided
    time: str | None
    median: float | None
    chances: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, eq=False)
class Counted:
    """A table by counts.

    Shapes: `sizes` int64[G], all rows of every group, `cubes` and `measured` by the key of a set,
    `chances` by the column whose groups are only known by those;
    `undecided` rows without a decision, which are in no cube; `labelled` rows with a label.  `span`
    is the time that the rows cover and `steps` who was selected when, None where it is not known.
    """

    rows: int
    undecided: int
    labelled: int
    sizes: Mapping[str, NDArray[np.int64]]
    cubes: Mapping[str, Cube]
    measured: Mapping[str, Measured]
    chances: Mapping[str, Weighted]
    span: Window | None = None
    steps: Stepped | None = None


# --- how it is read -------------------------------------------------------------------------------


def read_of(source: Source, asked: Asked, settings: Settings) -> Reading:
    """Find out from a sample how a table is read.

    Errors: UsageError for a column that is not there.
    """
    where = f"table {source.name!r}"
    there = source.arrow_schema.names
    roles = named(there, settings, where)
    _check(there, asked, settings, roles, where)
    own = f"{roles.get('score', 'score')}."  # of a score by class: score.approved
    alone = settings.prediction is not None and "score" not in roles
    classes = [name for name in there if name.startswith(own) and not alone]
    chances = [name for held in asked.chances.values() for name in held.values()]
    wanted = [*asked.group, *roles.values(), *classes, *asked.measures, *chances]
    wanted += [settings.time] if settings.time is not None else []
    columns = tuple(dict.fromkeys(wanted))
    rows = source.sample(SAMPLE, columns)
    if rows.num_rows == 0:
        raise UsageError(where, "has no rows")
    kinds = {name: kind for name in columns if (kind := settings.of(name).kind) is not None}
    made = decided(rows, roles, asked, where, kinds)
    batch = one_batch(rows)
    _check_groups(batch, asked, where)
    _check_numbers(batch, asked, where)
    nominal = [name for name in asked.group if kinds.get(name) in ("category", "id", "text")]
    found = fit_groups(rows, asked.group, depth=asked.depth, cuts=asked.cuts, nominal=nominal)
    grouping = Grouping(made.grading, found, asked.measures, made.positive, made.label is not None)
    said = read_predictions(batch, made.grading)
    median = _median(said)
    reading = Reading(grouping, (), columns, made, settings.time, median, asked.chances)
    return replace(reading, measures=_measures(batch, reading, said))


def _check(
    there: Sequence[str], asked: Asked, settings: Settings, roles: Mapping[str, str], where: str
) -> None:
    """Every column that is asked for must be there, and no group be what the model said."""
    wanted: dict[str, Sequence[str]] = {"the group": asked.group, "a measure": asked.measures}
    wanted["a chance"] = [name for held in asked.chances.values() for name in held.values()]
    wanted["the time"] = () if settings.time is None else (settings.time,)
    for what, names in wanted.items():
        for name in names:
            if name not in there:
                hint = nearest(name, there) or f"columns are {', '.join(there[:20])}"
                raise UsageError(where, f"has no column {name!r} for {what}", hint=hint)
    for name in asked.group:
        if name in roles.values():
            role = next(role for role, column in roles.items() if column == name)
            raise UsageError(where, f"{name!r} is the {role}, and cannot tell groups as well")
        if settings.of(name).role == "ignore":
            raise UsageError(where, f"{name!r} is left out, and cannot tell groups as well")


def _check_groups(batch: pa.RecordBatch, asked: Asked, where: str) -> None:
    """Lists and bytes are no names of groups."""
    for name in asked.group:
        kind = column_or_absent(batch, name).type
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind
        if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            raise UsageError(
                where, f"{name!r} cannot tell groups", got=str(kind), want="text, numbers or truths"
            )


def _check_numbers(batch: pa.RecordBatch, asked: Asked, where: str) -> None:
    """Bands are cut in numbers, and measures are numbers, or say yes and no."""
    for name in asked.cuts:
        if not are_numbers(column_or_absent(batch, name)):
            raise UsageError(
                where, f"the bands of {name!r} cut numbers, and it holds none",
                hint="leave the bands out: every value is a group",
            )  # fmt: skip
    for name in asked.measures:
        column = column_or_absent(batch, name)
        if is_numeric(column) or not len(column) - column.null_count:
            continue
        texts = as_codes(column).dictionary.to_pylist()
        if not texts or any(is_truth(text) is None for text in texts if text is not None):
            raise UsageError(
                where, f"the measure {name!r} holds neither numbers nor yes and no",
                got=", ".join(map(repr, texts[:3])) or str(column.type),
                hint="the length of a text, say, must be a column of its own",
            )  # fmt: skip


def check_columns(source: Source, reading: Reading) -> None:
    """Refuse a reference that lacks a column.

    Errors: UsageError that names the first one.
    """
    there = source.arrow_schema.names
    for name in reading.columns:
        if name not in there:
            hint = nearest(name, there) or f"columns are {', '.join(there[:20])}"
            raise UsageError(f"reference {source.name!r}", f"has no column {name!r}", hint=hint)


def _median(said: Predictions) -> float | None:
    """The score of the middle row."""
    if not len(said.scores) or len(said.scores) > 1:
        return None
    known = said.scores[0][np.isfinite(said.scores[0])]
    return float(np.median(known)) if len(known) else None


def _measures(batch: pa.RecordBatch, reading: Reading, said: Predictions) -> tuple[Measure, ...]:
    """The numbers that are compared between groups, with their bins."""
    labels = _labels(batch, reading)
    values = measured_values(batch, reading, said, labels)
    shares = {ABOVE} | {
        name for name in reading.grouping.measures if is_share(column_or_absent(batch, name))
    }
    return tuple(fit_measure(name, own, name in shares) for name, own in values.items())


# --- counting -------------------------------------------------------------------------------------


def count_rows(
    batches: Iterator[pa.RecordBatch],
    reading: Reading,
    progress: Progress,
    source: Source,
) -> Counted:
    """Count every row of a table.  Bounds: memory of one batch beside the counts."""
    total: Counted | None = None
    done = 0
    for batch in batches:
        part = _count(batch, reading)
        total = part if total is None else _added(total, part)
        done += batch.num_rows
        progress(source.name, done, source.rows)
    if total is None:
        raise UsageError(f"table {source.name!r}", "has no rows")
    return total


def _count(batch: pa.RecordBatch, reading: Reading) -> Counted:
    grouping = reading.grouping
    said = read_predictions(batch, grouping.grading)
    labels = _labels(batch, reading)
    values = measured_values(batch, reading, said, labels)
    known = labels if reading.decided.number == "" else None  # classes only
    cubes = cubes_of(batch, grouping, known, said) if reading.decided.decides else {}
    codes = {one.key: (one.codes(batch), len(one)) for one in grouping.sets}
    rows = [binned(one, values[one.name]) for one in reading.measures]
    measured = {key: Measured.of(own, size, rows) for key, (own, size) in codes.items()}
    sizes = {key: np.bincount(own, minlength=size) for key, (own, size) in codes.items()}
    chances = {}
    if reading.decided.decides and grouping.grading.classes:
        chances = {
            column: weighted_of(batch, held, grouping, said, known)
            for column, held in reading.chances.items()
        }
    usable = 0 if labels is None else int(labels.usable.sum())
    return Counted(
        batch.num_rows,
        int((said.codes < 0).sum()),
        usable,
        sizes,
        cubes,
        measured,
        chances,
        _span(batch, reading.time),
        _steps(batch, reading, said, codes) if cubes else None,
    )


def _added(one: Counted, other: Counted) -> Counted:
    spans = [span for span in (one.span, other.span) if span is not None]
    return Counted(
        one.rows + other.rows,
        one.undecided + other.undecided,
        one.labelled + other.labelled,
        {key: own + other.sizes[key] for key, own in one.sizes.items()},
        {key: cube.merge(other.cubes[key]) for key, cube in one.cubes.items()},
        {key: sums.merge(other.measured[key]) for key, sums in one.measured.items()},
        {key: sums.merge(other.chances[key]) for key, sums in one.chances.items()},
        (spans[0].hull(spans[-1]) if spans else None),
        None if one.steps is None or other.steps is None else one.steps.merge(other.steps),
    )


def _labels(batch: pa.RecordBatch, reading: Reading) -> Labels | None:
    label = reading.decided.label
    if label is None:
        return None
    column = column_or_absent(batch, label)
    if reading.decided.number:
        numbers = finite(column)
        return Labels(np.isfinite(numbers), np.zeros(0, np.intp), numbers)
    return read_labels(column, reading.grouping.grading)


def measured_values(
    batch: pa.RecordBatch, reading: Reading, said: Predictions, labels: Labels | None
) -> dict[str, NDArray[np.float64]]:
    """Every number of every row, NaN where it has none: what was asked for, the score, the error.

    Shapes: float64[n] of each.
    """
    found = {}
    for name in reading.grouping.measures:
        column = column_or_absent(batch, name)
        found[name] = numbers_of(column)
    if reading.median is None or len(said.scores) != 1:
        return found
    score = said.scores[0]
    own = {reading.decided.number or SCORE: score}
    own[ABOVE] = np.where(np.isnan(score), np.nan, score > reading.median)
    if labels is not None and reading.decided.number:
        own[ERROR] = score - labels.numbers
        own[ABSOLUTE] = np.abs(own[ERROR])
    elif labels is not None and reading.grouping.grading.chances:
        truth = np.where(labels.codes < 0, np.nan, labels.codes)
        own[ABSOLUTE] = np.abs(score - truth)
    return {**own, **found}


def _span(batch: pa.RecordBatch, time: str | None) -> Window | None:
    if time is None or batch.num_rows == 0:
        return None
    rows = next(timed([batch], time))
    rows = rows.filter(column_or_absent(rows, time).is_valid())
    if not rows.num_rows:
        return None
    times = instants(rows, time)
    return Window(int(times.min()), int(times.max()) + 1)


def _steps(
    batch: pa.RecordBatch,
    reading: Reading,
    said: Predictions,
    codes: Mapping[str, tuple[NDArray[np.intp], int]],
) -> Stepped | None:
    """Who was selected when."""
    if reading.time is None:
        return None
    rows = next(timed([batch], reading.time))
    valid = column_or_absent(rows, reading.time).is_valid().to_numpy(zero_copy_only=False)
    at = rows.schema.get_field_index(reading.time)
    times = pc.fill_null(rows.column(at).cast(pa.int64()), 0).to_numpy(zero_copy_only=False)
    return Stepped.of(
        times, valid & (said.codes >= 0), said.codes == reading.grouping.positive, codes
    )
