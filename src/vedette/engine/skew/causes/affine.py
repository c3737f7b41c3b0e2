"""A straight line: online is a multiple of offline and a constant beside it.

Owns: finding the line, the known ones.  Does not own: lines that a scaler draws (`scaler`).
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from vedette.core.words import number
from vedette.engine.skew.causes.candidate import LINE, PLAIN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE, decimals, half_step, modes, near, several
from vedette.engine.skew.causes.pairs import Mask, Pairs


class Line(NamedTuple):
    """online = slope x offline + shift, to within `slack`."""

    slope: float
    shift: float
    slack: float = 0.0


LINES = (
    (Line(1.8, 32.0), "Celsius to Fahrenheit"),
    (Line(5 / 9, -160 / 9), "Fahrenheit to Celsius"),
    (Line(5 / 9, 273.15 - 160 / 9), "Fahrenheit to Kelvin"),
    (Line(1.8, -459.67), "Kelvin to Fahrenheit"),
    (Line(-1.0, 1.0), "one less it: the chance of the other class"),
    (Line(-1.0, 100.0), "a hundred less it"),
)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try the known lines, then the one on which most pairs lie."""
    if not pairs.numeric:
        return
    slack = rounding(pairs)
    for line, called in LINES:
        for room in {0.0, slack}:
            yield candidate(line._replace(slack=room), f" ({called})", PLAIN, varied=3)
    line_found = find(pairs, fit)
    if line_found is not None:
        yield candidate(line_found, "", LINE)


def candidate(
    line: Line, called: str, cost: float, name: str = "affine", varied: int = 1
) -> Candidate:
    """The guess that pairs lie on a line."""
    sign = "+" if line.shift >= 0 else "-"
    rounded = ", rounded" if line.slack else ""
    return Candidate(
        name,
        f"training value × {number(line.slope, 7)} {sign} {number(abs(line.shift), 7)}"
        f"{called}{rounded}",
        lambda pairs: near(line.slope * pairs.offline.floats() + line.shift, pairs, line.slack),
        cost + (1.0 if line.slack else 0.0),
        varied=varied,
    )


def rounding(pairs: Pairs) -> float:
    """Half of the step of online numbers, where it is small beside their spread."""
    both = pairs.both
    online = pairs.online.floats()[both]
    digits = decimals(online) if len(online) else None
    if digits is None:
        return 0.0
    half = 0.5 * 10.0**-digits
    spread = float(np.subtract(*np.quantile(online, (0.75, 0.25))))
    return half if spread >= 20 * half else 0.0


def find(pairs: Pairs, fit: Mask) -> Line | None:
    """The line on which most pairs lie, by the slopes between pairs far apart; None when offline
    takes too few values."""
    taken = pairs.take(fit & pairs.both)
    offline, online = taken.offline.floats(), taken.online.floats()
    finite = np.isfinite(offline) & np.isfinite(online)
    offline, online = offline[finite], online[finite]
    if len(offline) < 4 or not several(offline, 6):
        return None
    # Where numbers hardly moved, what rounding leaves would let any line near y = x through.
    slack = rounding(pairs) if half_step(pairs) else 0.0
    for room in (0.0, slack) if slack else (0.0,):
        line = _search(offline, online, room)
        if line is not None:
            return line
    return None


def _search(offline: np.ndarray, online: np.ndarray, slack: float) -> Line | None:
    n = len(offline)
    slopes = []
    for step in range(1, min(n, 9)):
        run, rise = offline - np.roll(offline, step), online - np.roll(online, step)
        far = np.abs(run) > 0.2 * np.ptp(offline)
        slopes.append(rise[far] / run[far])
    joined = np.concatenate(slopes)
    if not len(joined):
        return None
    wide = 20 * CLOSE if not slack else 2 * slack / (0.2 * float(np.ptp(offline)))
    for slope in modes(joined, lambda s: np.abs(s) * wide if not slack else 0 * s + wide, 2):
        rest = online - slope * offline
        size = float(np.median(np.abs(online))) + abs(slope) * float(np.median(np.abs(offline)))
        reach = max(20 * CLOSE * size, 4 * slack)
        middle = modes(rest, lambda r: 0 * r + reach, 1)  # noqa: B023 - called at once
        if not middle:
            continue
        on = np.abs(rest - middle[0]) <= reach
        if np.count_nonzero(on) < 4 or not several(offline[on], 6):
            continue
        middle_of = float(offline[on].mean())
        a, b = np.polyfit(offline[on] - middle_of, online[on], 1)
        b -= a * middle_of
        trivial = abs(a) < 1e-12 or (abs(b) < 1e-6 * size or abs(a - 1) < 1e-6)
        gap = np.abs(online - a * offline - b)
        fits = gap <= np.maximum(CLOSE * np.maximum(np.abs(online), 0.1 * size), slack * 1.01)
        if not trivial and np.count_nonzero(fits & on) >= 0.8 * np.count_nonzero(on):
            return Line(float(a), float(b), slack)
    return None
