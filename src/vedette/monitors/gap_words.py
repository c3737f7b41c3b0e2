"""What watched gaps between groups show, in words.

Owns: the sentences, the interval of a gap, the rows that are lacking, why nothing can be said.
Does not own: evidence (`gap_watch`).
"""

from dataclasses import dataclass
from math import ceil, hypot, log, log10, sqrt
from typing import Any

from vedette.core.durations import roughly
from vedette.core.words import count, number, percent, points
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.gap_reference import CHANGE, LEAST, SELECTIVE, Entry
from vedette.monitors.gap_watch import BELIEF, GapState, GapWatch, Lead
from vedette.monitors.loss_watch import JUMP
from vedette.monitors.monitor import Look, Stream
from vedette.profiles.gap_counts import coverage, labels_of_selected
from vedette.profiles.profile import Profile
from vedette.stats import pooled
from vedette.stats.intervals import Z95, cohen_h
from vedette.stats.loss_bets import BETS, MAIN

EVIDENT = 1e-9  # evidence below this says no more
POWER_SD = 0.8416  # normal quantile of four times in five
APART = 0.05  # of the shares of rows with a label, from which on a finding says that they differ


@dataclass(frozen=True)
class Seen:
    """Rates of some windows.  `length` in nanoseconds, 0 for one window; `sd` that of the gap."""

    rows: float
    rate: float
    expected: float
    sd: float
    length: int


def say(
    watch: GapWatch, stream: Stream, state: GapState, look: Look, profile: Profile, at: int
) -> Finding:
    """Make the one finding of a group in a window: of what speaks most against it."""
    lead = watch.lead(state, at)
    entry, known = watch.reference.entries[lead.at], watch.reference
    n = float(known.counted(profile).n[lead.at])
    verdict = live_verdict(
        float(watch.terms.weights[at] * look.evidence[at] / watch.terms.threshold)
    )
    base: dict[str, Any] = {
        "monitor": stream.monitor,
        "component": entry.metric,
        "column": stream.column,
        "segment": stream.segment,
        "category": entry.question,
        "n_baseline": int(known.rows[lead.at]),
        "n_window": int(n),
        "evidence": log10(max(float(look.evidence[at]), EVIDENT)),
        "window": look.window,
        "min_effect": watch.terms.min_effect,
    }
    refused = _refused(profile, entry, known.grouping.positive)
    seen = _seen(watch, state, lead, look)
    if not n or refused or seen.rows < LEAST:
        return Finding(reason=refused or _nothing(entry, n, seen), **base)
    words = _Words(watch, stream, entry, lead.at, seen)
    text, verdict = words.sentence(), verdict
    if verdict == "notable":
        text += WAITING
    elif verdict == "calm":
        text, verdict = words.calm(state)
    low, high = seen.rate - seen.expected - Z95 * seen.sd, seen.rate - seen.expected + Z95 * seen.sd
    return Finding(
        observed=seen.rate,
        expected=seen.expected,
        effect=seen.rate - seen.expected,
        unit="share",
        low=max(low, -1.0),
        high=min(high, 1.0),
        magnitude=abs(cohen_h(seen.rate, seen.expected)),
        detectable=None,
        verdict=verdict,
        reason=text + _apart(profile, entry),
        **base,
    )


@dataclass(frozen=True)
class _Words:
    """How one series is spoken of."""

    watch: GapWatch
    stream: Stream
    entry: Entry
    at: int
    seen: Seen

    @property
    def subject(self) -> str:
        """What is compared, of whom."""
        return f"`{self.entry.metric}` of {self.stream.segment}"

    def sentence(self) -> str:
        """The group's rate beside that of the rest, or beside what the reference let expect."""
        seen = self.seen
        over = f" over {roughly(seen.length)}" if seen.length else ""
        text = f"{self.subject} is {percent(seen.rate)}{over}"
        if self.entry.question == CHANGE:
            gap = float(self.watch.reference.gap[self.at])
            rest = seen.expected - gap
            return (
                f"{text} against {percent(rest)} of the rest, expected {percent(seen.expected)} "
                f"({self._change()})"
            )
        return f"{text} against {percent(seen.expected)} of the rest ({self._size()})"

    def calm(self, state: GapState) -> tuple[str, str]:
        """Nothing was seen; whether it could have been."""
        needed = rows_needed(self.watch, self.at, self.entry.stream)
        had = float(state.total[self.at, 1])
        if had >= needed:
            return ORDINARY, "calm"
        return f"cannot tell yet: {self._lacking(state, needed - had)}", "unknown"

    def _lacking(self, state: GapState, rows: float) -> str:
        lived = int(state.losses.at[self.at]) - int(state.first[self.at])
        days = rows / max(float(state.total[self.at, 1]), 1.0) * max(lived, 1)
        return f"about {count(ceil(rows))} more rows are needed, {roughly(int(days))}"

    def _size(self) -> str:
        seen = self.seen
        gap, half = seen.rate - seen.expected, Z95 * seen.sd
        if not self.watch.reference.by_ratio[self.at] or seen.expected <= 0:
            return self._points(gap, half)
        ratio = seen.rate / seen.expected
        half *= max(1.0, ratio) / seen.expected
        low, high = max(ratio - half, 0.0), ratio + half
        return f"ratio {number(ratio, 2)}, 95 %: {number(low, 2)} to {number(high, 2)}"

    def _change(self) -> str:
        error = float(self.watch.reference.error[self.at])
        half = Z95 * hypot(self.seen.sd, error)
        return self._points(self.seen.rate - self.seen.expected, half)

    def _points(self, gap: float, half: float) -> str:
        return f"{points(gap)} points, 95 %: {points(gap - half)} to {points(gap + half)}"


def rows_needed(watch: GapWatch, at: int, stream: int) -> float:
    """Rows of a group in which a gap at the limit is told four times in five."""
    usual, known = watch.losses.usual, watch.reference
    base = float(known.other[at]) if known.other[at] == known.other[at] else 0.5
    weight = float(watch.losses.terms.weights[at])
    nats = log(watch.terms.threshold / (weight * (1 - JUMP) * 0.5 * float(BELIEF[MAIN])))
    step = float(usual.unit[at]) * float(BETS[MAIN])
    spread = base * (1 - base) * 1.2
    u = POWER_SD + sqrt(POWER_SD**2 + 2 * nats)
    return spread * (u / step) ** 2


def _seen(watch: GapWatch, state: GapState, lead: Lead, look: Look) -> Seen:
    """The windows since the onset, where several carry the evidence; else the last one."""
    losses, at, way = state.losses, lead.at, lead.way
    since = int(losses.since[at, way])
    rows, hits, expected = (float(one) for one in losses.sums[at, way])
    if not lead.alone and 0 < since < look.window.start and losses.walk[at, way] > 0:
        _, spread = pooled.mean_and_sd(losses.pool[at, way])
        return Seen(rows, hits / rows, expected / rows, float(spread), look.window.end - since)
    rows, hits, expected = (float(one) for one in losses.last[at])
    size = max(rows, 1.0)
    error = float(watch.reference.error[at])
    sd = sqrt(max(float(losses.sd[at]) ** 2 - error**2, 0.0))
    return Seen(rows, hits / size, expected / size, sd, 0)


def _refused(profile: Profile, entry: Entry, positive: int) -> str:
    cube = profile.cubes.get(entry.groups.key)
    if cube is None or entry.metric not in SELECTIVE:
        return ""
    if not labels_of_selected(cube, positive)[entry.group]:
        return ""
    return f"`{entry.metric}` cannot be told: labels came for selected rows only"


def _nothing(entry: Entry, n: float, seen: Seen) -> str:
    """Why nothing can be said of a window."""
    if not n:
        return f"no row of {entry.groups.labels[entry.group]} can tell `{entry.metric}`"
    return f"fewer than {LEAST} rows of {entry.groups.labels[entry.group]}"


def _apart(profile: Profile, entry: Entry) -> str:
    """That labels are lacking more often on one side, which can make a gap of its own."""
    cube = profile.cubes.get(entry.groups.key)
    if cube is None or entry.metric == "selection_rate":
        return ""
    own, rest = (float(part[entry.group]) for part in coverage(cube))
    if abs(own - rest) <= APART:
        return ""
    return f"; labels are known of {percent(own)} of its rows and {percent(rest)} of the rest's"
