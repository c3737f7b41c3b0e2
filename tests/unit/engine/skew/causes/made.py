"""Pairs of a column as training and as serving hold it."""

import numpy as np

from vedette.engine.skew.causes.pairs import NUMBER, Pairs, Statistics, Values

ROWS = 3000


def side(data, kind=NUMBER, missing=None):
    gone = np.zeros(len(data), np.bool_) if missing is None else missing
    return Values(kind, data, gone)


def statistics(x):
    q25, median, q75 = np.quantile(x, [0.25, 0.5, 0.75])
    return Statistics(x.mean(), x.std(), x.min(), x.max(), median, q25, q75, len(x))


def pairs(offline, online, kind=NUMBER, online_kind=None, **more):
    """The rows that differ, with those that agree beside them."""
    differ = np.array([a != b for a, b in zip(offline, online, strict=True)])
    if kind == NUMBER and "known" not in more:
        more["statistics"] = statistics(offline)
    more.pop("known", None)
    return Pairs(
        side(offline[differ], kind),
        side(online[differ], online_kind or kind),
        same=side(offline[~differ], kind),
        rate=float(differ.mean()),
        **more,
    )


def skewed_numbers(seed=0):
    return np.round(np.random.default_rng(seed).gamma(2, 300, ROWS), 1)


def some(share=0.3, seed=1):
    return np.random.default_rng(seed).random(ROWS) < share
