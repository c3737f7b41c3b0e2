"""How good the predictions were, step by step and over a whole stretch, from the sums kept of it.

Owns: which windows are added up, which of them wait for labels, in words.  Does not own: metrics
(`engine.performance`), keeping sums (`engine.kept_performance`), drawing.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from vedette.core.durations import roughly
from vedette.core.words import percent
from vedette.engine.delays import Labelling, matured
from vedette.engine.kept_performance import KIND, LOSSES, prefix_of
from vedette.profiles.codec_sums import added_graded, added_losses, rows_graded
from vedette.profiles.grading import EXPECTED, LABELLED, REALISED
from vedette.profiles.profile import WHOLE
from vedette.sketches.graded import Graded
from vedette.sketches.losses import Losses
from vedette.stores.store import Entry
from vedette.web.history.past import MOST, Past
from vedette.web.history.span import Span


class Sums(NamedTuple):
    """Graded rows of one stretch and segment; None where there are none."""

    realised: Graded | None = None
    expected: Graded | None = None
    labelled: Graded | None = None

    @property
    def labels(self) -> int:
        """Rows whose label came."""
        return 0 if self.realised is None else self.realised.rows

    @property
    def predictions(self) -> int:
        """Rows that can be graded; a label can come for no others."""
        return max(self.labels, 0 if self.expected is None else self.expected.rows)


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
    assert past.baseline is not None
    binning, width = past.baseline.id, past.width("drift")
    entries = _entries(past, span, prefix_of(segment))
    sizes = {e.time: _sizes(e, binning) for e in _of_all(past, span, segment, entries)}
    usual = _usual(sizes, past.now, width, how)
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        found.setdefault(int(span.at([entry.time])[0]), []).append(entry)
    steps = []
    for at, own in sorted(found.items()):
        sums = _sums(added_graded([e.body for e in own], binning))
        if not 0 <= at < span.steps or not sums.predictions:
            continue
        counted = [(e.time, *sizes.get(e.time, (0, 0))) for e in own]
        waiting = sum(
            not matured(how, past.now - t - width, rows, labels, usual, width)
            for t, rows, labels in counted
            if rows
        )
        wanted = usual * sum(rows for _, rows, _ in counted)
        came = sum(labels for _, _, labels in counted)
        come = min(came / wanted, 1.0) if wanted else 0.0
        steps.append(Step(span.starts[at], sums, len(own), waiting, come))
    return steps


def whole(past: Past, span: Span, segment: str = WHOLE) -> Sums:
    """The sums of a whole stretch."""
    if past.baseline is None:
        return Sums()
    bodies = [entry.body for entry in _entries(past, span, prefix_of(segment))]
    return _sums(added_graded(bodies, past.baseline.id))


def by_segment(past: Past, span: Span) -> Mapping[str, Sums]:
    """The same of every segment: by labels and by what had been expected of the same rows, and of
    all rows by what is expected where no label came."""
    if past.baseline is None or past.baseline.appraisal is None:
        return {}
    key = ("performed by segment", past.model, past.now, past.baseline.id, *span)
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


def come_in_words(step: Step, how: Labelling) -> str:
    """How immature a step is, "" where its labels have come.

    Example:
        >>> come_in_words(Step(0, Sums(), 4, 3, 0.25), Labelling(10, 0, 60 * 10**9))
        '25 % of the labels that usually come have come, the rest within 1 minute'
    """
    if step.is_mature:
        return ""
    said = f"{percent(step.come)} of the labels that usually come have come"
    return f"{said}, the rest within {roughly(how.most)}" if how.labels else said


def _of_all(past: Past, span: Span, segment: str, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Whether a window waits for labels is judged by all of its rows."""
    return entries if segment == WHOLE else _entries(past, span, prefix_of(WHOLE))


def _entries(past: Past, span: Span, prefix: str) -> list[Entry]:
    return past.store.read(KIND, past.model, span.start, span.end, prefix=prefix, limit=MOST)


def _sizes(entry: Entry, binning: str) -> tuple[int, int]:
    """How many predictions of a window can be graded, and how many labels came."""
    rows = rows_graded(entry.body, binning)
    labels = rows.get((REALISED, WHOLE), 0)
    return max(labels, rows.get((EXPECTED, WHOLE), 0)), labels


def _usual(sizes: Mapping[int, tuple[int, int]], now: int, width: int, how: Labelling) -> float:
    """The share of predictions that end up with a label: the median of windows old enough."""
    old = [
        labels / rows
        for start, (rows, labels) in sizes.items()
        if rows and now - start - width >= how.settled
    ]
    return float(np.median(old)) if old and how.labels else 1.0


def _sums(found: Mapping[tuple[str, str], Graded]) -> Sums:
    kinds = {kind: one for (kind, _), one in found.items()}
    return Sums(kinds.get(REALISED), kinds.get(EXPECTED), kinds.get(LABELLED))
