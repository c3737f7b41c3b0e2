"""Readings that stay beyond a bound.

Owns: since when each does, when that is too long, the finding.  Does not own: which readings and
bounds (`monitors.saturation`, `monitors.blindness`).

That a bound is broken for long enough is no evidence but a fact: it alarms at once, and takes
nothing from the budget of others.  Once told, it goes on until it is over (`monitors.trouble`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import MINUTE, roughly
from vedette.core.windows import Window
from vedette.core.words import number, percent
from vedette.monitors.finding import Finding
from vedette.monitors.monitor import Look, Terms
from vedette.monitors.trouble import Trouble, counted, moved, nothing_told, over
from vedette.profiles.bounds import Bound
from vedette.profiles.profile import Profile

Array = NDArray[np.float64]

JUST = 1.0001  # enough, whatever the rounding
URGENT, TELLING = 1.0, 0.4  # magnitudes: critical, and a warning
MOSTLY = 0.95  # of the windows: what is so in more of them is always so
PAUSE = 6  # windows, within which a trouble that seemed to be over is the same one
GAP = 15 * MINUTE  # without a reading, after which it is not known how long a bound was broken


@dataclass(frozen=True, eq=False)
class HeldState:
    """Memory of S readings, known by their names.

    Shapes: `since` int64[S] when a bound began to be broken, 0 where it is not; `seen` int64[S] the
    end of the last window with a reading, -1 before; `value` float64[S] of the last window, nan
    where none came.
    """

    names: tuple[str, ...]
    last: int
    since: NDArray[np.int64]
    seen: NDArray[np.int64]
    value: Array
    trouble: Trouble


@dataclass(frozen=True, eq=False)
class Held:
    """Bounds of some readings.  Shapes: `weights` float64[S] of their streams."""

    monitor: str
    names: tuple[str, ...]
    bounds: tuple[Bound, ...]
    weights: Array
    terms: Terms

    def start(self) -> HeldState:
        """Know nothing yet."""
        n = len(self.names)
        return HeldState(
            self.names, -1, np.zeros(n, np.int64), np.full(n, -1, np.int64), np.full(n, np.nan),
            nothing_told(n),
        )  # fmt: skip

    def step(
        self, state: HeldState, value: Array, window: Window, lasts: NDArray[np.bool_] | None = None
    ) -> tuple[HeldState, Look]:
        """See which bounds a window breaks; windows that were seen before say nothing new.

        Shapes: `value` float64[S], nan where no reading came; `lasts` bool[S], of what was told,
        where it is not over whatever windows say.
        """
        state = self.known(state)
        n = len(self.names)
        if window.start <= state.last:
            again = self._look(replace(state, value=np.full(n, np.nan)), window)
            return state, replace(again, quiet=np.zeros(n, np.bool_))
        broken = np.array(
            [one.is_broken(v) for one, v in zip(self.bounds, value.tolist(), strict=True)], np.bool_
        )
        came, width = ~np.isnan(value), window.end - window.start
        lasting = state.trouble.goes_on & (False if lasts is None else lasts)
        stale = (window.end - state.seen > max(GAP, 3 * width)) & ~lasting
        trouble = counted(state.trouble, broken, came, window)
        ended = over(trouble, window) | (self._once & came & ~broken) | stale
        goes_on = trouble.goes_on & (lasting | ~ended)
        paused = (trouble.told >= 0) & ~stale & (window.end - trouble.told <= PAUSE * width)
        begun = np.where((state.since > 0) & ~stale, state.since, window.start)
        since = np.where(broken | goes_on | paused, begun, 0)
        since = np.where(came, since, np.where(stale, 0, state.since))
        goes_on |= came & broken & (paused | (window.end - since >= self._hold))
        told = np.where(goes_on, window.end, trouble.told)
        state = replace(
            state,
            last=window.start,
            since=since,
            seen=np.where(came, window.end, state.seen),
            value=value,
            trouble=replace(trouble, told=told, goes_on=goes_on),
        )
        return state, self._look(state, window)

    def known(self, state: HeldState) -> HeldState:
        """The state for these readings, where it is one of others."""
        if state.names == self.names:
            return state
        fresh, places = self.start(), {name: at for at, name in enumerate(state.names)}
        for at, name in enumerate(self.names):
            if name in places:
                for part in ("since", "seen", "value"):
                    getattr(fresh, part)[at] = getattr(state, part)[places[name]]
        kept = [(places[name], at) for at, name in enumerate(self.names) if name in places]
        return replace(fresh, last=state.last, trouble=moved(state.trouble, fresh.trouble, kept))

    def tell(self, state: HeldState, look: Look, at: int) -> Finding:
        """Say for how long a reading has been beyond its bound."""
        name, bound, known = self.names[at], self.bounds[at], self.known(state)
        value, since = float(known.value[at]), int(known.since[at])
        about = {"monitor": self.monitor, "column": name, "window": look.window}
        if np.isnan(value):
            return Finding(**about, component="held", reason="no reading came")  # type: ignore[arg-type]
        shown, limit = spelt(name, value), spelt(name, bound.limit)
        side = "below" if bound.below else "above"
        length = look.window.end - since if since else 0
        is_told = bool(look.evidence[at] > 0)
        reason = f"`{name}` is {shown}, not {side} {limit}"
        if since:
            share = float(known.trouble.share[at])
            most = f"for {percent(share)} of" if share < MOSTLY else "for"
            reason = f"`{name}` has been {side} {limit} {most} {roughly(length)}, now {shown}"
            reason += f": {bound.what}" if bound.what else ""
        return Finding(
            **about,  # type: ignore[arg-type]
            component="held",
            observed=value,
            expected=bound.limit,
            effect=value - bound.limit,
            detectable=max(bound.limit - value if not bound.below else value - bound.limit, 0.0),
            magnitude=(URGENT if bound.urgent else TELLING) if since else 0.0,
            evidence=float(np.log10(max(float(look.evidence[at]), 1e-30))),
            verdict="alarming" if is_told else "notable" if since else "calm",
            reason=reason,
        )

    @property
    def _hold(self) -> NDArray[np.int64]:
        return np.array([bound.hold for bound in self.bounds], np.int64)

    @property
    def _once(self) -> NDArray[np.bool_]:
        return np.array([bound.once for bound in self.bounds], np.bool_)

    def _look(self, state: HeldState, window: Window) -> Look:
        limits = np.array([bound.limit for bound in self.bounds], np.float64)
        told = ~np.isnan(state.value) & state.trouble.goes_on
        needed = self.terms.threshold / np.maximum(self.weights, 1e-300)
        onset = np.where(state.since > 0, state.since, window.start)
        evidence = np.where(told, JUST * needed, 0.0)
        quiet = ~state.trouble.goes_on & ((state.since == 0) | (state.trouble.run > 0))
        return Look(window, evidence, state.value - limits, quiet, onset)


def read(names: Sequence[str], bounds: Sequence[Bound], profile: Profile) -> Array:
    """What a window's readings are, nan where none came.  Shapes: float64[S]."""
    value = np.full(len(names), np.nan)
    for at, (name, bound) in enumerate(zip(names, bounds, strict=True)):
        readings = profile.metrics.get(name)
        mean = None if readings is None else readings.mean
        if readings is not None and mean is not None:
            value[at] = readings.low if bound.lows else mean
    return value


def spelt(name: str, value: float) -> str:
    """A reading in the words of its unit.

    Example:
        >>> spelt("resource.cpu.utilization{host=a}", 0.93), spelt("queue.waiting", 12.0)
        ('93 %', '12')
    """
    bare = name.partition("{")[0]
    is_share = bare.endswith((".utilization", ".throttled", ".share"))
    return percent(value) if is_share else number(value, 3)


def bounded(
    names: Sequence[str], bounds: Sequence[Bound | None]
) -> tuple[tuple[str, ...], tuple[Bound, ...]]:
    """The readings that have a bound, and these."""
    pairs = [(name, one) for name, one in zip(names, bounds, strict=True) if one is not None]
    return tuple(name for name, _ in pairs), tuple(one for _, one in pairs)
