"""Texts: letter case, white space around them, and where they are cut.

Owns: these shares of values.  Does not own: which categories there are (`recoding`).
"""

from collections.abc import Callable
from math import exp, lgamma

import msgspec

from vedette.core.words import percent
from vedette.engine.skew.unkeyed.trait import Two, shared
from vedette.monitors.finding import Finding

FEW = 8  # training texts that must be longer than all of serving's


def _lower(text: str) -> bool:
    return text.islower()


def _upper(text: str) -> bool:
    return text.isupper()


def _padded(text: str) -> bool:
    return text != text.strip() or "  " in text


PROPERTIES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("case", "in lower case", _lower),
    ("case", "in upper case", _upper),
    ("whitespace", "with stray white space", _padded),
)


def texts(two: Two, eps: float) -> list[Finding]:
    """Test case and white space as shares, and whether serving stops at a length."""
    if two.training.kind != "text" or not two.comparable:
        return []
    sides = (two.serving.tally, two.training.tally)
    n, m = (sum(side.values()) for side in sides)
    found = []
    for component, said, holds in PROPERTIES:
        x, k = (sum(rows for word, rows in side.items() if holds(word)) for side in sides)
        if x + k == 0 or (x == n and k == m):
            continue
        reason = (
            f"{percent(x / n)} of serving `{two.name}` are {said}, {percent(k / m)} in training"
        )
        found.append(shared(component, two.name, (x, n), (k, m), eps, reason, said))
    cut = _cut(two, eps)
    return [*found, cut] if cut else found


def _cut(two: Two, eps: float) -> Finding | None:
    """No text of serving is longer than some length that training exceeds.

    The k longest texts of both tables together are all training's by a chance of C(m, k) /
    C(m + n, k) if the tables were drawn alike: exact, whatever the lengths are.
    """
    lengths = [_by_length(side.tally) for side in (two.serving, two.training)]
    limit = max(lengths[0])
    k = sum(rows for length, rows in lengths[1].items() if length > limit)
    n, m = (sum(side.values()) for side in lengths)
    if k < FEW:
        return None
    at, before = lengths[0][limit], lengths[1].get(limit, 0)
    reason = (
        f"no serving `{two.name}` is longer than {limit} characters, {percent(k / m)} of training's"
        f" are; {percent(at / n)} end there, {percent(before / m)} in training"
    )
    finding = shared("cut", two.name, (0, n), (k, m), eps, reason, str(limit))
    return msgspec.structs.replace(finding, p=_all_from(k, m, n))


def _by_length(tally: dict[str, int]) -> dict[int, int]:
    lengths: dict[int, int] = {}
    for word, rows in tally.items():
        lengths[len(word)] = lengths.get(len(word), 0) + rows
    return lengths


def _all_from(k: int, m: int, n: int) -> float:
    """The chance that the k largest of m + n values are all among the m."""
    return exp(lgamma(m + 1) - lgamma(m - k + 1) + lgamma(m + n - k + 1) - lgamma(m + n + 1))
