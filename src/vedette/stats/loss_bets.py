"""Evidence that losses rose, or left what was expected of them, for many streams at once.

Owns: the bets on the loss of a window, on lasting changes and on this window alone; what
change of risk matters.  Does not own: which losses are watched (`monitors.loss_watch`), the unrest
between windows (`unrest`).

A row's loss lies in [0, 1].  Of the mean loss of a window benign unrest is predicted and taken off
(`whitening`); what is left is bet on by binomial likelihood ratios of a higher, or lower, risk
against the highest that is still usual, to the power 1 / D, with D the variance of the window's sum
over the binomial one: rows that share an hour's luck count as fewer, rows whose loss is known
better than a coin's as more.  The evidence adds up as Shiryaev-Roberts sums: every window may be
the onset (Podkopaev & Ramdas 2022; Shin, Ramdas & Rinaldo 2024).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from vedette.stats.rate_bets import FEW, FEW_CAP, upper_tail
from vedette.stats.whitening import CLIP

Array = NDArray[np.float64]

BETS = np.array([2.0, 4.0, 8.0])  # times the smallest change that matters
# Their shares of the evidence: the smallest one is needed by large windows alone, which soon have
# evidence to spare; an even split costs a window of delay (measured: docs/decisions/0022).
BELIEF = np.array([0.1, 0.6, 0.3])
MAIN = 1  # the bet whose evidence tells since when
SIGNS = np.array([1.0, -1.0])  # ways a risk may go: up, down
SMALLEST = 0.15  # long-run sd below which nothing is bet: a month could not show it
LEAST = 0.01  # change of risk that matters, at the default min_effect ...
SHARE = 0.1  # ... or as a share of the risk, whichever is larger
DEFAULT = 0.05  # the min_effect those belong to
FAR = 0.3  # of a risk, and of 1 - risk: unrest is never believed to take it lower
CEILING = 1e30  # evidence beyond this says no more
_CAP = 50.0  # nats a window gives at most


class Usual(NamedTuple):
    """What is known of the losses of C streams.

    Shapes: (C,) each: variance and persistence of the unrest; error of the expected risk that is
    forgiven; the unit of the bets.
    """

    t2: Array
    phi: Array
    allow: Array
    unit: Array


class Batch(NamedTuple):
    """Losses of one window.  Shapes: (C,) each: rows, the sum of their losses, the risk expected of
    them, the variance of one row's loss about it.  No row changes nothing.

    `centre` is the risk that bets are laid about, where the expected one is too noisy for that: a
    rate of other rows of the same window.  A difference of two rates is less skew than one rate, so
    bets then allow for tails of a normal law as well.  None where the expected risk is known.
    """

    n: Array
    loss: Array
    expected: Array
    variance: Array
    centre: Array | None = None


class Running(NamedTuple):
    """Evidence so far, and what is known of the unrest.

    Shapes: R (C, 2 ways, bets); absorbed alike: share of a change that the filter already took;
    m, P (C,): the filter; of the last window with rows, log_e (C, 2) of the main bet, and p
    (C, 2): the chance of so high, and so low, a loss.
    """

    R: Array
    absorbed: Array
    m: Array
    P: Array
    log_e: Array
    p: Array


def matters(risk: Array, eps: Array) -> Array:
    """The change of a risk that matters: 0.01, or a tenth of the risk where that is more, at the
    default smallest effect of 0.05, and in proportion at another.

    Example:
        >>> matters(np.array([0.02, 0.1, 0.3]), np.full(3, 0.05)).round(3).tolist()
        [0.01, 0.01, 0.03]
    """
    found: Array = eps / DEFAULT * np.maximum(LEAST, SHARE * risk)
    return found


def begin(t2: Array) -> Running:
    """Know nothing yet, but how far unrest reaches."""
    deep, flat = np.zeros((len(t2), 2, len(BETS))), np.zeros((len(t2), 2))
    return Running(deep, deep, np.zeros(len(t2)), t2.copy(), flat, flat + 1)


def bet_losses(run: Running, batch: Batch, usual: Usual) -> Running:
    """Take one window in.  Streams without a row stay as they are.

    Source: the design's `reference/statistics.md`, section 5.

    Example:
        >>> one = np.ones(1)
        >>> usual = Usual(1e-4 * one, 0.8 * one, 0.002 * one, 0.01 * one)
        >>> run = begin(usual.t2)
        >>> for _ in range(5):
        ...     run = bet_losses(run, Batch(100 * one, 20 * one, 0.1 * one, 0.09 * one), usual)
        >>> bool(run.R[0, 0].mean() > 1e4), bool(run.R[0, 1].max() < 5)
        (True, True)
    """
    some = batch.n > 0
    n = np.where(some, batch.n, 1.0)
    centre = batch.expected if batch.centre is None else batch.centre
    x = np.clip(batch.loss + n * (centre - batch.expected), 0.0, n)
    mu = np.clip(centre, 1e-6, 1 - 1e-6)
    noise = batch.variance / n
    V = run.P + noise
    K, sd = run.P / V, np.sqrt(V)
    innovation = x / n - centre - run.m
    lasting = 1 - usual.phi * K / (1 - usual.phi * (1 - K))  # of a change, behind the filter
    low, high = FAR * mu, 1 - FAR * (1 - mu)
    forgiven = SIGNS * (usual.allow * lasting)[:, None]
    null = np.clip((mu + run.m)[:, None] + forgiven, low[:, None], high[:, None])
    ratio = batch.variance / (mu * (1 - mu))
    D = ratio[:, None] + (n * run.P)[:, None] / (null * (1 - null))
    rows = n[:, None], x[:, None]
    d = usual.unit[:, None, None] * BETS
    two = batch.centre is not None
    new = np.exp(_log_bets(rows, null, d, D, two))
    log_e = _log_bets(rows, null, d * (1 - run.absorbed), D, two)
    old = run.R * np.exp(log_e)
    total = old + new
    gain, phi = K[:, None, None], usual.phi[:, None, None]
    kept = old * (run.absorbed + gain * (1 - run.absorbed)) + new * gain
    after = Running(
        np.minimum(total, CEILING),
        phi * kept / np.maximum(total, 1e-300),
        usual.phi * (run.m + K * np.clip(innovation, -CLIP * sd, CLIP * sd)),
        usual.phi**2 * (1 - K) * run.P + usual.t2 * (1 - usual.phi**2),
        log_e[..., MAIN],
        _tails(rows, null, D, two),
    )
    return Running(*(_taken(some, one, two) for one, two in zip(after, run, strict=True)))


def believed(R: Array) -> Array:
    """The evidence of all bets of a way together.  Shapes: (..., bets) -> (...)."""
    found: Array = R @ BELIEF
    return found


def wait(run: Running, usual: Usual, steps: Array) -> Running:
    """Let windows pass that showed nothing.  Shapes: steps (C,)."""
    kept = usual.phi**steps
    return run._replace(m=run.m * kept, P=usual.t2 + (run.P - usual.t2) * kept**2)


def _log_bets(rows: tuple[Array, Array], null: Array, d: Array, D: Array, two: bool) -> Array:
    """Tempered log likelihood ratios.  Shapes: rows (C, 1) twice, null and D (C, 2), d (C, 1 or 2,
    bets) -> (C, 2, bets)."""
    n, x = (one[..., None] for one in rows)
    base = null[..., None]
    # Never so far that rows of the other kind could not be: halfway to all, a quarter of it.
    other = np.clip(base + SIGNS[:, None] * d, base / 4, 0.5 + base / 2)
    hit, miss = np.log(other / base), np.log((1 - other) / (1 - base))
    up = x * hit + (n - x) * miss
    if two:
        step = hit - miss
        up = np.minimum(up, step * (x - n * base) - step**2 * n * base * (1 - base) / 2)
    up = up / D[..., None]
    # Few rows may come from one caller: such a window is never enough alone.
    found: Array = np.clip(up, -_CAP, np.where(n < FEW, FEW_CAP, _CAP))
    return found


def _tails(rows: tuple[Array, Array], null: Array, D: Array, two: bool) -> Array:
    """The chances of so high, and of so low, a loss; 1 of few rows.  Shapes: (C, 2)."""
    n, x = rows
    far = np.concatenate([x, n - x], axis=1)
    rate = np.stack([null[:, 0], 1 - null[:, 1]], axis=1)
    p = upper_tail(far, np.broadcast_to(n, far.shape), rate, D)
    if two:
        p = np.maximum(p, ndtr((n * rate - far) / np.sqrt(n * rate * (1 - rate) * D)))
    return np.where(n < FEW, 1.0, p)


def _taken(which: NDArray[np.bool_], one: Array, two: Array) -> Array:
    return np.where(which.reshape(-1, *[1] * (one.ndim - 1)), one, two)
