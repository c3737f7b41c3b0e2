"""Quantiles of shards that are merged: DDSketch, a t-digest and Prometheus's default buckets.

Run as `run_quantiles.py SHARDS.npz` in its own environment.  The file holds `quantiles`, and for
every law an array [shards, values].  Prints one JSON line: by rival and law the quantiles of all
shards together.

DDSketch is set to 1 % as its documentation has it; the t-digest has its default compression.  Of
Prometheus's buckets the counts are added up and read as its `histogram_quantile` does: linearly
within a bucket, the last bound beyond it.
"""

import json
import sys
from collections.abc import Callable

import numpy as np
from ddsketch import DDSketch
from prometheus_client import CollectorRegistry, Histogram
from tdigest import TDigest

ACCURACY = 0.01


def by_ddsketch(shards: np.ndarray, quantiles: list[float]) -> list[float]:
    whole = DDSketch(ACCURACY)
    for shard in shards:
        own = DDSketch(ACCURACY)
        for value in shard.tolist():
            own.add(value)
        whole.merge(own)
    return [whole.get_quantile_value(q) for q in quantiles]


def by_tdigest(shards: np.ndarray, quantiles: list[float]) -> list[float]:
    whole = TDigest()
    for shard in shards:
        own = TDigest()
        own.batch_update(shard.tolist())
        whole = whole + own
    return [whole.percentile(100 * q) for q in quantiles]


def by_prometheus(shards: np.ndarray, quantiles: list[float]) -> list[float]:
    total: dict[float, float] = {}
    for shard in shards:
        registry = CollectorRegistry()
        own = Histogram("latency_seconds", "Latency.", registry=registry)
        for value in shard.tolist():
            own.observe(value)
        for metric in registry.collect():
            for sample in metric.samples:
                if sample.name.endswith("_bucket"):
                    bound = float(sample.labels["le"])
                    total[bound] = total.get(bound, 0.0) + sample.value
    bounds = sorted(total)
    counts = np.array([total[bound] for bound in bounds])
    found = []
    for q in quantiles:
        rank = q * counts[-1]
        at = int(np.searchsorted(counts, rank))
        if at == len(bounds) - 1:
            found.append(bounds[-2])
            continue
        low, before = (bounds[at - 1], counts[at - 1]) if at else (0.0, 0.0)
        found.append(low + (bounds[at] - low) * (rank - before) / (counts[at] - before))
    return [float(one) for one in found]


RIVALS: dict[str, Callable[[np.ndarray, list[float]], list[float]]] = {
    "DDSketch 1 %": by_ddsketch,
    "t-digest": by_tdigest,
    "Prometheus, default buckets": by_prometheus,
}


def main() -> None:
    data = np.load(sys.argv[1])
    quantiles = data["quantiles"].tolist()
    laws = [name for name in data.files if name != "quantiles"]
    print(json.dumps({
        rival: {law: read(data[law], quantiles) for law in laws} for rival, read in RIVALS.items()
    }))  # fmt: skip


if __name__ == "__main__":
    main()
