"""Which series of numbers a model's windows give, and reading them.

Owns: the series of a baseline and of logged metrics, the scale on which each is judged, how exactly
a window's counts give its value.  Does not own: what is usual of them (`stats.metrics`), evidence
(`monitors.metrics`).

Shares are judged as angles, on which their sampling variance is the same whatever they are; times
and costs as logarithms of their mean, since they grow in proportion.
"""

from collections.abc import Mapping, Sequence
from math import asin, exp, isfinite, log, pi, sin, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.rows import ERROR_TYPE
from vedette.profiles.baseline import Baseline
from vedette.profiles.binning import NominalBinning, NumericBinning
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE, Profile

Array = NDArray[np.float64]

SHARE, MEAN, PROPORTION, LOGGED = "share", "mean", "proportion", "logged"
QUANTILE = "quantile"  # read by `monitors.quantiles`
LOGARITHMS = (PROPORTION, QUANTILE)  # kinds that are judged by their logarithm
MOST_CLASSES = 10  # of a prediction, the most frequent ones
ANY = ""  # the class of `error_type` that is every row with an error
SAID = ("prediction", "score")  # roles of what the model says
SPENT = ("latency", "cost")  # of what that took
HUGE = 1e60  # beyond it squares would not stay numbers
BESIDE = -2  # place of a class that is counted apart, of all rows
REFERENCE_ROWS = 10.0  # of the reference's variance in that of a window's rows


class Series(NamedTuple):
    """One series.

    Shapes: `name` as people write it; `column` that of its stream; `category` of a share, and its
    `place` among the counts, -1 where they do not name it, BESIDE where they are counted apart.
    `tolerance` is the smallest change that matters, on the scale it is judged on, in units of
    `min_effect`; `spread` the reference's standard deviation of a row.  `segment` is that of its
    stream, `q` the share of rows that a quantile is not exceeded by.
    """

    name: str
    column: str
    kind: str
    role: str = ""
    category: str = ""
    place: int = -1
    tolerance: float = 0.0
    spread: float = 0.0
    segment: str = WHOLE
    q: float = 0.0


class Reading(NamedTuple):
    """What one window gives, an entry per series.

    Shapes: `value` on the scale it is judged on, nan where there is none; `noise` its sampling
    variance as far as it is known; `rows` behind it; `low` and `high` the extremes of single
    readings in the user's unit, nan where they are not kept.
    """

    value: Array
    noise: Array
    rows: Array
    low: Array
    high: Array


def series_of(baseline: Baseline) -> tuple[Series, ...]:
    """Every series that is watched under a baseline: shares of the most frequent predicted classes,
    of errors and of classes that the settings name, means of scores, of numeric predictions, of
    what took time or money, and logged metrics."""
    asked = baseline.metering
    found: dict[tuple[str, str], Series] = {}
    for field in baseline.schema.fields:
        binning = baseline.binnings.get(field.name)
        if isinstance(binning, NominalBinning) and field.role == "prediction":
            for name in binning.names[:MOST_CLASSES]:
                _put(found, _share(baseline, field.name, field.role, name))
        elif isinstance(binning, NumericBinning) and field.role in (*SAID, *SPENT):
            _put(found, _mean(baseline, field.name, field.role))
    roles = {field.name: field.role for field in baseline.schema.fields}
    for column, classes in shares_of(baseline, asked.shares).items():
        for name in classes:
            _put(found, _share(baseline, column, roles.get(column, ""), name))
    for name in asked.names:
        found[LOGGED, name] = Series(name, name, LOGGED)
    return tuple(one for one in found.values() if asked.watches(one.name))


def shares_of(
    baseline: Baseline, asked: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[str, ...]]:
    """The classes by column whose share of all rows is a series: those that the settings name, and
    of what is served rows with an error, and its most frequent types."""
    found = dict(asked)
    if any(field.role == "latency" or field.name == ERROR_TYPE for field in baseline.schema.fields):
        binning = baseline.binnings.get(ERROR_TYPE)
        often = binning.names[:MOST_CLASSES] if isinstance(binning, NominalBinning) else ()
        named = (ANY, *often, *found.get(ERROR_TYPE, ()))
        found[ERROR_TYPE] = tuple(dict.fromkeys(named))
    return found


def read(series: Sequence[Series], profile: Profile) -> Reading:
    """The values of a window."""
    n = len(series)
    value, low, high = (np.full(n, np.nan) for _ in range(3))
    noise, rows = np.zeros(n), np.zeros(n)
    for at, one in enumerate(series):
        if one.kind == LOGGED:
            readings = profile.metrics.get(one.name)
            mean = None if readings is None else readings.mean
            if readings is not None and mean is not None:
                value[at], rows[at] = min(max(mean, -HUGE), HUGE), readings.count
                low[at], high[at] = readings.low, readings.high
            continue
        if one.place == BESIDE:
            beside = profile.metrics.get(share_key(one.column, one.category))
            if beside is not None and beside.count:
                rows[at] = beside.count
                value[at], noise[at] = _angle(beside.total, beside.count)
            continue
        cell = profile.cells.get((one.column, WHOLE))
        if cell is None or not cell.usable:
            continue
        rows[at] = cell.usable
        if one.kind == SHARE:
            value[at], noise[at] = _angle(_hits(one, cell), cell.usable)
        else:
            value[at], noise[at] = _level(one, cell)
    return Reading(value, noise, rows, low, high)


def shown(one: Series, value: float) -> float:
    """A value in the user's unit.

    Example:
        >>> share = Series("prediction=yes", "prediction", SHARE)
        >>> round(shown(share, judged(share, 0.6)), 6)
        0.6
    """
    if one.kind == SHARE:
        return sin(min(max(value, 0.0), pi / 2)) ** 2
    if one.kind in LOGARITHMS:
        return exp(min(max(value, -700.0), 700.0))
    return value


def judged(one: Series, value: float) -> float:
    """A value in the user's unit on the scale it is judged on."""
    if one.kind == SHARE:
        return asin(sqrt(min(max(value, 0.0), 1.0)))
    if one.kind in LOGARITHMS:
        return log(value) if value > 0 else -700.0
    return value


def is_beside(baseline: Baseline, column: str) -> bool:
    """Whether classes of a column that the settings name are counted apart, of all rows: a profile
    knows those with a value alone, and only of columns that it has.  Predictions have both."""
    is_nominal = isinstance(baseline.binnings.get(column), NominalBinning)
    roles = {field.name: field.role for field in baseline.schema.fields}
    return not (is_nominal and roles.get(column) == "prediction")


def share_key(column: str, category: str) -> str:
    """Under which a profile holds rows of such a class: no metric can be logged by that name."""
    return f"{column}\n{category}"


def _put(found: dict[tuple[str, str], Series], one: Series) -> None:
    found.setdefault((one.kind, one.name), one)


def _share(baseline: Baseline, column: str, role: str, name: str) -> Series:
    binning, place = baseline.binnings.get(column), BESIDE
    if isinstance(binning, NominalBinning) and not is_beside(baseline, column):
        place = binning.places.get(name, -1)
    # The smallest change that matters of a share p is min_effect sqrt(p (1 - p)): half of it, on
    # the scale of angles, whatever p is.
    called = column if (column, name) == (ERROR_TYPE, ANY) else f"{column}={name}"
    return Series(called, column, SHARE, role, name, place, tolerance=0.5)


def _mean(baseline: Baseline, column: str, role: str) -> Series:
    cell = baseline.profile.cells.get((column, WHOLE))
    mean = sd = None
    if cell is not None and cell.moments is not None:
        mean, sd = cell.moments.mean(cell.usable), cell.moments.deviation(cell.usable)
    spread = sd if sd is not None and isfinite(sd) else 0.0
    if role in SPENT and mean is not None and mean > 0 and cell is not None:
        moments = cell.moments
        if moments is not None and moments.low >= 0:
            return Series(column, column, PROPORTION, role, "", -1, spread / mean, spread)
    return Series(column, column, MEAN, role, "", -1, spread, spread)


def _hits(one: Series, cell: Cell) -> float:
    """Rows of a class; of one that the counts do not name, those among the newcomers."""
    if cell.counts is not None and 0 <= one.place < len(cell.counts.named):
        return float(cell.counts.named[one.place])
    newcomers = () if cell.newcomers is None else cell.newcomers.entries
    return float(sum(n for _, name, n in newcomers if name == one.category))


def _angle(hits: float, n: int) -> tuple[float, float]:
    """A share as an angle, and its sampling variance (Anscombe 1948, Biometrika 35, 246-254)."""
    share = (hits + 0.375) / (n + 0.75)
    return asin(sqrt(min(share, 1.0))), 1.0 / (4.0 * n + 2.0)


def _level(one: Series, cell: Cell) -> tuple[float, float]:
    """A mean, and its sampling variance; nan where there is none."""
    n = cell.usable
    mean = None if cell.moments is None else cell.moments.mean(n)
    sd = None if cell.moments is None else cell.moments.deviation(n)
    if mean is None or sd is None or not isfinite(mean):
        return np.nan, 0.0
    mean, sd = min(max(mean, -HUGE), HUGE), min(sd, HUGE)
    square = (n * sd * sd + REFERENCE_ROWS * one.spread**2) / (n + REFERENCE_ROWS) / n
    if one.kind == MEAN:
        return mean, square
    return (log(mean), min(square / mean**2, HUGE)) if mean > 0 else (np.nan, 0.0)
