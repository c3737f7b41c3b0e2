"""Rows that are unlike the reference, over time.

Owns: the drawing of what was counted of them.  Does not own: reading counts (`web.unlike`),
drawings (`report.figures.unlike`).
"""

from vedette.monitors.outliers import MONITOR
from vedette.report.figures import unlike as figures
from vedette.report.figures.figure import Figure
from vedette.web.asked import Asked
from vedette.web.unlike import unlike


def rows_unlike(one: Asked) -> Figure:
    """The share of rows that are unlike the reference, of all or of a segment."""
    found, segment = unlike(one), one.segment or ""
    part = found.part(segment)
    rows = []
    for start, share in found.steps.get(segment, ()):
        low, high = share.interval
        rows.append(
            {**one.stretch(start), "rate": share.rate, "low": low, "high": high, "k": share.k,
             "rows": share.n}
        )  # fmt: skip
    return figures.unlike(
        rows if part is not None else [],
        one.marks(),
        one.incidents(lambda stream: stream[0] == MONITOR and stream[2] == segment),
        where=segment.replace("=", " = ", 1),
        expected=0.0 if part is None else part.expected,
        tolerated=0.0 if part is None else part.tolerated,
        step=one.span.step,
        reason=found.why,
    )
