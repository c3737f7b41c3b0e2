"""What watched gaps between groups show, in words.

Owns: the sentences, why nothing can be said.  Does not own: evidence (`gap_watch`), figures
(`gap_seen`).

Metrics and groups are called as in every other place; a limit is a setting and never called law.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10
from typing import Any

import numpy as np

from vedette.core.durations import roughly
from vedette.core.rates import MAY_KEEP, left_open
from vedette.core.words import count, number, percent, points
from vedette.monitors.finding import ORDINARY, WAITING, Finding, live_verdict
from vedette.monitors.gap_reference import CHANGE, Counted, Entry
from vedette.monitors.gap_seen import Seen, in_all, lacking, noticed, since_it_began, speaker
from vedette.monitors.gap_watch import LAST, GapState, GapWatch, Lead
from vedette.monitors.monitor import Look, Stream
from vedette.profiles.gap_counts import METRICS, labelled_shares
from vedette.profiles.profile import Profile
from vedette.stats.fairness.bounds import UNEVEN
from vedette.stats.gap_open import opened
from vedette.stats.intervals import Z95, cohen_h

Window = tuple[Profile, Counted]
EVEN = 0.0  # quantile of an even chance: with less a verdict would be a coin toss
EVIDENT = 1e-9  # evidence below this says no more
ONE_DECISION = "labels came for rows of one decision only, and say nothing of the others"
ROWS = {  # that count for a metric
    "selection_rate": "", "true_positive_rate": " with a positive label",
    "false_positive_rate": " with a negative label",
    "positive_predictive_value": " that are selected and have a label",
    "accuracy": " with a label",
}  # fmt: skip


def say_all(
    watch: GapWatch,
    streams: Sequence[Stream],
    state: GapState,
    look: Look,
    profile: Profile,
    which: Sequence[int],
) -> tuple[Finding, ...]:
    """Make the one finding of each of some groups in a window, which is read once for all."""
    seen = profile, watch.reference.told(profile, state.kind)
    withheld = watch.withheld(state)
    leads = [watch.unsettled(withheld, at) for at in which]
    return tuple(
        _say(watch, streams[at], state, look, seen, at, lead)
        for at, lead in zip(which, leads, strict=True)
    )


def _say(
    watch: GapWatch,
    stream: Stream,
    state: GapState,
    look: Look,
    seen: Window,
    at: int,
    unsettled: Lead | None,
) -> Finding:
    """Make the one finding of a group in a window; missing labels may make up `unsettled`."""
    verdict = live_verdict(
        float(watch.terms.weights[at] * look.evidence[at] / watch.terms.threshold)
    )
    profile, _ = seen
    if verdict == "calm":
        if unsettled is None:
            return _calm(watch, stream, state, look, seen, at)
        since = since_it_began(watch, state, unsettled, look.window)
        one = _Gap(watch, stream, unsettled.at, since)
        text = f"{one.sentence()} among the labelled rows{one.left_open(state, unsettled)}"
        return one.finding(look, at, "notable", f"{text}, {MAY_KEEP}")
    lead = speaker(watch, state, at)
    one = _Gap(watch, stream, lead.at, since_it_began(watch, state, lead, look.window))
    text = one.sentence() + (one.left_open(state, lead) or one.apart(profile))
    return one.finding(look, at, verdict, text + WAITING if verdict == "notable" else text)


def _calm(
    watch: GapWatch, stream: Stream, state: GapState, look: Look, seen: Window, at: int
) -> Finding:
    """Nothing was seen; whether it could have been, of the series that can be told worst."""
    entries, (profile, counted) = watch.reference.entries, seen
    own = [i for i, entry in enumerate(entries) if entry.stream == at and entry.share > 0]
    worst = max(own, key=lambda i: lacking(watch, state, i))
    one = _Gap(watch, stream, worst, in_all(watch, state, worst))
    gone = counted.refused
    if gone[own].any():
        refused = dict.fromkeys(entries[i].metric for i in own if gone[i])
        metrics = ", ".join(f"`{metric}`" for metric in refused)
        return one.bare(look, at, f"{metrics} cannot be told: {ONE_DECISION}")
    if not counted.sides.n[own].any():
        return one.bare(look, at, f"no row of {stream.segment} in this window counts")
    if one.seen.rows < watch.terms.limits.least:
        text = f"fewer than {watch.terms.limits.least} rows of {stream.segment}{one.rows} so far"
        return one.bare(look, at, text)
    smallest = noticed(watch, state, worst)
    rows, blind = lacking(watch, state, worst), lacking(watch, state, worst, EVEN) > 0
    stood = next((i for i in own if one.stood(i)), None)
    if stood is not None:
        gap = _Gap(watch, stream, stood, in_all(watch, state, stood))
        text = gap.standing() + (f"; whether it changed: {one.unseen(rows)}" if blind else "")
        return gap.finding(look, at, "notable", text + gap.apart(profile), smallest)
    if blind:
        text = f"{one.unseen(rows)}; {one.figures()}{one.apart(profile)}"
        return one.finding(look, at, "unknown", text, smallest)
    text = f"{ORDINARY}; {one.figures()}{one.apart(profile)}"
    return one.finding(look, at, "calm", text, smallest)


@dataclass(frozen=True)
class _Gap:
    """How one series is spoken of."""

    watch: GapWatch
    stream: Stream
    at: int
    seen: Seen

    @property
    def entry(self) -> Entry:
        """What is asked, of whom."""
        return self.watch.reference.entries[self.at]

    @property
    def rows(self) -> str:
        """Which rows of a group count."""
        return ROWS[self.entry.metric]

    def sentence(self) -> str:
        """The rate beside that of the rest, and beside what the reference let expect."""
        seen, text = self.seen, self.figures()
        if self.entry.question != CHANGE:
            return f"{text} ({self._size()}; {count(round(seen.rows))} rows)"
        size = self._points(seen.rate - seen.expected)
        return f"{text}, where the reference lets expect {percent(seen.expected)} ({size})"

    def figures(self) -> str:
        """Both rates."""
        seen = self.seen
        over = f" over {roughly(seen.length)}" if seen.length else ""
        text = f"`{self.entry.metric}` of {self.stream.segment} is {percent(seen.rate)}"
        return f"{text} against {percent(seen.other)} of the rest{over}"

    def standing(self) -> str:
        """A gap that stood in the reference, and has not changed."""
        known, at = self.watch.reference, self.at
        before = f"{percent(float(known.rate[at]))} against {percent(float(known.other[at]))}"
        return f"{self.figures()} ({self._size()}), as it was in the reference: {before}"

    def stood(self, at: int) -> bool:
        """Whether a gap beyond the limits stood in the reference."""
        known = self.watch.reference
        if not known.stood[at]:
            return False
        rate, other, limits = float(known.rate[at]), float(known.other[at]), self.watch.terms.limits
        if not METRICS[known.entries[at].metric].ratio:
            return abs(rate - other) >= limits.gap
        return min(rate, other) <= limits.ratio * max(rate, other)

    def unseen(self, rows: float) -> str:
        """That it cannot be told, how many rows are lacking, and how long they will take."""
        return f"cannot tell yet: {self._more(rows)}"

    def _more(self, rows: float) -> str:
        seen = self.seen
        need = f"about {_about(rows)} more rows of {self.stream.segment}{self.rows} are needed"
        if seen.rows <= 0 or seen.length <= 0:
            return need
        return f"{need}, {roughly(int(rows / seen.rows * seen.length))}"

    def apart(self, profile: Profile) -> str:
        """That labels are lacking more often on one side, which can make a gap of its own."""
        cube = profile.cubes.get(self.entry.groups.key)
        if cube is None or not METRICS[self.entry.metric].labels:
            return ""
        positive = self.watch.reference.grouping.positive
        own, rest = (float(part[self.entry.group]) for part in labelled_shares(cube, positive))
        if not abs(own - rest) > UNEVEN:
            return ""
        return f"; labels are known of {percent(own)} of its rows and {percent(rest)} of the rest's"

    def left_open(self, state: GapState, lead: Lead) -> str:
        """From where to where both rates can be, where labels came unevenly since the gap began."""
        if not len(state.left):
            return ""
        found = opened(state.left[lead.at, LAST if lead.alone else lead.way])
        if not found.uneven or not np.isfinite([found.low, found.high]).all():
            return ""
        own, rest = ((float(low), float(high)) for low, high in zip(*found[1:3], strict=True))
        known, other = (float(share) for share in found.labelled)
        return f"; {left_open((known, other), own, rest)}"

    def finding(
        self, look: Look, at: int, verdict: str, reason: str, smallest: float | None = None
    ) -> Finding:
        """The finding with its figures: held against the rest, or against what was expected."""
        seen = self.seen
        expected = seen.expected if self.entry.question == CHANGE else seen.other
        effect, half = seen.rate - expected, Z95 * seen.sd
        return Finding(
            observed=seen.rate,
            expected=expected,
            effect=effect,
            unit="share",
            low=max(effect - half, -1.0),
            high=min(effect + half, 1.0),
            magnitude=abs(cohen_h(seen.rate, expected)),
            detectable=smallest,
            verdict=verdict,
            reason=reason,
            n_window=int(seen.rows),
            **self._about(look, at),
        )

    def bare(self, look: Look, at: int, reason: str) -> Finding:
        """A finding of which nothing is shown."""
        return Finding(reason=reason, **self._about(look, at))

    def _about(self, look: Look, at: int) -> dict[str, Any]:
        return {
            "monitor": self.stream.monitor,
            "component": self.entry.metric,
            "column": self.stream.column,
            "segment": self.stream.segment,
            "category": self.entry.question,
            "n_baseline": int(self.watch.reference.rows[self.at]),
            "evidence": log10(max(float(look.evidence[at]), EVIDENT)),
            "window": look.window,
            "min_effect": self.watch.terms.min_effect,
        }

    def _size(self) -> str:
        """How far apart the rates are, as they are compared by custom."""
        seen = self.seen
        if not self.watch.reference.by_ratio[self.at] or seen.other <= 0:
            return self._points(seen.rate - seen.other)
        ratio = seen.rate / seen.other
        half = Z95 * seen.sd * max(1.0, ratio) / seen.other
        low, high = max(ratio - half, 0.0), ratio + half
        return f"ratio {number(ratio, 2)}, 95 %: {number(low, 2)} to {number(high, 2)}"

    def _points(self, gap: float) -> str:
        half = Z95 * self.seen.sd
        return f"{points(gap)} points, 95 %: {points(gap - half)} to {points(gap + half)}"


def _about(rows: float) -> str:
    """A number of rows of which two digits are known."""
    step = 10 ** max(len(str(ceil(rows))) - 2, 0)
    return count(ceil(rows / step) * step)
