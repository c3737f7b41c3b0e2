"""A fault: one cause, the columns it is about, and what speaks for it.

Owns: the value, and its plain form.  Does not own: finding it (`gather`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from vedette.engine.document import finding_document
from vedette.engine.skew.unkeyed.trait import MONITOR
from vedette.monitors.finding import Finding

KINDS = (
    "dropped",
    "added",
    "renamed",
    "retyped",
    "swapped",
    "unit",
    "offset",
    "scale",
    "function",
    "default_fill",
    "nulls",
    "new_category",
    "case",
    "whitespace",
    "cut",
    "resolution",
    "stale",
    "duplicates",
    "order",
    "time_zone",
    "distribution",
)


@dataclass(frozen=True)
class Fault:
    """What went wrong, in one sentence.

    `finding` is the fault as a finding of monitor "skew" whose component is the kind; `evidence`
    are the findings that it explains.
    """

    kind: str
    columns: tuple[str, ...]
    finding: Finding
    evidence: tuple[Finding, ...]

    @property
    def reason(self) -> str:
        return self.finding.reason

    @property
    def verdict(self) -> str:
        return self.finding.verdict

    def with_evidence(self, more: Sequence[Finding]) -> "Fault":
        """The same with more findings beneath, none twice."""
        known = {f.id for f in self.evidence}
        return replace(self, evidence=(*self.evidence, *(f for f in more if f.id not in known)))

    def document(self) -> dict[str, Any]:
        """As plain data: the finding, its columns, the ids beneath."""
        return {
            "kind": self.kind,
            "columns": list(self.columns),
            **finding_document(self.finding),
            "beneath": [f.id for f in self.evidence],
        }


def fault(
    kind: str,
    column: str,
    reason: str,
    lead: Finding,
    evidence: Sequence[Finding],
    *,
    other: str | None = None,
    verdict: str = "",
) -> Fault:
    """A fault that takes its numbers from the finding that leads."""
    other = other or (lead.category if kind == "renamed" else None)
    finding = msgspec.structs.replace(
        lead,
        monitor=MONITOR,
        component=kind,
        column=column,
        segment="",
        category=other if other else lead.category,
        verdict=verdict or lead.verdict,
        reason=reason,
    )
    columns = (column, other) if other else (column,)
    return Fault(kind, columns, finding, tuple(evidence))
