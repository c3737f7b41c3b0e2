"""Other names for the same things: each offline value has one online value, whatever it is.

Owns: learning the table.  Does not own: rules that say more with less (every other cause).
"""

from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np

from vedette.core.words import number
from vedette.engine.skew.causes.candidate import FREE, NAMES, TABLE, Candidate
from vedette.engine.skew.causes.pairs import BOOLEAN, TEXT, TIME, Mask, Pairs, Values
from vedette.engine.skew.causes.where import place

MOST = 200  # entries; a longer table is no coding of categories
SEEN = 3  # times that an entry was seen, at least
PURE = 0.95  # share of an offline value's pairs that hold its commonest online value
SHOWN = 3


def propose(pairs: Pairs, fit: Mask) -> Iterable[Candidate]:
    """Learn which online value each offline value has, where that is nearly always the same.

    Bounds: a table needs five pairs per entry on average.
    """
    if TIME in (pairs.offline.kind, pairs.online.kind) or pairs.offline.kind == BOOLEAN:
        return
    taken = pairs.take(fit & pairs.both)
    if len(taken) < 2 * SEEN:
        return
    table = learn(taken)
    if not table or len(table) > MOST or len(table) * 5 > len(taken):
        return
    targets = Counter(table.values())
    if not _conditional(table, pairs):
        return
    many = len(targets) < len(table)
    shown = ", ".join(
        f"{_spelt(a, pairs.offline)} -> {_spelt(b, pairs.online)}"
        for a, b in list(table.items())[:SHOWN]
    )
    more = f" and {len(table) - SHOWN} more" if len(table) > SHOWN else ""
    kind = "several values to one" if many else "one to one"
    words = f"training value recoded, {kind}: {shown}{more}"
    if len(table) == 1:
        words = f"training value renamed: {shown}"
    explains = _recoded(table)
    yield Candidate(
        "recode", words, explains, _cost(table, pairs, explains(pairs)), least=0.1,
        chance=0.0 if len(targets) == 1 else None,
    )  # fmt: skip


def _cost(table: dict[object, object], pairs: Pairs, explained: Mask) -> float:
    """Names are simpler than a default where the value alone tells; a number is seldom a name, and
    a segment of another column may be what tells."""
    if len(set(table.values())) > 1:
        return TABLE
    named = pairs.offline.kind == TEXT and place(pairs, explained) is None
    return NAMES if named else FREE


def learn(pairs: Pairs) -> dict[object, object]:
    """The table, commonest entries first."""
    seen: dict[object, Counter[object]] = {}
    for a, b in zip(pairs.offline.data.tolist(), pairs.online.data.tolist(), strict=True):
        seen.setdefault(a, Counter())[b] += 1
    table = {}
    for a, found in sorted(seen.items(), key=lambda item: -item[1].total()):
        b, count = found.most_common(1)[0]
        if count >= SEEN and count >= PURE * found.total():
            table[a] = b
    return table


def _conditional(table: dict[object, object], pairs: Pairs) -> bool:
    """Whether what happens depends on the value: it has several outcomes, or the values that are
    recoded are few of many and are not seen to agree."""
    if len(set(table.values())) > 1:
        return True
    if pairs.same is None:
        return len(table) == 1
    same = pairs.same.present.data.tolist()
    agree = sum(value in table for value in same)
    others = len({value for value in same if value not in table})
    if len(table) == 1:
        return others >= 2 and agree <= 0.5 * len(same)
    return others >= 2 and agree <= 0.02 * len(same)


def _recoded(table: dict[object, object]) -> Callable[[Pairs], Mask]:
    nowhere = object()

    def explains(pairs: Pairs) -> Mask:
        told = [
            table.get(a, nowhere) == b
            for a, b in zip(pairs.offline.data.tolist(), pairs.online.data.tolist(), strict=True)
        ]
        return np.array(told, np.bool_) & pairs.both

    return explains


def _spelt(value: object, side: Values) -> str:
    if side.kind == TEXT:
        return repr(value)
    if side.kind == BOOLEAN:
        return "true" if value else "false"
    return number(float(str(value)))
