"""A trait: a property of values that bins cannot see, counted on both sides.

Owns: the two sides of a column as a trait gets them, findings of a trait that is a share.  Does not
own: single traits, the verdict (`judge`).
"""

from dataclasses import dataclass

from vedette.engine.skew.unkeyed.values import Values
from vedette.monitors.finding import Finding
from vedette.stats.intervals import cohen_h
from vedette.stats.rates import rate_change

MONITOR = "skew"


@dataclass(frozen=True, eq=False)
class Two:
    """A column of both samples."""

    training: Values
    serving: Values

    @property
    def name(self) -> str:
        return self.training.name

    @property
    def comparable(self) -> bool:
        """Whether both sides are read alike, and each holds a value."""
        one, two = self.training, self.serving
        return bool(one.kind) and one.kind == two.kind and one.usable > 0 and two.usable > 0


def shared(
    component: str,
    column: str,
    serving: tuple[float, float],
    training: tuple[float, float],
    eps: float,
    reason: str,
    category: str | None = None,
) -> Finding:
    """A finding on the share of rows with a property: (rows with it, rows) on each side.

    Bounds: exact for independent rows (`stats.rates`).
    """
    (x, n), (k, m) = serving, training
    change = rate_change(x, n, k, m, eps)
    return Finding(
        monitor=MONITOR,
        component=component,
        column=column,
        category=category,
        observed=change.observed,
        expected=change.expected,
        effect=change.effect,
        unit="share",
        low=change.low,
        high=change.high,
        magnitude=abs(cohen_h(change.observed, change.expected)),
        p=change.p,
        p_margin=change.p_margin,
        n_baseline=int(m),
        n_window=int(n),
        min_effect=eps,
        reason=reason,
    )


def sure(
    component: str, column: str, reason: str, verdict: str, category: str | None = None
) -> Finding:
    """A finding that needs no test: a fact about the tables themselves."""
    return Finding(
        monitor=MONITOR,
        component=component,
        column=column,
        category=category,
        magnitude=1.0,
        p=0.0,
        p_margin=0.0,
        p_adjusted=0.0,
        evidence=300.0,
        verdict=verdict,
        reason=reason,
    )
