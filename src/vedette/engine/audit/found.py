"""The rates of an audit as findings and as rows of a table.

Owns: one Finding per group and metric, one row per group, metric and comparison.  Does not own:
comparing (`engine.audit.rates`), sentences (`engine.audit.words`), which groups may be shown
(`engine.audit.shown`).
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite, log10
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import DAY
from vedette.core.rates import RATES
from vedette.core.windows import Window
from vedette.engine.audit.asked import Asked
from vedette.engine.audit.numbers import known
from vedette.engine.audit.rates import CONTEXT, TWINS, Beside, Rated, limits_of
from vedette.engine.audit.words import Case, reason
from vedette.monitors.finding import VERDICTS, Finding
from vedette.profiles.groups import AND
from vedette.stats.fairness.intervals import sidak
from vedette.stats.fairness.metrics import GROUP_METRICS, shares
from vedette.stats.fairness.verdict import rows_needed
from vedette.stats.intervals import cohen_h

MONITOR = "fairness"
BESIDE = "its figures are not shown, since they would give away those of a smaller group"
FEW_SHOWN = "fewer than {} rows, too few to show"
FEW_COUNT = "fewer than {} rows count, too few to show"
SELECTION = "selection_rate"
SINCE, CHANCES = "since the reference", "by chances of membership"
Flags = NDArray[np.bool_]


def findings_of(
    found: Rated, asked: Asked, span: Window | None, shown: Flags | None = None
) -> list[Finding]:
    """What is found of every group on every metric that is judged.

    Shapes: `shown` bool[M, G] of all groups of the set by GROUP_METRICS, or bool[G] alike for all
    metrics; None shows those of enough rows.
    """
    first = found.beside[0]
    return [
        _finding(case, found, first, at, place, asked)
        for at, place, case in cases_of(found, first, asked, span, shown)
        if case.metric not in CONTEXT + TWINS
    ]


def rows_of(
    found: Rated, asked: Asked, span: Window | None, shown: Flags | None = None
) -> list[dict[str, Any]]:
    """Every comparison of every group as a row."""
    return [
        _row(case, found, beside, at, place, asked)
        for beside in found.beside
        for at, place, case in cases_of(found, beside, asked, span, shown)
    ]


def ranked(findings: Sequence[Finding]) -> list[Finding]:
    """Worst verdict first; then other numbers of a row after rates, single columns before
    intersections, selection before errors, the largest effect first.  What an intersection shares
    with one of its columns is said."""
    alarming = {
        (one.component, one.segment, (one.effect or 0.0) > 0)
        for one in findings
        if one.verdict == "alarming"
    }
    told = [_as_a_whole(one, alarming) for one in findings]
    return sorted(
        told,
        key=lambda one: (
            VERDICTS.index(one.verdict),
            one.component not in RATES,
            one.column.count(AND),
            _kind(one),
            one.rank,
        ),
    )


def _kind(finding: Finding) -> int:
    """What comes first: who is selected, whom the model wrongs, what moved."""
    if finding.category == SINCE:
        return 2
    return 0 if finding.component == SELECTION else 1


def mirrors(findings: Sequence[Finding], sizes: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Which findings say once more what another one says, from the other side: that of the largest
    group, which makes up most of "the rest" of the others, and that of the second of two groups.

    Shapes: `sizes` rows of the named groups by set and label -> ids.
    """
    beyond = [one for one in findings if one.verdict in ("alarming", "notable")]
    found = set[str]()
    for one in beyond:
        if not _is_most(one, sizes):
            continue
        for other in beyond:
            same = (other.component, other.column, other.category) == (
                one.component, one.column, one.category,
            )  # fmt: skip
            across = (other.effect or 0.0) * (one.effect or 0.0) < 0
            if same and across and other.id not in found:
                worse = VERDICTS.index(other.verdict) <= VERDICTS.index(one.verdict)
                found |= {one.id} if worse else set()
    return frozenset(found)


def _is_most(finding: Finding, sizes: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether a group is as large as all others of its set together."""
    rows = sizes.get(finding.column, {})
    own = rows.get(finding.segment, 0)
    return own >= sum(rows.values()) - own > 0


def _as_a_whole(finding: Finding, alarming: set[tuple[str, str, bool]]) -> Finding:
    parts = finding.segment.split(AND)
    if finding.verdict != "alarming" or len(parts) < 2:
        return finding
    side = (finding.effect or 0.0) > 0
    whole = [part for part in parts if (finding.component, part, side) in alarming]
    if not whole:
        return finding
    named = " and ".join(f"`{part}`" for part in whole)
    return msgspec.structs.replace(finding, reason=f"{finding.reason}, as that of all {named}")


def cases_of(
    found: Rated, beside: Beside, asked: Asked, span: Window | None, shown: Flags | None = None
) -> Iterator[tuple[int, int, Case]]:
    """Every entry of a comparison, with its place among metrics and groups."""
    compared, judged = beside.compared, beside.judged
    days = None if span is None else max((span.end - span.start) / DAY, 1.0)
    needed = _needed_of_hidden(found, beside, asked)
    flags = flags_of(found, shown)
    for at, metric in enumerate(found.metrics):
        for place, label in enumerate(found.labels):
            if label == beside.against:
                continue
            i = (at, place)
            n = float(compared.n[i])
            hidden = _hidden(found, beside, asked, i, flags)
            falls = bool(beside.refused[i])
            case = Case(
                metric=metric.name,
                group=label,
                against=beside.against,
                verdict="unknown" if falls else str(judged.verdict[i]),
                by_ratio=metric.ratio,
                rate=float(compared.rate[i]),
                other=float(compared.other[i]),
                difference=_ends(i, compared.difference, judged.difference_low,
                                 judged.difference_high),
                ratio=_ends(i, compared.ratio, judged.ratio_low, judged.ratio_high),
                rows=n,
                needed=float(needed[at] if hidden else judged.needed[i]),
                limit=asked.ratio if metric.ratio else asked.gap,
                least=asked.enough,
                per_day=None if days is None else n / days,
                shown=hidden,
                refused=beside.why_refused if falls else "",
                p=float(judged.adjusted[i]),
                alpha=1 - asked.level,
                others=float(compared.other_n[i]),
                classes=found.classes,
            )  # fmt: skip
            yield at, place, case


def _ends(
    i: tuple[int, int], value: NDArray[Any], low: NDArray[Any], high: NDArray[Any]
) -> tuple[float, float, float]:
    return float(value[i]), float(low[i]), float(high[i])


def flags_of(found: Rated, shown: Flags | None) -> Flags:
    """Which figures are shown.  Shapes: `shown` as in `findings_of` -> bool[M, G] as compared."""
    if shown is None:
        return np.ones((len(found.metrics), len(found.places)), np.bool_)
    every = np.broadcast_to(shown, (len(GROUP_METRICS), shown.shape[-1]))
    rows = [GROUP_METRICS.index(metric) for metric in found.metrics]
    return np.asarray(every[rows][:, found.places])


def _hidden(found: Rated, beside: Beside, asked: Asked, i: tuple[int, int], shown: Flags) -> str:
    """Why the figures of a group are not shown; "" where they are."""
    n = beside.compared.n[i]
    if found.rows[i[1]] < asked.minimum:
        return FEW_SHOWN.format(asked.minimum)
    if 0 < n < asked.minimum:
        return FEW_COUNT.format(asked.minimum)
    held = beside.against not in found.labels or shown[i[0], found.labels.index(beside.against)]
    return "" if shown[i] and held else BESIDE


def _needed_of_hidden(found: Rated, beside: Beside, asked: Asked) -> NDArray[np.float64]:
    """Rows that a hidden group needs, from the rate of everyone: that gives nothing away.

    Shapes: float64[M].
    """
    k, n = shares(found.tally.total(), found.metrics)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.nan_to_num(k / n)[:, 0]
    ratio = np.array([one.ratio for one in found.metrics])
    needed = rows_needed(rate, limits_of(asked), beside.comparisons, ratio)
    return np.asarray(needed, np.float64)


def _finding(
    case: Case, found: Rated, beside: Beside, at: int, place: int, asked: Asked
) -> Finding:
    i = (at, place)
    told = _told(case, asked)
    held = told and case.others >= asked.minimum
    adjusted = float(beside.judged.adjusted[i])
    value, low, high = case.difference
    return Finding(
        monitor=MONITOR,
        component=case.metric,
        column=found.groups.key,
        segment=case.group,
        observed=known(case.rate) if told else None,
        expected=known(case.other) if held else None,
        effect=known(value) if held else None,
        unit="share",
        low=known(low) if held else None,
        high=known(high) if held else None,
        magnitude=abs(cohen_h(case.rate, case.other)) if held and isfinite(value) else 0.0,
        p=known(float(beside.compared.p[i])) if held else None,
        p_adjusted=adjusted if held else None,
        evidence=-log10(max(adjusted, 1e-300)) if held else 0.0,
        detectable=known(float(beside.detectable[i])) if held else None,
        n_baseline=0 if case.shown else int(beside.compared.other_n[i]),
        n_window=0 if case.shown else int(case.rows),
        min_effect=case.limit,
        verdict=case.verdict,
        reason=reason(case),
    )


def _told(case: Case, asked: Asked) -> bool:
    """Whether the figures of a case are told."""
    return not case.shown and not case.refused and case.rows >= asked.minimum


def _why_hidden(case: Case, asked: Asked) -> str:
    """Why figures are not told, in a word; "" where they are.  "few" rows of the group, rows that
    would give away a smaller group "beside" it, "labels" missing, few rows that "count"."""
    if case.shown:
        few = "count" if "count" in case.shown else "few"
        return "beside" if case.shown == BESIDE else few
    return "labels" if case.refused else "" if case.rows >= asked.minimum else "count"


def _row(
    case: Case, found: Rated, beside: Beside, at: int, place: int, asked: Asked
) -> dict[str, Any]:
    compared, judged, i = beside.compared, beside.judged, (at, place)
    shown = _told(case, asked)

    def told(value: Any) -> float | None:
        return known(float(value)) if shown else None

    def held(value: Any) -> float | None:  # what tells the others' rate, too
        return told(value) if case.others >= asked.minimum else None

    return {
        "set": found.groups.key,
        "group": case.group,
        "metric": case.metric,
        "against": case.against,
        "rows": None if case.shown else int(found.rows[place]),
        "n": None if case.shown else int(case.rows),
        "k": int(compared.k[i]) if shown else None,
        "rate": told(case.rate),
        "low": told(compared.low[i]),
        "high": told(compared.high[i]),
        "other": held(case.other),
        "other_n": None if case.shown else int(compared.other_n[i]),
        "difference": held(case.difference[0]),
        "difference_low": held(case.difference[1]),
        "difference_high": held(case.difference[2]),
        "ratio": held(case.ratio[0]),
        "ratio_low": held(case.ratio[1]),
        "ratio_high": held(case.ratio[2]),
        "level": asked.level,
        "level_together": sidak(asked.level, beside.comparisons),
        "by": "ratio" if case.by_ratio else "difference",
        "limit": case.limit,
        "z": held(compared.z[i]),
        "p": held(compared.p[i]),
        "p_adjusted": held(judged.adjusted[i]),
        "power": held(judged.power[i]),
        "detectable": held(beside.detectable[i]),
        "rows_needed": known(case.needed),
        "rows_lacking": None if case.shown else known(max(case.needed - case.rows, 0.0)),
        "hidden": _why_hidden(case, asked),
        "verdict": "context" if case.metric in CONTEXT else case.verdict,
        "reason": reason(case),
    }
