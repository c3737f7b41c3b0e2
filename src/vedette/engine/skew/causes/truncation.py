"""Something is cut off: decimals, the end of a text, what lies beyond a limit.

Owns: numbers and times cut down to a step, texts cut to a length, numbers held within limits.
"""

from collections.abc import Callable, Iterable

import numpy as np

from vedette.core.words import number
from vedette.engine.skew.causes.candidate import PLAIN, Candidate
from vedette.engine.skew.causes.numbers import CLOSE, near
from vedette.engine.skew.causes.pairs import NUMBER, TEXT, TIME, Mask, Pairs
from vedette.engine.skew.causes.steps import Step, ladder, on_step
from vedette.engine.skew.causes.where import agreeing_there

MANY = 5  # agreeing rows inside a limit, at least so many different ones: else it is no limit
SPARED = (
    7.0  # rows inside the limit that a default would have come upon: one in a thousand spares all
)


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Try steps, the longest online text, and the ends of the online numbers."""
    taken = pairs.take(fit)
    if pairs.offline.kind == pairs.online.kind == TEXT:
        yield from _texts(taken)
        return
    for step in ladder(taken):
        for words, cut in _cuts(step, taken):
            yield Candidate(
                "truncation", f"training value cut {words} {step.words}", cut, PLAIN,
                least=0.1, chance=step.usual, varied=2,
            )  # fmt: skip
    if pairs.numeric:
        yield from _limits(taken)


def _texts(pairs: Pairs) -> Iterable[Candidate]:
    both = pairs.both
    lengths = np.array([len(text) for text in pairs.online.data[both]])
    before = np.array([len(text) for text in pairs.offline.data[both]])
    shorter = lengths[lengths < before]
    if not len(shorter):
        return
    sizes, counts = np.unique(shorter, return_counts=True)
    n = int(sizes[np.argmax(counts)])
    if n == 0:
        return

    def explains(given: Pairs) -> Mask:
        cut = [
            len(a) > n and b == a[:n]
            for a, b in zip(given.offline.data, given.online.data, strict=True)
        ]
        return np.array(cut, np.bool_) & given.both

    first = "first character" if n == 1 else f"first {n} characters"
    yield Candidate(
        "truncation", f"{first} of the training value", explains, PLAIN, least=0.05
    )  # fmt: skip


def _cuts(step: Step, pairs: Pairs) -> Iterable[tuple[str, Callable[[Pairs], Mask]]]:
    signed = pairs.offline.kind == NUMBER and bool(np.any(pairs.offline.present.data < 0))
    if not signed:
        yield "down to", _toward(step, lambda s: np.floor(s))
    else:
        yield "towards zero to", _toward(step, lambda s: np.trunc(s))
        yield "down to", _toward(step, lambda s: np.floor(s))
    yield "up to", _toward(step, lambda s: np.ceil(s))


def _toward(step: Step, cut: Callable[[np.ndarray], np.ndarray]) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        size = int(step.size) if pairs.offline.kind == TIME else step.size
        steps = pairs.offline.data / size
        with np.errstate(invalid="ignore"):
            whole = np.rint(steps)
            snapped = np.where(
                np.abs(steps - whole) < 1e-9 * np.maximum(np.abs(steps), 1), whole, steps
            )
            hit = np.rint(pairs.online.data / size) == cut(snapped)
        return np.asarray(pairs.both & on_step(pairs.online.data, size) & hit)

    return explains


def _limits(pairs: Pairs) -> Iterable[Candidate]:
    """Online is a constant, and offline always beyond it, though many rows are not: a default would
    have come upon those, too."""
    both = pairs.both
    offline, online = pairs.offline.data[both], pairs.online.data[both]
    if pairs.same is None or not len(online):
        return
    values, counts = np.unique(online, return_counts=True)
    for at in np.argsort(-counts, kind="stable")[:2]:
        limit = float(values[at])
        hit = offline[online == limit]
        same = agreeing_there(pairs, both & (pairs.online.data == limit)).present.data
        for words, beyond, inside in (
            ("most", hit > limit, same < limit), ("least", hit < limit, same > limit),
        ):  # fmt: skip
            spared = float(inside.mean()) * len(hit) if len(same) else 0.0
            if beyond.all() and spared >= SPARED and len(np.unique(same[inside])) >= MANY:
                yield Candidate(
                    "truncation", f"training value, at {words} {number(limit, 7)}",
                    _held(limit, words == "most"), PLAIN, chance=0.0,
                )  # fmt: skip


def _held(limit: float, above: bool) -> Callable[[Pairs], Mask]:
    def explains(pairs: Pairs) -> Mask:
        offline = pairs.offline.floats()
        with np.errstate(invalid="ignore"):
            beyond = offline > limit if above else offline < limit
            beyond &= np.abs(offline - limit) > 2 * CLOSE * abs(limit)
        return np.asarray(beyond & near(np.full(len(offline), limit), pairs))

    return explains
