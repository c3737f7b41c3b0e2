"""What an explanation needs, gathered from what is kept and from the log.

Owns: which windows and rows speak of an incident.  Does not own: the explanation
(`engine.explanation`), the statistics.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol
from zlib import crc32

import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from vedette.alerts.grouping import is_about_groups
from vedette.alerts.harm import of_groups
from vedette.alerts.incident import Incident
from vedette.core import rows as columns
from vedette.core.words import number, percent
from vedette.derive.expected import outlook
from vedette.engine.appraise import arriving
from vedette.engine.causes import explained_until
from vedette.engine.explained import Explanation
from vedette.engine.explanation import explain
from vedette.engine.facts import Facts, Pair
from vedette.engine.hurting import doubt_of, far_of, moved_of
from vedette.engine.joining import LABEL
from vedette.engine.kept_performance import KIND, LOSSES, prefix_of
from vedette.engine.model import ModelState
from vedette.engine.outcomes import sizes
from vedette.engine.plan import Plan
from vedette.monitors.loss_reference import harder
from vedette.profiles.codec import unpack
from vedette.profiles.codes import code_count, codes_of, is_ordered
from vedette.profiles.columns import column_or_absent
from vedette.profiles.graded_rows import expected_loss, read_labels, read_predictions, row_loss
from vedette.profiles.grading import EXPECTED, REALISED
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.losses import Losses
from vedette.stats.weakest import Segment, weakest
from vedette.stores.columns import united
from vedette.stores.store import EVENTS, OUTCOMES, Entry, EventLog

MOST = 20_000  # rows in which segments are searched, about
UNEVEN = 0.05  # from which the labelled rows are told to be harder, or easier, than all
LEAST = 200  # labelled rows below which none are


class Reading(Protocol):
    """What is kept of a model, written or waiting."""

    def read(
        self, kind: str, model: str, start: int | None = None, end: int | None = None, *,
        prefix: str = "",
    ) -> list[Entry]: ...  # fmt: skip


class Coded(NamedTuple):
    """Labelled rows by the bins of their columns.  Shapes: codes[n, C], loss and expected [n]."""

    codes: NDArray[Any]
    loss: NDArray[np.float64]
    expected: NDArray[np.float64]


def explain_incident(
    log: EventLog, kept: Reading, state: ModelState, incident: Incident, through: int
) -> Explanation:
    """Explain an incident from its onset to its end, or to a week of windows after it was opened,
    with the labels that are known.

    `through` is the position of the log up to which the model has taken it in.
    """
    assert state.plan is not None
    plan, width = state.plan, state.plan.drift.width
    start = incident.onset // width * width
    end = min(max(state.drift.closed, incident.opened), explained_until(incident, width))
    now = performance(kept, state, start, end, under_way=incident.closed is None)
    # The first labels of a window are no fair share of them: good news may travel faster.
    ripe = min(end, state.labels.closed) if plan.labels.monitors else end
    told = performance(kept, state, start, max(ripe, start), under_way=False)
    appraisal = plan.baseline.appraisal
    if appraisal is None:
        return explain(Facts(plan.baseline.binnings))
    rows = now.graded[EXPECTED, WHOLE].rows if (EXPECTED, WHOLE) in now.graded else 0
    segments, why = _segments(log, state, (start, max(ripe, start)), through, -(-rows // MOST))
    drifting = [column for _, column, _ in incident.streams if column in plan.baseline.binnings]
    found = explain(
        Facts(
            plan.baseline.binnings,
            realised=_pairs(plan, told, REALISED),
            estimated=_pairs(plan, now, EXPECTED),
            sample=appraisal.sample,
            drifting=tuple(dict.fromkeys(drifting)),
            segments=segments,
            unsearched=why,
            moved_realised=moved_of(plan.baseline, told, REALISED),
            moved_estimated=moved_of(plan.baseline, now, EXPECTED),
            noise=appraisal.auditor.noise.get("loss", 0.0),
            outside=far_of(plan.baseline, now).outside,
            distrust=doubt_of(state),
        )
    )
    judged = of_groups(found.harm) if is_about_groups(incident) else found.harm
    if judged.verdict != found.harm.verdict:
        found = replace(found, harm=judged, statement=judged.statement)
    if found.basis == REALISED:
        found = replace(found, assumptions=(*found.assumptions, *_as_hard(told, found)))
    rows, labels = sizes(now)
    return replace(found, start=start, end=end, rows=rows, labels=labels)


def _as_hard(told: Profile, found: Explanation) -> list[str]:
    """That the labelled rows are not like the others, where they are not."""
    times = harder(told.graded, WHOLE)
    if abs(times - 1) < UNEVEN or found.before is None:
        return []
    way = "harder" if times > 1 else "easier"
    return [
        f"that labels came for {way} rows than the others: rows like these would have lost "
        f"{percent(found.before)} in the reference, {number(times, 2)} times what all of it did"
    ]


def performance(
    kept: Reading, state: ModelState, start: int, end: int, *, under_way: bool
) -> Profile:
    """How the predictions of a stretch of time did, with the windows `under_way` if asked for."""
    assert state.plan is not None
    baseline = state.plan.baseline
    total = Profile.zero(baseline.schema.fingerprint, baseline.id)
    found = [
        unpack(entry.body)
        for prefix in (prefix_of(WHOLE), LOSSES)
        for entry in kept.read(KIND, state.name, start, end, prefix=prefix)
    ]
    if under_way:
        found += [p.performance for at, p in state.drift.open.items() if start <= at]
    for profile in found:
        if profile.binning_id == baseline.id:
            total = total.merge(profile)
    return total


def inputs_of(plan: Plan) -> list[str]:
    """The columns that may be causes: what a model says is a consequence."""
    said = {f.name for f in plan.baseline.schema.fields if f.role in ("prediction", "score")}
    return [name for name in plan.baseline.binnings if name not in said]


def _pairs(plan: Plan, now: Profile, kind: str) -> dict[str, Pair]:
    """Of every input the reference's sums and those of now; none of labels that have not come."""
    before = plan.baseline.profile.losses
    found: dict[str, Pair] = {}
    for column in inputs_of(plan):
        was, own = before.get((kind, column)), now.losses.get((kind, column))
        if was is not None and own is None and kind == REALISED:
            own = Losses.zero(len(was.rows))
        if was is not None and own is not None:
            found[column] = was, own
    return found


def _segments(
    log: EventLog, state: ModelState, span: tuple[int, int], through: int, every: int
) -> tuple[Sequence[Segment] | None, str]:
    """The segments that suffer most, or why none were searched."""
    assert state.plan is not None
    coded = _coded(log, state, span, through, every)
    if len(coded.loss) < LEAST:
        known = len(coded.loss)
        return None, f"only {known} rows of that time have a label" if known else (
            "no row of that time has a label yet"
        )
    names, binnings = inputs_of(state.plan), state.plan.baseline.binnings
    ordered = [is_ordered(binnings[name]) for name in names]
    reference = _reference(state.plan, names)
    widths = [code_count(binnings[name]) for name in names]
    found = weakest(
        coded.codes, coded.loss, names, ordered, coded.expected, reference, widths=widths
    )
    return found, ""


def _reference(plan: Plan, names: Sequence[str]) -> Coded | None:
    """The reference's own rows over these columns, where their losses are known."""
    appraisal = plan.baseline.appraisal
    sample = None if appraisal is None else appraisal.sample
    if sample is None or not set(names) <= set(sample.columns):
        return None
    known = np.isfinite(sample.loss) & np.isfinite(sample.expected)
    codes = sample.chosen(names)[known]
    return Coded(codes, sample.loss[known], sample.expected[known])


def _coded(
    log: EventLog, state: ModelState, span: tuple[int, int], through: int, every: int
) -> Coded:
    """The labelled rows of a stretch of time, of many an even part, coded."""
    assert state.plan is not None
    baseline = state.plan.baseline
    assert baseline.appraisal is not None
    grading, auditor = baseline.appraisal.grading, baseline.appraisal.auditor
    names = inputs_of(state.plan)
    table = _labelled(log, state, span, through, every)
    if table is None:
        return Coded(np.zeros((0, len(names)), np.intp), np.zeros(0), np.zeros(0))
    rows = state.plan.deriver.apply(table.combine_chunks().to_batches()[0])
    predictions = read_predictions(rows, grading)
    loss = row_loss(predictions, read_labels(rows.column(LABEL), grading), grading)
    ahead = expected_loss(predictions, outlook(rows, auditor, grading), grading)
    usable = np.isfinite(loss) & np.isfinite(ahead)
    codes = [codes_of(column_or_absent(rows, n), baseline.binnings[n]) for n in names]
    return Coded(np.stack(codes, axis=1)[usable], loss[usable], ahead[usable])


def _labelled(
    log: EventLog, state: ModelState, span: tuple[int, int], through: int, every: int
) -> pa.Table | None:
    """Rows served in a stretch of time that have a label, with it; of every so-many-th id.

    What the log holds beyond `through` is scanned too, but not found: which rows are chosen must
    not depend on it.
    """
    assert state.plan is not None
    ids = sorted(
        name
        for batch in log.scan(state.name, *span, [columns.ID])
        for name in batch.column(columns.ID).to_pylist()
        if every <= 1 or crc32(name.encode()) % every == 0
    )
    wanted = pa.array(ids, pa.string())
    labels: dict[str, object] = {}
    found = log.find(state.name, wanted, [columns.ID, columns.LABEL], OUTCOMES, through)
    for _, batch in found:
        names, values = (batch.column(n).to_pylist() for n in (columns.ID, columns.LABEL))
        labels.update(zip(names, values, strict=True))
    known = [name for name in dict.fromkeys(ids) if labels.get(name) is not None]
    if not known:
        return None
    chosen = [columns.ID, columns.TIME, *arriving(state.plan.baseline)]
    tables = [
        pa.Table.from_batches([_with_label(batch, labels)])
        for batch in _found(log, state.name, pa.array(known, pa.string()), chosen, through)
    ]
    return united(tables).sort_by(columns.ID) if tables else None


def _found(
    log: EventLog, model: str, ids: pa.Array, chosen: list[str], through: int
) -> Iterator[pa.RecordBatch]:
    names = [columns.ID, columns.TIME, *(n for n in chosen if not n.startswith("_"))]
    for _, batch in log.find(model, ids, list(dict.fromkeys(names)), EVENTS, through):
        yield batch


def _with_label(batch: pa.RecordBatch, labels: dict[str, object]) -> pa.RecordBatch:
    said = [labels[name] for name in batch.column(columns.ID).to_pylist()]
    try:
        told = pa.array(said)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        told = pa.array([str(one) for one in said])
    return batch.append_column(LABEL, told)
