"""From samples of one model to the values of one row of the table.

Owns: adding up, rates, quantiles, means, levels.  Does not own: which samples belong together
(`readings`), the table (`engines`).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from math import inf, isfinite

from vedette.ingest.scrape.gained import Gain
from vedette.ingest.scrape.row import GAIN, LEVEL, MEAN, MOST, RATE, SHARE, SPREAD, SUM, Row
from vedette.ingest.scrape.text import BUCKET, COUNT, QUANTILE, TOTAL, Sample
from vedette.stats.buckets import bucket_quantile

QUANTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
NEEDS_BEFORE = (RATE, GAIN, SPREAD, MEAN, SHARE)  # what one scrape alone does not tell

Values = list[tuple[str, float]]


def reckoned(
    row: Row, of: Sequence[Sample], over: Sequence[Sample], gain: Gain | None, seconds: float
) -> Values:
    """The values that samples give: (what follows the reading's name, value).

    Shapes: `of` and `over` are the samples that the row speaks of; `gain` tells what counters
    gained, None where there was no scrape before, which `seconds` ago it was.
    Bounds: nothing where nothing follows: no request has no latency.
    """
    if row.how in NEEDS_BEFORE and (gain is None or seconds <= 0):
        return []
    if row.how == SPREAD and gain is not None:
        return [(end, value * row.factor) for end, value in _spread(of, gain)]
    value = _value(row, of, over, gain, seconds)
    if value is None or not isfinite(value):
        return []
    return [("", 1.0 - value if row.rest else value * row.factor)]


def _value(
    row: Row, of: Sequence[Sample], over: Sequence[Sample], gain: Gain | None, seconds: float
) -> float | None:
    if row.how == LEVEL:
        return _level(row, of, over)
    if row.how == SHARE and gain is not None:
        return _share(_total(of, gain), _total(over, gain))
    if not of:
        return None
    if row.how == MEAN and gain is not None:
        return _share(_total(of, gain), _total(over, gain))
    if row.how == SUM:
        return _total(of)
    if row.how == MOST:
        return max(sample.value for sample in of)
    assert gain is not None
    return _total(of, gain) / (seconds if row.how == RATE else 1.0)


def _level(row: Row, of: Sequence[Sample], over: Sequence[Sample]) -> float | None:
    """A share of gauges: of several parts the fullest counts."""
    parts: dict[tuple[str, ...], list[list[Sample]]] = {}
    for side, samples in enumerate((of, over)):
        for sample in samples:
            key = tuple(sample.label((name,)) for name in row.each)
            parts.setdefault(key, [[], []])[side].append(sample)

    def signed(sample: Sample) -> float:
        return -sample.value if re.fullmatch(row.less, sample.whole) else sample.value

    shares = (_share(_total(a), _total(b, signed)) for a, b in parts.values() if a and b)
    found = [share for share in shares if share is not None]
    if not found:
        return None
    return min(found) if row.rest else max(found)


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def _total(samples: Iterable[Sample], of: Callable[[Sample], float] | None = None) -> float:
    return sum(sample.value if of is None else of(sample) for sample in samples)


def _spread(samples: Sequence[Sample], gain: Gain) -> Values:
    """Quantiles and mean of what a histogram or summary gained.

    Histograms of several series add up.  Quantiles of summaries do not: the highest is told, which
    that of all of them cannot exceed.
    """
    parts: dict[str, list[Sample]] = {}
    for sample in samples:
        parts.setdefault(sample.part, []).append(sample)
    count = _total(parts.get(COUNT, ()), gain)
    found: Values = []
    if BUCKET in parts:
        bounds, counts = _buckets(parts[BUCKET], gain)
        count = count or sum(counts)
        found = [(f".{end}", bucket_quantile(q, bounds, counts)) for end, q in QUANTILES]
    elif QUANTILE in parts and count > 0:
        for end, q in QUANTILES:
            if told := [sample.value for sample in parts[QUANTILE] if sample.at == q]:
                found.append((f".{end}", max(told)))
    mean = _share(_total(parts[TOTAL], gain), count) if TOTAL in parts else None
    if mean is not None:
        found.append((".mean", mean))
    return [(end, value) for end, value in found if isfinite(value)]


def _buckets(samples: Sequence[Sample], gain: Gain) -> tuple[list[float], list[float]]:
    """Bounds, and what each bucket alone gained, the last one beyond all bounds."""
    summed: dict[float, float] = {}
    for sample in samples:
        summed[sample.at] = summed.get(sample.at, 0.0) + gain(sample)
    bounds = sorted(summed)
    seen, counts = 0.0, []
    for bound in bounds:
        counts.append(max(summed[bound] - seen, 0.0))
        seen = max(seen, summed[bound])
    if bounds and bounds[-1] == inf:
        return bounds[:-1], counts
    return bounds, [*counts, 0.0]
