"""How much each of a few players adds when they act together: the Shapley value of a game.

Owns: the weights of coalitions, exact values from the worth of all of them, and values from
orderings where there are too many.  Does not own: what a coalition is worth.
"""

from functools import cache
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray


def factors(player: int, players: int) -> list[tuple[int, float]]:
    """The coalitions without a player, each with its weight in the Shapley value.

    Shapes: coalitions by their bits.
    Example:
        >>> factors(0, 2)
        [(0, 0.5), (2, 0.5)]
    """
    others = [j for j in range(players) if j != player]
    return [
        (sum(1 << j for j in chosen), 1 / (players * comb(players - 1, size)))
        for size in range(players)
        for chosen in combinations(others, size)
    ]


def exact(worth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share out what all players do together, of many games at once.

    Shapes: worth [n, 2**m] of every coalition, numbered by its bits -> [n, m].
    Bounds: the shares of a game add up to the worth of all players less that of none.
    Source: Shapley 1953, A value for n-person games.

    Example:
        >>> exact(np.array([[0.0, 1.0, 2.0, 5.0]])).tolist()
        [[2.0, 3.0]]
    """
    return worth @ _matrix(worth.shape[1].bit_length() - 1).T


@cache
def _matrix(players: int) -> NDArray[np.float64]:
    """What the worth of every coalition adds to the share of every player."""
    made = np.zeros((players, 1 << players))
    for player in range(players):
        for coalition, weight in factors(player, players):
            made[player, coalition | 1 << player] += weight
            made[player, coalition] -= weight
    made.flags.writeable = False
    return made


def orders(players: int, pairs: int, seed: int) -> NDArray[np.intp]:
    """Orderings in which players join, each followed by its reverse, the same at every call.

    Shapes: [2 * pairs, players].  A pair cancels what two players do only together.
    Source: Mitchell, Cooper, Frank & Holmes 2022, Sampling permutations for Shapley value
    estimation, Journal of Machine Learning Research 23: antithetic sampling.

    Example:
        >>> orders(3, 1, 0).shape
        (2, 3)
    """
    luck = np.random.default_rng(seed)
    found = [luck.permutation(players) for _ in range(pairs)]
    return np.array([one for order in found for one in (order, order[::-1])], np.intp)
