"""How well predictions do: with labels, and without, by what a labelled reference says of them.

Owns: grading a reference and another table, and putting their figures side by side.  Does not own:
the auditor (`derive.expected`), the sums (`engine.grade`), metrics (`engine.performance`), the
result (`engine.estimation`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vedette.core.schema import Schema
from vedette.core.words import percent
from vedette.engine.appraise import appraised, grading_of
from vedette.engine.batch import Progress, nothing
from vedette.engine.declared import schema_of
from vedette.engine.estimation import Chosen, Estimation, Figure, Part
from vedette.engine.grade import Performance
from vedette.engine.hurting import harm_of
from vedette.engine.joining import LABEL
from vedette.engine.model_settings import ModelSettings
from vedette.engine.outcomes import scored
from vedette.engine.performance import Judge, judge_of, judge_with
from vedette.engine.performance_settings import PerformanceSettings
from vedette.engine.selective import lacking
from vedette.engine.served import as_live, fitted, graded_by, live_rows, sums_of
from vedette.engine.settings import Settings, make_settings
from vedette.ingest.source import Source, open_source
from vedette.profiles.apart import apart, asked
from vedette.profiles.baseline import Baseline
from vedette.profiles.build import segment_rows
from vedette.profiles.graded_rows import read_labels, read_predictions, realised
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.graded import Graded
from vedette.stats.trust import NEAR, Distance

OUTSIDE = 0.05  # share of rows beyond the reference that is worth a sentence
FEW = 30  # rows of a segment below which it is not told
UNTRUSTED = (
    "the labels that there are disagree with what was estimated of the same rows: the estimate is "
    "not to be trusted"
)


def estimate(
    reference: Any,
    current: Any,
    *,
    schema: Schema | str | Path | None = None,
    positive: str | None = None,
    threshold: float | None = None,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    top: Sequence[int] = (1, 5, 10),
    quantiles: Sequence[float] = (),
    progress: Progress = nothing,
    **settings: Any,
) -> Estimation:
    """Estimate how well a model does on a table whose labels are not known, from a reference whose
    labels are; and say how well it does on the rows that have a label.

    Tables of any kind that `compare` takes.  The reference has a column of labels and one of
    predictions, scores, or both: `label`, `prediction` and `score` name them, and are their names
    where nothing else is given; of several classes `score.<class>`.  Other keywords: `segments`,
    `columns`, `time`, `id` as for `compare`; `positive`, `threshold`, `costs`, `top` and
    `quantiles` as in the settings of a model.

    Assumes that labels depend on the row and its score as they did in the reference: concept drift
    is what an estimate cannot see.
    Errors: UsageError for tables without what is needed, SettingsError for wrong settings.
    Example:
        >>> scores = [0.1, 0.9] * 500
        >>> before = {"score": scores, "label": [0, 1] * 500}
        >>> found = estimate(before, {"score": scores})
        >>> found.metric("accuracy").estimated.value > 0.99, found.metric("accuracy").realised
        (True, None)
    """
    graded = graded_by(positive, threshold, costs, top, quantiles)
    return run(reference, current, make_settings(settings), graded, schema_of(schema), progress)


def performance(
    data: Any,
    *,
    schema: Schema | str | Path | None = None,
    positive: str | None = None,
    threshold: float | None = None,
    costs: Mapping[str, Mapping[str, float]] | None = None,
    top: Sequence[int] = (1, 5, 10),
    quantiles: Sequence[float] = (),
    **settings: Any,
) -> Estimation:
    """Say how well a model did on a labelled table: every metric, with intervals, by segment.

    Keywords as for `estimate`.  Errors: UsageError when there is nothing to grade.
    Example:
        >>> found = performance({"score": [0.2, 0.8] * 200, "label": [0, 1] * 200})
        >>> found.metric("roc_auc").realised.value, found.labels
        (1.0, 400)
    """
    graded = graded_by(positive, threshold, costs, top, quantiles)
    declared = schema_of(schema)
    return measure(open_source(data), as_live(make_settings(settings), graded, declared), declared)


def measure(source: Source, model: ModelSettings, schema: Schema | None) -> Estimation:
    """Grade every labelled row of a table."""
    baseline, rows = fitted(source, model, schema, "table")
    grading = grading_of(baseline, rows, model.performance, model.label)
    total, done = dict[str, Graded](), 0
    for batch in live_rows(source, model):
        done += batch.num_rows
        known = batch.filter(batch.column(LABEL).is_valid())
        labels = read_labels(known.column(LABEL), grading)
        places = segment_rows(known, baseline.segments)
        for segment, sums in realised(
            read_predictions(known, grading), labels, grading, places
        ).items():
            total[segment] = total[segment].merge(sums) if segment in total else sums
    judge = judge_with(grading, model.performance)
    figures = {
        segment: [Figure(m.name, m.better, realised=judge.tell(sums, m)) for m in judge.metrics]
        for segment, sums in total.items()
    }
    parts = [
        Part(segment, sums.rows, sums.rows, figures[segment][0])
        for segment, sums in total.items()
        if segment and sums.rows >= FEW
    ]
    return Estimation(
        grading.task,
        done,
        total[WHOLE].rows if WHOLE in total else 0,
        tuple(one for one in figures.get(WHOLE, ()) if one.realised is not None),
        _weakest(parts),
        names=(source.name, source.name),
    )


def run(
    reference: Any,
    current: Any,
    settings: Settings,
    graded: PerformanceSettings,
    schema: Schema | None = None,
    progress: Progress = nothing,
) -> Estimation:
    """Estimate under settings that are already made: what `estimate` and the command share."""
    model = as_live(settings, graded, schema)
    one, two = open_source(reference), open_source(current)
    baseline, labelled = fitted(one, model, schema, "reference")
    baseline = appraised(baseline, labelled, model)
    total, rows = sums_of(two, baseline, model, progress)
    return _told(baseline, total, rows, graded, (one, two))


def _told(
    baseline: Baseline,
    total: Performance,
    rows: int,
    graded: PerformanceSettings,
    sources: tuple[Source, Source],
) -> Estimation:
    appraisal, judge = baseline.appraisal, judge_of(baseline.appraisal, graded)
    assert appraisal is not None
    assert judge is not None
    far, beyond = _distance(baseline, total)
    tell = _teller(judge, baseline.profile, total, far)
    figures = tuple(tell(one.name, WHOLE) for one in judge.metrics)
    lead = judge.metrics[0].name
    parts = tuple(
        Part(segment, sums.rows, _rows(total, REALISED, segment), tell(lead, segment))
        for (kind, segment), sums in total.graded.items()
        if kind == EXPECTED and segment and sums.rows >= FEW
    )
    labels = _rows(total, REALISED, WHOLE)
    now = replace(
        Profile.zero(baseline.schema.fingerprint, baseline.id),
        graded=total.graded, losses=total.losses,
    )  # fmt: skip
    auditor = appraisal.auditor
    return Estimation(
        judge.grading.task,
        rows,
        labels,
        tuple(one for one in figures if one.estimated or one.realised),
        _weakest(parts),
        Chosen(auditor.kind, dict(auditor.log_loss), auditor.rows),
        harm_of(baseline, now),
        (sources[0].name, sources[1].name),
        baseline.profile.rows,
        tuple(
            filter(
                None,
                (
                    beyond,
                    UNTRUSTED if figures[0].trusted is False else "",
                    _selective(baseline, total),
                ),
            )
        ),
    )


def _selective(baseline: Baseline, now: Performance) -> str:
    """For which scores labels are lacking; "" where none has come, or they lack for none."""
    column = scored(baseline)
    every, told = (now.losses.get((kind, column)) for kind in (EXPECTED, REALISED))
    if every is None or told is None:
        return ""
    return lacking(every.rows[:-1], told.rows[:-1], baseline.binnings[column], column)


def _distance(baseline: Baseline, now: Performance) -> tuple[Distance, str]:
    """How far rows lie from the reference, and a sentence where many lie beyond it."""
    assert baseline.appraisal is not None
    needed = baseline.appraisal.grading.columns
    was, rows = (
        {name: one.rows for (kind, name), one in losses.items() if kind == EXPECTED}
        for losses in (baseline.profile.losses, now.losses)
    )
    each = {
        name: apart(was, rows, {name: binning}, needed) for name, binning in asked(baseline).items()
    }
    if not each:
        return NEAR, ""
    far = Distance(*(max(parts) for parts in zip(*each.values(), strict=True)))
    widest = max(each, key=lambda name: each[name].outside)
    if far.outside <= OUTSIDE:
        return far, ""
    return far, (
        f"{percent(far.outside)} of the rows lie beyond what the reference holds of `{widest}`: "
        "nothing is known of those, so the intervals of estimates are wide"
    )


def _teller(
    judge: Judge, before: Profile, now: Performance, far: Distance
) -> Callable[[str, str], Figure]:
    def tell(name: str, segment: str) -> Figure:
        metric = judge.metric(name)
        assert metric is not None
        real, guess = (now.graded.get((kind, segment)) for kind in (REALISED, EXPECTED))
        same = now.graded.get((LABELLED, segment))
        return Figure(
            metric.name,
            metric.better,
            judge.tell(before.graded.get((REALISED, segment)), metric),
            judge.estimate(guess, metric, far),
            judge.tell(real, metric),
            judge.trusts(real, same, metric, far),
        )

    return tell


def _rows(total: Performance, kind: str, segment: str) -> int:
    sums = total.graded.get((kind, segment))
    return 0 if sums is None else sums.rows


def _weakest(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Segments that lost most first; without a reference the worst first."""

    def key(part: Part) -> float:
        if part.figure.reference is not None:
            return -part.figure.surely_worse
        now = part.figure.realised or part.figure.estimated
        value = float("inf") if now is None else now.value
        return value if part.figure.better == "higher" else -abs(value)

    return tuple(sorted(parts, key=key))
