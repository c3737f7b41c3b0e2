"""How often serving and training disagree: one column over time.

Owns: the drawing of what was counted of pairs.  Does not own: counting (`engine.paired`), reading
(`web.skew`).
"""

from vedette.monitors.twins import DISAGREE, MONITOR
from vedette.report.figures import twins
from vedette.report.figures.figure import Figure
from vedette.sketches.twins import KINDS
from vedette.stats.intervals import wilson
from vedette.web.asked import Asked
from vedette.web.skew import Twinned, twinned
from vedette.web.skew_document import why_none

NAMES = dict(zip(DISAGREE, twins.KINDS, strict=True))


def mismatch(one: Asked) -> Figure:
    """The share of pairs that disagree about a column; the worst one where none is named."""
    found = twinned(one)
    told = {told.column: told for told in found.columns}
    column = one.column or next(iter(told), "")
    known = told.get(column)
    rows = []
    for at, counts in found.steps(column) if known is not None else ():
        n = int(counts.sum())
        for kind, name in NAMES.items():
            k = int(counts[KINDS.index(kind)])
            low, high = wilson(k, n)
            if known is not None and (kind == "differs" or known.share(kind).k):
                rows.append(
                    {**one.stretch(at), "kind": name, "rate": k / n, "low": low, "high": high,
                     "k": k, "pairs": n}
                )  # fmt: skip
    return twins.mismatch(
        rows, one.marks(), one.incidents(lambda stream: stream[:2] == (MONITOR, column)),
        column=column, tolerated=found.settings.mismatch_of(column), step=one.span.step,
        reason=_why(found),
    )  # fmt: skip


def _why(found: Twinned) -> str:
    said = why_none(found)
    return f"{said[:1].upper()}{said[1:]}." if said else ""
