"""Figures of an audit's document.

Owns: what becomes of a number that is none.  Does not own: any figure.
"""

from math import isfinite


def known(value: float) -> float | None:
    """A figure of the document; None for one that is no number.

    Example:
        >>> known(float("nan")), known(0.5)
        (None, 0.5)
    """
    return float(value) if isfinite(value) else None
