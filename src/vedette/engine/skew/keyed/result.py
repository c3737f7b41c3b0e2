"""The answer to a row by row comparison, and everything it can turn itself into.

Owns: the Skew value, its findings, its JSON document.  Does not own: rendering (`report`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from vedette.core.version import __version__
from vedette.core.words import percent, plural
from vedette.engine.document import finding_document, plain
from vedette.engine.output import as_json, kept, write_text
from vedette.engine.skew.causes.candidate import Cause
from vedette.engine.skew.keyed.asked import Asked
from vedette.engine.skew.keyed.counts import QUANTILES, Confusion, InSegment, Sizes, Tally
from vedette.engine.skew.keyed.document import column_document, treated
from vedette.engine.skew.keyed.joined import Duplicates, Unmatched
from vedette.monitors.finding import VERDICTS, Finding
from vedette.stats.intervals import cohen_h

FORMAT = "vedette.skew"
FORMAT_VERSION = 1
MONITOR = "skew_rows"


@dataclass(frozen=True)
class ColumnSkew:
    """One column: what is counted, and why it differs.

    `causes` explain most first.  `examples` are (key.., offline, online), only if asked for.
    """

    name: str
    online_name: str
    kind: str
    relative: float
    absolute: float
    tally: Tally
    sizes: Sizes | None
    confusion: tuple[Confusion, ...]
    segments: tuple[InSegment, ...]
    causes: tuple[Cause, ...]
    examples: tuple[tuple[Any, ...], ...] = ()

    @property
    def unexplained(self) -> float:
        """Share of the differing rows that no cause explains."""
        return (
            max(1 - sum(cause.share for cause in self.causes), 0.0)
            if self.tally.mismatches
            else 0.0
        )

    def finding(self, most: float, offline: int) -> Finding:
        """The column as a finding: alarming when its rate is above `most` with its interval."""
        tally = self.tally
        low, high = tally.interval
        rate = tally.rate
        if rate is None:
            verdict, reason = "unknown", "no row could be compared"
        elif not tally.mismatches:
            verdict, reason = "calm", f"all {plural(tally.rows, 'row')} agree"
        else:
            verdict = "alarming" if low > most else "notable"
            reason = (
                f"serving differs from training in {percent(rate)} of {plural(tally.rows, 'row')}"
                f"{self._why()}"
            )
        return Finding(
            monitor=MONITOR, component="mismatch", column=self.name, observed=rate, expected=0.0,
            effect=rate, unit="share", low=low, high=high,
            magnitude=0.0 if rate is None else abs(cohen_h(rate, 0.0)), n_baseline=offline,
            n_window=tally.rows, min_effect=most, verdict=verdict, reason=reason,
        )  # fmt: skip

    def _why(self) -> str:
        if not self.causes:
            return ""
        first = self.causes[0]
        of = "" if first.share > 0.995 else f" in {percent(first.share)} of these"
        return f": {first.words}{of}"


@dataclass(frozen=True)
class Skew:
    """Where serving saw other values than training, row by row, and why.

    `ok` says that no column differs in more rows than is tolerated; `findings` are ranked worst
    first, one per column.  A notebook shows it, `print` prints its verdict.
    """

    asked: Asked
    names: tuple[str, str]
    rows: tuple[int, int]
    compared: int
    duplicates: tuple[Duplicates, ...]
    unmatched: Unmatched
    columns: tuple[ColumnSkew, ...]
    ignored: Mapping[str, str]
    only_offline: tuple[str, ...]
    only_online: tuple[str, ...]
    searched: tuple[str, ...] = ()

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """One per column, worst verdict first, then largest rate."""
        most = self.asked.max_mismatch
        found = [column.finding(most, self.rows[0]) for column in self.columns]
        return tuple(sorted(found, key=lambda finding: finding.rank))

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The alarming findings."""
        return tuple(finding for finding in self.findings if finding.verdict == "alarming")

    @property
    def ok(self) -> bool:
        """Whether nothing alarming was found."""
        return not self.alarms

    def __getitem__(self, name: str) -> ColumnSkew:
        """A column by its offline name.  Errors: KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        differ = [f for f in self.findings if f.verdict in ("alarming", "notable")]
        total = len(self.columns)
        if not differ:
            agree = f"All {total} columns agree" if total > 1 else "The only column agrees"
            return f"{agree} in {plural(self.compared, 'row')}."
        if self.alarms:
            named = ", ".join(f"`{finding.column}`" for finding in self.alarms[:5])
            more = len(self.alarms) - 5
            rest = f" and {more} more" if more > 0 else ""
            return f"{_of(len(self.alarms), total)} between training and serving: {named}{rest}."
        return (
            f"{_of(len(differ), total)}, none in more rows than"
            f" {percent(self.asked.max_mismatch)} for certain."
        )

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and every report is rendered from."""
        by_column = {finding.column: finding for finding in self.findings}
        order = {finding.column: i for i, finding in enumerate(self.findings)}
        verdicts = [finding.verdict for finding in self.findings]
        columns = sorted(self.columns, key=lambda column: order[column.name])
        offline, online = self.duplicates
        document = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "vedette": __version__,
            "ok": self.ok,
            "verdict": self.verdict,
            "settings": {
                "key": list(self.asked.key),
                "time": self.asked.time,
                "within": self.asked.within,
                "max_mismatch": self.asked.max_mismatch,
                "duplicates": self.asked.duplicates,
                "names": dict(self.asked.names),
            },
            "offline": {"name": self.names[0], "rows": self.rows[0]},
            "online": {"name": self.names[1], "rows": self.rows[1]},
            "compared": self.compared,
            "unmatched": {
                "online": self.unmatched.online,
                "offline": self.unmatched.offline,
                "ambiguous": self.unmatched.ambiguous,
                "too_old": self.unmatched.too_old,
                "without_key_offline": self.unmatched.keyless_offline,
                "without_key_online": self.unmatched.keyless_online,
            },
            "duplicates": {
                "offline": treated(offline, self.asked.duplicates),
                "online": treated(online, ""),
            },
            "counts": {
                "columns": len(columns),
                **{verdict: verdicts.count(verdict) for verdict in VERDICTS},
            },
            "quantiles": list(QUANTILES),
            "columns": [column_document(c, by_column[c.name]) for c in columns],
            "findings": [finding_document(finding) for finding in self.findings],
            "ignored": [{"column": name, "reason": why} for name, why in self.ignored.items()],
            "only_offline": list(self.only_offline),
            "only_online": list(self.only_online),
            "segments": list(self.searched),
        }
        cleaned: dict[str, Any] = plain(document)
        return cleaned

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_html(self, path: str | Path) -> Path:
        """Write the report: one file, offline; single values only if examples were asked for."""
        from vedette.report.skew_html import render_skew_html

        write_text(path, render_skew_html(self.to_dict()))
        return Path(path)

    def to_junit(self, path: str | Path | None = None) -> str:
        """JUnit XML, one test case per column, also written to `path` if one is given."""
        from vedette.report.skew_junit import render_skew_junit

        return kept(render_skew_junit(self.to_dict()), path)

    def _repr_html_(self) -> str:
        from vedette.report.skew_html import render_skew_notebook

        return render_skew_notebook(self.to_dict())

    def __repr__(self) -> str:
        return f"<Skew: {self.verdict}>"

    def __str__(self) -> str:
        told = [f for f in self.findings if f.verdict in ("alarming", "notable")]
        return "\n".join([self.verdict, *(f"  {f.column}: {f.reason}" for f in told)])


def _of(some: int, total: int) -> str:
    if total == 1:
        return "The only column differs"
    return f"{some} of {total} columns differ{'s' if some == 1 else ''}"
