"""Ways in which scores are spread, and move away from where they were.

Owns the drawing. Does not know what is measured on it.
"""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
from scipy.special import expit

from vedette.core.schema import Field, Schema

Generator = np.random.Generator
Drawn = tuple[np.ndarray, np.ndarray]  # score, label 0 or 1
Law = Callable[[Generator, int, float], Drawn]  # rows, and how far the scores have moved (0 or 1)

SCHEMA = Schema((Field("p", "numeric", "score"), Field("y", "integer", "label")))


def labelled(rng: Generator, score: np.ndarray, chance: np.ndarray) -> Drawn:
    return score, (rng.random(len(score)) < chance).astype(int)


def chances(of: Callable[[Generator, int, float], np.ndarray]) -> Law:
    """Scores that are right on average."""

    def law(rng: Generator, n: int, moved: float) -> Drawn:
        score = of(rng, n, moved)
        return labelled(rng, score, score)

    return law


def margins(of: Callable[[Generator, int, float], np.ndarray], prior: float = 0.0) -> Law:
    """Scores on the scale of log odds, that no bound holds."""

    def law(rng: Generator, n: int, moved: float) -> Drawn:
        score = of(rng, n, moved)
        return labelled(rng, score, expit(score + prior))

    return law


def useless(rng: Generator, n: int, moved: float) -> Drawn:
    return labelled(rng, rng.random(n), np.full(n, 0.01))


def two_normals(rng: Generator, n: int, rate: float, apart: float) -> Drawn:
    """Calibrated chances of two classes whose log odds are normal, `apart` standard deviations."""
    label = (rng.random(n) < rate).astype(int)
    x = rng.normal((label - 0.5) * apart, 1)
    return expit(np.log(rate / (1 - rate)) + apart * x), label


LAWS: dict[str, Law] = {
    "beta(2, 2), then beta(5, 2)": chances(lambda r, n, d: r.beta(2 + 3 * d, 2, n)),
    "uniform, then its square": chances(lambda r, n, d: r.random(n) ** (1 + d)),
    "log odds N(0, 6)": chances(lambda r, n, d: expit(r.normal(0, 6 + d, n))),
    "1 % positive, skewed": chances(lambda r, n, d: expit(r.normal(-6.5 + 1.5 * d, 2, n))),
    "0.1 % positive, skewed": chances(lambda r, n, d: expit(r.normal(-9 + 1.5 * d, 2, n))),
    "rounded to 0.01": chances(lambda r, n, d: np.round(r.beta(1, 4 + 3 * d, n), 2)),
    "rounded to 0.001": chances(lambda r, n, d: np.round(r.beta(1, 20 - 8 * d, n), 3)),
    "20 values": chances(lambda r, n, d: r.choice((np.arange(20) + 0.37) / 21, n)),
    "30 % at one value": chances(
        lambda r, n, d: np.where(r.random(n) < 0.3, 0.137, r.beta(1, 5 - 3 * d, n))
    ),
    "margins N(-1, 2), then N(1, 3)": margins(lambda r, n, d: r.normal(2 * d - 1, 2 + d, n)),
    "margins, 2 % positive": margins(lambda r, n, d: r.normal(d, 1.5, n), -5),
    "margins, heavy tails": margins(lambda r, n, d: r.standard_t(2, n) + d, -5),
    "useless, 1 % positive": useless,
}


def table(drawn: Drawn) -> pa.Table:
    return pa.table({"p": drawn[0], "y": drawn[1]})
