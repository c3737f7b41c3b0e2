"""How a model's predictions did lately, in a few numbers.

Owns: the mean loss of the last windows whose labels came, beside the reference's.  Does not own:
metrics and intervals (`engine.performance`), which windows are remembered (`engine.outcomes`).
"""

from collections.abc import Sequence

import msgspec

from vedette.engine.model import ModelState
from vedette.profiles.grading import REALISED
from vedette.profiles.profile import WHOLE
from vedette.sketches.graded import Graded

WINDOWS = 48  # of the drift clock, the newest with labels


class Recently(msgspec.Struct, frozen=True):
    """The mean loss, in [0, 1]: of classes the share of wrong predictions.

    Shapes: `losses` one per window, oldest first; `loss` over all of them, `labels` the rows that
    it rests on; None where nothing is known.
    """

    losses: Sequence[float] = ()
    loss: float | None = None
    labels: int = 0
    reference: float | None = None


def recently(state: ModelState) -> Recently:
    """What the labels of the last windows say."""
    if state.plan is None or state.plan.baseline.appraisal is None:
        return Recently()
    realised = [
        one
        for _, profile in sorted(state.outcomes.windows.items())
        if (one := profile.graded.get((REALISED, WHOLE))) is not None and one.rows > 0
    ][-WINDOWS:]
    before = state.plan.baseline.profile.graded.get((REALISED, WHOLE))
    labels = sum(one.rows for one in realised)
    loss = sum(float(one.moments[0, 1]) for one in realised)
    return Recently(
        [_mean(one) for one in realised],
        loss / labels if labels else None,
        labels,
        None if before is None or not before.rows else _mean(before),
    )


def _mean(graded: Graded) -> float:
    return float(graded.moments[0, 1]) / graded.rows
