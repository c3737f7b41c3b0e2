"""Small drawings that need no script: an effect with its interval, two distributions in outline.

Owns: their coordinates, as plain numbers and SVG path text made of numbers alone.  Does not own:
colours (`page.css`).
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import sqrt
from typing import Any, NamedTuple

from vedette.report.shapes import Bar, ceiling

EFFECT_WIDTH, SPARK_WIDTH, SPARK_HEIGHT = 140, 108, 26
LINE_WIDTH, LINE_HEIGHT = 96, 20


class EffectBar(NamedTuple):
    """Positions along the track.  Units: SVG user units, 0 to EFFECT_WIDTH."""

    zone: float
    dot: float
    low: float | None
    high: float | None


class Spark(NamedTuple):
    """SVG path data of the two outlines."""

    reference: str
    current: str


def effect_bar(
    magnitude: float | None,
    min_effect: float,
    scale: float,
    finding: Mapping[str, Any] | None = None,
) -> EffectBar | None:
    """Place an effect and its interval on a square-root track that ends at ``scale``.

    Bounds: the interval is that of the finding, without its sign; it is left out when not known.
    Example:
        >>> effect_bar(0.25, 0.05, 1.0)
        EffectBar(zone=31.3, dot=70.0, low=None, high=None)
    """
    if magnitude is None:
        return None

    def place(x: float) -> float:
        return round(EFFECT_WIDTH * sqrt(min(max(x, 0.0) / scale, 1.0)), 1)

    low, high = _unsigned(magnitude, finding)
    return EffectBar(
        place(min_effect),
        place(magnitude),
        None if low is None else place(low),
        None if high is None else place(high),
    )


def effect_scale(columns: Sequence[Mapping[str, Any]]) -> float:
    """The end of the track that suits all columns: the largest magnitude, at least 0.5."""
    return max([0.5, *(column["magnitude"] or 0.0 for column in columns)]) * 1.1


def spark(bars: Sequence[Bar]) -> Spark | None:
    """Draw both outlines over the bars of a picture, cut off at their ceiling; None for none."""
    top = ceiling(bars)
    if not top:
        return None
    first, last = bars[0].x0, bars[-1].x1
    width = (last - first) or 1.0

    def path(shares: Sequence[float]) -> str:
        steps = [f"M0 {SPARK_HEIGHT}"]
        for bar, share in zip(bars, shares, strict=True):
            y = SPARK_HEIGHT - (SPARK_HEIGHT - 2) * min(share / top, 1)
            steps.append(f"V{y:.1f}H{SPARK_WIDTH * (bar.x1 - first) / width:.1f}")
        return "".join([*steps, f"V{SPARK_HEIGHT}"])

    return Spark(path([bar.reference for bar in bars]), path([bar.current for bar in bars]))


def sparkline(values: Sequence[float]) -> str:
    """Draw one series as an area that begins at zero; "" for nothing.

    Units: SVG user units, LINE_WIDTH by LINE_HEIGHT.
    Example:
        >>> sparkline([0, 2, 1]), sparkline([])
        ('M0 20H32V1H64V10H96V20Z', '')
    """
    top = max(values, default=0)
    if top <= 0:
        return ""
    steps = ["M0 20"]
    before, scale = LINE_HEIGHT, (LINE_HEIGHT - 1) / top
    for value, along in zip(values, _places(len(values)), strict=True):
        y = round(LINE_HEIGHT - scale * value)
        if y != before:
            steps.append(f"V{y}")
        steps.append(along)
        before = y
    return "".join([*steps, f"V{LINE_HEIGHT}Z"])


@lru_cache(maxsize=128)
def _places(count: int) -> tuple[str, ...]:
    """Where each step of a sparkline ends: the same for all of as many steps."""
    return tuple(f"H{LINE_WIDTH * at / count:.4g}" for at in range(1, count + 1))


def side_by_side(bars: Sequence[Bar]) -> list[Bar]:
    """Give categories places along an axis, so that they can be outlined too."""
    return [bar._replace(x0=float(i), x1=float(i + 1)) for i, bar in enumerate(bars)]


def _unsigned(
    magnitude: float, finding: Mapping[str, Any] | None
) -> tuple[float | None, float | None]:
    """The interval of a finding on the scale of magnitudes."""
    if finding is None or not finding.get("effect"):
        return None, None
    low, high, size = finding.get("low"), finding.get("high"), abs(finding["effect"])
    if low is None or high is None or finding.get("magnitude") != magnitude:
        return None, None
    ends = sorted((abs(low), abs(high)))
    return (0.0 if low < 0 < high else ends[0] * magnitude / size), ends[1] * magnitude / size
