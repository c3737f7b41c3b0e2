"""What of a schema a table breaks: counts, what was allowed, a few examples.

Owns: the record of one breach, its verdict and its finding.  Does not own: counting
(`engine.schema_check`), words (`core.violations`).
"""

from dataclasses import dataclass

from vedette.core.violations import told
from vedette.core.words import percent
from vedette.monitors.finding import Finding
from vedette.stats.intervals import cohen_h

MONITOR = "schema"
_WHOLE = ("absent", "unexpected", "present", "min_rows", "max_rows")  # not a count of rows
_ROUNDING = 1e-12  # of shares: 9 of 10 are 0.9


@dataclass(frozen=True)
class Example:
    """One value that breaks a schema.  Units: the first row is 1."""

    row: int | None
    value: str

    def __str__(self) -> str:
        row = "" if self.row is None else f"row {self.row}"
        return ": ".join(part for part in (row, self.value) if part)


@dataclass(frozen=True)
class Breach:
    """One thing that a table breaks.

    `name` is the column's, or of a rule "rule NAME", of a set of `unique` its names; `count` rows
    of `of` break it; `tolerated` when the schema allows as many.
    """

    kind: str
    name: str
    count: int
    of: int
    want: str = ""
    tolerated: bool = False
    examples: tuple[Example, ...] = ()
    allowed: float = 0.0  # share that may break it

    @property
    def share(self) -> float:
        """The share of rows that break it; all of them for what is about a whole column."""
        if self.kind in _WHOLE and self.kind != "present":
            return 1.0
        return self.count / self.of if self.of else 0.0

    @property
    def reason(self) -> str:
        """What is wrong, in words, with examples."""
        has = percent(1 - self.share) if self.kind == "present" else ""
        text = told(self.kind, self.name, self.count, self.of, self.want, has)
        if self.kind not in _WHOLE:
            text += f" ({percent(self.share)})"
        if self.tolerated:
            text += f"; {percent(self.allowed)} may"
        shown = [str(example) for example in self.examples]
        return f"{text}; {', '.join(shown)}" if shown else text

    def finding(self, rows: int) -> Finding:
        """The breach as a finding of the monitor `schema`."""
        counted = self.kind not in ("absent", "unexpected", "min_rows", "max_rows")
        return Finding(
            monitor=MONITOR,
            component=self.kind,
            column=self.name,
            observed=self.share if counted else None,
            expected=self.allowed if counted else None,
            effect=self.share - self.allowed if counted else None,
            unit="share" if counted else "",
            magnitude=abs(cohen_h(self.share, self.allowed)),
            n_window=self.of or rows,
            min_effect=0.0,
            verdict="notable" if self.tolerated else "alarming",
            reason=self.reason,
        )


def enough(obeying: int, of: int, mostly: float) -> bool:
    """Whether the share that obeys is what was asked for; none of none is.

    Example:
        >>> enough(9, 10, 0.9), enough(8, 10, 0.9), enough(0, 0, 1.0)
        (True, False, True)
    """
    return of == 0 or obeying / of >= mostly - _ROUNDING
