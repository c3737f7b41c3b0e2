"""Whether scores mean the same in every group: observed over expected positives.

Owns: the ratio of every group beside that of the rest, with its verdict.  Does not own: the
formulas (`stats.fairness.calibration`, `stats.fairness.relative`).

Scores that are off for everyone alike are no matter of fairness: what is judged is whether a group
is off by more than the rest.
With base rates that differ, calibration and equal error rates cannot all hold: which of them
matters is for people to say.
"""

from math import log10
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.core.words import number, times
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import BESIDE, MONITOR
from vedette.engine.audit.measures import Flags
from vedette.engine.audit.numbers import known
from vedette.engine.audit.words import p_words
from vedette.monitors.finding import Finding
from vedette.profiles.groups import Groups
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.paid import paid
from vedette.stats.fairness.relative import Relative, relative
from vedette.stats.fairness.tally import Tally

NAME = "calibration"
NEAR = 0.1  # from 1: closer is within what any use of a score bears


def calibration_of(
    groups: Groups, tally: Tally, shown: Flags, asked: Asked
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows and findings of every group whose scores and labels are known."""
    named = np.arange(len(groups.names))
    own, rest = tally.take(named), tally.take(np.arange(len(groups) - 1)).rest().take(named)
    if not own.scored.sum():
        return [], []
    usable = max(int((own.scored >= asked.enough).sum()), 1)
    usable = 1 if usable == 2 and not tally.scored[-2] else usable
    found = relative(own, rest, sidak(asked.level, usable))
    adjusted = paid(found.p, usable)
    verdicts = _verdicts(found, adjusted, asked)
    rows, findings = [], []
    for place, label in enumerate(groups.labels[: len(named)]):
        told = bool(shown[place]) and own.scored[place] >= asked.minimum
        held = told and rest.scored[place] >= asked.minimum
        verdict = str(verdicts[place])
        p = float(adjusted[place])
        why = _reason(found, place, label, verdict, bool(shown[place]), asked, p)
        n = int(own.scored[place]) if shown[place] else 0
        one = found.own
        figures = {
            "observed": own.happened[place], "expected": own.expected[place],
            "ratio": one.ratio[place], "low": one.low[place], "high": one.high[place],
            "excess": one.excess[place], "z": one.z[place],
        }  # fmt: skip
        beside = {
            "rest": found.other.ratio[place], "relative": found.ratio[place],
            "relative_low": found.low[place], "relative_high": found.high[place],
            "p": found.p[place], "p_adjusted": adjusted[place],
        }  # fmt: skip
        row = {key: known(float(value)) if told else None for key, value in figures.items()}
        row |= {key: known(float(value)) if held else None for key, value in beside.items()}
        about = {"set": groups.key, "group": label, "n": n or None}
        rows.append({**about, **row, "verdict": verdict, "reason": why})
        findings.append(
            Finding(
                monitor=MONITOR, component=NAME, column=groups.key, segment=label,
                observed=row["ratio"], expected=row["rest"], effect=row["relative"],
                unit="ratio", low=row["relative_low"], high=row["relative_high"],
                magnitude=abs(float(np.log(row["relative"]))) if row["relative"] else 0.0,
                p=row["p"], p_adjusted=row["p_adjusted"],
                evidence=-log10(max(float(adjusted[place]), 1e-300)) if held else 0.0,
                n_window=n, n_baseline=int(rest.scored[place]) if shown[place] else 0,
                min_effect=asked.ratio, verdict=verdict, reason=why,
            )
        )  # fmt: skip
    return rows, findings


def _verdicts(found: Relative, adjusted: NDArray[np.float64], asked: Asked) -> NDArray[np.str_]:
    """Alarming beyond the ratio's limit as a whole; notable where surely off by a tenth."""
    with np.errstate(invalid="ignore"):
        beyond = (found.high < asked.ratio) | (found.low > 1 / asked.ratio)
        off = (np.abs(found.ratio - 1) >= NEAR) & (adjusted <= 1 - asked.level)
        blind = (found.low < asked.ratio) & (found.high > 1 / asked.ratio)
        least = np.minimum(found.own.n, found.other.n)
        few = (least < asked.enough) | ~np.isfinite(found.ratio)
    return np.select(
        [few, beyond, off, blind], ["unknown", "alarming", "notable", "unknown"], "calm"
    )


def _reason(
    found: Relative,
    place: int,
    label: str,
    verdict: str,
    shown: bool,
    asked: Asked,
    paid_for: float,
) -> str:
    asks = f"cannot tell whether the scores of `{label}` mean what those of the rest do"
    if min(found.own.n[place], found.other.n[place]) < asked.enough:
        return f"{asks}: fewer than {asked.enough} labelled rows with a score"
    if not shown:
        return f"the scores of `{label}` are {verdict} beside those of the rest; {BESIDE}"
    low, ratio, high = (float(part[place]) for part in (found.low, found.ratio, found.high))
    if verdict == "unknown":
        return f"{asks}: too few rows ({times(low)} to {times(high)} times)"
    told = (
        f"`{label}` turned out positive {times(float(found.own.ratio[place]))} times as often "
        f"as its scores said, the rest {times(float(found.other.ratio[place]))} times: "
        f"{times(ratio)} times that ({times(low)} to {times(high)}; {p_words(paid_for)})"
    )
    limit = asked.ratio if ratio < 1 else 1 / asked.ratio
    ends = {
        "alarming": f", beyond the limit of {number(limit, 3)}",
        "notable": f", within the limit of {number(limit, 3)}, but surely not the same",
    }
    return told + ends.get(verdict, "")
