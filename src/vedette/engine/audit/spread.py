"""How scores, errors and other numbers are spread in each group.

Owns: quantile gaps and Wasserstein's distance beside the rest, as rows.  Does not own: means
(`engine.audit.measures`), formulas (`stats.fairness.distribution`).
"""

from collections.abc import Sequence
from typing import Any

from vedette.engine.audit.asked import Asked
from vedette.engine.audit.measures import Flags, Means
from vedette.engine.audit.numbers import known
from vedette.profiles.groups import Groups
from vedette.profiles.measures import Measure
from vedette.sketches.measured import Measured
from vedette.stats.fairness.distribution import QUANTILES, quantile_gap, transport
from vedette.stats.fairness.intervals import sidak


def spread_rows(
    groups: Groups,
    sums: Measured,
    measures: Sequence[Measure],
    means: Sequence[Means],
    seen: Sequence[Flags],
    asked: Asked,
) -> list[dict[str, Any]]:
    """The distribution of every number in every group beside that of the rest.

    Shapes: `seen` bool[G] by number.
    """
    rows = []
    for at, (one, mean, shown) in enumerate(zip(measures, means, seen, strict=True)):
        counts = sums.between(at)
        if one.share or not counts.shape[1]:
            continue
        own = counts[: len(groups.names)]
        rest = counts[:-1].sum(axis=0) - own
        level = sidak(asked.level, mean.comparisons)
        gaps = quantile_gap(own, rest, one.edges, QUANTILES, level)
        moved = transport(own, rest, one.edges, level)
        for place, label in enumerate(groups.labels[: len(groups.names)]):
            if not shown[place] or min(own[place].sum(), rest[place].sum()) < asked.minimum:
                continue
            rows.append(
                {
                    "set": groups.key,
                    "group": label,
                    "measure": one.name,
                    "n": int(own[place].sum()),
                    "smd": known(mean.size[place]),
                    "smd_low": known(mean.size_low[place]),
                    "smd_high": known(mean.size_high[place]),
                    "wasserstein": known(moved.value[place]),
                    "wasserstein_low": known(moved.low[place]),
                    "wasserstein_high": known(moved.high[place]),
                    "quantiles": [
                        {
                            "at": q,
                            "gap": known(gaps.value[place, i]),
                            "low": known(gaps.low[place, i]),
                            "high": known(gaps.high[place, i]),
                        }
                        for i, q in enumerate(QUANTILES)
                    ],
                }
            )
    return rows
