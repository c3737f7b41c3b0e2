"""A constant stands where a value should: a default, or what missing values are filled with.

Owns: constants online, and constants offline that serving does not have.  Does not own: numbers
held within a limit (`truncation`).
"""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from vedette.core.words import number
from vedette.engine.skew.causes.candidate import FREE, KNOWN, PLAIN, Candidate
from vedette.engine.skew.causes.pairs import BOOLEAN, TEXT, TIME, Mask, Pairs, Statistics, Values
from vedette.engine.skew.causes.where import place

ALMOST_ALL = 0.98
FEW_VALUES = 12  # different ones of a column of which noise makes new ones again and again


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Find the commonest online value, where training has none and where it has another; and the
    commonest offline one that serving lacks."""
    taken = pairs.take(fit)
    gone = taken.offline.missing & ~taken.online.missing
    if gone.any():
        value, share = _commonest(taken.online.take(gone))
        if share >= 0.5:
            yield Candidate(
                "fill", f"{_spelt(value, pairs.online, pairs.statistics)} where training has none",
                _filled(value), KNOWN, chance=0.0, verb="is",
            )  # fmt: skip
    both = taken.both
    if both.any():
        yield from _constant(pairs, taken.take(both))
    lost = taken.online.missing & ~taken.offline.missing
    if lost.any():
        value, share = _commonest(taken.offline.take(lost))
        usual = _usual(value, pairs.offline.kind, pairs.same)
        if share >= ALMOST_ALL and usual < 0.05 and _varied(pairs):
            elsewhere = place(pairs, pairs.online.missing & ~pairs.offline.missing)
            yield Candidate(
                "fill", f"missing where training has {_spelt(value, pairs.offline, None)}",
                _unfilled(value), PLAIN if elsewhere else PLAIN / 2, chance=0.0, verb="is",
            )  # fmt: skip


def _constant(pairs: Pairs, both: Pairs) -> Iterable[Candidate]:
    """A default that replaces values: much more frequent than if values were mixed up."""
    value, _ = _commonest(both.online)
    stands_for = _distinct(both.offline.take(both.online.data == value))
    if len(stands_for) < 2 and not _two(pairs):
        return  # another name for one value
    if pairs.same is None:
        natural = both.offline
    else:
        natural = Values(
            both.offline.kind,
            np.append(both.offline.data, pairs.same.present.data),
            np.zeros(len(both) + int((~pairs.same.missing).sum()), np.bool_),
        )
    yield Candidate(
        "fill", f"always {_spelt(value, pairs.online, pairs.statistics)}", _filled_any(value), FREE,
        least=0.05, chance=_expected(value, natural), verb="is", apart=_third(both, natural),
    )  # fmt: skip


def _third(both: Pairs, natural: Values) -> float:
    """The share of the third among the online values that training never has, where it has few:
    with so many of them something is added by chance, and none is a default."""
    if len(np.unique(natural.data)) > FEW_VALUES:
        return 0.0
    new = both.online.data[~np.isin(both.online.data, natural.data)]
    counts = np.sort(np.unique(new, return_counts=True)[1])
    return float(counts[-3] / len(both)) if len(counts) > 2 else 0.0


def _two(pairs: Pairs) -> bool:
    """Whether the column takes two values: then the other one is no other name."""
    held = [pairs.offline, pairs.online] + ([] if pairs.same is None else [pairs.same])
    if any(side.kind != pairs.offline.kind for side in held):
        return False
    return len(np.unique(np.concatenate([side.present.data for side in held]))) == 2


def _expected(value: Any, natural: Values) -> float:
    """How often rows that differ would hold a value online, if they held that of any other row."""
    _, counts = np.unique(natural.data, return_counts=True)
    shares = counts / counts.sum()
    own = float(np.mean(natural.data == value))
    total = float(np.sum(shares * (1 - shares)))
    return own * (1 - own) / total if total > 0 else 0.0


def _commonest(values: Values) -> tuple[Any, float]:
    found, counts = np.unique(values.data, return_counts=True)
    at = int(np.argmax(counts))
    return found[at], float(counts[at] / len(values))


def _distinct(values: Values) -> np.ndarray:
    return np.unique(values.present.data)


def _usual(value: Any, kind: str, same: Values | None) -> float:
    if same is None or same.kind != kind or not len(same.present):
        return 0.0
    return float(np.mean(same.present.data == value))


def _varied(pairs: Pairs) -> bool:
    return pairs.same is not None and len(_distinct(pairs.same)) >= 2


def _filled(value: Any) -> Callable[[Pairs], Mask]:
    return lambda pairs: np.asarray(
        pairs.offline.missing & ~pairs.online.missing & (pairs.online.data == value)
    )


def _filled_any(value: Any) -> Callable[[Pairs], Mask]:
    return lambda pairs: np.asarray(~pairs.online.missing & (pairs.online.data == value))


def _unfilled(value: Any) -> Callable[[Pairs], Mask]:
    return lambda pairs: np.asarray(
        pairs.online.missing & ~pairs.offline.missing & (pairs.offline.data == value)
    )


def _spelt(value: Any, side: Values, known: Statistics | None) -> str:
    if side.kind == TEXT:
        return repr(str(value))
    if side.kind == BOOLEAN:
        return "true" if value else "false"
    if side.kind == TIME:
        return str(np.datetime64(int(value), "us"))
    told = number(float(value), 7)
    if known is not None and side.kind == "number":
        for name, usual in (("mean", known.mean), ("median", known.median)):
            if abs(float(value) - usual) <= 1e-6 * max(abs(usual), 1e-12):
                return f"{told}, the {name} of training,"
    return told
