"""Clocks of another time zone: times, or numbers that are times, moved by whole quarter-hours.

Owns: one shift, and the two that summer time makes of it.  Does not own: other shifts (`offset`).
"""

from collections.abc import Iterable

import numpy as np

from vedette.core.durations import HOUR, spell
from vedette.engine.skew.causes.candidate import KNOWN, PLAIN, Candidate
from vedette.engine.skew.causes.numbers import several
from vedette.engine.skew.causes.pairs import TIME, Mask, Pairs

MICROSECOND = 1000  # nanoseconds
QUARTER = HOUR // 4 // MICROSECOND
WIDEST = 14 * HOUR // MICROSECOND  # from UTC to any zone
EPOCHS = ((1e8, 1e11, 1e6), (1e11, 1e14, 1e3), (1e14, 1e17, 1.0), (1e17, 1e19, 1e-3))


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the quarter-hours by which most times are moved."""
    scale = _scale(pairs)
    if scale is None:
        return
    taken = pairs.take(fit & pairs.both)
    gaps = _gaps(taken, scale)
    whole = gaps[(gaps % QUARTER == 0) & (gaps != 0) & (np.abs(gaps) <= WIDEST)]
    if not len(whole) or not several(taken.offline.floats()):
        return
    found, counts = np.unique(whole, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    first = int(found[order[0]])
    second = int(found[order[1]]) if len(order) > 1 else None
    rival = float(counts[order[1]] / len(gaps)) if len(order) > 1 else 0.0
    if second is not None and abs(first - second) == 4 * QUARTER:
        third = float(counts[order[2]] / len(gaps)) if len(order) > 2 else 0.0
        if rival >= 0.02:
            yield _candidate(sorted((first, second), key=abs), scale, third)
    yield _candidate([first], scale, rival)


def _candidate(shifts: list[int], scale: float, apart: float) -> Candidate:
    told = " or ".join(
        f"{'+' if shift > 0 else '-'} {spell(abs(shift) * MICROSECOND)}" for shift in shifts
    )
    clock = "another time zone" if len(shifts) == 1 else "another time zone, with summer time"
    return Candidate(
        "zone",
        f"training value {told} ({clock})",
        lambda pairs: np.isin(_gaps(pairs, scale), shifts) & pairs.both,
        PLAIN if len(shifts) == 1 else KNOWN,
        apart=apart,
    )


def _scale(pairs: Pairs) -> float | None:
    """Microseconds of one unit, where both sides hold times, or numbers that can only be times."""
    if pairs.offline.kind == pairs.online.kind == TIME:
        return 1.0
    if not pairs.numeric:
        return None
    held = np.abs(np.concatenate([pairs.offline.present.data, pairs.online.present.data]))
    for low, high, scale in EPOCHS:
        if len(held) and held.min() >= low and held.max() < high:
            return scale
    return None


def _gaps(pairs: Pairs, scale: float) -> np.ndarray:
    gaps = pairs.online.data - pairs.offline.data
    return np.asarray(gaps if scale == 1.0 else np.rint(gaps * scale))
