"""The answer to a comparison, and everything it can turn itself into.

Owns: the Comparison value, its summary by column, its JSON document
(`report/comparison.schema.json`).  Does not own: rendering (`report`).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vedette.core.version import __version__
from vedette.core.windows import Window
from vedette.engine.document import column_document, finding_document, pair_document, plain
from vedette.engine.examples import Example
from vedette.engine.headline import leading, sentence
from vedette.engine.output import as_json, kept, write_text
from vedette.engine.settings import Settings
from vedette.monitors.family import Examined
from vedette.monitors.finding import VERDICTS, Finding
from vedette.monitors.joint import JointDrift
from vedette.monitors.pair import Pair
from vedette.monitors.together import MONITOR as TOGETHER
from vedette.monitors.together import Together
from vedette.profiles.baseline import Baseline

MATTER = ("alarming", "notable")
FORMAT = "vedette.comparison"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Side:
    """One of the two tables, as it is shown."""

    name: str
    rows: int
    window: Window | None

    def document(self) -> dict[str, Any]:
        start, end = self.window.isoformat() if self.window else (None, None)
        return {"name": self.name, "rows": self.rows, "start": start, "end": end}


@dataclass(frozen=True)
class Comparison:
    """What changed between two tables.

    `ok` says that nothing alarming was found; `findings` are ranked worst first.  A notebook shows
    it, `print` prints its verdict.
    """

    settings: Settings
    baseline: Baseline
    sides: tuple[Side, Side]
    pairs: tuple[Pair, ...]
    examined: Examined
    ignored: Mapping[str, str]
    joint: JointDrift | None = None
    together: Together | None = None
    examples: tuple[Example, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything found, worst verdict first, then largest effect."""
        return self.examined.findings

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The alarming findings."""
        return tuple(finding for finding in self.findings if finding.verdict == "alarming")

    @property
    def headlines(self) -> tuple[Finding, ...]:
        """One alarm per alarming column, the one that tells most, worst column first."""
        return tuple(leading(self.alarms, column) for column in _columns(self.alarms))

    @property
    def ok(self) -> bool:
        """Whether nothing alarming was found."""
        return not self.alarms

    @cached_property
    def verdicts(self) -> dict[str, str]:
        """The worst verdict of every compared column."""
        worst: dict[str, str] = {}
        for finding in self.findings:  # ranked, so the first of a column is its worst
            if finding.verdict != "unknown" or not finding.segment:  # small segments are no news
                worst.setdefault(finding.column, finding.verdict)
        return {pair.column: worst.get(pair.column, "unknown") for pair in self.pairs}

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        columns = self.verdicts
        alarming = [name for name, verdict in columns.items() if verdict == "alarming"]
        total = len(columns)
        if self.alarms and not alarming:
            return f"No single column changed in a way that matters, but {self.alarms[0].reason}."
        if alarming:
            order = [name for name in _columns(self.alarms) if name in columns]
            named = ", ".join(f"`{name}`" for name in order[:5])
            rest = f" and {len(order) - 5} more" if len(order) > 5 else ""
            return (
                f"{len(alarming)} of {total} columns changed in a way that matters: {named}{rest}."
            )
        unknown = sum(verdict == "unknown" for verdict in columns.values())
        if unknown == total:
            return f"None of the {total} columns can be judged."
        tail = f"; {unknown} cannot be judged" if unknown else ""
        return f"None of the {total} columns changed in a way that matters{tail}."

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and every report is rendered from."""
        verdicts = self.verdicts
        tally = {verdict: sum(v == verdict for v in verdicts.values()) for verdict in VERDICTS}
        s = self.settings
        own: dict[str, list[Finding]] = {name: [] for name in verdicts}
        for finding in self.findings:
            own.setdefault(finding.column, []).append(finding)
        columns = [
            column_document(pair, verdicts[pair.column], own[pair.column], self.examined)
            for pair in self.pairs
            if pair.segment == ""
        ]
        columns.sort(key=lambda c: (VERDICTS.index(c["verdict"]), -c["magnitude"]))
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": self.ok,
            "verdict": self.verdict,
            "settings": {
                "alpha": s.alpha,
                "alpha_margin": s.alpha_margin,
                "min_effect": s.min_effect,
                "strict": s.strict,
                "dependence": s.dependence,
            },
            "reference": self.sides[0].document(),
            "current": self.sides[1].document(),
            "counts": {
                "columns": len(verdicts),
                "compared": len(verdicts),
                **tally,
            },
            "columns": columns,
            "findings": [finding_document(finding) for finding in self.findings],
            "segments": list(self.baseline.segments),
            "ignored": [{"column": name, "reason": why} for name, why in self.ignored.items()],
            "joint": self._joint(),
            "dependence": self._dependence(),
        }
        if self.settings.examples:
            document["examples"] = [asdict(example) for example in self.examples]
        cleaned: dict[str, Any] = plain(document)
        return cleaned

    def _joint(self) -> dict[str, Any] | None:
        if self.joint is None:
            return None
        j = self.joint
        columns = [[name, loss] for name, loss in j.columns]
        return {"auc": j.auc, "low": j.low, "high": j.high, "rows": j.rows, "columns": columns}

    def _dependence(self) -> dict[str, Any] | None:
        """How many pairs of which columns were compared, and those that go together otherwise."""
        if self.together is None:
            return None
        both, plan = self.together, self.together.plan
        told = [f for f in self.findings if f.monitor == TOGETHER and f.verdict in MATTER]
        return {
            "columns": list(plan.columns),
            "rows": [side.rows for side in both.sides],
            "pairs": both.tested,
            "changed": self.examined.together,
            "told": [pair_document(f, both.neighbourhood(f.column)) for f in told],
        }

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file, interactive, offline, aggregates only but for `examples`."""
        from vedette.report.html import render_html  # the charts' library is loaded only for charts

        write_text(path, render_html(self.to_dict()))
        return Path(path)

    def to_junit(self, path: str | Path | None = None) -> str:
        """JUnit XML, one test case per column, also written to `path` if one is given."""
        from vedette.report.junit import render_junit

        return kept(render_junit(self.to_dict()), path)

    def _repr_html_(self) -> str:
        from vedette.report.notebook import render_notebook

        return render_notebook(self.to_dict())

    def __repr__(self) -> str:
        return f"<Comparison: {self.verdict}>"

    def __str__(self) -> str:
        told = (sentence(finding, self.findings) for finding in self.headlines)
        lines = [self.verdict, *(f"  {text}" for text in told)]
        return "\n".join(lines)


def _columns(findings: tuple[Finding, ...]) -> list[str]:
    return list(dict.fromkeys(finding.column for finding in findings))
