"""An old value: online is what offline was some rows, or some time, earlier.

Owns: lags by rows in the orders that are given, staleness by a duration from the history of a key.
"""

from collections.abc import Callable, Iterable

import numpy as np

from vedette.core.durations import spell
from vedette.core.words import plural
from vedette.engine.skew.causes.candidate import FREE, KNOWN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE
from vedette.engine.skew.causes.pairs import NUMBER, Mask, Pairs, Values

ROUND = tuple(
    s * 1_000_000
    for s in (
        1, 5, 10, 15, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800,
        604800, 1209600, 2592000,
    )
)  # fmt: skip


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the lag, in each order, and the age at which most online values were true."""
    for at, known in enumerate(pairs.neighbours):
        hits = _equal(known.values, pairs.online)[fit]
        shares = hits.mean(axis=0) if len(hits) else np.zeros(len(known.lags))
        order = np.argsort(-shares, kind="stable")
        if not len(order) or shares[order[0]] == 0:
            continue
        best = int(order[0])
        lag = known.lags[best]
        when = "earlier" if lag > 0 else "later"
        yield Candidate(
            "lag", f"training value {plural(abs(lag), 'row')} {when}{known.order}",
            _lagged(at, best), FREE,
            apart=float(shares[order[1]]) if len(order) > 1 else 0.0, least=0.2,
        )  # fmt: skip
    if pairs.history is not None:
        yield from _stale(pairs, fit)


def _lagged(at: int, place: int) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        values = pairs.neighbours[at].values
        known = ~values.missing.all(axis=1)  # a row that was looked up
        lost = values.missing[:, place] & pairs.online.missing & known
        return np.asarray(_equal(values, pairs.online)[:, place] | lost)

    return explains


def _equal(values: Values, online: Values) -> np.ndarray:
    """Shapes: n rows of k, against n; what is missing teaches nothing."""
    told = ~(values.missing | online.missing[:, None])
    if values.kind == online.kind == NUMBER:
        a, b = values.data, online.data[:, None]
        with np.errstate(invalid="ignore"):
            same = np.abs(a - b) <= CLOSE * np.maximum(np.abs(a), np.abs(b))
    elif values.kind == online.kind:
        same = values.data == online.data[:, None]
    else:
        return np.zeros(values.data.shape, np.bool_)
    return np.asarray(same & told)


def _stale(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """The age that lies within most of the stretches in which the online value was true."""
    held = pairs.history
    if held is None or not fit.any():
        return
    hits = _equal(held.values, pairs.online)[fit]
    since, until = held.since[fit][hits], held.until[fit][hits]
    if not len(since):
        return
    ages = _stabbed(until, since)
    if ages is None:
        return
    low, high = ages
    inside = [age for age in ROUND if low < age <= high]
    age = inside[0] if inside else (low + high) // 2
    about = "" if inside else "about "
    yield Candidate(
        "lag", f"training value of {about}{spell(age * 1000)} earlier", _true_at(age), KNOWN,
        least=0.2,
    )  # fmt: skip


def _stabbed(low: np.ndarray, high: np.ndarray) -> tuple[int, int] | None:
    """The stretch that lies in most of the stretches (low, high]."""
    ends = np.concatenate([low, high])
    step = np.concatenate([np.ones(len(low), np.int64), -np.ones(len(high), np.int64)])
    order = np.lexsort((step, ends))  # of equal ends, those that close come first
    depth = np.cumsum(step[order])
    best = int(np.argmax(depth))
    if depth[best] < 2 or best + 1 >= len(ends):
        return None
    return int(ends[order[best]]), int(ends[order[best + 1]])


def _true_at(age: int) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        held = pairs.history
        if held is None:
            return np.zeros(len(pairs), np.bool_)
        then = (held.until < age) & (held.since >= age)
        lost = held.values.missing & pairs.online.missing[:, None]
        return np.asarray(((_equal(held.values, pairs.online) | lost) & then).any(axis=1))

    return explains
