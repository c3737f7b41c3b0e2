"""What is said of a service-level objective.

Owns: the finding of one objective: the sentence, sizes, how much it matters.  Does not own:
evidence (`monitors.objectives`).
"""

from math import isnan, log10
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import spell
from vedette.core.words import number, percent
from vedette.monitors.finding import Finding, live_verdict
from vedette.monitors.monitor import Look
from vedette.profiles.objective import Objective
from vedette.stats.burn import PAIRS, Pair

URGENT, SLOW = 1.0, 0.4  # magnitudes: what is used up within hours, and within days
Array = NDArray[np.float64]


class Told(Protocol):
    """What is known of how budgets burn (`monitors.objectives.Burning`)."""

    @property
    def long(self) -> Array: ...
    @property
    def counted(self) -> Array: ...
    @property
    def wrong(self) -> Array: ...
    @property
    def left(self) -> Array: ...
    @property
    def too_fast(self) -> NDArray[np.bool_]: ...


def say(
    one: Objective, pair: Pair, found: Told, at: int, lead: int, look: Look, monitor: str,
    part: float, nothing: bool,
) -> Finding:  # fmt: skip
    """One objective in words, by its leading pair of windows.

    `part` is the share of the evidence that alarms alone; `nothing` says that no event counted.
    """
    if nothing:
        return Finding(
            monitor=monitor, component="burn", column=one.name, window=look.window,
            reason="no event of this window counts for it",
        )  # fmt: skip
    n, x = float(found.counted[at, lead]), float(found.wrong[at, lead])
    share, allowed = x / max(n, 1e-300), one.allowed
    is_fast, verdict = bool(found.too_fast[at, lead]), live_verdict(part)
    least = pair.factor(one.period) * allowed
    return Finding(
        monitor=monitor,
        component="burn",
        column=one.name,
        observed=share,
        expected=allowed,
        effect=share - allowed,
        unit="share",
        magnitude=(SLOW if pair == PAIRS[-1] else URGENT) if is_fast else 0.0,
        evidence=log10(max(float(look.evidence[at]), 1e-30)),
        detectable=least - allowed,
        n_window=round(n),
        verdict=verdict,
        reason=_reason(one, pair, share, float(found.long[at, lead]), float(found.left[at])),
        window=look.window,
    )


def _reason(one: Objective, pair: Pair, share: float, rate: float, left: float) -> str:
    """How many went wrong, what that does to the budget of errors, what is left of it."""
    said = (
        f"objective `{one.name}`: in {spell(pair.long)} {percent(share)} {went_wrong(one)} where"
        f" {percent(one.allowed)} may"
    )
    if rate >= 1:
        said += f", {number(rate, 2)} times as fast as {spell(one.period)} allow"
    if isnan(left):
        return said
    if left <= 0:
        return f"{said}; the budget of errors is used up"
    return f"{said}; {percent(left)} of the budget of errors is left"


def went_wrong(one: Objective) -> str:
    """What an event did that went wrong.

    Example:
        >>> went_wrong(Objective("fast", 0.99, 1, "latency_s", most=0.3))
        'had a `latency_s` above 0.3'
        >>> went_wrong(Objective("up", 0.99, 1, "status", ("500", "503")))
        'had a `status` of 500 or 503'
    """
    if one.of:
        return f"went wrong by `{one.bad or one.share}`"
    if one.most is not None:
        return f"had a `{one.column}` above {number(one.most)}"
    if one.classes:
        return f"had a `{one.column}` of {' or '.join(one.classes)}"
    return f"had a value in `{one.column}`"
