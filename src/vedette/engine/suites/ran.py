"""The answer to a run of a suite, and everything it can turn itself into.

Owns: the SuiteRun value, its sentence and its plain document.  Does not own: running
(`engine.suites.run`), rendering (`report`).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.document import finding_document, judged_document, plain
from vedette.engine.output import as_json, kept
from vedette.monitors.finding import Finding

FORMAT = "vedette.suite_run"
FORMAT_VERSION = 1
NAMED = 5  # columns in the sentence


@dataclass(frozen=True)
class SuiteRun:
    """What Great Expectations says of a table.

    `ok` says that every expectation was judged and met.  `findings` are of the monitor
    `expectations`, one per expectation, worst first: exact rules of one's own, outside any budget.
    """

    suite: str
    name: str  # of the table
    rows: int
    judged: int  # rows that were handed over: all, or a sample
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether every expectation was judged and met, but for those that only warn."""
        return all(finding.verdict in ("calm", "notable") for finding in self.findings)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings of expectations that failed."""
        return tuple(finding for finding in self.findings if finding.verdict == "alarming")

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        of = plural(len(self.findings), "expectation")
        rows = plural(self.judged, "row")
        if self.judged < self.rows:
            rows += f" sampled from {self.rows:,}"
        table = f"{rows} of {self.name}"
        unknown = sum(finding.verdict == "unknown" for finding in self.findings)
        tail = f"; {unknown} could not be judged" if unknown else ""
        if not self.alarms:
            verb = "meet what was judged of" if unknown else "meet"
            return f"The {table} {verb} the {of} of suite {self.suite!r}{tail}."
        names = list(dict.fromkeys(finding.column for finding in self.alarms))
        named = ", ".join(f"`{name}`" for name in names[:NAMED])
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        failed = f"{len(self.alarms)} of {of} of suite {self.suite!r}"
        return f"The {table} fail {failed}: {named}{more}{tail}."

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and every report is rendered from."""
        names = list(dict.fromkeys(finding.column for finding in self.findings))
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": self.ok,
            "verdict": self.verdict,
            "settings": {"suite": self.suite},
            "current": {"name": self.name, "rows": self.rows, "judged": self.judged},
            "columns": [judged_document(name, self.findings) for name in names],
            "findings": [finding_document(finding) for finding in self.findings],
        }
        cleaned: dict[str, Any] = plain(document)
        return cleaned

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_junit(self, path: str | Path | None = None) -> str:
        """JUnit XML, one test case per column, also written to `path` if one is given."""
        from vedette.report.junit import render_junit

        return kept(render_junit(self.to_dict()), path)

    def __repr__(self) -> str:
        return f"<SuiteRun: {self.verdict}>"

    def __str__(self) -> str:
        told = [f"  {finding.reason}" for finding in self.findings if finding.verdict != "calm"]
        return "\n".join([self.verdict, *told])
