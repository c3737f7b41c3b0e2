"""Whether a model is still right, as far as it is asked.

Owns: what of a model, metric, segment and stretch is asked for, and the sums that answer it.  Does
not own: adding up (`web.history.performance`), metrics (`engine.performance`), the JSON
(`web.performance_document`), its tables (`web.performance_tables`).
"""

from dataclasses import dataclass

from vedette.core.durations import nanoseconds
from vedette.core.errors import VedetteError, nearest
from vedette.engine.delays import Labelling
from vedette.engine.performance import Judge, judge_of
from vedette.profiles.grading import REALISED
from vedette.profiles.profile import WHOLE
from vedette.sketches.graded import Graded
from vedette.stats.performance.metrics import Metric
from vedette.stats.trust import NEAR, Distance
from vedette.web.answers import Problem
from vedette.web.asked import Asked
from vedette.web.history import performance
from vedette.web.history.past import Past
from vedette.web.history.performance import Step, Sums
from vedette.web.history.span import STEPS, Span, span_of

NOTHING = "The reference has no labels, so nobody knows how good the predictions were."
NO_BASELINE = "There is no baseline yet, so there is nothing to compare with."


@dataclass(frozen=True)
class Performed:
    """How a model did over a stretch, told by one metric in one segment.

    Shapes: `span` in steps of whole windows of the drift clock.
    """

    one: Asked
    judge: Judge
    metric: Metric
    segment: str
    span: Span
    how: Labelling

    @property
    def baseline_id(self) -> str:
        """The baseline that the sums were counted under."""
        baseline = self.one.past.baseline
        return "" if baseline is None else baseline.id

    @property
    def steps(self) -> list[Step]:
        """The sums of every step."""
        return performance.course(self.one.past, self.span, self.segment, self.how)

    @property
    def far(self) -> Distance:
        """How far the rows of the stretch lie from the reference."""
        return performance.distances(self.one.past, self.span)[1]

    def far_at(self, step: Step) -> Distance:
        """How far those of a step do."""
        return performance.distances(self.one.past, self.span)[0].get(step.start, NEAR)

    def trusted(self) -> list[bool | None]:
        """Whether the estimate of every step is to be trusted, by the labels that came by then;
        None before any did."""
        known: bool | None = None
        found = []
        for step in self.steps:
            sums, far = step.sums, self.far_at(step)
            now = self.judge.trusts(sums.realised, sums.labelled, self.metric, far)
            known = known if now is None else now
            found.append(known)
        return found

    def sums(self) -> Sums:
        """The sums of the whole stretch."""
        past = self.one.past
        key = ("performed in all", past.model, past.now, self.baseline_id, *self.span, self.segment)
        return past.memo.get(key, lambda: performance.together(self.steps))

    def mature(self) -> Sums:
        """The same with only those labels that came for steps whose labels have come; all labels
        where no step has."""
        chosen = [step for step in self.steps if step.is_mature and step.sums.labels]
        if not chosen:
            return self.sums()
        told = performance.together(chosen)
        return self.sums()._replace(realised=told.realised, labelled=told.labelled)

    def reference(self, segment: str | None = None) -> Graded | None:
        """What the reference's own labels say."""
        baseline = self.one.past.baseline
        name = self.segment if segment is None else segment
        return None if baseline is None else baseline.profile.graded.get((REALISED, name))


def performed(one: Asked, metric: str | None = None, step: str | None = None) -> Performed | None:
    """What is asked for; None where nothing is known of performance.

    Errors: Problem, 400, for a metric or a step that is none.
    """
    past = one.past
    settings = one.call.service.settings_of(past.model)
    judge = judge_of(past.baseline.appraisal if past.baseline else None, settings.performance)
    if judge is None:
        return None
    names = [known.name for known in judge.metrics]
    chosen = judge.metric(metric or names[0])
    if chosen is None:
        hint = nearest(metric or "", names) or f"there are: {', '.join(names)}"
        raise Problem(400, "wrong_query", f"There is no metric {metric!r:.60}; {hint}", "metric")
    drift = past.widths[2]
    span = _stepped(one.span, step, drift) if step else span_of(one.span.start, one.span.end, drift)
    how = one.call.view().labelling
    return Performed(one, judge, chosen, one.segment or WHOLE, span, how)


def why_unknown(past: Past) -> str:
    """Why nothing is known of performance, and what it takes."""
    if past.baseline is None:
        return NO_BASELINE
    return f"{NOTHING} Send labels for its events, or give a reference with a column of labels."


def _stepped(span: Span, text: str, window: int) -> Span:
    """The stretch in steps of a width that is asked for."""
    try:
        width = nanoseconds(text, "step")
    except VedetteError:
        raise Problem(
            400, "wrong_query", "step is no length of time, like 1h, 1d.", "step"
        ) from None
    if width <= 0 or width % window:
        raise Problem(400, "wrong_query", "step is not a whole number of windows.", "step")
    first = span.start // width * width
    steps = -(-(span.end - first) // width)
    if steps > 10 * STEPS:
        raise Problem(
            400, "wrong_query", f"That makes {steps} steps; {10 * STEPS} are many.", "step"
        )
    return Span(first, first + steps * width, width)
