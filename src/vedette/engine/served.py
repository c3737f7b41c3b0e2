"""Tables of what a model said, with labels or without, read as events of a live model are.

Owns: which columns hold what, a baseline of a labelled table, the sums of a table.  Does not own:
grading (`engine.grade`), what is told of the sums (`engine.estimate`).
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import pyarrow as pa

from vedette.core import rows as columns
from vedette.core.errors import SettingsError, UsageError, nearest
from vedette.core.schema import Schema
from vedette.engine.appraise import LEAST
from vedette.engine.batch import Progress, deriving
from vedette.engine.fitting import fit_plainly, labelled_rows, live_names, renamed
from vedette.engine.grade import NOTHING, Performance, added, expected_of, labelled_sums
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.engine.performance_settings import PerformanceSettings
from vedette.engine.settings import Settings
from vedette.ingest.source import Source
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import EXPECTED
from vedette.profiles.profile import WHOLE


def graded_by(
    positive: str | None,
    threshold: float | None,
    costs: Mapping[str, Mapping[str, float]] | None,
    top: Sequence[int],
    quantiles: Sequence[float],
) -> PerformanceSettings:
    """How predictions are graded.  Errors: SettingsError."""
    given = {
        "positive": None if positive is None else str(positive),
        "threshold": threshold, "costs": costs or {}, "top": tuple(top),
        "quantiles": tuple(quantiles),
    }  # fmt: skip
    try:
        return msgspec.convert(given, PerformanceSettings)
    except msgspec.ValidationError as error:
        raise SettingsError("performance", str(error)) from None


def as_live(
    settings: Settings, graded: PerformanceSettings, schema: Schema | None
) -> ModelSettings:
    """The same settings as a live model has them."""
    roles = {role: getattr(settings, role) for role in ("label", "prediction", "score", "time")}
    for role, name in roles.items():
        named = schema.with_role(role) if schema is not None else ()
        if name is None and named:
            roles[role] = named[0].name
    return ModelSettings(
        min_effect=settings.min_effect, segments=settings.segments, columns=settings.columns,
        id=settings.id, performance=graded, **roles,
    )  # fmt: skip


def fitted(
    source: Source, model: ModelSettings, schema: Schema | None, what: str
) -> tuple[Baseline, pa.Table]:
    """A baseline of a table that has labels, and labelled rows of it."""
    there = source.arrow_schema.names
    label = model.label or columns.LABEL
    where = f"{what} {source.name!r}"
    if label not in there:
        raise UsageError(where, f"has no column of labels, {label!r}", hint=_hint("label", there))
    if not any(_is_said(name, model) for name in there):
        raise UsageError(
            where, "has neither predictions nor scores", hint=_hint("prediction or score", there)
        )
    for name in model.segments:
        if name not in there:
            hint = nearest(name, there) or f"columns are {', '.join(there[:12])}"
            raise UsageError(where, f"has no column {name!r} for segments", hint=hint)
    rows = labelled_rows(source, model)
    if rows is None:
        raise UsageError(where, "has too few labelled rows", want=f"{LEAST} or more")
    return fit_plainly(renamed(source, model), model, _of_events(schema, model)), rows


def sums_of(
    source: Source, baseline: Baseline, model: ModelSettings, progress: Progress
) -> tuple[Performance, int]:
    """What is expected of every row of a table, and what the labels of some say."""
    there = source.arrow_schema.names
    if not any(_is_said(name, model) for name in there):
        raise UsageError(
            f"current {source.name!r}", "has neither predictions nor scores",
            hint=_hint("prediction or score", there),
        )  # fmt: skip
    assert baseline.appraisal is not None
    deriver = deriving(baseline)
    total, done = NOTHING, 0
    for batch in live_rows(source, model):
        rows = deriver.apply(batch)
        total = added(total, expected_of(baseline, [rows]))
        if LABEL in rows.schema.names:
            told = rows.filter(rows.column(LABEL).is_valid())
            total = added(total, labelled_sums(baseline, told, LABEL))
        done += batch.num_rows
        progress(source.name, done, source.rows)
    if (EXPECTED, WHOLE) not in total.graded:
        raise UsageError(f"current {source.name!r}", "has no row that can be graded", got=done)
    return total, done


def live_rows(source: Source, model: ModelSettings) -> Iterator[pa.RecordBatch]:
    """Rows under the names of live events, labels beside them."""
    names = {**live_names(model), (model.label or columns.LABEL): LABEL}
    there = source.arrow_schema.names
    for batch in source.batches(there):
        yield batch.rename_columns([names.get(name, name) for name in batch.schema.names])


def _of_events(schema: Schema | None, model: ModelSettings) -> Schema | None:
    """A schema under the names of live events, which have no label."""
    if schema is None:
        return None
    names = live_names(model)
    fields = [msgspec.structs.replace(f, name=names.get(f.name, f.name)) for f in schema.fields]
    return Schema(tuple(f for f in fields if f.name != columns.LABEL and f.role != "label"))


def _is_said(name: str, model: ModelSettings) -> bool:
    """Whether a column holds what the model says."""
    own = (model.prediction or columns.PREDICTION, model.score or columns.SCORE)
    return name in own or name.startswith(f"{columns.SCORE}.")


def _hint(what: str, there: Sequence[str]) -> str:
    flags = " and ".join(f"{word}=" for word in what.split(" or "))
    close = nearest(what.split(" ")[0], there)
    return close or f"name it: {flags}; columns are {', '.join(there[:12])}"
