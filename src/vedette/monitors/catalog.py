"""Every component that can be found, and every monitor of a live model, as tables to scan.

Owns: which monitor speaks for a tested component, and how; which monitors watch in time.  Does not
own: the monitors.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from vedette.monitors import drift, rate
from vedette.monitors.blindness import Blindness
from vedette.monitors.concept import Concept
from vedette.monitors.dependence import DependenceMonitor
from vedette.monitors.estimate import Estimate
from vedette.monitors.metrics import Metrics
from vedette.monitors.monitor import Monitor
from vedette.monitors.objectives import Objectives
from vedette.monitors.odds import Odds
from vedette.monitors.outliers import Outliers
from vedette.monitors.pair import Pair
from vedette.monitors.parity import Parity
from vedette.monitors.rates import Rates
from vedette.monitors.said import Beside, Said
from vedette.monitors.saturation import Saturation
from vedette.monitors.schema import SchemaMonitor
from vedette.monitors.shift import Shift
from vedette.monitors.skew import Skew
from vedette.monitors.tail import Tail
from vedette.monitors.twins import TwinsMonitor
from vedette.monitors.volume import Volume
from vedette.stats.two_sample import Component

Speak = Callable[[Pair, Component, Beside], Said]

COMPONENTS: Mapping[str, tuple[str, Speak]] = MappingProxyType(
    {
        "level": (drift.MONITOR, drift.level),
        "spread": (drift.MONITOR, drift.spread),
        "skew": (drift.MONITOR, drift.skew),
        "shape": (drift.MONITOR, drift.shape),
        "category": (drift.MONITOR, drift.category),
        "distance": (drift.MONITOR, drift.distance),
        "missing": (rate.MONITOR, rate.missing),
        "not_finite": (rate.MONITOR, rate.not_finite),
        "broken": (rate.MONITOR, rate.broken),
        "range": (rate.MONITOR, rate.outside),
        "unseen": (rate.MONITOR, rate.unseen),
    }
)

MONITORS: Mapping[str, type[Monitor[Any]]] = MappingProxyType(
    {
        "shift": Shift,
        "rates": Rates,
        "volume": Volume,
        "concept": Concept,
        "estimate": Estimate,
        "parity": Parity,
        "odds": Odds,
        "skew": Skew,
        "schema": SchemaMonitor,
        "twins": TwinsMonitor,
        "outliers": Outliers,
        "metrics": Metrics,
        "dependence": DependenceMonitor,
        "tail": Tail,
        "objectives": Objectives,
        "saturation": Saturation,
        "blindness": Blindness,
    }
)
