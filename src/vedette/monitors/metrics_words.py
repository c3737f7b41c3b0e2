"""What is said of a metric series.

Owns: the finding of one series: the sentence, sizes in the user's unit, their interval.  Does not
own: evidence (`monitors.metrics`).
"""

from dataclasses import dataclass
from math import log10, sqrt

from vedette.core.durations import roughly
from vedette.core.rows import ERROR_TYPE
from vedette.core.words import number, percent, size
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.monitor import Look
from vedette.monitors.series import ANY, LOGGED, QUANTILE, SHARE, Series, shown
from vedette.stats.intervals import Z95, cohen_h

Z99 = 2.576  # of the interval that 99 of 100 ordinary values lie in
NOTICED = 5  # windows within which what is detectable is told
STOPPED = 0.4  # magnitude of a metric that is not logged: a warning
LEARNING = "what is usual of it is being learnt"


@dataclass(frozen=True)
class Told:
    """What a finding is made of.

    Units: `value`, `expected`, `reach` (of the 99 % interval) and `settings` (the smallest change
    that matters) on the scale that the series is judged on; `extreme` and `limit` in the user's.
    `many` windows since the change began; `over` -1, 0, 1: beyond a limit; `gap` windows without a
    value.
    """

    series: Series
    value: float
    expected: float
    reach: float
    many: float
    away: float
    known: bool
    over: int
    extreme: float
    limit: float
    gap: int
    is_gone: bool
    settings: float


def say(told: Told, look: Look, monitor: str, part: float, evidence: float, nats: float) -> Finding:
    """One series in words.

    `part` is the share of the evidence that alarms alone, `nats` what a lasting change needs.
    """
    one = told.series
    about = {
        "monitor": monitor,
        "column": one.column,
        "segment": one.segment,
        "category": one.category or None,
        "window": look.window,
        "evidence": log10(max(evidence, 1e-30)),
    }
    if told.over:
        return Finding(**about, **_limit(told), verdict=live_verdict(part))  # type: ignore[arg-type]
    if told.is_gone:
        return Finding(**about, **_gone(told, look), verdict=live_verdict(part))  # type: ignore[arg-type]
    if not told.known and not told.gap:
        return Finding(**about, component=one.kind, reason=LEARNING)  # type: ignore[arg-type]
    if told.gap:
        return Finding(**about, component=one.kind, reason="no value came")  # type: ignore[arg-type]
    verdict = live_verdict(part)
    return Finding(**about, **_moved(told, verdict, nats), verdict=verdict)  # type: ignore[arg-type]


def name_of(one: Series) -> str:
    """A series as people say it.

    Example:
        >>> name_of(Series("prediction=yes", "prediction", SHARE, "prediction", "yes"))
        'share of `yes` in `prediction`'
        >>> name_of(Series("queue", "queue", LOGGED)), name_of(Series("score", "score", "mean"))
        ('`queue`', 'mean of `score`')
        >>> name_of(Series("latency_s.p99", "latency_s", QUANTILE, "latency", "p99"))
        'p99 of `latency_s`'
    """
    if one.kind == SHARE and (one.column, one.category) == (ERROR_TYPE, ANY):
        return "share of rows with an error"
    if one.kind == SHARE:
        return f"share of `{one.category}` in `{one.column}`"
    if one.kind == QUANTILE:
        column, _, value = one.segment.partition("=")
        where = f" where {column} = {value}" if one.segment else ""
        return f"{one.category} of `{one.column}`{where}"
    return f"`{one.column}`" if one.kind == LOGGED else f"mean of `{one.column}`"


def spelt(one: Series, value: float) -> str:
    """A value of a series, in the user's unit.

    Example:
        >>> spelt(Series("process.memory.bytes", "process.memory.bytes", LOGGED), 223_412_345.0)
        '223.4 MB'
        >>> spelt(Series("queue", "queue", LOGGED), 12.0)
        '12'
    """
    if one.kind == SHARE:
        return percent(value)
    if _is_bytes(one):
        return size(value)
    return f"{number(value, 3)} s" if one.role == "latency" else number(value, 3)


def unit_of(one: Series) -> str:
    """ "share", "s" of what took time, "bytes" where a name says so, else "": nobody says what a
    logged number is."""
    if one.kind == SHARE:
        return "share"
    if _is_bytes(one):
        return "bytes"
    return "s" if one.role == "latency" else ""


def _is_bytes(one: Series) -> bool:
    return one.kind == LOGGED and one.name.partition("{")[0].endswith(".bytes")


def _moved(told: Told, verdict: str, nats: float) -> dict[str, object]:
    one = told.series
    now, expected = shown(one, told.value), shown(one, told.expected)
    error = Z95 * told.reach / Z99 / sqrt(told.many)
    ends = [shown(one, told.value + sign * error) - expected for sign in (-1, 1)]
    usual = [shown(one, told.expected + sign * told.reach) for sign in (-1, 1)]
    name, effect = name_of(one), now - expected
    change = "rose" if effect > 0 else "fell"
    reason = (
        f"{name} {change} from {spelt(one, expected)} to {spelt(one, now)}, usually"
        f" {spelt(one, usual[0])} to {spelt(one, usual[1])}"
    )
    if verdict == "calm":
        reason = f"{ORDINARY}; {name} is {spelt(one, now)}, expected {spelt(one, expected)}"
    elif verdict == "notable":
        reason += WAITING
    each = told.reach / Z99
    least = each * sqrt(2 * nats / NOTICED) + 0.84 * each / sqrt(NOTICED)
    return {
        "component": one.kind,
        "observed": now,
        "expected": expected,
        "effect": effect,
        "unit": unit_of(one),
        "low": ends[0],
        "high": ends[1],
        "magnitude": _magnitude(told, now, expected, verdict),
        "detectable": abs(shown(one, told.expected + least) - expected),
        "min_effect": told.settings if one.kind != SHARE else 2 * told.settings,
        "reason": reason,
    }


def _magnitude(told: Told, now: float, expected: float, verdict: str) -> float:
    """Comparable over findings: Cohen's h of a share; else reference standard deviations, and where
    no reference is, the change relative to what was expected."""
    one = told.series
    if verdict == "calm":
        return 0.0
    if one.kind == SHARE:
        return float(abs(cohen_h(now, expected)))
    if one.spread > 0:
        return abs(now - expected) / one.spread
    return min(abs(now - expected) / max(abs(expected), told.reach, 1e-300), 100.0)


def _limit(told: Told) -> dict[str, object]:
    side = "above" if told.over > 0 else "below"
    one = told.series
    found, limit = spelt(one, told.extreme), spelt(one, told.limit)
    if one.kind == QUANTILE:  # what is held against its limit is not the quantile of these few rows
        found = f"{'at least' if told.over > 0 else 'at most'} {found}"
    return {
        "component": "limit",
        "observed": told.extreme,
        "expected": told.limit,
        "effect": told.extreme - told.limit,
        "unit": unit_of(one),
        "magnitude": 1.0,
        "reason": f"{name_of(one)} is {found}, {side} its limit of {limit}",
    }


def _gone(told: Told, look: Look) -> dict[str, object]:
    width = look.window.end - look.window.start
    return {
        "component": "unlogged",
        "observed": float(told.gap),
        "effect": told.gap * width / 1e9,
        "unit": "s",
        "magnitude": STOPPED,
        "reason": f"{name_of(told.series)} was not logged for {roughly(told.gap * width)}, longer"
        " than usual",
    }
