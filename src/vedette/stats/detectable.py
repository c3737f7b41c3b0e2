"""The smallest change that would have alarmed: what a calm verdict is worth.

Owns: approximate detectable changes of scores and rates.  Does not own: the tests themselves.
"""

from math import asin, inf, pi, sin, sqrt

from scipy.special import ndtri

from vedette.stats.rates import rate_tolerance


def detectable(
    n: float,
    m: float,
    weight: float,
    columns: float,
    eps: float = 0.05,
    alpha: float = 0.05,
    alpha_margin: float = 0.01,
    power: float = 0.8,
    strict: bool = False,
) -> float:
    """Give the smallest true score change that alarms with this power.

    ``weight`` is the component's share of its column, ``columns`` how many columns share alpha.

    Units: reference sd's (for level, about the shift of the mean).
    Bounds: infinite when a side is empty.  Assumes a normal score and pays as if every test were
    still in play (Holm's first step).

    Example:
        >>> round(detectable(20_000, 20_000, 0.3, 20), 3)
        0.082
    """
    if n <= 0 or m <= 0 or weight <= 0:
        return inf
    se = sqrt(1 / n + 1 / m)
    b, seen, margin = _normal_steps(weight, columns, alpha, alpha_margin, power, strict)
    return max(se * (seen + b), eps + se * (margin + b))


def detectable_rate(
    n: float,
    m: float,
    base: float,
    weight: float,
    columns: float,
    eps: float = 0.05,
    alpha: float = 0.05,
    alpha_margin: float = 0.01,
    power: float = 0.8,
    strict: bool = False,
) -> float:
    """Give the smallest rise of a rate from ``base`` that alarms with this power.

    On the scale of arcsin sqrt(rate) every rate has variance 1/(4 n) + 1/(4 m), so the sum of
    normal steps is made there and taken back; base is first moved to (m base + 3/8)/(m + 3/4),
    which is what makes it fair for a rate of 0.

    Units: share.  Bounds: infinite when a side is empty or no rate up to 1 would do.  The power
    reached lies between 0.65 and 0.99 for base from 0 to 0.5 and 50 to 20,000 rows (simulated in
    the tests; highest for a rate of 0 in a small reference).
    Source: Anscombe 1948, Biometrika 35, 246-254.

    Example:
        >>> round(detectable_rate(1000, 1000, 0.0, 0.1, 20), 3)
        0.015
    """
    if n <= 0 or m <= 0 or weight <= 0:
        return inf
    half_se = sqrt(1 / n + 1 / m) / 2
    b, seen, margin = _normal_steps(weight, columns, alpha, alpha_margin, power, strict)
    start = (m * base + 0.375) / (m + 0.75)
    past = min(start + rate_tolerance(base, eps), 1.0)
    angle = max(asin(sqrt(start)) + half_se * (seen + b), asin(sqrt(past)) + half_se * (margin + b))
    return sin(angle) ** 2 - base if angle < pi / 2 else inf


def _normal_steps(
    weight: float, columns: float, alpha: float, alpha_margin: float, power: float, strict: bool
) -> tuple[float, float, float]:
    """Normal quantiles of the power, of the test against no change, of that against the margin."""
    share = alpha * weight / columns
    return (
        float(ndtri(power)),
        -float(ndtri(share / 2)),
        -float(ndtri(share if strict else alpha_margin)),
    )
