"""The answer to a check of a schema, and everything it can turn itself into.

Owns: the SchemaCheck value, its sentence and its plain document.  Does not own: counting
(`engine.schema_check`), rendering (`report`).
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vedette.core.schema import Schema
from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.breaches import Breach
from vedette.engine.document import finding_document, judged_document, plain
from vedette.engine.output import as_json, kept
from vedette.monitors.finding import Finding

FORMAT = "vedette.schema_check"
FORMAT_VERSION = 1
NAMED = 5  # names in the sentence


@dataclass(frozen=True)
class SchemaCheck:
    """What a table breaks of a schema.

    `ok` says that it breaks nothing but what the schema tolerates; `violations` are exact counts,
    in the order of the schema; `unknown` names the columns that an open schema says nothing of.
    """

    schema: Schema
    name: str  # of the table
    environment: str
    rows: int
    violations: tuple[Breach, ...]
    unknown: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is broken beyond what the schema tolerates."""
        return all(breach.tolerated for breach in self.violations)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Every violation as a finding of the monitor `schema`, worst first."""
        found = (breach.finding(self.rows) for breach in self.violations)
        return tuple(sorted(found, key=lambda finding: finding.rank))

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings that the schema does not tolerate."""
        return tuple(finding for finding in self.findings if finding.verdict == "alarming")

    def count(self, name: str, kind: str) -> int:
        """How many rows of a column, or of "rule NAME", have a kind of violation.

        Example:
            >>> import vedette as vd
            >>> schema = vd.Schema((vd.Field("x", "numeric", constraints=vd.Constraints(max=1)),))
            >>> vd.check_schema({"x": [0, 1, 2]}, schema).count("x", "max")
            1
        """
        found = (one for one in self.violations if (one.name, one.kind) == (name, kind))
        return sum(breach.count for breach in found)

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        names = list(dict.fromkeys(one.name for one in self.violations if not one.tolerated))
        named = ", ".join(f"`{name}`" for name in names if name)
        table = f"{plural(self.rows, 'row')} of {self.name}"
        if self.ok:
            tolerated = " but for what it tolerates" if self.violations else ""
            return f"The {table} obey the schema{tolerated}."
        if len(names) > NAMED:
            listed = ", ".join(f"`{name}`" for name in names[:NAMED] if name)
            named = f"{listed} and {len(names) - NAMED} more"
        about = f": {named}" if named else ""
        return f"The {table} break the schema{about}."

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and every report is rendered from."""
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": self.ok,
            "verdict": self.verdict,
            "settings": {"environment": self.environment, "schema": self.schema.fingerprint},
            "current": {"name": self.name, "rows": self.rows},
            "columns": [judged_document(name, self.findings) for name in self._names()],
            "findings": [finding_document(finding) for finding in self.findings],
            "violations": [_violation(breach) for breach in self.violations],
            "unknown": list(self.unknown),
        }
        cleaned: dict[str, Any] = plain(document)
        return cleaned

    def _names(self) -> list[str]:
        """Fields and rules that were looked for, then what else was found."""
        looked = [one.name for one in self.schema.fields if one.role != "ignore"]
        rules = [one for one in self.schema.rules if self.environment in one.environments]
        named = [f"rule {rule.name}" for rule in rules]
        others = [one.name for one in self.violations if one.name]
        return list(dict.fromkeys([*looked, *named, *others]))

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_junit(self, path: str | Path | None = None) -> str:
        """JUnit XML, one test case per field and rule, also written to `path` if one is given."""
        from vedette.report.junit import render_junit

        return kept(render_junit(self.to_dict()), path)

    def __repr__(self) -> str:
        return f"<SchemaCheck: {self.verdict}>"

    def __str__(self) -> str:
        lines = [f"  {breach.reason}" for breach in self.violations]
        return "\n".join([self.verdict, *lines])


def _violation(breach: Breach) -> dict[str, Any]:
    return {
        "kind": breach.kind,
        "name": breach.name,
        "count": breach.count,
        "of": breach.of,
        "share": breach.share,
        "allowed": breach.allowed,
        "tolerated": breach.tolerated,
        "want": breach.want,
        "examples": [{"row": one.row, "value": one.value} for one in breach.examples],
    }
