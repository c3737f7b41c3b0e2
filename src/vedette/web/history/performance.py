"""How good the predictions were, step by step and over a whole stretch, from the sums kept of it.

Owns: which windows are added up, which of them wait for labels, in words.  Does not own: metrics
(`engine.performance`), keeping sums (`engine.kept_performance`), drawing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import roughly
from vedette.core.words import percent
from vedette.engine.delays import Labelling, matured
from vedette.engine.kept_performance import KIND, LOSSES, prefix_of
from vedette.engine.strips import WIDE
from vedette.profiles.apart import apart, asked
from vedette.profiles.codec_sums import PackedGraded, added_graded, added_losses, graded_parts
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED
from vedette.profiles.profile import WHOLE
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses
from vedette.stats.trust import NEAR, Distance
from vedette.stores.store import Entry
from vedette.web.history.past import MOST, Past
from vedette.web.history.span import Span


class Sums(NamedTuple):
    """Graded rows of one stretch and segment; None where there are none.

    Units: `predictions` are rows that can be graded (a label can come for no others), `labels`
    those of them whose label came.
    """

    realised: Graded | None = None
    expected: Graded | None = None
    labelled: Graded | None = None
    predictions: int = 0
    labels: int = 0


class Step(NamedTuple):
    """The sums of a step of time, and how many of its windows wait for labels.

    Units: UTC nanoseconds; `come` is the share of the labels that usually come, in [0, 1].
    """

    start: int
    sums: Sums
    windows: int
    waiting: int
    come: float

    @property
    def is_mature(self) -> bool:
        """Whether its labels have come, as far as they usually do."""
        return not self.waiting


def course(past: Past, span: Span, segment: str, how: Labelling) -> list[Step]:
    """The sums of every step that has any, oldest first."""
    if past.baseline is None or past.baseline.appraisal is None:
        return []
    key = ("performed", past.model, past.now, past.baseline.id, *span, segment, how)
    return past.memo.get(key, lambda: _course(past, span, segment, how))


def _course(past: Past, span: Span, segment: str, how: Labelling) -> list[Step]:
    windows, width = _windows(past, span, segment), past.width("drift")
    # Whether a window waits for labels is judged by all of its rows.
    ruling = windows if segment == WHOLE else _windows(past, span, WHOLE)
    sizes = {start: _size(parts) for start, parts in ruling.items()}
    usual = 1.0 if how.usual is None else how.usual
    found: dict[int, list[int]] = {}
    for start in windows:
        found.setdefault(int(span.at([start])[0]), []).append(start)
    steps = []
    for at, own in sorted(found.items()):
        sums = _sums([windows[start] for start in own])
        if not 0 <= at < span.steps or not sums.predictions:
            continue
        waiting, wanted, came = 0, 0.0, 0
        for start in own:
            rows, labels = sizes.get(start, (0, 0))
            waiting += not matured(how, past.now - start - width, rows, labels, usual, width)
            wanted, came = wanted + usual * rows, came + labels
        come = min(came / wanted, 1.0) if wanted else 0.0
        steps.append(Step(span.starts[at], sums, len(own), waiting, come))
    return steps


def together(steps: Sequence[Step]) -> Sums:
    """The sums of several steps."""
    parts = [step.sums for step in steps]
    return Sums(
        _merged([one.realised for one in parts]),
        _merged([one.expected for one in parts]),
        _merged([one.labelled for one in parts]),
        sum(one.predictions for one in parts),
        sum(one.labels for one in parts),
    )


def _merged(parts: Sequence[Graded | None]) -> Graded | None:
    total: Graded | None = None
    for part in parts:
        if part is not None:
            total = part if total is None else total.merge(part)
    return total


def whole(past: Past, span: Span, segment: str = WHOLE) -> Sums:
    """The sums of a whole stretch."""
    return _sums(list(_windows(past, span, segment).values()))


def by_segment(past: Past, span: Span) -> Mapping[str, Sums]:
    """The same of every segment: by labels and by what had been expected of the same rows, and of
    all rows by what is expected where no label came."""
    if past.baseline is None or past.baseline.appraisal is None:
        return {}
    columns = tuple(past.baseline.segments)  # not every caller may see all
    key = ("performed by segment", past.model, past.now, past.baseline.id, columns, *span)
    return past.memo.get(key, lambda: _by_segment(past, span))


def _by_segment(past: Past, span: Span) -> Mapping[str, Sums]:
    assert past.baseline is not None
    names = [f"{c}={n}" for c, known in past.baseline.segments.items() for n in known]
    return {name: found for name in names if (found := whole(past, span, name)).predictions}


def losses(past: Past, span: Span, column: str) -> Mapping[str, Losses]:
    """The losses of a column by bin over a stretch, by kind."""
    if past.baseline is None:
        return {}
    bodies = [entry.body for entry in _entries(past, span, LOSSES)]
    found = added_losses(bodies, past.baseline.id, (column,))
    return {kind: one for (kind, _), one in found.items()}


def distances(past: Past, span: Span) -> tuple[Mapping[int, Distance], Distance]:
    """How far the rows of every step lie from the reference, by its start, and those of the whole
    stretch.

    Of a wide model nothing is said: its columns are too many to be read for that.
    """
    if past.baseline is None or len(past.baseline.binnings) > WIDE:
        return {}, NEAR
    key = ("distances", past.model, past.now, past.baseline.id, *span)
    return past.memo.get(key, lambda: _distances(past, span))


def _distances(past: Past, span: Span) -> tuple[Mapping[int, Distance], Distance]:
    assert past.baseline is not None
    baseline, appraisal = past.baseline, past.baseline.appraisal
    read, needed = asked(baseline), () if appraisal is None else appraisal.grading.columns
    was = {c: one.rows for (kind, c), one in baseline.profile.losses.items() if kind == EXPECTED}
    bodies: dict[int, list[bytes]] = {}
    for entry in _entries(past, span, LOSSES):
        bodies.setdefault(int(span.at([entry.time])[0]), []).append(entry.body)
    found, total = {}, dict[str, NDArray[np.int64]]()
    for at, own in sorted(bodies.items()):
        sums = added_losses(own, baseline.id, kind=EXPECTED)
        now = {column: one.rows for (_, column), one in sums.items()}
        if 0 <= at < span.steps and now:
            found[span.starts[at]] = apart(was, now, read, needed)
        for column, rows in now.items():
            total[column] = total[column] + rows if column in total else rows
    return found, apart(was, total, read, needed)


def come_in_words(step: Step, how: Labelling) -> str:
    """How immature a step is, "" where its labels have come.

    Example:
        >>> how = Labelling(labels=10, most=180 * 10**9, usual=0.9)
        >>> come_in_words(Step(0, Sums(), 4, 3, 0.25), how)[:50]
        '25 % of the labels that usually come have come, ni'
    """
    if step.is_mature:
        return ""
    if how.usual is None:
        return "labels are under way; how many will come is not known yet"
    said = f"{percent(step.come)} of the labels that usually come have come"
    return f"{said}, nine in ten within {roughly(how.most)} of their event"


def _entries(past: Past, span: Span, prefix: str) -> list[Entry]:
    return past.store.read(KIND, past.model, span.start, span.end, prefix=prefix, limit=MOST)


def _windows(past: Past, span: Span, segment: str) -> dict[int, list[PackedGraded]]:
    """The sums of every window, as they are packed, by its start."""
    if past.baseline is None:
        return {}
    binning = past.baseline.id
    found = {
        e.time: graded_parts(e.body, binning) for e in _entries(past, span, prefix_of(segment))
    }
    return {start: parts for start, parts in found.items() if parts}


def _size(parts: Sequence[PackedGraded]) -> tuple[int, int]:
    """How many predictions of a window can be graded, and how many labels came."""
    rows = {part.kind: part.rows for part in parts}
    labels = rows.get(REALISED, 0)
    return max(labels, rows.get(EXPECTED, 0)), labels


def _sums(windows: Sequence[Sequence[PackedGraded]]) -> Sums:
    found = added_graded(part for parts in windows for part in parts)
    kinds = {kind: one for (kind, _), one in found.items()}
    sizes = [_size(parts) for parts in windows]
    predictions, labels = (sum(each) for each in zip(*sizes, strict=True)) if sizes else (0, 0)
    return Sums(kinds.get(REALISED), kinds.get(EXPECTED), kinds.get(LABELLED), predictions, labels)
