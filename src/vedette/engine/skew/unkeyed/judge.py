"""One decision over all traits of all columns.

Owns: which traits are asked of which column, their share of the error budget.  Does not own: single
traits, faults (`gather`).

Half of `alpha` is the comparison's, half is shared by all traits (Holm), so that both together
alarm on tables that did not change at most as often as `alpha` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from vedette.engine.skew.unkeyed.clocks import clocks
from vedette.engine.skew.unkeyed.glance import Glance
from vedette.engine.skew.unkeyed.nulls import nulls
from vedette.engine.skew.unkeyed.order import stale, twice
from vedette.engine.skew.unkeyed.relations import Broken, Coder, coders, relations
from vedette.engine.skew.unkeyed.resolution import resolution
from vedette.engine.skew.unkeyed.spikes import spikes
from vedette.engine.skew.unkeyed.texts import texts
from vedette.engine.skew.unkeyed.trait import Two
from vedette.monitors.control import Control
from vedette.monitors.finding import Finding
from vedette.profiles.fit import Each
from vedette.stats.holm import decide

# Traits of a single column that need its sampled values alone: one row each.
TRAITS = (resolution, texts, spikes, clocks)


@dataclass(frozen=True, eq=False)
class Judged:
    """Every trait that was tested, with its verdict."""

    columns: tuple[Finding, ...]
    rows: tuple[Finding, ...]
    relations: tuple[Broken, ...]
    coders: Mapping[str, Coder]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All of them, worst first."""
        every = [*self.columns, *self.rows, *(b.finding for b in self.relations)]
        return tuple(sorted(every, key=lambda f: f.rank))


def judge(
    twos: Sequence[Two],
    glances: tuple[Glance, Glance],
    compared: Sequence[str],
    control: Control,
    eps: float,
    each: Each = map,
) -> Judged:
    """Test every trait, then decide over all of them; `compared` are columns whose missing values
    are already judged, `each` maps over columns."""
    training, serving = glances

    def asked(two: Two) -> list[Finding]:
        found = [finding for trait in TRAITS for finding in trait(two, eps)]
        found += stale(two, training.followed[two.name], serving.followed[two.name])
        if two.name not in compared:
            found += nulls(two.name, training, serving, eps)
        return found

    columns = [finding for found in each(asked, twos) for finding in found]
    rows = twice(training, serving, eps)
    made = coders(twos)
    broken = relations(made)
    every = [*columns, *rows, *(b.finding for b in broken)]
    decided = _decided(every, control)
    first, second = len(columns), len(columns) + len(rows)
    return Judged(
        tuple(decided[:first]),
        tuple(decided[first:second]),
        tuple(replace(b, finding=f) for b, f in zip(broken, decided[second:], strict=True)),
        {coder.column: coder for coder, _ in made},
    )


def _decided(found: Sequence[Finding], control: Control) -> list[Finding]:
    if not found:
        return []
    decision = decide(
        [1.0 if f.p is None else f.p for f in found],
        [1.0 if f.p_margin is None else f.p_margin for f in found],
        [1.0] * len(found),
        control.alpha,
        control.alpha_margin,
        control.strict,
    )
    verdicts = np.where(
        decision.alarming, "alarming", np.where(decision.notable, "notable", "calm")
    )
    return [
        msgspec.structs.replace(
            f,
            verdict=str(verdict),
            p_adjusted=float(p),
            evidence=float(-np.log10(max(float(p), 1e-300))) + 0.0,
        )
        for f, verdict, p in zip(found, verdicts, decision.adjusted, strict=True)
    ]
