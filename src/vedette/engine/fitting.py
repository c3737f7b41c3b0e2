"""Baselines for live models: from a file, from logged rows, from the profiles of windows.

Owns: turning each into a baseline with its natural variation.  Does not own: fitting
(`engine.batch`, `profiles.variation`), when one is wanted (`engine.learning`).
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from vedette.core import rows as columns
from vedette.core.errors import StoreError, UsageError
from vedette.core.schema import Schema
from vedette.core.windows import Window
from vedette.engine import appraise
from vedette.engine.appraise import appraised
from vedette.engine.batch import derived_batches, fit_baseline
from vedette.engine.declared import schema_of
from vedette.engine.dependence import with_dependence
from vedette.engine.group_fit import group_columns, grouped, judged
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.engine.plan import OUTLIERS
from vedette.engine.profile_file import is_profile_file, load
from vedette.engine.row_fit import relearnt, with_outliers
from vedette.engine.settings import ColumnSettings, Settings
from vedette.engine.timed import timed
from vedette.ingest.source import Source, open_source
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import binning_id
from vedette.profiles.codec import encode
from vedette.profiles.dependence_variation import fit_dependence_variation
from vedette.profiles.fit import SAMPLE
from vedette.profiles.profile import Profile
from vedette.profiles.variation import fit_variation
from vedette.profiles.windowed import profile_windows
from vedette.stores.columns import united
from vedette.stores.store import EventLog

MOSTLY = 0.9  # of a column's values from which text is taken for numbers, the rest for broken ones
NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
HASHED = 1 << 30  # bytes up to which a file is known by its content, beyond by size and time
MOST = 1_000_000  # logged rows that a baseline is fitted to; of more, whole batches are skipped
LOG = logging.getLogger("vedette")
NOT_WATCHED = ("attribute", "ignore")


def identity(baseline: Baseline) -> tuple[str, bytes]:
    """A baseline's bytes and their digest, its id."""
    data = encode(baseline, baseline.profile)
    return hashlib.sha256(data).hexdigest()[:16], data


Windows = list[tuple[Window, Profile]]


def from_file(settings: ModelSettings) -> tuple[Baseline, Windows]:
    """Fit to the reference file that the settings name; its times, if any, give the windows, whose
    profiles come with it, its labels say how good the predictions were.

    Errors: UsageError when it cannot be read or lacks a column that the settings name.
    """
    path = Path(str(settings.baseline.file))
    if is_profile_file(path):
        return load(path).baseline, []
    source = open_source(path)
    labelled = labelled_rows(source, settings)
    baseline, windows = fit(renamed(source, settings), settings, labelled)
    if labelled is None:
        return baseline, windows
    try:
        return judged(appraised(baseline, labelled, settings), labelled, settings), windows
    except UsageError as error:  # it is watched all the same, until labels come that say more
        LOG.warning("reference %r: its labels say nothing: %s", source.name, error)
        return baseline, windows


def without_columns() -> Baseline:
    """The baseline of a model of which no event is known: there is nothing to hold one against."""
    none = Profile.zero(Schema(()).fingerprint, binning_id({}, {}))
    return Baseline(Schema(()), {}, {}, none)


def from_log(
    log: EventLog, model: str, start: int, end: int, settings: ModelSettings
) -> tuple[Baseline, Windows]:
    """Fit to rows logged in a stretch of event time; also give their windows' profiles.

    Errors: UsageError when there are none.
    """
    total = sum(batch.num_rows for batch in log.scan(model, start, end, [columns.ID]))
    if total == 0:
        raise UsageError(f"model {model!r}", "has no rows in that time", hint="name another range")
    table = united(list(_thinned(log.scan(model, start, end), total)))
    source = open_source(table, name=f"{model}, as logged")
    return fit(source, _with_groups_that_came(settings, table.column_names, model))


def _with_groups_that_came(
    settings: ModelSettings, there: Sequence[str], model: str
) -> ModelSettings:
    """The same settings without groups that no event brought yet: the rest is watched all the
    same."""
    own = settings.fairness
    kept = {
        name: tuple(column for column in getattr(own, name) if column in there)
        for name in ("groups", "measures")
    }
    absent = [c for c in (*own.groups, *own.measures) if c not in there]
    if not absent:
        return settings
    LOG.warning("model %r: fairness: no event has %s", model, " or ".join(map(repr, absent)))
    return msgspec.structs.replace(settings, fairness=msgspec.structs.replace(own, **kept))


def fit(
    source: Source, settings: ModelSettings, labelled: pa.Table | None = None
) -> tuple[Baseline, Windows]:
    """Fit to a source whose columns have the names of live events; `labelled` are rows of it whose
    label is known."""
    chosen, there = _settings(source.sample(SAMPLE), settings), source.arrow_schema.names
    schema = declared_schema(settings)
    # What events do not bring is told by checks (`monitors.schema`), and no reason not to watch.
    known = None if schema is None else schema.select(there)
    baseline = fit_baseline(source, chosen, known)
    names = group_columns(baseline, there, settings.fairness)
    baseline = with_dependence(source, baseline, names)
    if names:
        said = [name for name in there if name.startswith(columns.SCORE)]
        wanted = [*names, *settings.fairness.measures, columns.PREDICTION, columns.TIME, *said]
        rows = source.sample(appraise.MOST, [name for name in there if name in wanted])
        baseline = grouped(baseline, rows, settings, labelled)
    width = settings.clocks.widths[2]
    baseline, windows = with_variation(source, baseline, width)
    if OUTLIERS in settings.without:
        return baseline, windows
    return with_outliers(source, baseline, windows, width)


def fit_plainly(source: Source, settings: ModelSettings, schema: Schema | None) -> Baseline:
    """Fit to a source whose columns have the names of live events, without natural variation."""
    return fit_baseline(source, _settings(source.sample(SAMPLE), settings), schema)


def with_variation(source: Source, baseline: Baseline, width: int) -> tuple[Baseline, Windows]:
    """A baseline with the natural variation between the windows of its own reference, and these; as
    it is where that has no times.

    Units: `width` in nanoseconds.
    """
    timed_at = baseline.schema.with_role("time")
    windows = _windows(source, baseline, width) if timed_at else []
    if not windows:
        return baseline, []
    return _learnt(baseline, windows, width), windows


def from_windows(
    baseline: Baseline, windows: Sequence[tuple[Window, Profile]], settings: ModelSettings, *,
    flat: bool,
) -> Baseline:  # fmt: skip
    """The same bins, with the natural variation of these windows."""
    width = settings.clocks.widths[2]
    return relearnt(_learnt(baseline, windows, width, flat=flat), windows)


def _learnt(
    baseline: Baseline, windows: Sequence[tuple[Window, Profile]], width: int, *, flat: bool = False
) -> Baseline:
    """A baseline with what ordinary windows look like."""
    plan = baseline.dependence
    if plan is not None:
        plan = fit_dependence_variation(plan, windows, width, flat=flat)
    variation = fit_variation(baseline, windows, width, flat=flat)
    return replace(baseline, variation=variation, dependence=plan)


def declared_schema(settings: ModelSettings) -> Schema | None:
    """The schema that the settings name."""
    return schema_of(settings.schema)


def _settings(sample: pa.Table, settings: ModelSettings) -> Settings:
    """The settings under which a table of events is read."""
    there = set(sample.column_names)
    roles = {"time": columns.TIME, "id": columns.ID, "prediction": columns.PREDICTION,
             "score": columns.SCORE, "label": columns.LABEL}  # fmt: skip
    given = {p: c for p, c in settings.columns.items() if p in there or not _is_exact(p)}
    beside = dict.fromkeys(
        (columns.VERSION, columns.WEIGHT, columns.TRACE, columns.INPUT_TOKENS,
         columns.OUTPUT_TOKENS),
        "attribute",
    ) | dict.fromkeys(columns.SPENT, "latency")  # fmt: skip
    beside |= dict.fromkeys((columns.SPAN, columns.PARENT, columns.REST), "ignore")
    if not there.isdisjoint((columns.SPAN, columns.OPERATION)):
        beside |= columns.SPAN_ROLES
    own: dict[str, ColumnSettings] = {
        name: ColumnSettings(role=role)
        for name, role in beside.items()
        if name in there and not (name in given and given[name].role)
    }
    numbers = {n: ColumnSettings(kind="numeric") for n in there - given.keys() - own.keys()
               if _mostly_numbers(sample.column(n))}  # fmt: skip
    named: Mapping[str, Any] = {role: name for role, name in roles.items() if name in there}
    return Settings(
        min_effect=settings.min_effect,
        segments=tuple(name for name in settings.segments if name in there),
        columns={**numbers, **given, **own},
        **named,
    )


def _mostly_numbers(column: pa.ChunkedArray) -> bool:
    """Whether a column of text holds numbers but for a few values: these are broken, and no reason
    to watch it as anything else."""
    kind = column.type
    if not (pa.types.is_string(kind) or pa.types.is_dictionary(kind)):
        return False
    texts = pc.drop_null(column.cast(pa.string()))
    spelt = pc.sum(pc.match_substring_regex(texts, NUMBER)).as_py() or 0
    return MOSTLY * len(texts) <= spelt < len(texts)


def _is_exact(pattern: str) -> bool:
    return not any(sign in pattern for sign in "*?[")


def _windows(source: Source, baseline: Baseline, width: int) -> Windows:
    batches = derived_batches(source, baseline)
    time = baseline.schema.with_role("time")[0].name
    return profile_windows(timed(batches, time), baseline, time, width)


def renamed(source: Source, settings: ModelSettings, *, all_there: bool = True) -> Source:
    """A reference whose columns have the names that live events give them.

    Errors: UsageError for a name that no column has, unless that is allowed.
    """
    names = live_names(settings)
    there = source.arrow_schema.names
    for name in names if all_there else ():
        if name is not None and name not in there:
            raise UsageError(
                f"reference {source.name!r}",
                f"there is no column {name!r}",
                hint=f"columns are {', '.join(there[:20])}",
            )
    live = [names.get(name, name) for name in there]
    dropped = {columns.LABEL}  # known later or never: no column of live events
    kept = [(old, new) for old, new in zip(there, live, strict=True) if new not in dropped]
    if [old for old, _ in kept] == there and all(old == new for old, new in kept):
        return source
    schema = pa.schema([source.arrow_schema.field(old).with_name(new) for old, new in kept])
    batches = (
        pa.RecordBatch.from_arrays([batch[old] for old, _ in kept], names=[n for _, n in kept])
        for batch in source.batches([old for old, _ in kept])
    )
    reader = pa.RecordBatchReader.from_batches(schema, batches)
    return open_source(reader, name=source.name)


def labelled_rows(source: Source, settings: ModelSettings) -> pa.Table | None:
    """The labelled rows of a reference, of many an even part, under the names of live events; None
    when there are too few."""
    there = source.arrow_schema.names
    label = settings.label or columns.LABEL
    if label not in there:
        return None
    names = {**live_names(settings), label: LABEL}
    table = source.sample(appraise.MOST, there)
    table = table.rename_columns([names.get(name, name) for name in there])
    table = table.filter(table.column(LABEL).is_valid())
    if table.num_rows < appraise.LEAST:
        return None
    return table.sort_by(columns.TIME) if columns.TIME in table.column_names else table


def _thinned(batches: Iterator[pa.RecordBatch], total: int) -> Iterator[pa.RecordBatch]:
    """Of many rows, an even part, the same at every call."""
    every = -(-total // MOST)
    for batch in batches:
        yield batch if every == 1 else batch.take(pa.array(range(0, batch.num_rows, every)))


def live_names(settings: ModelSettings) -> dict[str | None, str]:
    """The names of live events, by what a reference calls their columns."""
    return {
        settings.time: columns.TIME,
        settings.id: columns.ID,
        settings.prediction: columns.PREDICTION,
        settings.score: columns.SCORE,
        settings.label: columns.LABEL,
    }


def file_key(settings: ModelSettings) -> str:
    """Under which a baseline of the settings' file is kept: a digest of the file and of all that
    shapes the fit, so that a change of either is noticed.

    Errors: UsageError when the file is not there.
    """
    path = Path(str(settings.baseline.file))
    shape = [
        settings.columns, settings.segments, settings.clocks.drift, settings.label,
        settings.prediction, settings.score, settings.time, settings.id, settings.min_effect,
        settings.performance, settings.fairness.fitted,
    ]  # fmt: skip
    shape += [OUTLIERS] if OUTLIERS in settings.without else []  # rows of it are not to be kept
    about = hashlib.sha256(msgspec.json.encode(shape))
    for name in [path, *([Path(settings.schema)] if settings.schema else [])]:
        about.update(digest_of(name))
    return f"file/{about.hexdigest()[:16]}"


def digest_of(path: Path) -> bytes:
    """What tells a file from another one: its content, of a huge one its size and time.

    Errors: StoreError when it cannot be read.
    """
    try:
        if path.is_file() and path.stat().st_size <= HASHED:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()
        found = path.stat()
        return f"{path}/{found.st_size}/{found.st_mtime_ns}".encode()
    except FileNotFoundError:
        return str(path).encode()  # a pattern, or nothing: the fit itself will say
    except OSError as error:
        raise StoreError(f"file {str(path)!r}", "cannot be read", got=error.strerror) from None


def request_key(what: str, start: int, end: int) -> str:
    """Under which an answer to a request is kept, for replays to find the same."""
    return f"for/{what}/{start}/{end}"
