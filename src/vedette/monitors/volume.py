"""Volume: traffic against what this hour expects, and data that stopped arriving.

Owns: the evidence of both, in words.  Does not own: the forecast (`stats.traffic`), the bets
(`stats.traffic_bets`).

A training sample says nothing of live traffic: the season is learnt from live windows alone, in the
state.  For two days only silence is told, against the longest gap so far; for eight days a level up
to ten times higher or lower passes for a weekday not seen yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import exp, log, log10, sqrt
from typing import Self

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import roughly
from vedette.core.windows import Window
from vedette.core.words import count, number, percent
from vedette.monitors.finding import Finding, live_verdict
from vedette.monitors.monitor import Look, Stream, Terms
from vedette.monitors.volume_state import VolumeState, nothing_known, without_level
from vedette.profiles.baseline import Baseline
from vedette.profiles.profile import Profile
from vedette.stats import traffic_bets as bets
from vedette.stats.intervals import Z95
from vedette.stats.traffic import (
    HOUR,
    SEASON_KNOWN,
    Forecast,
    forecast,
    is_season_known,
    is_week_known,
    learn,
)

MONITOR = "volume"
LEVEL, SILENCE = 0, 1  # the two streams
STREAMS = (
    Stream(MONITOR, "", "", "service", 1.0),
    Stream(MONITOR, "", "", "service", 2.0),  # nothing matters more than that data arrive
)
JUMP = 0.2  # share of the level's evidence that this window alone can give
JUST = 1.0001  # a hit is enough, whatever the rounding
TOLERANCE = 4.0  # times min_effect: the share that traffic may rise or fall by (20 % by default)
FIRST_GAP = 6 * HOUR  # a longer gap may be a weekday without traffic, until all have been seen
MISFITS = 3.0  # standard deviations of the forecast's own error that are tolerated
UNKNOWN_WEEK = 10.0  # how much higher or lower a weekday that was never seen may be
LARGEST = 1e30  # of a sum of bets
HOPEFUL = 0.5  # windows teach while the evidence is below this power of what an alarm needs
TOLD_WITHIN = 20.0  # windows: what is detectable is stated for these


@dataclass(frozen=True, eq=False)
class Volume:
    """Traffic of a model: its level, and its silence."""

    terms: Terms

    @property
    def streams(self) -> tuple[Stream, ...]:
        return STREAMS

    @classmethod
    def streams_of(cls, baseline: Baseline) -> tuple[Stream, ...]:
        """Two streams of the model itself, whatever the baseline: level and silence."""
        return STREAMS

    @classmethod
    def of(cls, baseline: Baseline, terms: Terms) -> Self:
        """Take the terms; of the baseline nothing is used."""
        return cls(terms)

    def start(self) -> VolumeState:
        """Know nothing yet."""
        return nothing_known()

    def step(
        self, state: VolumeState, profile: Profile, window: Window
    ) -> tuple[VolumeState, Look]:
        """Hold the window's rows against the forecast, then learn from them; not twice."""
        if window.start <= state.traffic.last_start:
            return state, self._look_again(state, window)
        rows, width = profile.rows, max(window.end - window.start, 1)
        expected = forecast(state.traffic, window.start, width)
        new = replace(state, expected=expected, jump=0.0)
        new = self._silence(new, rows, window)
        if is_season_known(state.traffic, window.start):
            new = self._level(new, rows, window)
        evidence = self._evidence(new)
        hopeful = bool((evidence < self._needed**HOPEFUL).all())
        known = learn(state.traffic, expected, rows, window.start, width, lasting=hopeful)
        new = replace(new, traffic=known)
        return new, self._look(new, rows, window, evidence)

    def reset(self, state: VolumeState, which: NDArray[np.bool_]) -> VolumeState:
        """Forget the evidence of a stream; what is known of the traffic stays."""
        if which[LEVEL]:
            state = without_level(state)
        if which[SILENCE]:
            state = replace(state, silence=0.0)
        return state

    def tell(
        self, state: VolumeState, look: Look, profile: Profile, which: Sequence[int]
    ) -> tuple[Finding, ...]:
        """Say how many events came where how many were expected, or for how long none did."""
        return tuple(
            self._tell_silence(state, look) if at == SILENCE else self._tell_level(state, look)
            for at in which
        )

    # ------------------------------------------------------------------------------------------

    @property
    def _needed(self) -> NDArray[np.float64]:
        """The evidence with which each stream alone raises the alarm."""
        needed: NDArray[np.float64] = self.terms.threshold / np.maximum(self.terms.weights, 1e-300)
        return needed

    @property
    def _tolerance(self) -> float:
        return min(TOLERANCE * self.terms.min_effect, 0.9)

    def _usual(self, state: VolumeState, start: int) -> tuple[float, float]:
        """The least and the greatest usual level, times the forecast: wider where the forecasts of
        the last weeks missed by more."""
        if not is_week_known(state.traffic, start):
            return 1 / UNKNOWN_WEEK, UNKNOWN_WEEK
        missed = exp(MISFITS * state.expected.misfit)
        return min(1 - self._tolerance, 1 / missed), max(1 + self._tolerance, missed)

    def _silence(self, state: VolumeState, rows: int, window: Window) -> VolumeState:
        """Carry on the evidence that data stopped; a row ends it."""
        traffic = state.traffic
        if rows or traffic.first < 0:
            return replace(state, silence=0.0, silent_from=0, silent_due=0.0)
        start = state.silent_from or window.start
        due = state.silent_due + state.expected.least
        if not is_season_known(traffic, window.start):
            evidence = bets.gap_bet(traffic.gap + 1, traffic.longest)
        else:
            # A stop may begin in every window, but not where no row was due anyway.
            begins = min(1.0, state.expected.least)
            evidence = (state.silence + begins) / bets.empty_chance(state.expected)
            if window.end - start > FIRST_GAP and not is_week_known(traffic, window.start):
                evidence = state.silence
        return replace(state, silence=min(evidence, LARGEST), silent_from=start, silent_due=due)

    def _level(self, state: VolumeState, rows: int, window: Window) -> VolumeState:
        """Bet on falls and rises, over time and on this window alone."""
        expected = state.expected
        low, high = self._usual(state, window.start)
        e = bets.level_bets(rows, expected, low, high)
        fresh = state.cusum <= 1
        alpha = JUMP / (2 * JUST * float(self._needed[LEVEL]))
        hits = sum(p <= alpha for p in bets.level_tails(rows, expected, low, high))
        return replace(
            state,
            sums=np.minimum((1 + state.sums) * e, LARGEST),
            cusum=np.minimum(np.maximum(1, state.cusum) * e, LARGEST),
            since=np.where(fresh, window.start, state.since),
            seen=np.where(fresh, 0.0, state.seen) + rows,
            due=np.where(fresh, 0.0, state.due) + expected.mean,
            jump=hits / (2 * alpha),
        )

    def _evidence(self, state: VolumeState) -> NDArray[np.float64]:
        level = (1 - JUMP) * float(state.sums.mean()) + JUMP * state.jump
        return np.array([level, state.silence])

    def _look(
        self, state: VolumeState, rows: int, window: Window, evidence: NDArray[np.float64]
    ) -> Look:
        expected, known = state.expected, is_season_known(state.traffic, window.start)
        effect = np.array([np.nan, np.nan])
        if known and expected.season > 0:
            effect[LEVEL] = rows / expected.season - 1
        if state.traffic.first >= 0:
            effect[SILENCE] = (window.end - state.silent_from) / 1e9 if state.silent_from else 0.0
        reach = 2 * self._tolerance * expected.season + 2 * expected.deviation
        is_level = not known or abs(rows - expected.season) <= reach
        heard = rows > 0 or (known and bets.empty_chance(expected) > 0.5)
        onset = np.array([self._since(state) or window.start, state.silent_from or window.start])
        return Look(window, evidence, effect, np.array([is_level, heard]), onset)

    def _look_again(self, state: VolumeState, window: Window) -> Look:
        """The look at the last window that taught, for one that it came after: a new baseline lets
        windows be looked at once more, and there is nothing new in them."""
        traffic, width = state.traffic, max(window.end - window.start, 1)
        last = Window(traffic.last_start, traffic.last_start + width)
        look = self._look(state, round(traffic.last_rows), last, self._evidence(state))
        return replace(look, window=window, quiet=np.zeros(len(STREAMS), np.bool_))

    @staticmethod
    def _since(state: VolumeState) -> int:
        lead = int(state.cusum.argmax())
        return int(state.since[lead]) if state.cusum[lead] > 1 else 0

    def _verdict(self, at: int, evidence: float) -> str:
        return live_verdict(evidence / float(self._needed[at]))

    def _learning(self, state: VolumeState, window: Window) -> str:
        if state.traffic.first < 0:
            return "no event has arrived yet"
        left = SEASON_KNOWN - (window.start - state.traffic.first)
        return f"what to expect of the traffic is being learnt for another {roughly(left)}"

    def _tell_silence(self, state: VolumeState, look: Look) -> Finding:
        window, known = look.window, is_season_known(state.traffic, look.window.start)
        width = max(window.end - window.start, 1)
        if state.traffic.first < 0:
            reason = self._learning(state, window)
            return Finding(monitor=MONITOR, component="silence", column="", reason=reason,
                           window=window)  # fmt: skip
        needed = log(float(self._needed[SILENCE]))
        if known:
            windows = bets.silence_needed(state.expected, needed)
        else:
            windows = float(np.exp(needed / 2)) * max(state.traffic.longest, 1)
        gap, evidence = float(look.effect[SILENCE]), float(look.evidence[SILENCE])
        due = state.silent_due
        text = "events arrive"
        if gap:
            text = f"no event for {roughly(round(gap * 1e9))}"
            if not known:
                longest = roughly(max(state.traffic.longest, 1) * width)
                text += f", where the longest gap before was {longest}"
            elif due >= 1:
                text += f" where about {number(due, 2)} {'was' if due < 1.5 else 'were'} expected"
        return Finding(
            monitor=MONITOR,
            component="silence",
            column="",
            observed=0.0 if gap else None,
            expected=due if gap else None,
            effect=gap,
            unit="s",
            magnitude=1.0 if gap else 0.0,
            evidence=log10(max(evidence, 1e-30)),
            verdict=self._verdict(SILENCE, evidence),
            reason=text,
            detectable=windows * width / 1e9 if np.isfinite(windows) else None,
            window=window,
        )

    def _tell_level(self, state: VolumeState, look: Look) -> Finding:
        window, expected = look.window, state.expected
        if np.isnan(look.effect[LEVEL]):
            known = is_season_known(state.traffic, window.start)
            reason = self._learning(state, window) if not known else "no event is expected now"
            return Finding(monitor=MONITOR, component="traffic", column="", reason=reason,
                           window=window)  # fmt: skip
        width = max(window.end - window.start, 1)
        lead = int(state.cusum.argmax())
        is_lasting = state.cusum[lead] > 1
        now = expected.season * (1 + float(look.effect[LEVEL]))
        seen = float(state.seen[lead]) if is_lasting else now
        due = float(state.due[lead]) if is_lasting else expected.mean
        length = window.end - int(state.since[lead]) if is_lasting else width
        low, high = _ratio(seen, due, expected)
        effect, evidence = seen / max(due, 1e-9) - 1, float(look.evidence[LEVEL])
        change = "rose" if effect > 0 else "fell"
        if effect > 1:
            size = f"to {number(1 + effect, 2)} times what was expected"
        else:
            size = f"by {percent(abs(effect))}"
        text = (
            f"traffic {change} {size}: {count(round(seen))} events in {roughly(length)} where about"
            f" {number(due, 3)} were expected"
        )
        usual = self._usual(state, window.start)[0]
        nats = log(float(self._needed[LEVEL]) * len(state.sums) / (1 - JUMP))
        return Finding(
            monitor=MONITOR,
            component="traffic",
            column="",
            observed=seen,
            expected=due,
            effect=effect,
            unit="share",
            low=low,
            high=high,
            magnitude=min(abs(effect), 10.0),
            evidence=log10(max(evidence, 1e-30)),
            detectable=bets.fall_needed(expected, usual, nats, TOLD_WITHIN),
            n_window=round(seen),
            min_effect=self._tolerance,
            verdict=self._verdict(LEVEL, evidence),
            reason=text,
            window=window,
        )


def _ratio(seen: float, due: float, expected: Forecast) -> tuple[float, float]:
    """The 95 % interval of the relative change: scatter within the hour, and between days."""
    error = Z95 * sqrt(expected.scatter / max(seen, 1.0) + 1 / expected.shape)
    ratio = seen / max(due, 1e-9)
    return ratio * float(np.exp(-error)) - 1, ratio * float(np.exp(error)) - 1
