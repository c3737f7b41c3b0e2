"""What a window's sums say of harm, at the moment of an alarm.

Owns: the change of the estimated, or realised, loss of one profile against the reference.  Does not
own: the verdict's rule and words (`alerts.harm`), causes (`engine.explanation`).
"""

from vedette.alerts.harm import ESTIMATED, REALISED, Harm, tolerated, verdict
from vedette.engine.delays import ENOUGH
from vedette.engine.facts import Moved
from vedette.engine.model import ModelState
from vedette.monitors.estimate import MONITOR as ESTIMATE
from vedette.monitors.loss_reference import harder
from vedette.profiles.apart import apart, asked
from vedette.profiles.baseline import Baseline
from vedette.profiles.grading import EXPECTED
from vedette.profiles.grading import REALISED as TOLD
from vedette.profiles.profile import WHOLE, Profile
from vedette.sketches.graded import Graded
from vedette.stats.intervals import Z95
from vedette.stats.trust import NEAR, Distance

FEW = 30  # rows below which a mean loss says little


def harm_of(
    baseline: Baseline, profile: Profile, *, mature: bool = True, distrust: str = ""
) -> Harm | None:
    """Judge what a profile's predictions lost: by their labels where it has them, else by what is
    expected; None where the profile was not graded.

    `mature` says that the labels that usually come have come: the first ones are no fair share;
    `distrust` why estimates are not to be trusted, "" if they are.
    """
    if baseline.appraisal is None:
        return None
    by_label = mature or _covered(profile)
    for kind, basis in ((TOLD, REALISED), (EXPECTED, ESTIMATED)) if by_label else (
        (EXPECTED, ESTIMATED), (TOLD, REALISED),
    ):  # fmt: skip
        moved = moved_of(baseline, profile, kind)
        if moved is not None:
            noise = baseline.appraisal.auditor.noise.get("loss", 0.0)
            return verdict(
                moved.change,
                moved.low,
                moved.high,
                tolerance=tolerated(moved.before, noise),
                basis=basis,
                outside=far_of(baseline, profile).outside,
                distrust=distrust,
            )
    return None


def doubt_of(state: ModelState) -> str:
    """Why what is estimated without labels is not to be trusted now; "" where nothing speaks
    against it: labels of all rows left it, and that is not over."""
    if state.plan is None:
        return ""
    pairs = zip(state.plan.labels.streams, state.labels.owners, strict=False)
    held = any(owner and one.monitor == ESTIMATE and not one.segment for one, owner in pairs)
    return "labels that came before do not bear such estimates out" if held else ""


def _covered(profile: Profile) -> bool:
    """Whether nearly all predictions have a label."""
    every, told = (profile.graded.get((kind, WHOLE)) for kind in (EXPECTED, TOLD))
    return told is not None and (every is None or told.rows >= ENOUGH * every.rows)


def far_of(baseline: Baseline, profile: Profile) -> Distance:
    """How far rows lie from the reference."""
    if baseline.appraisal is None:
        return NEAR
    was, now = (
        {name: one.rows for (kind, name), one in side.losses.items() if kind == EXPECTED}
        for side in (baseline.profile, profile)
    )
    return apart(was, now, asked(baseline), baseline.appraisal.grading.columns)


def moved_of(baseline: Baseline, profile: Profile, kind: str) -> Moved | None:
    """The mean loss of the reference and of a profile, by labels or as expected.

    Labels may come for some predictions only: their losses are held against what the reference's
    would be on rows that were expected to be as hard.
    """
    one, two = (side.graded.get((kind, WHOLE)) for side in (baseline.profile, profile))
    if one is None or two is None or one.rows < FEW or two.rows < FEW:
        return None
    before, after = (float(side.moments[0, 1]) / side.rows for side in (one, two))
    half = Z95 * (_error2(one) + _error2(two)) ** 0.5
    if kind == TOLD:
        before = min(before * harder(profile.graded, WHOLE), 1.0)
    return Moved(before, after, after - before - half, after - before + half)


def _error2(graded: Graded) -> float:
    """The variance of a mean loss: of realised ones by their spread, of expected ones by what the
    label leaves open, too."""
    mean = float(graded.moments[0, 1]) / graded.rows
    spread = max(float(graded.moments[1, 1]) / graded.rows - mean**2, 0.0)
    return spread / graded.rows
