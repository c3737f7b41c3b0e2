"""The rates of an audit as findings and as rows of a table.

Owns: one Finding per group and metric, one row per group, metric and comparison.  Does not own:
comparing (`engine.audit_rates`), sentences (`engine.audit_words`), which figures may be shown
(`stats.fairness.small`).
"""

from collections.abc import Iterator
from math import isfinite, log10
from typing import Any

from vedette.core.durations import DAY
from vedette.core.windows import Window
from vedette.engine.audit_asked import Asked
from vedette.engine.audit_rates import CONTEXT, Beside, Rated
from vedette.engine.audit_words import Case, reason
from vedette.monitors.finding import Finding
from vedette.stats.intervals import cohen_h

MONITOR = "fairness"


def findings_of(found: Rated, asked: Asked, span: Window | None) -> list[Finding]:
    """What is found of every group on every metric that is judged."""
    first = found.beside[0]
    return [
        _finding(case, found, first, at, place)
        for at, place, case in cases_of(found, first, asked, span)
        if case.metric not in CONTEXT
    ]


def rows_of(found: Rated, asked: Asked, span: Window | None) -> list[dict[str, Any]]:
    """Every comparison of every group as a row."""
    return [
        _row(case, found, beside, at, place)
        for beside in found.beside
        for at, place, case in cases_of(found, beside, asked, span)
    ]


def cases_of(
    found: Rated, beside: Beside, asked: Asked, span: Window | None
) -> Iterator[tuple[int, int, Case]]:
    """Every entry of a comparison, with its place among metrics and groups."""
    compared, judged = beside.compared, beside.judged
    days = None if span is None else max((span.end - span.start) / DAY, 1.0)
    for at, metric in enumerate(found.metrics):
        for place, label in enumerate(found.labels):
            if label == beside.against:
                continue
            i = (at, place)
            yield (
                at,
                place,
                Case(
                    metric.name,
                    label,
                    beside.against,
                    str(judged.verdict[i]),
                    metric.ratio,
                    float(compared.rate[i]),
                    float(compared.other[i]),
                    (
                        float(compared.difference[i]),
                        float(judged.difference_low[i]),
                        float(judged.difference_high[i]),
                    ),
                    (
                        float(compared.ratio[i]),
                        float(judged.ratio_low[i]),
                        float(judged.ratio_high[i]),
                    ),
                    float(compared.n[i]),
                    float(judged.needed[i]),
                    asked.ratio if metric.ratio else asked.gap,
                    asked.minimum,
                    None if days is None else float(compared.n[i]) / days,
                ),
            )


def _finding(case: Case, found: Rated, beside: Beside, at: int, place: int) -> Finding:
    i = (at, place)
    shown = case.rows >= case.least
    adjusted = float(beside.judged.adjusted[i])
    value, low, high = case.difference
    return Finding(
        monitor=MONITOR,
        component=case.metric,
        column=found.groups.key,
        segment=case.group,
        observed=_known(case.rate) if shown else None,
        expected=_known(case.other) if shown else None,
        effect=_known(value) if shown else None,
        unit="share",
        low=_known(low) if shown else None,
        high=_known(high) if shown else None,
        magnitude=abs(cohen_h(case.rate, case.other)) if shown and isfinite(value) else 0.0,
        p=_known(float(beside.compared.p[i])) if shown else None,
        p_adjusted=adjusted if shown else None,
        evidence=-log10(max(adjusted, 1e-300)) if shown else 0.0,
        n_baseline=int(beside.compared.other_n[i]),
        n_window=int(case.rows),
        min_effect=case.limit,
        verdict=case.verdict,
        reason=reason(case),
    )


def _row(case: Case, found: Rated, beside: Beside, at: int, place: int) -> dict[str, Any]:
    compared, judged, i = beside.compared, beside.judged, (at, place)
    shown = case.rows >= case.least

    def told(value: Any) -> float | None:
        return _known(float(value)) if shown else None

    return {
        "set": found.groups.key,
        "group": case.group,
        "metric": case.metric,
        "against": case.against,
        "rows": int(found.rows[place]),
        "n": int(case.rows),
        "k": int(compared.k[i]) if shown else None,
        "rate": told(case.rate),
        "low": told(compared.low[i]),
        "high": told(compared.high[i]),
        "other": told(case.other),
        "other_n": int(compared.other_n[i]),
        "difference": told(case.difference[0]),
        "difference_low": told(case.difference[1]),
        "difference_high": told(case.difference[2]),
        "ratio": told(case.ratio[0]),
        "ratio_low": told(case.ratio[1]),
        "ratio_high": told(case.ratio[2]),
        "by": "ratio" if case.by_ratio else "difference",
        "z": told(compared.z[i]),
        "p": told(compared.p[i]),
        "p_adjusted": told(judged.adjusted[i]),
        "power": told(judged.power[i]),
        "rows_needed": _known(case.needed),
        "rows_lacking": _known(float(judged.lacking[i])),
        "verdict": "context" if case.metric in CONTEXT else case.verdict,
        "reason": reason(case),
    }


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
