"""A curve is applied on one side only: a logarithm, its inverse, a root, a square, a reciprocal.

Owns: these curves.  Does not own: lines (`affine`, `scaler`).
"""

from collections.abc import Callable, Iterable
from types import MappingProxyType

import numpy as np

from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.numbers import Floats, near, several
from vedette.engine.skew.causes.pairs import Mask, Pairs

VARIED = 5  # different values; that 4, 2 and 1 became 2, 1 and 0 is no logarithm
CURVES: MappingProxyType[str, Callable[[Floats], Floats]] = MappingProxyType(
    {
        "log(training value)": np.log,
        "log(1 + training value)": np.log1p,
        "log2(training value)": np.log2,
        "log10(training value)": np.log10,
        "exp(training value)": np.exp,
        "exp(training value) - 1": np.expm1,
        "10 to the training value": lambda x: np.power(10.0, x),
        "square root of the training value": np.sqrt,
        "training value squared": np.square,
        "1 / training value": lambda x: 1 / x,
    }
)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try each curve."""
    if not pairs.numeric or not several(pairs.take(fit & pairs.both).offline.floats(), 3):
        return
    for words, curve in CURVES.items():
        yield Candidate("log", words, _on(curve), PLAIN, varied=VARIED)


def _on(curve: Callable[[Floats], Floats]) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        with np.errstate(all="ignore"):
            bent = curve(pairs.offline.floats())
        return near(np.where(np.isfinite(bent), bent, np.nan), pairs)

    return explains
