"""Counting and summing numbers between edges, as fast as the machine sorts.

Owns: the inner loop.  Does not own: Arrow, missing values.  Blocks of 16,384 values are sorted in
place and the edges are searched in
the block, not the values among the edges: 4.4 ns a value where numpy sorts with vector
instructions, against 43 ns for a
search per value (docs/decisions/0003).  Where it does not, the plain search is used; both give the
same counts.
"""

import platform
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.lib import introspect
from numpy.typing import NDArray

DOT = 8_192  # OpenBLAS starts threads for dot products from 10,000 values
BLOCK = 16_384  # float64 values: 128 KiB, half of a common level-2 cache


@dataclass
class Tally:
    """Running totals of one column: filled by `add`, read once at the end.  Shapes: counts int64[k
    + 2], sums float64[k + 2]."""

    counts: NDArray[np.int64]
    sums: NDArray[np.float64]
    centre: float
    squares: float = 0.0
    low: float = float("inf")
    high: float = float("-inf")
    not_finite: int = 0

    @classmethod
    def over(cls, edges: NDArray[np.float64]) -> "Tally":
        """Start at nothing."""
        places = len(edges) + 1
        return cls(np.zeros(places, np.int64), np.zeros(places), middle(edges))


def middle(edges: NDArray[np.float64]) -> float:
    """The point that squares are taken about: the middle edge, or 0 where there is no inner one.

    About 0 a column of seconds since 1970 would lose every digit of its standard deviation.
    Example:
        >>> middle(np.array([-np.inf, 5.0, np.inf])), middle(np.array([1.0, 9.0]))
        (5.0, 0.0)
    """
    return float(edges[len(edges) // 2]) if len(edges) > 2 else 0.0


def sorts_with_vectors() -> bool:
    """Whether this numpy sorts float64 with vector instructions on this processor.

    Source: on x86 numpy dispatches its sort on the same processor features as its float64 loops,
    whose choice is public
    (`numpy.lib.introspect`); on 64-bit Arm the vector instructions are always there.
    """
    if platform.machine().lower() in ("arm64", "aarch64"):
        return True
    loops = introspect.opt_func_info(func_name="^exp$", signature="float64")
    return any(not target["current"].startswith("baseline") for target in loops["exp"].values())


def add_sorted(tally: Tally, values: NDArray[np.generic], edges: NDArray[np.float64]) -> None:
    """Add values by sorting blocks of them.

    Shapes: values any real dtype [n]; edges float64[k + 1] ascending.  Not-finite values are
    counted apart.
    """
    scratch = np.empty(min(BLOCK, len(values)), np.float64)
    ends = np.empty(len(edges) + 1, np.int64)
    counts = np.empty(len(edges) + 1, np.int64)
    with np.errstate(over="ignore", invalid="ignore"):
        for start in range(0, len(values), BLOCK):
            chunk = values[start : start + BLOCK]
            block = scratch[: len(chunk)]
            block[:] = chunk
            block.sort()
            low, high = float(block[0]), float(block[-1])
            if not isfinite(low) or not isfinite(high):
                finite = block[block.searchsorted(-np.inf, "right") : block.searchsorted(np.inf)]
                tally.not_finite += len(block) - len(finite)
                block = finite
                if len(block) == 0:
                    continue
                low, high = float(block[0]), float(block[-1])
            ends[:-1] = block.searchsorted(edges, "right")
            ends[-1] = len(block)
            counts[0] = ends[0]
            np.subtract(ends[1:], ends[:-1], out=counts[1:])
            filled = counts.nonzero()[0]
            tally.counts += counts
            tally.sums[filled] += np.add.reduceat(block, ends[filled] - counts[filled])
            tally.squares += _squares(block - tally.centre)
            tally.low = min(tally.low, low)
            tally.high = max(tally.high, high)


def add_plain(tally: Tally, values: NDArray[np.generic], edges: NDArray[np.float64]) -> None:
    """Add values by searching each among the edges: the fallback, and the meaning of
    `add_sorted`."""
    with np.errstate(over="ignore", invalid="ignore"):
        block = values.astype(np.float64)
        finite = block[np.isfinite(block)]
        tally.not_finite += len(block) - len(finite)
        if len(finite) == 0:
            return
        places = edges.searchsorted(finite, side="left")
        tally.counts += np.bincount(places, minlength=len(tally.counts))
        tally.sums += np.bincount(places, weights=finite, minlength=len(tally.sums))
        tally.squares += _squares(finite - tally.centre)
        tally.low = min(tally.low, float(finite.min()))
        tally.high = max(tally.high, float(finite.max()))


def _squares(values: NDArray[np.float64]) -> float:
    """Sum of squares, in parts that no linear algebra library spreads over threads of its own."""
    parts = (values[start : start + DOT] for start in range(0, len(values), DOT))
    return float(sum(part @ part for part in parts))
