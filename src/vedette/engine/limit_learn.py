"""Constraints of one field, learnt from the values of a table.

Owns: what is counted of a column, and which constraints a fresh table from the same source will
rarely break.  Does not own: reading tables (`engine.schema_learn`).
"""

from collections import Counter
from dataclasses import dataclass
from dataclasses import field as made
from math import ceil, floor, inf, isfinite, log10
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from vedette.core.constraints import Constraints
from vedette.core.field import Field
from vedette.core.judge import SLACK
from vedette.core.known import ORDERED_KINDS
from vedette.core.words import count as spelled
from vedette.core.words import percent
from vedette.derive.checks.readings import numbers, present
from vedette.profiles.columns import as_codes, is_text
from vedette.profiles.numbers import are_lists
from vedette.stats.extremes import reach
from vedette.stats.fairness.intervals import clopper_pearson

ENOUGH = 100  # rows below which nothing is learnt
SURE = 1_000  # rows from which "always so far" is taken for a law
RARE = 1e-4  # chance that a fresh table as large as this one goes beyond a limit
DOMAIN = 100  # different values up to which a domain is listed
SEEN = 10  # times that each value of a closed domain was seen at least
UNSEEN = 0.01  # share of values outside of a domain up to which it is listed
# What holds, holds for all after it.  Finer ones are how a file was written, not what a value is.
STEPS = (1000.0, 100.0, 10.0, 1.0, 0.1, 0.01)
VARIED = 20  # different values from which a step is no accident
MARGIN = 0.25  # of the way from the median to an end, at least, that a limit lies beyond it
PRESSED = 3  # times longer that the upper half is of values that are pressed against zero
NATURAL = (1.0, 100.0)  # where shares and percentages end
_CAP = 4_096  # different values that are counted of a column


@dataclass
class Learnt:
    """What was seen of a column so far."""

    field: Field
    rows: int = 0
    present: int = 0
    low: float = inf
    high: float = -inf
    finite: bool = True
    steps: list[float] = made(default_factory=lambda: list(STEPS))
    lengths: tuple[int, int] | None = None  # least and most
    counts: Counter[str] | None = made(default_factory=Counter)  # None: too many

    def add(self, column: pa.Array) -> None:
        """Count a batch."""
        self.rows += len(column)
        there = present(column)
        if pa.types.is_dictionary(column.type) and column.dictionary.null_count:
            there = as_codes(column).codes != -1
        self.present += int(there.sum())
        kind = self.field.kind
        if kind in ORDERED_KINDS:
            values = numbers(column)[there]
            self._numbers(values)
        elif kind in ("category", "text", "id") and is_text(column.type):
            self._texts(column)
        elif are_lists(column.type):
            self._measure(pc.list_value_length(column))

    def _numbers(self, values: NDArray[Any]) -> None:
        if np.issubdtype(values.dtype, np.floating):
            good = np.isfinite(values)
            if not good.all():
                self.finite, values = False, values[good]
        if not len(values):
            return
        self.low, self.high = min(self.low, values.min()), max(self.high, values.max())
        real = values.astype(np.float64)
        for step in list(self.steps):
            ratio = real / step
            close = np.abs(ratio - np.rint(ratio)) <= np.maximum(SLACK, 2.0**-50 * np.abs(ratio))
            if close.all():
                break
            self.steps.remove(step)

    def _texts(self, column: pa.Array) -> None:
        text = as_codes(column)
        used = np.bincount(text.codes[text.codes >= 0], minlength=len(text.dictionary))
        kept = np.flatnonzero(used)
        words = text.dictionary.take(pa.array(kept))
        self._measure(pc.utf8_length(words))
        if self.counts is not None:
            self.counts.update(dict(zip(words.to_pylist(), used[kept].tolist(), strict=True)))
            if len(self.counts) > _CAP:
                self.counts = None

    def _measure(self, lengths: pa.Array) -> None:
        ends = pc.min_max(lengths).as_py()
        if ends["min"] is not None:
            low, high = self.lengths or (ends["min"], ends["max"])
            self.lengths = (min(low, ends["min"]), max(high, ends["max"]))

    def constraints(self, sample: pa.ChunkedArray) -> tuple[Constraints, list[str]]:
        """What a fresh table will rarely break, and how each was chosen."""
        if self.present < ENOUGH:
            return Constraints(), [f"{spelled(self.present)} values are too few to learn from"]
        found: dict[str, Any] = {}
        why: list[str] = []
        self._presence(found, why)
        if self.field.kind in ORDERED_KINDS:
            self._ends(sample, found, why)
            self._decimals(sample, found, why)
        elif self.field.kind == "category" and self.lengths and self.counts is not None:
            self._domain(found, why)
        if "allowed" not in found and self.field.kind != "category":
            self._sizes(found, why)
        return Constraints(**found), why

    def _presence(self, found: dict[str, Any], why: list[str]) -> None:
        missing = self.rows - self.present
        if not missing and self.rows >= SURE:
            found["required"] = True
            why.append(f"required: none of {spelled(self.rows)} rows lacks it")
            return
        low = float(clopper_pearson(self.present, self.rows, 1 - RARE)[0])
        odds = low / max(1 - low, 1e-12) / 2  # half of them: samples are not drawn from one urn
        share = floor(odds / (1 + odds) * 1000) / 1000
        if share >= 0.05:
            found["present"] = share
            seen = percent(self.present / self.rows)
            why.append(f"present: {seen} of rows have it; half of the odds of the 99.99 % bound")

    def _ends(self, sample: pa.ChunkedArray, found: dict[str, Any], why: list[str]) -> None:
        values = np.concatenate([_real(part) for part in sample.chunks] or [np.zeros(0)])
        if self.present < SURE:
            return
        if self.finite:
            found["finite"] = True
        if len(values) < ENOUGH or not self.low < self.high:
            return
        middle, chance = float(np.median(values)), RARE / self.rows
        low, high = float(self.low), float(self.high)
        least = min(-reach(-values, chance), low - MARGIN * (middle - low))
        most = max(reach(values, chance), high + MARGIN * (high - middle))
        zeros, pressed = int((values == 0).sum()), high - middle > PRESSED * (middle - low)
        if low >= 0 and (zeros >= SEEN or self._is_whole or pressed):
            least = max(least, 0.0)  # counts, amounts, lengths of time
        for end in NATURAL:
            if 0.99 * end <= high <= end and low >= 0:
                most, least = end, 0.0 if low <= 0.01 * end else least
        unit = 10.0 ** (floor(log10(most - least)) - 1)
        least, most = _outward(least, unit, floor), _outward(most, unit, ceil)
        if isfinite(least) and isfinite(most):
            found |= {"min": least, "max": most}
            seen = f"{low:.6g} to {high:.6g}"
            why.append(f"min, max: {seen} seen; 1 of 10,000 tables of this size goes beyond")

    @property
    def _is_whole(self) -> bool:
        """Whether all are whole numbers: pandas keeps those as reals when one is missing."""
        return self.field.kind == "integer" or any(step >= 1 for step in self.steps)

    def _decimals(self, sample: pa.ChunkedArray, found: dict[str, Any], why: list[str]) -> None:
        natural = self.field.kind == "integer"
        steps = [step for step in self.steps if not (natural and step <= 1)]
        different = len(pc.unique(sample))
        if self.present < SURE or not steps or different < VARIED:
            return
        if pa.types.is_float32(sample.type) or pa.types.is_float16(sample.type):
            return  # their decimals are rounded
        found["step"] = steps[0]
        why.append(f"step: all {spelled(self.present)} values are whole multiples of {steps[0]:g}")

    def _domain(self, found: dict[str, Any], why: list[str]) -> None:
        counts = self.counts or Counter()
        if not 0 < len(counts) <= DOMAIN or self.present < SURE:
            return
        fewest, once = min(counts.values()), sum(n == 1 for n in counts.values())
        outside = 2 * float(clopper_pearson(once, self.present, 1 - RARE)[1])
        if fewest < SEEN and outside > UNSEEN:
            return
        found["allowed"] = tuple(sorted(counts))
        why.append(f"allowed: {len(counts)} values, each seen {spelled(fewest)} times or more")
        if fewest < SEEN:
            found["mostly"] = floor((1 - outside) * 10_000) / 10_000
            why.append(f"mostly: {spelled(once)} of them were seen once, so others may come")

    def _sizes(self, found: dict[str, Any], why: list[str]) -> None:
        if self.lengths is None or self.present < SURE:
            return
        least, most = self.lengths
        if least == most:
            found |= {"min_length": least, "max_length": most}
            why.append(f"length: all are {least} long")
        elif self.field.kind != "vector":
            found |= {"max_length": 2 * most} | ({"min_length": 1} if least else {})
            why.append(f"length: {least} to {most} seen; twice the longest")


def _real(part: pa.Array) -> NDArray[np.float64]:
    values = numbers(part)[present(part)].astype(np.float64)
    return np.asarray(values[np.isfinite(values)])


def _outward(value: float, unit: float, turn: Any) -> float:
    """Round away from the middle, to a number that people would write."""
    return float(f"{turn(value / unit) * unit:.12g}") if isfinite(value) else value
