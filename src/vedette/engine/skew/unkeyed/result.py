"""The answer to "does serving see what training saw", and everything it turns itself into.

Owns: the TableSkew value and its JSON document.  Does not own: the comparison inside it
(`engine.comparison`), rendering (`report`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.comparison import Comparison
from vedette.engine.document import finding_document, plain
from vedette.engine.output import as_json, write_text
from vedette.engine.skew.unkeyed.fault import Fault
from vedette.engine.skew.unkeyed.wording import as_skew
from vedette.monitors.finding import VERDICTS, Finding

FORMAT = "vedette.table_skew"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class TableSkew:
    """What differs between a training and a serving table, one fault per cause.

    `ok` says that nothing alarming was found; `faults` are ranked worst first; `traits` are all
    findings that bins cannot see, `comparison` those that they can.
    """

    faults: tuple[Fault, ...]
    traits: tuple[Finding, ...]
    comparison: Comparison

    @property
    def ok(self) -> bool:
        """Whether nothing alarming was found."""
        return not self.alarms

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The faults as findings on the axis "skew", worst first."""
        return tuple(fault.finding for fault in self.faults)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The alarming ones."""
        return tuple(finding for finding in self.findings if finding.verdict == "alarming")

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        alarming = len(self.alarms)
        if alarming:
            return f"Serving does not see what training saw: {plural(alarming, 'fault')}."
        verdicts = list(self.comparison.verdicts.values())
        unknown = verdicts.count("unknown")
        columns, rest = len(verdicts) - unknown, len(self.faults)
        worth = f"; {plural(rest, 'difference')} worth a look" if rest else ""
        if not columns:
            return f"None of the {plural(unknown, 'column')} can be judged{worth}."
        if unknown:
            worth = f"; {unknown} cannot be judged{worth}"
        return f"Serving sees what training saw in {plural(columns, 'column')}{worth}."

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and reports are rendered from."""
        inside = self.comparison.to_dict()
        tests = [*self.comparison.findings, *self.traits]
        tally = {verdict: sum(f.verdict == verdict for f in tests) for verdict in VERDICTS}
        shown = [as_skew(f) for f in tests if f.verdict in ("alarming", "notable")]
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": self.ok,
            "verdict": self.verdict,
            "training": inside["reference"],
            "serving": inside["current"],
            "settings": {**inside["settings"], "alpha": 2 * inside["settings"]["alpha"]},
            "tests": {"all": len(tests), **tally},
            "faults": [fault.document() for fault in self.faults],
            "findings": [finding_document(f) for f in shown],
            "comparison": inside,
        }
        cleaned: dict[str, Any] = plain(document)
        return cleaned

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file, interactive, offline, aggregates only."""
        from vedette.report.html import render_html  # the charts' library is loaded only for charts

        document = self.to_dict()
        skew = {"faults": document["faults"]}
        whole = {**document["comparison"], "verdict": document["verdict"], "skew": skew}
        write_text(path, render_html(whole))
        return Path(path)

    def __repr__(self) -> str:
        return f"<TableSkew: {self.verdict}>"

    def __str__(self) -> str:
        return "\n".join([self.verdict, *(f"  {fault.reason}" for fault in self.faults)])
