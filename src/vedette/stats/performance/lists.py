"""Metrics of rankings.

Owns: NDCG, MAP, hit rate, as means over lists.  Does not own: what one list earns
(`profiles.lists`).
"""

from vedette.stats.performance.measured import Measured, certain, share
from vedette.stats.performance.sums import Sums


def mean_of(sums: Sums, term: str) -> Measured:
    """Mean over the lists of a number in [0, 1]: Wilson's interval at the effective sample."""
    mean, variance, n = sums.mean_variance(term)
    if sums.expected:  # only the loss is expected, and NDCG is what it leaves
        return certain(mean, n, max(sums.total("variance"), 0.0) / n**2 if n else 0.0)
    return share(mean, n, variance)
