"""Quantiles of what others have counted in coarse buckets.

Owns: the quantile of a histogram with given bounds.  Does not own: counts of our own, which are
finer (`sketches.loglinear`), differences of counters over time (`ingest.scrape`).
"""

from collections.abc import Sequence
from itertools import accumulate
from math import nan


def bucket_quantile(q: float, bounds: Sequence[float], counts: Sequence[float]) -> float:
    """The value that a share `q` of what was counted does not exceed.

    Assumes that values lie evenly within a bucket, and from 0 on in the first one where its bound
    is above 0: the answer is no better than the buckets are narrow.
    Shapes: `bounds` ascending, m; `counts` of each bucket alone, m + 1, the last beyond all bounds.
    Bounds: nan of nothing counted or without bounds; the highest bound where the quantile lies
    beyond it.
    Source: `histogram_quantile` of Prometheus, with which it agrees.
    Example:
        >>> bucket_quantile(0.5, [0.1, 0.2], [10, 20, 0]), bucket_quantile(0.99, [0.1], [5, 5])
        (0.125, 0.1)
    """
    total = sum(counts)
    if not bounds or not total > 0:
        return nan
    rank = q * total
    sums = list(accumulate(counts))
    at = next((i for i, seen in enumerate(sums[:-1]) if seen >= rank), len(bounds))
    if at == len(bounds):
        return bounds[-1]
    if at == 0 and bounds[0] <= 0:
        return bounds[0]
    start = 0.0 if at == 0 else bounds[at - 1]
    before = 0.0 if at == 0 else sums[at - 1]
    inside = counts[at]
    return start + (bounds[at] - start) * ((rank - before) / inside) if inside else bounds[at]
