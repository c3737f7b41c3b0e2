"""The likely cause of what alarmed in one column.

Owns: the order in which causes are asked, from the ones that can hardly be mistaken to the plain
statement that the distribution differs.  Does not own: the causes (`recoding`, `scales`).
"""

from collections.abc import Sequence

from vedette.core.words import plural
from vedette.engine.headline import leading
from vedette.engine.skew.tables.recoding import coarser, filled, fresh_words, respelt
from vedette.engine.skew.tables.scales import scale
from vedette.engine.skew.tables.trait import Two
from vedette.engine.skew.tables.wording import spoken
from vedette.monitors.finding import Finding

DRIFT = ("level", "spread", "skew", "shape", "category", "distance", "below", "above", "range")


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
        return "time_zone", (
            f"serving `{two.name}` runs {plural(abs(hours), 'hour')} {way} training: another time zone"
        )
    fill = _fill(two, by)
    if fill and fill[0] == "default_fill" and two.serving.missing < two.training.missing and more:
        return fill
    spelt = respelt(two)
    if spelt:
        return spelt
    if "cut" in by:
        return "cut", by["cut"].reason
    lost = _lost(found)
    changed = scale(two, factors_only=lost is not None) if by.keys() & set(DRIFT) else None
    if changed and not (lost and abs(changed.left) > 0.02):
        return changed.kind, changed.said(two.name)
    if fill:
        return ("stale", by["stale"].reason) if "stale" in by else fill
    if lost:
        return "resolution", coarser(two, float((lost.category or "1").replace(",", "")))
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


def _fill(two: Two, by: dict[str, Finding]) -> tuple[str, str] | None:
    spike = by.get("spike")
    return filled(two, spike.category or "") if spike is not None else None


def _lost(found: Sequence[Finding]) -> Finding | None:
    """The coarsest step whose multiples became clearly more frequent."""
    steps = [f for f in found if f.component == "resolution" and (f.effect or 0.0) > 0]
    if not steps:
        return None
    most = max(f.observed or 0.0 for f in steps)
    return max(
        (f for f in steps if (f.observed or 0.0) >= 0.98 * most),
        key=lambda f: float((f.category or "0").replace(",", "")),
    )
