"""Whether groups lie further apart than they did in a reference.

Owns: the difference of differences of every rate, its verdict.  Does not own: the formula
(`stats.fairness.change`), rates (`engine.audit.rates`).
"""

from math import log10
from typing import Any

import numpy as np

from vedette.core.rates import RATES
from vedette.core.words import points
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.found import BESIDE, MONITOR, SINCE, flags_of
from vedette.engine.audit.measures import Flags
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import CONTEXT, REST, TWINS, Rated
from vedette.engine.audit.words import more_rows, p_words
from vedette.monitors.finding import Finding
from vedette.stats.fairness.change import Changed, Sight, change, sight
from vedette.stats.fairness.compare import Compared, compare
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.paid import paid
from vedette.stats.fairness.verdict import BLIND


def change_of(
    now: Rated, then: Rated, shown: Flags, shown_then: Flags, asked: Asked
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Rows and findings: how every gap to the rest moved.

    Shapes: both are rated under the same groups; what only one can tell is left out.
    """
    flags, flags_then = flags_of(now, shown), flags_of(then, shown_then)
    both = [one.name for one in now.metrics if one in then.metrics]
    told_rows, findings = [], []
    present, past = (next(b for b in r.beside if b.against == REST) for r in (now, then))
    level = sidak(asked.level, max(present.comparisons, past.comparisons))
    for name in both:
        at, was = (
            next(i for i, one in enumerate(r.metrics) if one.name == name) for r in (now, then)
        )
        one, two = _again(present.compared, at, level), _again(past.compared, was, level)
        found = change(one, two)
        far = sight(one, two, asked.gap)
        for place, label in enumerate(now.labels):
            seen = bool(flags[at, place] and flags_then[was, place])
            fell = present.refused[at, place] or past.refused[was, place]
            refused = (present.why_refused or past.why_refused) if fell else ""
            rows = min(one.n[place], two.n[place])
            verdict = "unknown"
            if rows >= asked.enough and not refused:
                verdict = _verdict(found, far, one, two, place, present.comparisons, asked)
            others = min(one.other_n[place], two.other_n[place])
            told = seen and min(rows, others) >= asked.minimum and not refused
            why = _reason(
                found, far, one, two, place, RATES[name], label, verdict, seen, refused, asked
            )
            figures = {
                "then": two.difference, "now": one.difference, "change": found.change,
                "low": found.low, "high": found.high, "ratio_change": found.ratio,
                "ratio_low": found.ratio_low, "ratio_high": found.ratio_high, "p": found.p,
            }  # fmt: skip
            row = {key: known(part[place]) if told else None for key, part in figures.items()}
            about = {
                "set": now.groups.key, "group": label, "metric": name,
                "n": int(one.n[place]) if told else None,
                "n_then": int(two.n[place]) if told else None,
            }  # fmt: skip
            row["rows_needed"] = known(far.needed[place]) if told else None
            context = name in CONTEXT
            told_rows.append(
                {**about, **row, "verdict": "context" if context else verdict, "reason": why}
            )
            if not context and name not in TWINS:
                findings.append(_finding(about, row, verdict, why, present.comparisons, asked))
    return told_rows, findings


def _again(found: Compared, at: int, level: float) -> Compared:
    """One metric again, at the level that all groups share."""
    return compare(found.k[at], found.n[at], found.other_k[at], found.other_n[at], level)


def _verdict(
    found: Changed,
    far: Sight,
    one: Compared,
    two: Compared,
    place: int,
    groups: int,
    asked: Asked,
) -> str:
    """Alarming where the gap surely widened by more than the limit; unknown where a change as large
    as the limit would have been missed more often than not."""
    low, high, moved = (float(part[place]) for part in (found.low, found.high, found.change))
    if not np.isfinite(moved):
        return "unknown"
    wider = abs(float(one.difference[place])) > abs(float(two.difference[place]))
    if wider and (low > asked.gap or high < -asked.gap):
        return "alarming"
    if wider and abs(moved) > asked.gap and paid(found.p[place], groups) <= 1 - asked.level:
        return "notable"
    return "calm" if far.power[place] >= BLIND else "unknown"


def _reason(
    found: Changed,
    far: Sight,
    one: Compared,
    two: Compared,
    place: int,
    name: str,
    label: str,
    verdict: str,
    seen: bool,
    refused: str,
    asked: Asked,
) -> str:
    what = f"the gap of `{label}` to the rest in the {name}"
    if refused:
        return f"{what} {refused}"
    if min(one.n[place], two.n[place]) < asked.enough:
        return f"cannot tell whether {what} changed: fewer than {asked.enough} rows count"
    if not seen:
        return f"{what} is {verdict}; {BESIDE}"
    said = (
        f"{what} went from {points(float(two.difference[place]))} to "
        f"{points(float(one.difference[place]))} points, a change of "
        f"{points(float(found.change[place]))} ({points(float(found.low[place]))} to "
        f"{points(float(found.high[place]))})"
    )
    limit = f"{points(asked.gap)} points"
    more = more_rows("rows", one.n[place], far.needed[place], None)
    if not np.isfinite(far.needed[place]):
        more = "the reference has too few rows"
    ends = {
        "alarming": f"wider by more than the limit of {limit}",
        "notable": f"wider beyond chance ({p_words(found.p[place])}), though perhaps not by more "
        f"than {limit}",
        "calm": f"not wider by more than {limit}, as far as can be told",
        "unknown": f"cannot tell whether wider by more than {limit}; {more}",
    }
    return f"{said}: {ends[verdict]}"


def _finding(
    about: dict[str, Any],
    row: dict[str, Any],
    verdict: str,
    why: str,
    groups: int,
    asked: Asked,
) -> Finding:
    p = row["p"]
    adjusted = None if p is None else float(paid(p, groups))
    return Finding(
        monitor=MONITOR, component=about["metric"], column=about["set"], segment=about["group"],
        category=SINCE, observed=row["now"], expected=row["then"], effect=row["change"],
        unit="share", low=row["low"], high=row["high"], magnitude=abs(row["change"] or 0.0), p=p,
        p_adjusted=adjusted, evidence=0.0 if adjusted is None else -log10(max(adjusted, 1e-300)),
        n_window=about["n"] or 0, n_baseline=about["n_then"] or 0, min_effect=asked.gap,
        verdict=verdict, reason=why,
    )  # fmt: skip
