"""One decision over everything compared: two tables in, findings out.

Owns: how the error budget is split over columns and segments, verdicts, what a calm finding would
have noticed.  Does not own: single tests, words.

The columns weigh the same; when segments are compared, all rows get half of a column's weight and
its segments share the other half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import msgspec
import numpy as np

from vedette.core.words import count, number
from vedette.monitors.catalog import COMPONENTS
from vedette.monitors.control import Control
from vedette.monitors.distance import chosen, measure
from vedette.monitors.drift import MONITOR as DRIFT
from vedette.monitors.finding import Finding
from vedette.monitors.pair import Pair
from vedette.monitors.said import Beside
from vedette.monitors.together import Together
from vedette.stats.detectable import detectable, detectable_rate
from vedette.stats.distances import Distance
from vedette.stats.holm import decide
from vedette.stats.rates import rate_tolerance
from vedette.stats.two_sample import Component

POWER = 0.8  # "would have been noticed" means four times in five
SCORES = ("level", "spread", "skew")
CALM: Mapping[str, str] = MappingProxyType(  # "no ... beyond chance"
    {
        "level": "change of level",
        "spread": "change of spread",
        "skew": "change of skew",
        "shape": "other change of shape",
        "category": "change of a frequent category",
        "distance": "change of distribution",
        "missing": "change of missing values",
        "not_finite": "change of NaN or infinite values",
        "broken": "change of values of the wrong type",
        "below": "values below the reference's range",
        "above": "values above the reference's range",
        "range": "values outside the reference's range",
        "unseen": "unseen categories",
        "association": "change of how columns go together",
        "pattern": "change of how columns go together",
    }
)


@dataclass(frozen=True)
class Examined:
    """What was found of every pair.  Shapes: `distances` by (column, segment); `together` counts
    the pairs of columns that go together otherwise."""

    findings: tuple[Finding, ...]
    distances: Mapping[tuple[str, str], Mapping[str, Distance]]
    together: int = 0


@dataclass(frozen=True)
class Tested:
    """A component of a pair, with its share of the whole comparison (the columns' shares sum to
    their number)."""

    pair: Pair
    component: Component
    weight: float
    beside: Beside


def examine(
    pairs: Sequence[Pair],
    control: Control,
    extra: Sequence[Finding] = (),
    beside: Together | None = None,
) -> Examined:
    """Test every component of every pair and decide once over all of them.

    `extra` are findings of another kind that share the budget: each weighs as much as a column;
    their p and p_margin are set.  `beside` are those of how columns go together, with weights of
    their own; only those worth telling become findings.
    """
    p, margin = (np.empty(0), np.empty(0)) if beside is None else (beside.p, beside.margin)
    measured = {(pair.column, pair.segment): measure(pair) for pair in pairs}
    shares = _shares(pairs)
    tested: list[Tested] = []
    silent: list[Finding] = []
    for pair in pairs:
        components = pair.components()
        share = shares[pair.column, pair.segment]
        picked = chosen(pair, measured[pair.column, pair.segment], components)
        known = {c.name: c for c in picked}
        tested += [Tested(pair, c, c.weight * share, known) for c in picked]
        reason = cannot_tell(pair, picked)
        if reason:
            silent.append(_unknown(pair, reason))
    decision = decide(
        [t.component.p for t in tested] + [f.p for f in extra] + p.tolist(),
        [t.component.p_margin for t in tested] + [f.p_margin for f in extra] + margin.tolist(),
        [t.weight for t in tested]
        + [1.0] * len(extra)
        + ([] if beside is None else beside.weights),
        control.alpha,
        control.alpha_margin,
        control.strict,
    )
    verdicts = np.where(
        decision.alarming, "alarming", np.where(decision.notable, "notable", "calm")
    )
    columns = len({pair.column for pair in pairs}) + len(extra)
    findings = [
        _finding(t, str(v), float(p), control, columns)
        for t, v, p in zip(tested, verdicts, decision.adjusted, strict=False)
    ]
    for f, v, adjusted in zip(
        extra, verdicts[len(tested) :], decision.adjusted[len(tested) :], strict=False
    ):
        evidence = _evidence(adjusted)
        findings.append(
            msgspec.structs.replace(
                f, verdict=str(v), p_adjusted=float(adjusted), evidence=evidence
            )
        )
    changed = 0
    if beside is not None:
        own = decision.since(len(tested) + len(extra))
        told, changed = beside.told(own)
        findings += [msgspec.structs.replace(f, reason=_reason(f, f.reason)) for f in told]
    ranked = sorted([*findings, *silent], key=lambda finding: finding.rank)
    return Examined(tuple(ranked), measured, changed)


def cannot_tell(pair: Pair, components: Sequence[Component]) -> str:
    """Why the distribution of a pair cannot be judged; "" when it can."""
    one, two = pair.reference, pair.current
    for cell, side in ((one, "reference"), (two, "current table")):
        if cell.rows == 0:
            return f"the {side} has no row of {pair.title}"
        if cell.usable == 0:
            return f"no row of {pair.title} holds a value in the {side}"
    if one.usable < 2:
        return f"the reference holds a single value of {pair.title}"
    if any(c.name in ("level", "shape", "category", "distance") for c in components):
        return ""
    if _constant(pair):
        only = "only another value would be noticed"
        return f"every reference value of {pair.title} is the same: {only}"
    rows = f"{count(one.usable)} and {count(two.usable)} rows"
    if not pair.is_ordered:
        return f"too few values of {pair.title} in any one category of the reference ({rows})"
    return f"too few values of {pair.title} to judge their distribution ({rows})"


def _constant(pair: Pair) -> bool:
    return int(np.count_nonzero(pair.counts[0])) <= 1


def _shares(pairs: Sequence[Pair]) -> dict[tuple[str, str], float]:
    parts: dict[str, list[str]] = {}
    for pair in pairs:
        parts.setdefault(pair.column, []).append(pair.segment)
    shares = {}
    for column, segments in parts.items():
        few = len(segments) - 1
        for segment in segments:
            shares[column, segment] = 1.0 if few == 0 else 0.5 if segment == "" else 0.5 / few
    return shares


def _unknown(pair: Pair, reason: str) -> Finding:
    return Finding(
        monitor=DRIFT,
        component="level" if pair.is_ordered else "shape",
        column=pair.column,
        segment=pair.segment,
        n_baseline=pair.reference.usable,
        n_window=pair.current.usable,
        min_effect=pair.min_effect,
        verdict="unknown",
        reason=reason,
    )


def _finding(t: Tested, verdict: str, adjusted: float, control: Control, columns: int) -> Finding:
    pair, c = t.pair, t.component
    monitor, speak = COMPONENTS[c.name]
    said = speak(pair, c, t.beside)
    whole = c.name in ("missing", "not_finite", "broken")
    matters = pair.rate_effect if said.unit == "share" else pair.min_effect
    # What the reference never showed was still to be expected now and then.
    shift = (said.expected or 0.0) - c.expected if said.unit == "share" else 0.0
    finding = Finding(
        monitor=monitor,
        component=said.name or c.name,
        column=pair.column,
        segment=pair.segment,
        category=said.category,
        observed=said.observed,
        expected=said.expected,
        effect=c.effect - shift,
        unit=said.unit,
        low=c.low - shift,
        high=c.high - shift,
        magnitude=said.magnitude,
        p=c.p,
        p_margin=c.p_margin,
        p_adjusted=adjusted,
        evidence=_evidence(adjusted),
        n_baseline=pair.reference.rows if whole else pair.reference.usable,
        n_window=pair.current.rows if whole else pair.current.usable,
        min_effect=matters,
        detectable=_detectable(t, control, columns, said.expected or 0.0),
        verdict=verdict,
    )
    return msgspec.structs.replace(finding, reason=_reason(finding, said.statement))


def _reason(finding: Finding, statement: str) -> str:
    """The statement alone for an alarm; for the rest, why it is none."""
    if finding.verdict == "alarming":
        return statement
    if finding.verdict == "notable":
        return f"{statement}; real, but not shown to exceed {_limit(finding)}"
    limit = finding.detectable
    seen = f"; {_amount(limit, finding.unit)} would have been noticed" if limit is not None else ""
    return f"no {CALM[finding.component]} beyond chance{seen}"


def _limit(finding: Finding) -> str:
    """The change that matters, in the finding's own unit: for a rate its tolerance, in points."""
    if finding.unit == "share":
        return _amount(rate_tolerance(finding.expected or 0.0, finding.min_effect), "share")
    return _amount(finding.min_effect, finding.unit)


def _amount(value: float, unit: str) -> str:
    if unit == "share":
        return f"{number(100 * value, 2)} points"
    return f"{number(value, 2)} {unit}".strip()


def _detectable(t: Tested, control: Control, columns: int, expected: float) -> float | None:
    """The smallest effect that alarms four times in five, where a formula is known."""
    pair, name = t.pair, t.component.name
    n, m = pair.current.usable, pair.reference.usable
    levels = (control.alpha, control.alpha_margin, POWER, control.strict)
    if name in SCORES:
        value = detectable(n, m, t.weight, columns, pair.min_effect, *levels)
    elif name in ("category", "missing", "not_finite", "broken", "range", "unseen"):
        if name in ("missing", "not_finite", "broken"):
            n, m = pair.current.rows, pair.reference.rows
        value = detectable_rate(n, m, expected, t.weight, columns, pair.rate_effect, *levels)
    else:
        return None
    return value if np.isfinite(value) else None


def _evidence(adjusted: float) -> float:
    return float(-np.log10(max(adjusted, 1e-300))) + 0.0
