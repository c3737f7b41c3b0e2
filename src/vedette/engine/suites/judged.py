"""What Great Expectations says of one expectation.

Owns: the record, and its finding.  Does not own: calling the library (`engine.suites.library`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from vedette.core.windows import Window
from vedette.core.words import percent, plural
from vedette.monitors.finding import Finding
from vedette.stats.intervals import cohen_h

MONITOR = "expectations"
TABLE = "(the table)"  # stands for the column of what is said of no column
_ABOUT = ("column", "column_A", "column_B", "column_list", "column_set")
_RUNTIME = ("batch_id", "result_format", "catch_exceptions", *_ABOUT)
_LONGEST = 80  # characters of an observed value that are shown


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """One expectation and its result.

    `unexpected` of `of` values are not as expected, both None where no values were counted;
    `failure` says why it could not be judged.
    """

    type: str
    kwargs: Mapping[str, Any]
    severity: str = "critical"
    success: bool = False
    unexpected: int | None = None
    of: int | None = None
    observed: Any = None
    failure: str = ""

    @property
    def columns(self) -> str:
        """The columns that it speaks of."""
        named = [self.kwargs[key] for key in _ABOUT if key in self.kwargs]
        flat = [one for some in named for one in (some if isinstance(some, list) else [some])]
        return ", ".join(str(one) for one in flat) if flat else TABLE

    @property
    def verdict(self) -> str:
        """Alarming where it failed; notable where its suite calls that less than critical."""
        if self.failure:
            return "unknown"
        if self.success:
            return "calm"
        return "alarming" if self.severity == "critical" else "notable"

    @property
    def share(self) -> float | None:
        """The share of values that are not as expected."""
        if self.unexpected is None or self.of is None:
            return None
        return self.unexpected / self.of if self.of else 0.0

    @property
    def arguments(self) -> str:
        """What else it was told, in order, short."""
        said = [f"{k}={v}" for k, v in self.kwargs.items() if k not in _RUNTIME and v is not None]
        return ", ".join(said)

    def reason(self) -> str:
        """What it says, in words.

        Example:
            >>> kwargs = {"column": "age", "min_value": 0}
            >>> Judged(type="expect_column_values_to_be_between", kwargs=kwargs, unexpected=5,
            ...        of=575).reason()
            '`age` fails expect_column_values_to_be_between (min_value=0): 5 of 575 values (0.87 %)'
        """
        said = f"{self.type} ({self.arguments})" if self.arguments else self.type
        if self.failure:
            return f"{said} could not be judged: {self.failure}"
        verb = "meets" if self.success else "fails"
        about = f"`{self.columns}` {verb} {said}"
        share = self.share
        if share is not None and self.of:
            shown = f"{self.unexpected:,} of {plural(self.of, 'value')} ({percent(share)})"
            return f"{about}: {shown}" if self.unexpected else about
        if self.observed is None:
            return about
        text = str(self.observed)
        return f"{about}: {text if len(text) <= _LONGEST else text[:_LONGEST] + '…'}"

    def finding(self, rows: int, model: str = "", window: Window | None = None) -> Finding:
        """Its finding: exact counts of an exact rule, no test and no budget."""
        share = self.share
        allowed = None if share is None else 1 - float(self.kwargs.get("mostly", 1.0))
        number = self.observed if share is None and _is_number(self.observed) else None
        return Finding(
            monitor=MONITOR,
            component=self.type,
            column=self.columns,
            category=self.arguments or None,
            observed=share if number is None else float(number),
            expected=allowed,
            effect=None if share is None or allowed is None else share - allowed,
            unit="" if share is None else "share",
            magnitude=0.0 if share is None else abs(cohen_h(share, allowed or 0.0)),
            n_window=rows if self.of is None else self.of,
            min_effect=0.0,
            verdict=self.verdict,
            reason=self.reason(),
            model=model,
            window=window,
        )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
