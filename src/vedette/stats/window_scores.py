"""How far one window's level, spread and skew, or its shares of categories, lie from the reference.

Owns: scores of windows, vectorised over streams of padded counts.  Does not own: the scores of two
tables (`scores`), what is to be expected of them (`season`, `wobble`).

Assumes the places of a stream that exist come first; padding has phi = 0.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.stats.scores import scores

Array = NDArray[np.float64]

SCORES = 6  # of a stream: three of ordered columns, at most six of nominal ones
TOP = 5  # the largest categories have a score each, and so has the rest without a name


class Basis(NamedTuple):
    """Scores of one stream's places.

    Shapes: phi (K, SCORES), padded with 0; live bool[SCORES]; rest bool[K]: places that the shape
    residual looks at; third and fourth [SCORES]: third and fourth cumulant of a row's score.
    """

    phi: Array
    live: NDArray[np.bool_]
    rest: NDArray[np.bool_]
    third: Array
    fourth: Array


def ordered_basis(p: Array) -> Basis:
    """Level, spread and skew: orthonormal polynomials of the normal mid-rank.

    Shapes: K positive shares.  Bounds: K places have at most K - 1 scores.
    """
    found = scores(p) if len(p) > 1 else np.zeros((len(p), 0))
    return _basis(p, found, np.full(len(p), True))


def nominal_basis(p: Array, rest: int) -> Basis:
    """Normalised indicators of the TOP largest categories and of place `rest`, all without a name.

    Shapes: K positive shares; `rest` is -1 where every category has a name.
    Bounds: of K categories K - 1 are scored when that is all of them: the last follows.

    Example:
        >>> nominal_basis(np.array([0.5, 0.5]), -1).phi[:, 0].tolist()
        [1.0, -1.0]
    """
    order = [int(k) for k in np.argsort(-p, kind="stable") if k != rest][:TOP]
    chosen = [*order, rest] if rest >= 0 else order
    chosen = chosen[: len(p) - 1]
    found = np.zeros((len(p), len(chosen)))
    for j, k in enumerate(chosen):
        found[:, j] = -p[k]
        found[k, j] += 1
        found[:, j] /= np.sqrt(p[k] * (1 - p[k]))
    others = np.full(len(p), True)
    others[chosen] = False
    return _basis(p, found, others)


def _basis(p: Array, found: Array, rest: NDArray[np.bool_]) -> Basis:
    phi = np.zeros((len(p), SCORES))
    phi[:, : found.shape[1]] = found
    live = np.arange(SCORES) < found.shape[1]
    return Basis(phi, live, rest, p @ phi**3, np.where(live, p @ phi**4 - 3, 0.0))


def window_scores(
    counts: Array, n: Array, phi: Array, ordered: NDArray[np.bool_], live: NDArray[np.bool_]
) -> Array:
    """Scores of a window.  Spread and skew are taken about the window's own mean, so that a wobble
    of the mean does not leak into them.

    Shapes: counts (C, K), rows (C,), phi (C, K, J), (C,), (C, J) -> (C, J).
    Bounds: no row gives 0.  Without drift: mean 0, variance about 1/n.

    Example:
        >>> p = np.full(4, 0.25)
        >>> basis = ordered_basis(p)
        >>> y = window_scores(100 * p[None], np.array([100.0]), basis.phi[None],
        ...     np.array([True]), basis.live[None])
        >>> bool(abs(y[0, 0]) < 1e-12)
        True
    """
    rows = np.maximum(n, 1)
    y: Array = (counts[:, None] @ phi)[:, 0] / rows[:, None]
    a, inverse = y[:, 0], 1 / rows
    b = y[:, 1] - (a * a - inverse) / 2**0.5
    c = y[:, 2] - 3**0.5 * a * b - (a**3 - 3 * a * inverse) / 6**0.5
    y[:, 1], y[:, 2] = np.where(ordered, b, y[:, 1]), np.where(ordered, c, y[:, 2])
    return np.where(live & (n > 0)[:, None], y, 0.0)
