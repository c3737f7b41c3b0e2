"""One family-wise price for everything compared, and the two-part decision.

Owns: weighted Holm adjustment; alarming and notable.  Does not own: the p-values, nor how weights
are shared out.

Needs no independence between columns, components or segments.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Decision(NamedTuple):
    """What a family of tests says, one entry per test; nothing is both alarming and notable."""

    adjusted: NDArray[np.float64]
    alarming: NDArray[np.bool_]
    notable: NDArray[np.bool_]

    def since(self, first: int) -> "Decision":
        """The tests from one on."""
        return Decision(self.adjusted[first:], self.alarming[first:], self.notable[first:])


def holm(p: ArrayLike, weights: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values for being one of many, each paid for by its weight.

    Rejecting where the adjusted value is at most alpha keeps the chance of any false rejection at
    alpha.

    Shapes: N p-values, N weights of any sum -> N.
    Bounds: adjusted >= p where weights are at most their sum; a weight of 0, or a p that is not a
    number, gives 1.
    Source: Holm 1979, Scandinavian Journal of Statistics 6, 65-70, section 5.

    Example:
        >>> holm([0.01, 0.04], [1, 1]).tolist()
        [0.02, 0.04]
    """
    p, w = np.asarray(p, float), np.asarray(weights, float)
    out = np.ones(len(p))
    spoken = np.flatnonzero((w > 0) & ~np.isnan(p))
    p, w = p[spoken], w[spoken]
    price = p / w
    order = np.argsort(price)
    left = np.cumsum(w[order][::-1])[
        ::-1
    ]  # weights still in play; added from the end so that the last is exact
    out[spoken[order]] = np.maximum.accumulate(np.minimum(price[order] * left, 1.0))
    return out


def decide(
    p: ArrayLike,
    p_margin: ArrayLike,
    weights: ArrayLike,
    alpha: float = 0.05,
    alpha_margin: float = 0.01,
    strict: bool = False,
) -> Decision:
    """Decide which changes are there at all, and which of them matter.

    Alarming: changed (Holm over everything at ``alpha``) and, for itself, by more than the margin
    (``alpha_margin``). Notable: changed only.  ``strict`` puts the margin test itself into the
    family: alarming then means "more than the margin" with a family-wise error of alpha.  A change
    beyond the margin is a change, so its p there is never below p: what strict calls alarming the
    default does, too.  ``adjusted`` is that of the test that decided.

    Shapes: N p-values twice, N weights -> N entries each.

    Example:
        >>> decision = decide([1e-9, 1e-9, 0.5], [1e-4, 0.6, 1.0], [1, 1, 1])
        >>> decision.alarming.tolist(), decision.notable.tolist()
        ([True, False, False], [False, True, False])
    """
    changed = holm(p, weights)
    if strict:
        beyond = holm(np.maximum(np.asarray(p_margin, float), np.asarray(p, float)), weights)
        alarming = beyond <= alpha
        adjusted = np.where(alarming, beyond, changed)
    else:
        adjusted = changed
        alarming = (changed <= alpha) & (np.asarray(p_margin, float) <= alpha_margin)
    return Decision(adjusted, alarming, (changed <= alpha) & ~alarming)
