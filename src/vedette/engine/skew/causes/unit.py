"""The unit changed: online is offline times a constant.

Owns: the known factors and their names, finding an unknown one.  Does not own: a change of sign
(`sign`), a shift beside it (`affine`).
"""

from collections.abc import Iterable
from types import MappingProxyType

import numpy as np

from vedette.core.words import number
from vedette.engine.skew.causes.candidate import FREE, PLAIN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE, Floats, half_step, modes, near, several
from vedette.engine.skew.causes.pairs import Mask, Pairs

# Factors as people write them, in this direction; each holds backwards, too.
FACTORS = MappingProxyType(
    {
        1.609344: "miles to kilometres",
        1.852: "nautical miles to kilometres",
        1.150779: "knots to miles an hour",
        0.514444: "knots to metres a second",
        0.44704: "miles an hour to metres a second",
        3.6: "metres a second to kilometres an hour",
        0.3048: "feet to metres",
        0.9144: "yards to metres",
        2.54: "inches to centimetres",
        25.4: "inches to millimetres",
        0.0254: "inches to metres",
        2.2046226: "kilograms to pounds",
        28.349523: "ounces to grams",
        453.59237: "pounds to grams",
        3.7854118: "US gallons to litres",
        4.54609: "gallons to litres",
        4.184: "calories to joules",
        33.863886: "inches of mercury to hectopascals",
        1.3332239: "millimetres of mercury to hectopascals",
        6.8947573: "pounds a square inch to kilopascals",
        57.2957795: "radians to degrees",
        10.0: "one decimal place",
        100.0: "shares to percent, or units to cents",
        1000.0: "thousandths",
        1e6: "millionths",
        1e9: "seconds to nanoseconds",
        12.0: "years to months, or feet to inches",
        24.0: "days to hours",
        60.0: "minutes to seconds, or hours to minutes",
        1440.0: "days to minutes",
        3600.0: "hours to seconds",
        86400.0: "days to seconds",
        1024.0: "binary thousands",
    }
)
NAMED = 5e-4  # relative: people write 1.609 and 2.205


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the factors on which most pairs agree.

    Bounds: no more than three; a factor without a name needs five different values.
    """
    if not pairs.numeric:
        return
    taken = pairs.take(fit & pairs.both)
    offline, online = taken.offline.floats(), taken.online.floats()
    usable = (offline != 0) & (online != 0) & np.isfinite(offline) & np.isfinite(online)
    offline, online = offline[usable], online[usable]
    if len(offline) < 2:
        return
    ratios = online / offline
    half = half_step(pairs)
    found = [(factor, 0.0) for factor in modes(ratios, lambda r: 2 * CLOSE * np.abs(r))]
    if half:
        found += [(factor, half) for factor in _rounded(offline, online, half)]
    wide = several(offline)
    for factor, slack in found:
        if abs(abs(factor) - 1) < 10 * CLOSE:
            continue
        known = _known(factor, pairs, slack)
        if known is not None:
            yield _candidate(known[0], slack, PLAIN, f" ({known[1]})")
        elif wide:
            yield _candidate(factor, slack, FREE, "")


def _candidate(factor: float, slack: float, cost: float, called: str) -> Candidate:
    rounded = ", rounded" if slack else ""
    return Candidate(
        "unit",
        f"training value × {number(factor, 7)}{called}{rounded}",
        lambda pairs: near(pairs.offline.floats() * factor, pairs, slack),
        cost + (1.0 if slack else 0.0),
    )


def _rounded(offline: Floats, online: Floats, half: float) -> list[float]:
    """Factors where online numbers are rounded: told by the largest ones, where rounding is least
    felt."""
    large = np.abs(online) >= np.quantile(np.abs(online), 0.75)
    o, s = offline[large], online[large]
    wide = float(2 * half / np.abs(s).min()) if np.abs(s).min() > 0 else 0.0
    found = []
    for factor in modes(s / o, lambda r: np.abs(r) * wide):
        close = np.abs(online - offline * factor) <= np.maximum(2 * half, wide * np.abs(online))
        if close.any():
            found.append(
                float(np.sum(online[close] * offline[close]) / np.sum(offline[close] ** 2))
            )
    return found


def _known(factor: float, pairs: Pairs, slack: float) -> tuple[float, str] | None:
    """The named factor that is meant, with the spelling of it that fits these pairs."""
    for value, name in FACTORS.items():
        there, _, back = name.partition(" to ")
        if abs(factor / value - 1) < NAMED:
            meant, called = value, name
        elif abs(factor * value - 1) < NAMED:
            meant = 1 / value
            called = f"{back} to {there}" if back and "," not in name else name
        else:
            continue
        exact = near(pairs.offline.floats() * meant, pairs, slack).sum()
        rough = near(pairs.offline.floats() * factor, pairs, slack).sum()
        return (meant if exact >= 0.98 * rough else factor), called
    return None
