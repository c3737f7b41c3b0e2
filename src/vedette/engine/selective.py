"""Labels that come for some scores only.

Owns: whether the labelled rows are a fair share of all by score, said in words; weights that make
up for it, where anything can.  Does not own: how long labels take (`engine.delays`), metrics.

Who acts on a score often learns the outcome only of what passed: of loans that were granted, of
mails that were opened.  A metric of the labelled rows then speaks of those alone, and no weight
speaks for scores that have no label.  Rows must be old enough: labels on their way come for all
scores alike only if nobody hurries for some.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, xlogy

from vedette.core.words import number, percent, plural
from vedette.profiles.binning import Binning, NumericBinning

MATERIAL = 0.05  # of the rows, from which a stretch of scores counts
LACKING = 0.5  # times the share of labels among the others, below which labels are lacking
CHANCE = 1e-4  # that fair labels look so, over all stretches of scores
_MOST_GAPS = 3  # stretches that are told

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Selective:
    """Labels that lack for some scores.

    Shapes: K score bins; `lacking` bool[K]; `weights` float64[K], rows per labelled row of a bin,
    nan where it has rows but no label.  `share` of labels among the rows where they are lacking,
    `others` among the rest; `unknown` is the share of the rows that no label speaks for;
    `effective` is how many evenly drawn labels the weighted ones are worth (Kish); `p` is the
    chance that fair labels look so.
    """

    lacking: NDArray[np.bool_]
    weights: Floats
    share: float
    others: float
    unknown: float
    effective: float
    p: float


def selective(rows: Counts, labelled: Counts) -> Selective | None:
    """Find stretches of scores with fewer labels than chance and a fair share allow; None if there
    are none, or no label at all, or fewer than two bins.

    Shapes: int64[K] by score bin, in the order of scores; `labelled` are among `rows`.
    Source: the scan over stretches is Kulldorff 1997, Communications in Statistics 26, 1481-1496,
    with a binomial tail (an upper bound: labels are drawn without replacement) times the number of
    stretches; the effective size is Kish 1965, Survey Sampling.
    Example:
        >>> found = selective(np.array([500, 500, 500]), np.array([10, 470, 480]))
        >>> found.lacking.tolist(), found.share, found.others
        ([True, False, False], 0.02, 0.95)
        >>> selective(np.array([500, 500]), np.array([250, 240])) is None
        True
    """
    labelled = np.clip(labelled, 0, rows)
    total, known = int(rows.sum()), int(labelled.sum())
    if len(rows) < 2 or not 0 < known < total:
        return None
    stretches = len(rows) * (len(rows) + 1) // 2
    left, least = np.ones(len(rows), np.bool_), 1.0
    for _ in range(_MOST_GAPS):
        found = _gap(np.where(left, rows, 0), np.where(left, labelled, 0), total, stretches)
        if found is None:
            break
        first, last, p = found
        left[first:last] = False
        least = min(least, p)
    if left.all():
        return None
    lacking = ~left
    weights = np.ones(len(rows))
    np.divide(rows, labelled, out=weights, where=labelled > 0)
    weights[(labelled == 0) & (rows > 0)] = np.nan
    there = np.where(labelled > 0, weights, 0.0)
    return Selective(
        lacking,
        weights,
        float(labelled[lacking].sum() / rows[lacking].sum()),
        float(labelled[left].sum() / rows[left].sum()),
        float(rows[labelled == 0].sum() / total),
        float((there * labelled).sum() ** 2 / (there**2 * labelled).sum()),
        least,
    )


def _gap(
    rows: Counts, labelled: Counts, total: int, stretches: int
) -> tuple[int, int, float] | None:
    """The stretch of bins that stands out most as lacking labels: first, last + 1, chance."""
    n, m = (np.concatenate([[0], np.cumsum(one)]) for one in (rows, labelled))
    first, last = np.triu_indices(len(n), 1)
    inside, known = n[last] - n[first], m[last] - m[first]
    others, also = n[-1] - inside, m[-1] - known
    able = (inside >= MATERIAL * total) & (others > 0) & (also > 0)
    first, last, inside, known, others, also = (
        one[able] for one in (first, last, inside, known, others, also)
    )
    if not len(first):
        return None
    p = np.minimum(bdtr(known, inside, m[-1] / n[-1]) * stretches, 1.0)
    beyond = (known / inside < LACKING * also / others) & (p <= CHANCE)
    if not beyond.any():
        return None
    gain = np.where(beyond, _likelihood(known, inside) + _likelihood(also, others), -np.inf)
    best = int(np.argmax(gain))
    return int(first[best]), int(last[best]), float(p[best])


def _likelihood(k: Counts, n: Counts) -> Floats:
    """The log-likelihood of k labels among n rows, at their own share."""
    found: Floats = xlogy(k, k / n) + xlogy(n - k, 1 - k / n)
    return found


def lacking(rows: Counts, labelled: Counts, binning: Binning, column: str) -> str:
    """Say for which values of a column labels are lacking; "" where they are not.

    Shapes: int64[K] by code, without "no usable value".
    Example:
        >>> from vedette.profiles.binning import NominalBinning
        >>> said = lacking(np.array([500, 500, 0, 0]), np.array([0, 490, 0, 0]),
        ...     NominalBinning(("no", "yes"), np.zeros(0, np.uint64)), "prediction")
        >>> said[:71]
        'Labels exist for 0 % of the rows with prediction no and for 98 % of the'
    """
    if isinstance(binning, NumericBinning):
        return told(selective(rows, labelled), binning.edges, column)
    names = (*binning.names, "another class", "another class")
    for at in np.argsort(labelled / np.maximum(rows, 1), kind="stable"):
        others = np.arange(len(rows)) != at
        pair = [np.array([one[at], one[others].sum()]) for one in (rows, labelled)]
        found = selective(*pair)
        if rows[at] and found is not None and found.lacking[0]:
            said = told(found, np.array([0.5]), column)
            return said.replace(f"{column} below 0.5", f"{column} {names[at]}")
    return ""


def told(found: Selective | None, edges: Floats, score: str = "score") -> str:
    """Say for which scores labels are lacking, and what that does to metrics.

    Shapes: `edges` float64[K - 1], a bin holds its lower edge.
    Example:
        >>> found = selective(np.array([500, 500, 500]), np.array([0, 470, 480]))
        >>> first, second = told(found, np.array([0.4, 0.7])).split(". ")
        >>> first
        'Labels exist for 0 % of the rows with score below 0.4 and for 95 % of the others'
        >>> second
        'How the model does on the 33 % of rows whose scores have no label cannot be known.'
        >>> told(None, np.array([0.4]))
        ''
    """
    if found is None:
        return ""
    where = " or ".join(_stretches(found.lacking, edges))
    said = (
        f"Labels exist for {percent(found.share)} of the rows with {score} {where} and for"
        f" {percent(found.others)} of the others."
    )
    if found.unknown > 0:
        return (
            f"{said} How the model does on the {percent(found.unknown)} of rows whose scores have"
            " no label cannot be known."
        )
    worth = plural(max(round(found.effective), 1), "evenly drawn label")
    return (
        f"{said} Weighted by score, the labelled rows speak for all of them, as well as {worth}"
        " would."
    )


def _stretches(lacking: NDArray[np.bool_], edges: Floats) -> list[str]:
    """The stretches of scores that some bins cover, in words."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], lacking, [False]])))
    words = []
    for first, last in steps.reshape(-1, 2).tolist():
        low = number(float(edges[first - 1])) if first else ""
        high = number(float(edges[last - 1])) if last < len(lacking) else ""
        if low and high:
            words.append(f"from {low} to below {high}")
        else:
            words.append(f"below {high}" if high else f"of {low} or more")
    return words
