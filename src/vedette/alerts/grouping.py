"""Which findings are one incident, and what it is called.

Owns: opening an incident from the findings of its members, adding members, settling; its title,
severity, axis and ranked causes.  Does not own: which streams are members (`alerts.alarms`), the
moves themselves (`alerts.lifecycle`).
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from math import isfinite
from types import MappingProxyType

import msgspec

from vedette.alerts.axis import AXIS, FAIRNESS, Served
from vedette.alerts.harm import BENIGN, HARMFUL, REALISED, Harm, of_groups
from vedette.alerts.incident import SEVERITIES, Cause, Incident, Move
from vedette.alerts.lifecycle import OPEN, move
from vedette.core.errors import UsageError
from vedette.core.windows import Window
from vedette.core.words import plural
from vedette.monitors.finding import ORDINARY, WAITING, Finding

ATTACH = 24 * 3_600 * 1_000_000_000  # ns: streams that follow within a day have the same cause
LISTED = 200  # findings kept in an incident; its streams are all kept
HUGE = 308.0  # log10 of the largest float: what infinite evidence is kept as
GONE = 0.5  # a column of which more than this share is missing cannot be used
SEVERE = 0.5  # reference standard deviations that change what a model sees
# Components that show what columns do to whole rows: they lead an incident only alone.
OF_ROWS = ("unlike", "far")
OF_GROUPS = ("parity", "odds")  # monitors whose columns are sets of groups, and segments groups

NONE: Mapping[str, str] = MappingProxyType({})
MUCH_WORSE = 0.05  # of the mean loss: one prediction in twenty more is wrong, at least

Key = tuple[str, str, str]  # monitor, column, segment


def open_incident(
    model: str,
    findings: Sequence[Finding],
    window: Window,
    *,
    at: int,
    onset: int,
    evidence: float,
    threshold: float,
    version: str,
    shares: Sequence[float],
    predictions: Collection[str] = (),
    harm: Harm | None = None,
    served: Served = Served(),  # noqa: B008 - frozen
    since: Mapping[str, str] = NONE,
) -> Incident:
    """Open an incident from the findings of its members.

    Shapes: `shares` one per finding: its part of the weighted evidence, on any scale.
    Units: `at` nanoseconds of the server's clock, `onset` of event time; `evidence` and `threshold`
    log10.  `predictions` are the columns that hold what the model said, `served` tells metrics of
    the service from others; `since` names the deploy that the change of a column began with.
    The id follows from model, window and streams, so that a replay opens the same one.
    Errors: UsageError without findings, or when lengths differ.
    """
    kept, causes = _ranked(findings, shares, since)
    streams = tuple(_key(finding) for finding in kept)
    leading = _of(kept, causes[0].column)
    axis = served.axis_of(leading.monitor, leading.column) or "drift"
    harm = _fitting(harm, kept)
    severity = weighed(severity_of(kept, predictions), harm)
    about = [model, str(window.start), str(window.end), *("\x1e".join(s) for s in sorted(streams))]
    return Incident(
        id=hashlib.sha256("\x1f".join(about).encode()).hexdigest()[:16],
        model=model,
        state=OPEN,
        severity=severity,
        axis=axis,
        title=title_of(causes),
        onset=min(onset, window.end),
        opened=window.end,
        version=version,
        streams=streams,
        findings=kept[:LISTED],
        causes=causes,
        history=(Move(at=at, action="open", state=OPEN, severity=severity),),
        evidence=_finite(evidence),
        threshold=_finite(threshold),
        harm=harm,
    )


def weighed(severity: str, harm: Harm | None) -> str:
    """A severity in the light of harm: a warning about what does none is information, and what made
    predictions surely and much worse, by their labels, is critical.

    Example:
        >>> weighed("warning", Harm(verdict="benign", statement="")), weighed("info", None)
        ('info', 'info')
        >>> weighed("warning", Harm(verdict="harmful", statement="", low=0.06, basis="realised"))
        'critical'
    """
    if harm is None:
        return severity
    if harm.verdict == HARMFUL and harm.basis == REALISED and (harm.low or 0.0) >= MUCH_WORSE:
        return "critical"
    return "info" if harm.verdict == BENIGN and severity == "warning" else severity


def is_about_groups(incident: Incident) -> bool:
    """Whether groups that are treated unequally are among what an incident is about."""
    return any(AXIS.get(monitor) == FAIRNESS for monitor, _, _ in incident.streams)


def holds(incident: Incident, streams: Sequence[Key]) -> bool:
    """Whether streams are those of an incident, or segments of columns that it holds over all rows.

    They join it at any age: a segment of few rows is sure of the same change days later, and under
    a new baseline what lasts alarms once more.
    """
    whole = {column for _, column, segment in incident.streams if column and not segment}
    return all(
        stream in incident.streams or (stream[2] and stream[1] in whole) for stream in streams
    )


def attach(
    incident: Incident,
    findings: Sequence[Finding],
    shares: Sequence[float],
    *,
    at: int,
    window: Window,
    predictions: Collection[str] = (),
    harm: Harm | None = None,
    since: Mapping[str, str] = NONE,
) -> Incident:
    """Let more streams join an incident; one that was resolved reopens.  `harm` counts where none
    was known: a clock that looks early knows nothing of it.

    Of a stream that is in it already the stronger finding stays.  The causes of before and the new
    ones hold as much of the whole as they have streams.
    """
    fresh, causes = _ranked(findings, shares, since)
    before = set(incident.streams)
    joined = tuple(_key(finding) for finding in fresh if _key(finding) not in before)
    strongest = {_key(finding): finding for finding in reversed(incident.findings)}
    for finding in fresh:
        old = strongest.get(_key(finding))
        if old is None or finding.evidence > old.evidence:
            strongest[_key(finding)] = finding
    kept = tuple(sorted(strongest.values(), key=_strength))[:LISTED]
    streams = (*incident.streams, *joined)
    part = len(joined) / len(streams)
    harm = _fitting(harm, kept)
    merged = _merged(incident.causes, causes, part)
    severity = max((incident.severity, severity_of(fresh, predictions)), key=SEVERITIES.index)
    grown = msgspec.structs.replace(
        incident,
        severity=severity if incident.harm is not None else weighed(severity, harm),
        harm=harm if incident.harm is None else incident.harm,
        title=title_of(merged),
        streams=streams,
        findings=kept,
        causes=merged,
    )
    start, _ = window.isoformat()
    what = f"{plural(len(joined), 'stream')} joined" if joined else "seen again"
    note = f"{what} in the window from {start}: {causes[0].statement}"
    return move(grown, "attach", at=at, note=note)


def _fitting(harm: Harm | None, findings: Sequence[Finding]) -> Harm | None:
    """Harm as it is said of such findings: groups may be treated unequally without any."""
    if harm is not None and any(AXIS.get(one.monitor) == FAIRNESS for one in findings):
        return of_groups(harm)
    return harm


def settle(incident: Incident, window: Window, at: int, note: str = "") -> Incident:
    """Close an incident whose members have been quiet long enough, the last in this window."""
    return move(incident, "settle", at=at, note=note, closed=window.end)


def title_of(causes: Sequence[Cause]) -> str:
    """One sentence: the leading cause in the user's unit, how many more there are, and the deploy
    that one of them began with.

    Example:
        >>> title_of([Cause(column="age", statement="`age` rose by 0.4 sd"), Cause(column="x")])
        '`age` rose by 0.4 sd, and 1 more column changed'
        >>> slower = Cause(column="latency_s", since="since the deploy of 7")
        >>> title_of([Cause(column="age", statement="`age` rose by 0.4 sd"), slower])
        '`age` rose by 0.4 sd, and 1 more column changed, `latency_s` since the deploy of 7'
    """
    more = sum(cause.component not in OF_ROWS for cause in causes[1:])
    leading, named = causes[0], next((cause for cause in causes if cause.since), None)
    said, others = leading.statement, f", and {plural(more, 'more column')} changed" if more else ""
    if named is None or said.endswith(named.since):
        return said + others
    if named is leading:
        return f"{said}, {named.since}{others}"
    about = f"`{named.column}`" if named.column else "traffic"
    return f"{said}{others}, {about} {named.since}"


def severity_of(findings: Sequence[Finding], predictions: Collection[str] = ()) -> str:
    """How much it matters, from the size that the effect has at least, never from how sure it is.

    `critical` when data stopped, a column is gone, the bulk of all rows moved by half a standard
    deviation, or what the model says moved over all rows; `info` when all effects are below twice
    the smallest that matters.  A segment alone is at most a `warning`.
    """
    if any(_is_outage(finding) for finding in findings):
        return "critical"
    for f in findings:
        least = _least(f)
        said = f.column in predictions and least >= 2 * f.min_effect
        if not f.segment and (least >= SEVERE or said):
            return "critical"
    return "warning" if any(f.magnitude >= 2 * f.min_effect for f in findings) else "info"


def _least(f: Finding) -> float:
    """The end of the interval that is nearer to no effect, on the scale of magnitudes."""
    if f.effect is None or f.low is None or f.high is None or not f.effect:
        return f.magnitude
    if f.low * f.high <= 0:
        return 0.0
    return f.magnitude * min(min(abs(f.low), abs(f.high)) / abs(f.effect), 1.0)


def _is_outage(finding: Finding) -> bool:
    missing = finding.component == "missing" and not finding.segment
    gone = missing and (finding.observed or 0.0) > GONE
    stopped = finding.monitor == "volume" and finding.observed == 0.0
    return gone or stopped or finding.component == "silence"


def _ranked(
    findings: Sequence[Finding], shares: Sequence[float], since: Mapping[str, str]
) -> tuple[tuple[Finding, ...], tuple[Cause, ...]]:
    """The strongest finding of every stream, strongest first, and the columns behind them."""
    if not findings or len(findings) != len(shares):
        raise UsageError(
            "incident", "needs findings with a share each", got=f"{len(findings)}, {len(shares)}"
        )
    sizes = [share if isfinite(share) and share > 0 else 0.0 for share in shares]
    if not sum(sizes):
        sizes = [1.0] * len(findings)
    total = sum(sizes)
    strongest: dict[Key, tuple[Finding, float]] = {}
    held: dict[str, float] = {}
    for finding, size in zip(map(_storable, findings), sizes, strict=True):
        held[finding.column] = held.get(finding.column, 0.0) + size / total
        old = strongest.get(_key(finding))
        if old is None or finding.evidence > old[0].evidence:
            strongest[_key(finding)] = (finding, size)
    ranked = sorted(strongest.values(), key=lambda pair: (-pair[1], _strength(pair[0])))
    kept = tuple(finding for finding, _ in ranked)
    magnitude: dict[str, float] = {}  # tells equals apart: one window's bets are all worth the same
    for finding in kept:
        magnitude[finding.column] = max(magnitude.get(finding.column, 0.0), finding.magnitude)
    columns = sorted(
        held,
        key=lambda column: (
            _of(kept, column).component in OF_ROWS,
            -round(held[column], 3),
            -magnitude[column],
            column,
        ),
    )
    return kept, tuple(
        _cause(kept, column, held[column], since.get(column, "")) for column in columns
    )


def _storable(finding: Finding) -> Finding:
    """A finding whose sizes JSON can hold."""
    sizes = {"evidence": _finite(finding.evidence), "magnitude": _finite(finding.magnitude)}
    return msgspec.structs.replace(finding, **sizes)


def _finite(size: float) -> float:
    return min(max(size, -HUGE), HUGE) if size == size else 0.0


def _cause(findings: Sequence[Finding], column: str, share: float, since: str) -> Cause:
    """A column as a cause, told by its leading finding."""
    leading = _of(findings, column)
    return Cause(
        column=column,
        segment=leading.segment,
        component=leading.component,
        share=share,
        statement=_statement(leading),
        since=since,
    )


def _of(findings: Sequence[Finding], column: str) -> Finding:
    """The leading finding of a column: over all rows if it shows there, but that of its one segment
    when it surely moved more there: then the rest of the rows hardly did."""
    own = [finding for finding in findings if finding.column == column]
    whole = next((finding for finding in own if not finding.segment), None)
    parts = [finding for finding in own if finding.segment]
    alone = len({part.segment for part in parts}) == 1
    if whole is None or (alone and _least(parts[0]) > whole.magnitude):
        return parts[0]
    return whole


def _statement(finding: Finding) -> str:
    """What a finding says, without what a monitor adds when it does not alarm by itself.

    The rest is not looked into: it holds names that may have any characters.
    """
    said = finding.reason.removesuffix(WAITING).strip()
    said = ORDINARY if said.startswith(ORDINARY) else said
    return said or (f"`{finding.column}` changed" if finding.column else "the traffic changed")


def _merged(old: Sequence[Cause], new: Sequence[Cause], part: float) -> tuple[Cause, ...]:
    """Causes of before, scaled down to make room for the new ones."""
    held = {cause.column: (cause, cause.share * (1 - part)) for cause in old}
    for cause in new:
        before = held.get(cause.column)
        if before is None:
            held[cause.column] = (cause, cause.share * part)
        else:
            kept = before[0]
            if cause.since and not kept.since:
                kept = msgspec.structs.replace(kept, since=cause.since)
            if kept.segment != cause.segment:
                kept = msgspec.structs.replace(kept, segment="")
            held[cause.column] = (kept, before[1] + cause.share * part)
    ranked = sorted(
        held.values(), key=lambda pair: (pair[0].component in OF_ROWS, -pair[1], pair[0].column)
    )
    return tuple(msgspec.structs.replace(cause, share=share) for cause, share in ranked)


def _key(finding: Finding) -> Key:
    return finding.monitor, finding.column, finding.segment


def _strength(finding: Finding) -> tuple[float, float, str]:
    return -finding.evidence, -finding.magnitude, finding.id
