"""An audit of fairness, told: every group on every metric, what could not be told, and why.

Owns: the Fairness value, its verdict, its JSON document and table.  Does not own: making one
(`engine.fairness`), layout (`report`).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.document import finding_document, plain
from vedette.engine.output import write_text
from vedette.monitors.finding import VERDICTS, Finding

FORMAT = "vedette.fairness"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class Fairness:
    """Whether a model treats groups alike, as far as a table can tell.

    Shapes: `findings` the worst first; `document` the plain data of everything else: rows by group,
    rates, tables, what they rest on.
    """

    findings: tuple[Finding, ...]
    document: Mapping[str, Any] = field(repr=False)

    @property
    def alarms(self) -> tuple[Finding, ...]:
        """The findings whose interval lies wholly beyond a limit."""
        return tuple(one for one in self.findings if one.verdict == "alarming")

    @property
    def ok(self) -> bool:
        """Whether no group surely lies beyond a limit; what could not be told is no alarm."""
        return not self.alarms

    @property
    def rates(self) -> list[dict[str, Any]]:
        """Every comparison as a row: set, group, metric, rate, interval, difference, ratio, p,
        verdict, reason."""
        return list(self.document["rates"])

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        counts = self._counts()
        if not self.findings:
            return "Nothing can be told of any group."
        for verdict in ("alarming", "notable"):
            if counts[verdict]:
                lead = next(one for one in self.findings if one.verdict == verdict)
                more = counts[verdict] - 1
                tail = f"; {plural(more, f'more {verdict} finding')}" if more else ""
                return f"{lead.reason[:1].upper()}{lead.reason[1:]}{tail}."
        unknown = counts["unknown"]
        if unknown == len(self.findings):
            return f"Cannot tell: none of {plural(unknown, 'comparison')} has enough rows."
        tail = f"; {plural(unknown, 'comparison')} cannot be told yet" if unknown else ""
        return f"No group lies beyond the limits, as far as {counts['calm']} of " + (
            f"{plural(len(self.findings), 'comparison')} tell{tail}."
        )

    def rate(self, metric: str, group: str, against: str | None = None) -> dict[str, Any] | None:
        """One comparison by its metric and the label of its group; None where there is none."""
        return next(
            (
                row
                for row in self.document["rates"]
                if row["metric"] == metric and row["group"] == group
                and against in (None, row["against"])
            ),
            None,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and every report is rendered from."""
        made: dict[str, Any] = plain(
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "vedette": __version__,
                "ok": self.ok,
                "verdict": self.verdict,
                "counts": self._counts(),
                **self.document,
                "findings": [finding_document(one) for one in self.findings],
            }
        )
        return made

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        text = json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)
        if path is not None:
            write_text(path, text + "\n")
        return text

    def to_html(self, path: str | Path, *, at: datetime | None = None) -> Path:
        """Write the report as one file: offline, printable, counts of groups only.

        Units: `at` is when it is made; None leaves the page undated.
        """
        from vedette.engine.audit_pack import moment_words
        from vedette.report.fairness_html import render_fairness_html

        told = "" if at is None else moment_words(at)
        write_text(path, render_fairness_html(self.to_dict(), at=told))
        return Path(path)

    def to_pack(
        self,
        folder: str | Path,
        *,
        at: datetime | None = None,
        packs: Iterable[str] | None = None,
    ) -> Path:
        """Write a dated folder to keep: the report, every figure, what answers which question.

        Units: `at` is when it is made, now if None; `packs` are ids of what is asked, all if None.
        Errors: StoreError when the folder is there already; UsageError for an unknown pack.
        """
        from vedette.engine.audit_pack import write_pack

        return write_pack(self.to_dict(), folder, at or datetime.now(UTC), packs)

    def to_table(self) -> pa.Table:
        """`rates` as an Arrow table."""
        return pa.Table.from_pylist(self.rates)

    def _counts(self) -> dict[str, int]:
        said = [one.verdict for one in self.findings]
        return {verdict: said.count(verdict) for verdict in VERDICTS}

    def _repr_html_(self) -> str:
        from vedette.report.fairness_notebook import render_fairness_notebook

        return render_fairness_notebook(self.to_dict())

    def __repr__(self) -> str:
        return f"<Fairness: {self.verdict}>"

    def __str__(self) -> str:
        told = [f"  {one.reason}" for one in self.alarms]
        return "\n".join([self.verdict, *told[1:]])
