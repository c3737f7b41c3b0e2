"""What two columns show together, in words.

Owns: the sentences, of live windows and of two tables.  Does not own: which pair speaks
(`dependence_watch`, `together`), neighbourhoods (`neighbourhoods`).
"""

from vedette.core.words import count, number

WEAK = 0.1  # a correlation below which two columns hardly go together
MANY = "many pairs of columns go together otherwise, each a little"
BEYOND_PAIRS = "many columns together are distributed otherwise than pairs of them show"
LESS = 0.5  # of a correlation: what is left of one that is gone


def associated(
    one: str, two: str, before: float, now: float, rows: float = 0, where: str = ""
) -> str:
    """Say that two columns go together otherwise than they did, and where it shows most.

    Example:
        >>> associated("a", "b", 0.5, -0.482, 2000).partition(": ")[0]
        '`a` and `b` go together the other way'
        >>> associated("a", "b", 0.5, 0.1)
        '`a` and `b` no longer go together: correlation 0.5 in the reference, 0.1 now'
        >>> associated("a", "b", 0.02, 0.3)
        '`a` and `b` now go together: correlation 0.02 in the reference, 0.3 now'
        >>> associated("a", "b", 0.5, 0, 90, "`a` > 1: 9 % before, 1 % now")[-50:]
        'nce, 0 now (90 rows); `a` > 1: 9 % before, 1 % now'
    """
    of = f" ({count(round(rows))} rows)" if rows else ""
    size = f"correlation {number(before, 2)} in the reference, {number(now, 2)} now{of}"
    return f"`{one}` and `{two}` {_way(before, now)}: {size}{where and '; '}{where}"


def _way(before: float, now: float) -> str:
    if abs(before) < WEAK:
        return "now go together" if abs(now) >= WEAK else "go together otherwise"
    if before * now < 0 and abs(now) >= WEAK:
        return "go together the other way"
    if abs(now) <= LESS * abs(before):
        return "no longer go together"
    return "go together more closely" if abs(now) > abs(before) else "go together less closely"


def patterned(one: str, two: str, where: str, rows: float = 0) -> str:
    """Say that two columns meet in other places than they did, and where most.

    Example:
        >>> patterned("a", "b", "`a` > 1 and `b` = x: 2 % of rows before, 8 % now", 500)
        '`a` and `b` meet otherwise: `a` > 1 and `b` = x: 2 % of rows before, 8 % now (500 rows)'
    """
    of = f" ({count(round(rows))} rows)" if rows else ""
    return f"`{one}` and `{two}` meet otherwise: {where}{of}"
