"""What watches a model, fitted to its baseline and its settings.

Owns: which monitor runs on which clock, and the terms they are held to.  Does not own: the
monitors, how the budget is split (`alerts.budget`), what happens in time (`engine.step`).
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.alerts.budget import FAST, LATE, PAIRED, allot
from vedette.derive.checks.counted import Counted
from vedette.derive.checks.served import Served
from vedette.derive.deriver import Deriver
from vedette.derive.outliers.counted import RowCounts
from vedette.engine.batch import deriving
from vedette.engine.model_settings import ModelSettings
from vedette.monitors.catalog import MONITORS
from vedette.monitors.monitor import Monitor, Stream, Terms
from vedette.profiles.baseline import Baseline
from vedette.profiles.metering import Metering
from vedette.profiles.objective import Objective

BASE, QUICK, DRIFT = "base", "fast", "drift"  # clocks of windows that end
LABELS = "labels"  # the clock of the drift clock's windows, each once its labels have come
PAIRS = "pairs"  # the clock of the drift clock's windows, each with the twins paired in it
WATCHED = (QUICK, DRIFT, LABELS, PAIRS)  # clocks with monitors
CLOCK_OF: Mapping[str, str] = MappingProxyType(
    {
        "shift": DRIFT,
        "rates": QUICK,
        "volume": QUICK,
        "concept": LABELS,
        "estimate": LABELS,
        "parity": DRIFT,
        "odds": LABELS,
        "skew": DRIFT,
        "schema": QUICK,
        "twins": PAIRS,
        "outliers": QUICK,
        "metrics": QUICK,
        "dependence": DRIFT,
        "tail": QUICK,
        "objectives": QUICK,
        "saturation": QUICK,
        "blindness": QUICK,
    }
)
EARLY = (QUICK, PAIRS)  # clocks that a first guess of a baseline is good enough for
OUTLIERS = "outliers"  # what single rows are like takes more than a first guess
OF_ROWS = (OUTLIERS,)  # streams that are about no column, and say nothing without rows
TRAFFIC = ("volume",)  # what is about events, not about the rows that were sent of them
# Monitors that say something of a window that has no rows.
READ = ("metrics", "objectives", "saturation", "blindness")
LASTING = (*TRAFFIC, *READ, "tail")  # what they learnt holds under any baseline


@dataclass(frozen=True, eq=False)
class Rung:
    """One clock with its monitors.

    Shapes: `weights` float64[S] sum to 1 over `streams`, which are those of the monitors one behind
    the other.  Units: `width` in nanoseconds.
    """

    name: str
    width: int
    monitors: tuple[tuple[str, Monitor[Any]], ...]
    streams: tuple[Stream, ...]
    weights: NDArray[np.float64]
    threshold: float

    def part(self, at: int) -> slice:
        """The places of one monitor's streams."""
        sizes = [len(monitor.streams) for _, monitor in self.monitors]
        return slice(sum(sizes[:at]), sum(sizes[: at + 1]))


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything fixed about watching a model under one baseline."""

    settings: ModelSettings
    baseline: Baseline
    baseline_id: str
    fast: Rung
    drift: Rung
    labels: Rung
    pairs: Rung
    deriver: Deriver  # adds the derived columns
    checks: Counted | None = None  # what is declared of served rows
    rows: RowCounts | None = None  # how unlike the reference single rows are
    objectives: tuple[Objective, ...] = ()  # that events are counted for

    @property
    def base_width(self) -> int:
        return self.settings.clocks.widths[0]

    def rung(self, clock: str) -> Rung:
        """One of the clocks."""
        return {
            QUICK: self.fast, DRIFT: self.drift, LABELS: self.labels, PAIRS: self.pairs,
        }[clock]  # fmt: skip

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """All clocks."""
        return tuple(map(self.rung, WATCHED))


def make_plan(
    settings: ModelSettings,
    baseline: Baseline,
    baseline_id: str,
    *,
    learning: bool = False,
    twins: bool = False,
    metering: Metering = Metering(),  # noqa: B008 - frozen
) -> Plan:
    """Fit every monitor of the catalogue that has something to watch.

    `learning` leaves drift out: the baseline is a first guess, made to tell broken data early.
    `twins` says that there are pairs of twins; as long as there are none, nothing of the budget is
    kept for them.  `metering` is what is asked of metrics.
    """
    watched = replace(baseline, metering=metering)
    _, fast, drift = settings.clocks.widths
    chosen = {
        name: kind
        for name, kind in MONITORS.items()
        if name not in settings.without
        and (not learning or (CLOCK_OF[name] in EARLY and name != OUTLIERS))
        and (twins or CLOCK_OF[name] != PAIRS)
    }
    streams = {name: kind.streams_of(watched) for name, kind in chosen.items()}
    streams = {name: _important(found, settings) for name, found in streams.items() if found}
    parts = _parts({CLOCK_OF[name] for name in streams})

    def rung(clock: str, width: int) -> Rung:
        names = [name for name in streams if CLOCK_OF[name] == clock]
        every = [stream for name in names for stream in streams[name]]
        if not every:
            return Rung(clock, width, (), (), np.empty(0), np.inf)
        weights, threshold = allot(every, width, settings.period_ns, settings.budget * parts[clock])
        effects = settings.effects(baseline.columns)
        made, at = [], 0
        for name in names:
            own = weights[at : at + len(streams[name])]
            at += len(own)
            limits = settings.fairness.limits
            allowed = {s.column: settings.skew.mismatch_of(s.column) for s in streams[name]}
            usual = settings.min_effect
            terms = Terms(own, threshold, width, usual, effects, limits, allowed)
            made.append((name, chosen[name].of(watched, terms)))
        return Rung(clock, width, tuple(made), tuple(every), weights, threshold)

    derived = deriving(baseline)
    quick, (slow, late, pairs) = rung(QUICK, fast), (rung(c, drift) for c in (DRIFT, LABELS, PAIRS))
    schema = baseline.checks
    checks = None if schema is None else Counted.of(Served.of(schema), baseline.binnings)
    scored = baseline.outliers if OUTLIERS in chosen else None
    rows = None if scored is None else RowCounts.of(scored, baseline.segments)
    promised = metering.objectives
    return Plan(
        settings, baseline, baseline_id, quick, slow, late, pairs, derived, checks, rows, promised
    )


def _parts(clocks: Set[str]) -> dict[str, float]:
    """How the alarms are split over the clocks that have something to watch.

    Sums go along the table: in the order of a set they would differ from process to process, by the
    last bit, and so would evidence.
    """
    usual = {QUICK: FAST, DRIFT: 1 - FAST - LATE - PAIRED, LABELS: LATE, PAIRS: PAIRED}
    for clock in (LABELS, PAIRS):
        if clock not in clocks:
            usual[DRIFT] += usual.pop(clock)
    watched = {clock: part for clock, part in usual.items() if clock in clocks}
    total = sum(watched.values())
    return {clock: part / total for clock, part in watched.items()}


def _important(streams: Sequence[Stream], settings: ModelSettings) -> tuple[Stream, ...]:
    """The streams with the importance that the operator gave their columns."""
    if not settings.importance:
        return tuple(streams)
    return tuple(
        stream._replace(importance=stream.importance * settings.importance.get(stream.column, 1.0))
        for stream in streams
    )
