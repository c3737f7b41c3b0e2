"""Which finding of a column to show first, and where the change sits.

Owns: the choice of one sentence per column.  Does not own: findings or verdicts.
"""

from collections.abc import Sequence

from vedette.monitors.finding import VERDICTS, Finding

PLAIN = (
    "level",
    "category",
)  # told first when not much smaller than the largest: everybody reads them
MUCH = 0.5
FEW = 0.25  # a change in at most this share of a column's segments sits there


def leading(findings: Sequence[Finding], column: str) -> Finding:
    """The finding that tells most about a column: of its worst verdict, over all rows if it shows
    there.

    Shapes: findings ranked, at least one of this column.
    """
    own = [finding for finding in findings if finding.column == column]
    whole = [finding for finding in own if not finding.segment]
    worst = min((finding.verdict for finding in own), key=VERDICTS.index)
    pool = [f for f in whole if f.verdict == worst] or [f for f in own if f.verdict == worst]
    largest = max(finding.magnitude for finding in pool)
    if pool[0].monitor == "drift":
        for finding in pool:
            if finding.component in PLAIN and finding.magnitude >= MUCH * largest:
                return finding
    return pool[0]


def sentence(finding: Finding, findings: Sequence[Finding]) -> str:
    """The reason of a column's leading finding, and the segments that it sits in when they are
    few."""
    own = [f for f in findings if f.column == finding.column and f.segment]
    segments = {f.segment for f in own}
    alarming = list(dict.fromkeys(f.segment for f in own if f.verdict == "alarming"))
    if finding.segment or not alarming or len(alarming) > FEW * len(segments):
        return finding.reason
    part = leading([f for f in own if f.segment == alarming[0]], finding.column)
    names = ", ".join(segment.replace("=", " = ", 1) for segment in alarming[:3])
    return f"{finding.reason}; only where {names}: {_after_name(part)}"


def _after_name(finding: Finding) -> str:
    """A segment's reason without repeating the segment."""
    return finding.reason.replace(f" where {finding.segment.replace('=', ' = ', 1)}", "")
