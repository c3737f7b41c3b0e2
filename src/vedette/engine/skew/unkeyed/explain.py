"""The likely cause of what alarmed in one column.

Owns: the order in which causes are asked, from the ones that can hardly be mistaken to the plain
statement that the distribution differs.  Does not own: the causes (`recoding`, `scales`).
"""

from collections.abc import Sequence

from vedette.core.words import plural
from vedette.engine.headline import leading
from vedette.engine.skew.unkeyed.recoding import (
    coarser,
    filled_missing,
    filled_others,
    fresh_words,
    respelt,
    same_but_digits,
    still_coarser,
)
from vedette.engine.skew.unkeyed.scales import scale
from vedette.engine.skew.unkeyed.trait import Two
from vedette.engine.skew.unkeyed.wording import spoken
from vedette.monitors.finding import Finding

ALL = 0.98  # of the share of the finest step: a coarser one that nearly as many obey is meant
EXACT = 0.02  # distance left of a factor that is believed although digits were lost
MOVED = frozenset(
    (
        "level", "spread", "skew", "shape", "category", "distance", "below", "above", "range",
        "resolution",
    )
)  # fmt: skip


def explain(two: Two, found: Sequence[Finding], hours: int) -> tuple[str, str]:
    """Kind and sentence of the fault of a column that alarmed.

    Shapes: findings that alarmed, at least one; `hours` by which a clock is turned, 0 if it is
    none.
    """
    by = {f.component: f for f in found}
    more = by.get("missing")
    if more is not None and (more.effect or 0.0) > 0:
        return "nulls", spoken(more)
    if hours:
        way = "ahead of" if hours > 0 else "behind"
        late = f"runs {plural(abs(hours), 'hour')} {way} training: another time zone"
        return "time_zone", f"serving `{two.name}` {late}"
    spike = by["spike"].category or "" if "spike" in by else None
    if spike is not None and more and (said := filled_missing(two, spike)):
        return "default_fill", said
    spelt = respelt(two)
    if spelt:
        return spelt
    if "cut" in by:
        return "cut", by["cut"].reason
    step = _step(found)
    if step and spike is not None and not still_coarser(two, step, spike):
        step = 0.0
    changed = scale(two, coarser=bool(step)) if by.keys() & MOVED else None
    if changed and not (step and changed.left > EXACT and not changed.exact):
        return changed.kind, changed.said(two.name)
    if step:
        return "resolution", coarser(two, step)
    if by.keys() & MOVED and same_but_digits(two):
        return "resolution", (
            f"serving `{two.name}` differs from training only beyond the sixth digit: numbers of"
            " single against double precision, or rounded ones"
        )
    if spike is not None and (fill := filled_others(two, spike)) and "stale" not in by:
        return fill
    if "stale" in by:
        return "stale", f"{by['stale'].reason}: a feed that stands still"
    fresh = fresh_words(two)
    if fresh and "unseen" in by:
        return "new_category", fresh
    for component in ("case", "whitespace"):
        if component in by:
            return component, by[component].reason
    lead = leading(sorted(found, key=lambda f: f.rank), found[0].column)
    return "distribution", spoken(lead)


def _step(found: Sequence[Finding]) -> float:
    """The coarsest step whose multiples became clearly more frequent; 0 if none did."""
    steps = [f for f in found if f.component == "resolution" and (f.effect or 0.0) > 0]
    most = max((f.observed or 0.0 for f in steps), default=0.0)
    return max(
        (float(f.category or 0) for f in steps if (f.observed or 0.0) >= ALL * most), default=0.0
    )
