"""How long the demo's service takes, what fails of it, and what its second version does worse.

Owns: drawing this.  Does not own: serving (`cli.demo_service`).

Months pass in a minute: what a service would wait for cannot be waited for, nor measured, so it is
drawn, from the flight's own number: the same whenever the demo runs.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import HOUR

DEPLOY = datetime(2013, 5, 2, 14, tzinfo=UTC)  # of version 2
SLOWER = 1.5  # it asks for the weather of both airports one after the other
FAILS = {"1": 0.002, "2": 0.02}  # share of requests whose lookup fails
TIMED_OUT = "LookupTimeout"
USUAL, SPREAD = 0.021, 0.22  # seconds, of the logarithm
RETRIED, TWICE = 0.02, 2.2  # share of lookups that are asked anew, and what those take
RUSH = 0.1  # how much longer at five in the afternoon than half a day before
_SEED = np.uint64(2013)


class Took(NamedTuple):
    """What answers took.  Shapes: seconds float64[n], failed bool[n]."""

    seconds: NDArray[np.float64]
    failed: NDArray[np.bool_]


def took(flights: NDArray[np.int64], times: NDArray[np.int64], version: str) -> Took:
    """What flights take, by number.  Units: times in UTC nanoseconds.

    Example:
        >>> one = took(np.arange(3), np.zeros(3, np.int64), "1").seconds
        >>> bool((took(np.arange(3), np.zeros(3, np.int64), "2").seconds == SLOWER * one).all())
        True
    """
    hours = times / HOUR % 24
    rush = 1 + RUSH * np.cos((hours - 21) / 24 * 2 * np.pi)  # 21 UTC is five in New York
    first, second, third, fourth = (_uniform(flights, k) for k in range(4))
    normal = np.sqrt(-2 * np.log(first)) * np.cos(2 * np.pi * second)  # Box and Muller
    seconds = USUAL * rush * np.exp(SPREAD * normal) * np.where(third < RETRIED, TWICE, 1.0)
    return Took(seconds * (SLOWER if version == "2" else 1.0), fourth < FAILS[version])


def _uniform(numbers: NDArray[np.int64], stream: int) -> NDArray[np.float64]:
    """Numbers in (0, 1) that belong to others: splitmix64 (Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        z = numbers.astype(np.uint64) * np.uint64(4) + np.uint64(stream) + _SEED * np.uint64(2**32)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53
