"""How well predictions do, told: metrics with intervals, segments, what it rests on.

Owns: the Estimation value, its verdict, its JSON document and table.  Does not own: making one
(`engine.estimate`), how a metric is told (`engine.performance`), layout (`report`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import hypot
from pathlib import Path
from typing import Any

import pyarrow as pa

from vedette.alerts.harm import HARMFUL, Harm
from vedette.core.version import __version__
from vedette.engine.document import plain
from vedette.engine.output import as_json, write_text
from vedette.engine.performance import Told
from vedette.stats.intervals import Z95

FORMAT = "vedette.estimation"
FORMAT_VERSION = 1
SIDES = ("reference", "estimated", "realised")


@dataclass(frozen=True)
class Figure:
    """One metric of all rows or of a segment.

    Bounds: a side is None where it cannot be told; `trusted` is whether labels agree with what was
    estimated of the same rows, None where too few came to say.  `better` is "higher", "lower" or
    "zero".
    """

    name: str
    better: str
    reference: Told | None = None
    estimated: Told | None = None
    realised: Told | None = None
    trusted: bool | None = None

    @property
    def change(self) -> float | None:
        """How much it is above the reference, by labels where there are any."""
        now = self.realised or self.estimated
        return None if now is None or self.reference is None else now.value - self.reference.value

    @property
    def worse(self) -> float:
        """By how much it is worse than in the reference."""
        if self.change is None:
            return float("-inf")
        if self.better == "zero":
            now = self.realised or self.estimated
            assert now is not None
            assert self.reference is not None
            return abs(now.value) - abs(self.reference.value)
        return -self.change if self.better == "higher" else self.change

    @property
    def surely_worse(self) -> float:
        """The lower end of that at 95 %."""
        now = self.realised or self.estimated
        if now is None or self.reference is None:
            return float("-inf")
        return self.worse - Z95 * hypot(now.se, self.reference.se)


@dataclass(frozen=True)
class Part:
    """A segment, by the leading metric.  Shapes: `rows` of the current table, `labels` of them."""

    segment: str
    rows: int
    labels: int
    figure: Figure


@dataclass(frozen=True)
class Chosen:
    """The auditor.  Shapes: `log_loss` out of fold by candidate, `rows` labelled ones it learned
    from."""

    kind: str
    log_loss: Mapping[str, float]
    rows: int


@dataclass(frozen=True)
class Estimation:
    """How well the predictions of a table do, without labels, and with those that it has.

    Shapes: `metrics` the leading one first; `segments` the one that lost most first; `labels` of
    `rows` have a label.  `harm` judges the change of the loss; None without a reference.
    """

    task: str
    rows: int
    labels: int
    metrics: tuple[Figure, ...]
    segments: tuple[Part, ...] = ()
    auditor: Chosen | None = None
    harm: Harm | None = None
    names: tuple[str, str] = ("reference", "current")
    reference_rows: int = 0
    notes: tuple[str, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """Whether the predictions are not worse in a way that matters, as far as is known."""
        return self.harm is None or self.harm.verdict != HARMFUL

    @property
    def trusted(self) -> bool | None:
        """Whether what is estimated agrees with the labels there are; None without enough."""
        return self.metrics[0].trusted if self.metrics else None

    @property
    def verdict(self) -> str:
        """The whole answer in one sentence."""
        if self.harm is not None:
            return self.harm.statement
        told = self.metrics[0].realised or self.metrics[0].estimated
        return f"{self.metrics[0].name} {told.value:.4g}" if told else "nothing can be told"

    def metric(self, name: str) -> Figure | None:
        """A metric by its name."""
        return next((one for one in self.metrics if one.name == name), None)

    def to_dict(self) -> dict[str, Any]:
        """The plain document: what `to_json` writes and the terminal shows."""
        import msgspec

        auditor = self.auditor
        made: dict[str, Any] = plain(
            {
                "format": FORMAT,
                "version": FORMAT_VERSION,
                "vedette": __version__,
                "ok": self.ok,
                "verdict": self.verdict,
                "task": self.task,
                "reference": {"name": self.names[0], "rows": self.reference_rows},
                "current": {"name": self.names[1], "rows": self.rows, "labels": self.labels},
                "harm": None if self.harm is None else msgspec.to_builtins(self.harm),
                "trusted": self.trusted,
                "metrics": [_figure(one) for one in self.metrics],
                "segments": [
                    {"segment": one.segment, "rows": one.rows, "labels": one.labels}
                    | _figure(one.figure)
                    for one in self.segments
                ],
                "auditor": None
                if auditor is None
                else {
                    "kind": auditor.kind,
                    "log_loss": dict(auditor.log_loss),
                    "rows": auditor.rows,
                },
                "notes": list(self.notes),
            }
        )
        return made

    def to_json(self, path: str | Path | None = None, *, indent: int | None = 2) -> str:
        """The document as JSON text, also written to `path` if one is given."""
        return as_json(self.to_dict(), path, indent)

    def to_html(self, path: str | Path) -> Path:
        """Write the tables as one file: offline, aggregates only."""
        from vedette.report.estimation_html import render_estimation_html

        write_text(path, render_estimation_html(self.to_dict()))
        return Path(path)

    def to_table(self) -> pa.Table:
        """Every metric of every side as one row: metric, segment, side, value, low, high, rows."""
        every = [("", one) for one in self.metrics]
        every += [(one.segment, one.figure) for one in self.segments]
        rows = [
            {"metric": one.name, "segment": segment, "side": side, "value": told.value,
             "low": told.low, "high": told.high, "rows": told.n}
            for segment, one in every
            for side in SIDES
            if (told := getattr(one, side)) is not None
        ]  # fmt: skip
        kinds = [pa.string()] * 3 + [pa.float64()] * 3 + [pa.int64()]
        names = ("metric", "segment", "side", "value", "low", "high", "rows")
        return pa.Table.from_pylist(rows, pa.schema(list(zip(names, kinds, strict=True))))

    def __repr__(self) -> str:
        return f"<Estimation: {self.verdict}>"

    def __str__(self) -> str:
        return self.verdict


def _figure(one: Figure) -> dict[str, Any]:
    told: dict[str, Any] = {"metric": one.name, "better": one.better}
    for side in SIDES:
        found: Told | None = getattr(one, side)
        told[side] = None if found is None else {
            "value": found.value, "low": found.low, "high": found.high, "rows": found.n,
        }  # fmt: skip
    return told | {"trusted": one.trusted}
