"""How much of a change of loss each of a few columns explains, when they act together.

Owns: rows of the reference weighed so that chosen columns look as they do now, the Shapley value
of every column and of what is left, and the same through calls of a model.  Does not own: which
columns play (`stats.attribution` ranks them), the sample (`profiles.sample`).

Assumes that the loss of a row still depends on the columns as in the reference, and that the
columns depend on one another as they did there: only their own distributions are moved.  What is
left after that is one more player.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.errors import UsageError
from vedette.stats.coalitions import factors
from vedette.stats.intervals import Z95

MOST = 6  # columns that play: 64 coalitions
ROUNDS = 10  # of raking; marginals agree to a per mille then unless weights hit the clip
CLIP = 20.0  # a row stands for at most so many: beyond, few rows would decide alone
CAPS = 20  # times that weights are cut at most: cutting lowers their mean, too
BACKFITS = 3  # rounds that take the columns' effects out of the loss, for the standard error
OUTCOMES = "outcomes given inputs"  # the player of what the columns do not explain


class Share(NamedTuple):
    """What one player adds to the loss, with its 95 % interval."""

    value: float
    low: float
    high: float
    se: float


@dataclass(frozen=True)
class Shapley:
    """A change of loss shared out exactly: the values of all players add up to `total`.

    Bounds: `shares` in the order of the players; `outcomes` is None when no realised loss was
    given, and `total` is then what the columns alone would do.  `unreached` by column is the share
    of rows now in bins that the sample never showed: no weight can stand for them.  `effective`
    is the number of equal rows that the weights of all columns together are worth.
    """

    shares: Mapping[str, Share]
    outcomes: Share | None
    before: float
    total: float
    unreached: Mapping[str, float]
    effective: float


def rake(
    codes: NDArray[np.integer],
    targets: Sequence[NDArray[np.float64]],
    rounds: int = ROUNDS,
    clip: float = CLIP,
) -> NDArray[np.float64]:
    """Weigh rows so that every column's shares become the given ones.

    Shapes: codes [n, J], J targets float64[K_j] that sum to 1 -> float64[n] with mean 1.
    Bounds: weights in [0, about `clip`]; a target on a code that no row has is left
    out, and the others scaled up.
    Source: Deming & Stephan 1940, Annals of Mathematical Statistics 11, 427-444.

    Example:
        >>> rake(np.array([[0], [0], [1], [1]]), [np.array([0.25, 0.75])]).tolist()
        [0.5, 0.5, 1.5, 1.5]
    """
    n = len(codes)
    weights = np.ones(n)
    if n == 0:
        return weights
    columns = [np.ascontiguousarray(codes[:, j]).astype(np.intp) for j in range(len(targets))]
    reached = [_reachable(code, target)[0] for code, target in zip(columns, targets, strict=True)]
    for _ in range(rounds if len(columns) > 1 else min(rounds, 3)):
        for code, target in zip(columns, reached, strict=True):
            have = np.bincount(code, weights, len(target)) / n
            factor = np.divide(target, have, out=np.zeros_like(target), where=have > 0)
            weights *= factor[code]
        weights = _capped(weights, clip)
    return weights


def shapley(
    codes: NDArray[np.integer],
    loss: NDArray[np.float64],
    marginals: Mapping[str, NDArray[np.float64]],
    realised: tuple[float, float] | None = None,
    rows: int = 0,
) -> Shapley:
    """Share a change of loss out among columns, exactly over all coalitions.

    The value of a set of columns is the mean loss of the sample, weighed so that these columns
    have their shares of now.  The last player is the realised loss minus the value of all columns.

    Shapes: codes [n, J] of a reference sample in the order of `marginals` (counts or shares by
    code), loss float64[n]; `realised` the mean loss now and its standard error; `rows` that the
    marginals were counted on (0: taken as exact).
    Bounds: rows without a finite loss are left out; without any left all shares are 0.
    Errors: more than 6 columns, or codes that do not match them.
    Source: Shapley 1953; Zhang, Singh, Ghassemi & Joshi 2023, Why did the model fail?, with raked
    marginals in place of learned density ratios.
    """
    names = list(marginals)
    _check(names, codes)
    usable = np.isfinite(loss)
    codes, loss = np.asarray(codes)[usable], loss[usable]
    targets = [_shares(marginals[name], codes[:, j]) for j, name in enumerate(names)]
    if len(loss) == 0:
        nothing = Share(0.0, 0.0, 0.0, 0.0)
        return Shapley(dict.fromkeys(names, nothing), None, 0.0, 0.0, {}, 0.0)
    values, influences, effective = _coalitions(codes, loss, targets)
    everyone = (1 << len(names)) - 1
    shares: dict[str, Share] = {}
    for j, name in enumerate(names):
        value, influence = 0.0, np.zeros(len(loss))
        for coalition, factor in factors(j, len(names)):
            joined = coalition | 1 << j
            value += factor * (values[joined] - values[coalition])
            influence += factor * (influences[joined] - influences[coalition])
        noise = _between(codes[:, j], loss, targets[j]) / rows if rows else 0.0
        shares[name] = around(value, sqrt(float(influence @ influence) / len(loss) ** 2 + noise))
    outcomes, total = None, values[everyone] - values[0]
    if realised is not None:
        all_se = np.sqrt(float(influences[everyone] @ influences[everyone])) / len(loss)
        outcomes = around(realised[0] - values[everyone], sqrt(all_se**2 + realised[1] ** 2))
        total = realised[0] - values[0]
    unreached = {name: _reachable(codes[:, j], targets[j])[1] for j, name in enumerate(names)}
    return Shapley(shares, outcomes, values[0], total, unreached, effective)


def with_model(
    columns: Mapping[str, Any],
    now: Mapping[str, Any],
    loss: Callable[[Mapping[str, Any]], NDArray[np.float64]],
    *,
    move: Callable[[Any, Any], Any] | None = None,
) -> dict[str, float]:
    """Say what each column's drift does to the loss, by scoring the reference again.

    Each column's values are replaced by those of now at the same rank, which keeps how columns
    depend on one another; the effect is the mean of moving it first and moving it last: 2 m + 2
    calls of `loss` for m columns.

    Shapes: `columns` reference values float64[n] by name, `now` current values of the same names,
    any length; values of other kinds with a `move` of their own.  `loss` takes the columns and
    gives float64[n].  Bounds: the effects need not add up to the whole change; a column without
    finite values now has the effect 0.
    """
    move = move or match_quantiles
    moved = {name: move(columns[name], now[name]) for name in now}
    none, every = float(np.mean(loss(columns))), float(np.mean(loss({**columns, **moved})))
    effects = {}
    for name in now:
        first = float(np.mean(loss({**columns, name: moved[name]})))
        last = float(np.mean(loss({**columns, **moved, name: columns[name]})))
        effects[name] = ((first - none) + (every - last)) / 2
    return effects


def match_quantiles(values: NDArray[np.float64], now: NDArray[np.float64]) -> NDArray[np.float64]:
    """Replace each value by the one of now at the same rank.

    Shapes: float64[n], float64[any] -> float64[n].  Bounds: values that are not finite stay, all
    stay when nothing now is finite; equal values stay equal.

    Example:
        >>> match_quantiles(np.array([3.0, 1.0, 2.0]), np.array([10.0, 20.0, 30.0])).tolist()
        [30.0, 10.0, 20.0]
    """
    usable, target = np.isfinite(values), np.sort(now[np.isfinite(now)])
    if len(target) == 0 or not usable.any():
        return values
    known, places, counts = np.unique(values[usable], return_inverse=True, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / counts.sum()  # the mid-rank of every known value
    ranks = np.minimum((middle * len(target)).astype(np.intp), len(target) - 1)
    moved = values.copy()
    moved[usable] = target[ranks][places.reshape(-1)] if len(known) else moved[usable]
    return moved


def _capped(weights: NDArray[np.float64], clip: float) -> NDArray[np.float64]:
    """Weights of mean 1, none above the clip times it; even ones when nothing is left."""
    for _ in range(CAPS):
        mean = weights.mean()
        if mean <= 0:
            return np.ones(len(weights))
        if weights.max() <= clip * mean:
            break
        weights = np.minimum(weights, clip * mean)
    return weights / float(weights.mean())


def _coalitions(
    codes: NDArray[np.integer], loss: NDArray[np.float64], targets: Sequence[NDArray[np.float64]]
) -> tuple[list[float], list[NDArray[np.float64]], float]:
    """Value and influence of every row for each set of columns, numbered by their bits."""
    values, influences, effective = [], [], float(len(loss))
    for coalition in range(1 << len(targets)):
        chosen = [j for j in range(len(targets)) if coalition >> j & 1]
        weights = rake(codes[:, chosen], [targets[j] for j in chosen])
        value = float(weights @ loss / weights.sum())
        values.append(value)
        influences.append(weights * _left(codes, loss - value, weights, chosen))
        effective = float(weights.sum() ** 2 / (weights @ weights))
    return values, influences, effective


def _left(
    codes: NDArray[np.integer],
    loss: NDArray[np.float64],
    weights: NDArray[np.float64],
    chosen: Sequence[int],
) -> NDArray[np.float64]:
    """What the columns do not say about the loss: a raked mean only varies with that."""
    for _ in range(min(BACKFITS, len(chosen) and (BACKFITS if len(chosen) > 1 else 1))):
        for j in chosen:
            code = codes[:, j]
            rows = np.bincount(code, weights)
            means = np.bincount(code, weights * loss) / np.where(rows > 0, rows, 1.0)
            loss = loss - means[code]
    return loss


def _shares(counts: NDArray[np.float64], code: NDArray[np.integer]) -> NDArray[np.float64]:
    """Counts as shares, long enough for every code of the sample."""
    width = max(len(counts), int(code.max()) + 1 if len(code) else 0)
    target = np.zeros(width)
    target[: len(counts)] = np.maximum(counts, 0)
    total = target.sum()
    if total <= 0:  # nothing is known of now: the column stays as it was
        target = np.bincount(code, minlength=width).astype(float)
        total = max(target.sum(), 1.0)
    shares: NDArray[np.float64] = target / float(total)
    return shares


def _reachable(
    code: NDArray[np.integer], target: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """The target on codes that some row has, and the share of it on the others."""
    there = np.bincount(code, minlength=len(target))[: len(target)] > 0
    reached = float(target[there].sum())
    if reached <= 0:
        own: NDArray[np.float64] = np.bincount(code, minlength=len(target)).astype(np.float64)
        return own / float(max(len(code), 1)), 1.0
    return np.where(there, target, 0.0) / reached, max(1.0 - float(target[there].sum()), 0.0)


def _between(
    code: NDArray[np.integer], loss: NDArray[np.float64], shares: NDArray[np.float64]
) -> float:
    """Variance of the mean loss of a column's bins under these shares."""
    rows = np.bincount(code, minlength=len(shares))
    means = np.bincount(code, loss, len(shares)) / np.maximum(rows, 1)
    means = np.where(rows > 0, means, loss.mean())
    return max(float(shares @ means**2) - float(shares @ means) ** 2, 0.0)


def around(value: float, se: float) -> Share:
    """A value with its 95 % interval."""
    return Share(value, value - Z95 * se, value + Z95 * se, se)


def _check(names: Sequence[str], codes: NDArray[np.integer]) -> None:
    if len(names) > MOST or codes.ndim != 2 or codes.shape[1] != len(names):
        raise UsageError(
            "shapley",
            "its columns do not fit",
            got=f"{len(names)} marginals and codes {codes.shape}",
            want=f"at most {MOST}, one column of codes each",
        )
