"""An audit of fairness, told: every group on every metric, what could not be told, and why.

Owns: the Fairness value, its verdict, its JSON document and table.  Does not own: making one
(`engine.fairness`), layout (`report`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from vedette.core.rates import RATES
from vedette.core.version import __version__
from vedette.core.words import plural
from vedette.engine.document import finding_document, plain
from vedette.engine.output import as_json, write_text
from vedette.monitors.finding import VERDICTS, Finding
from vedette.profiles.groups import AND, UNSTATED

FORMAT = "vedette.fairness"
FORMAT_VERSION = 1
NAMED = 3  # further findings that the verdict names


@dataclass(frozen=True)
class Fairness:
    """Whether a model treats groups alike, as far as a table can tell.

    Shapes: `findings` the worst first; `document` the plain data of everything else: rows by group,
    rates, tables, what they rest on; `mirrors` are ids of findings that say from the other side
    what another one says (White people are selected more often since Black people are less often).
    """

    findings: tuple[Finding, ...]
    document: Mapping[str, Any] = field(repr=False)
    mirrors: frozenset[str] = frozenset()

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
    def facts(self) -> tuple[Finding, ...]:
        """The findings that are alarming or notable, each fact once, the worst first."""
        return tuple(
            one
            for one in self.findings
            if one.verdict in ("alarming", "notable") and one.id not in self.mirrors
        )

    @property
    def overall(self) -> str:
        """The worst verdict; calm only where something could be told."""
        counts = self._counts()
        told = [one for one in ("alarming", "notable", "calm") if counts[one]]
        if not told or (told[0] == "calm" and self._undecided):
            return "unknown"
        return told[0]

    @property
    def _undecided(self) -> bool:
        """Whether it is neither known what selects a row nor what would have been right."""
        return (
            not self.document["rates"]
            and not self.document["data"]["labelled"]
            and bool(self.document["sets"])
        )

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        if self.facts:
            return f"{_sentence(self.facts)}."
        if self.overall == "unknown":
            return f"Cannot tell: {self._why_unknown()}."
        counts = self._counts()
        unknown = counts["unknown"]
        tail = f"; {plural(unknown, 'comparison')} cannot be told yet" if unknown else ""
        return f"No group lies beyond the limits, as far as {counts['calm']} of " + (
            f"{plural(len(self.findings), 'comparison')} tell{tail}."
        )

    def _why_unknown(self) -> str:
        """Why nothing could be told."""
        sets, asked = self.document["sets"], self.document["settings"]["group"]
        if not sets and asked:
            return f"no row states its group ({', '.join(f'`{name}`' for name in asked)})"
        if sets and all(len(_present(one)) == 1 for one in sets):
            return "there is one group alone, and nobody to hold it against"
        if not self.findings:
            return "there is nothing to compare"
        if self._undecided and self._counts()["calm"]:
            number = self.document["reading"]["prediction"]
            return (
                f"nobody knows from which `{number}` on a row is selected (threshold=, or "
                "--threshold), and its mean alone differs by no more than the limit"
            )
        return f"none of {plural(len(self.findings), 'comparison')} has enough rows"

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
                "overall": self.overall,
                "verdict": self.verdict,
                "counts": self._counts(),
                **self.document,
                "findings": [
                    finding_document(one) | {"mirror": one.id in self.mirrors}
                    for one in self.findings
                ],
            }
        )
        return made

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_html(self, path: str | Path, *, at: datetime | None = None) -> Path:
        """Write the report as one file: offline, printable, counts of groups only.

        Units: `at` is when it is made; None leaves the page undated.
        """
        from vedette.engine.audit.pack import moment_words
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
        from vedette.engine.audit.pack import write_pack

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
        from vedette.report.fairness import fairness_text

        return fairness_text(self.to_dict())


def _sentence(facts: tuple[Finding, ...]) -> str:
    """What leads, what it is part of, and which others there are."""
    lead = facts[0]
    whole = next((one for one in facts if _holds(one, lead)), None)
    said = lead.reason if whole is None else f"{whole.reason}; above all {lead.reason}"
    rest = [one for one in facts if one not in (lead, whole)]
    named = [f"{RATES.get(one.component, one.component)} of `{one.segment}`" for one in rest]
    named = list(dict.fromkeys(named))[:NAMED]
    more = len(rest) - len(named)
    tail = f"; also the {', the '.join(named)}" if named else ""
    tail += f", and {plural(more, 'more finding')}" if more else ""
    return f"{said[:1].upper()}{said[1:]}{tail}"


def _holds(whole: Finding, part: Finding) -> bool:
    """Whether a finding is the same of a group that another one's is an intersection of."""
    return (
        whole.column != part.column
        and whole.component == part.component
        and whole.category == part.category
        and (whole.effect or 0.0) * (part.effect or 0.0) > 0
        and set(whole.segment.split(AND)) < set(part.segment.split(AND))
        and f"`{whole.segment}`" not in part.reason
    )


def _present(one: Mapping[str, Any]) -> list[Any]:
    """The groups of a set that have rows, "other" among them."""
    return [g for g in one["groups"] if g["rows"] != 0 and g["group"] != UNSTATED]
