"""Is this value of a metric normal?  A few lines, no server.

Owns: `MetricDetector`, the threshold that holds its alarms to a budget.  Does not own: what is
expected and how rare a value is (`stats.metrics`), incidents.
"""

from collections.abc import Iterable, Sequence
from dataclasses import fields, is_dataclass
from typing import Any, cast

import msgspec
import numpy as np
from numpy.typing import NDArray

from vedette.core.durations import nanoseconds
from vedette.core.errors import StoreError, UsageError
from vedette.engine.metric_input import moment_of, noise_of, number_of, row_of, table_of
from vedette.engine.metric_verdict import (
    NOTABLE,
    UNKNOWN,
    VERDICTS,
    Verdict,
    Verdicts,
    grade,
    graded,
)
from vedette.profiles.plainly import plainly, valued
from vedette.stats.metrics.arithmetic import FLOATS, Row
from vedette.stats.metrics.judge import KINDS, SETTLING, Judged
from vedette.stats.metrics.marks import celebrated, deployed, quieted
from vedette.stats.metrics.state import DAY, single, start
from vedette.stats.metrics.step import advance, step

VERSION = 1
PARTS = ("score", "expected", "low", "high", "p", "away")  # of `Judged`, in `Verdicts`
NOT_LATER = "the time is not later than the last one"


class MetricDetector:
    """Judges one value of a metric after another: is it normal for this hour of this series?

    `budget` false alarms are allowed in `period`, over all series together; `season` is the length
    of the cycle ("" for none), weekdays differ too if `weekly`; `holidays` are days ("2026-12-25")
    that bring what a Sunday brings.  `series` names several series that are measured together;
    values are then mappings by name.

    Errors: UsageError for settings out of range.
    Example:
        >>> detector = MetricDetector()
        >>> for hour in range(24 * 14):
        ...     verdict = detector.update(hour * 3_600_000_000_000, 100 + hour % 24 + hour % 5)
        >>> verdict.verdict
        'calm'
        >>> verdict = detector.update("1970-01-15T00:00Z", 250)
        >>> verdict.verdict, verdict.kind, verdict.score > 0.5
        ('alarming', 'spike', True)
        >>> MetricDetector.restore(detector.state()).update("1970-01-15T01:00Z", 104).verdict
        'calm'
    """

    def __init__(
        self,
        budget: float = 1.0,
        period: str = "30d",
        *,
        season: str = "1d",
        weekly: bool = True,
        holidays: Iterable[str] = (),
        series: Sequence[str] = (),
    ) -> None:
        self.budget = number_of(budget)
        if not 0 < self.budget < float("inf"):
            raise UsageError(
                "metric detector", "its budget is out of range", got=budget, want="above 0"
            )
        self._length = _length(period, "period")
        if isinstance(series, str):
            raise UsageError(
                "metric detector", "series are names", got=series, want=f"[{series!r}]"
            )
        self.series = tuple(series)
        if len(set(self.series)) < len(self.series):
            raise UsageError("metric detector", "names a series twice", got=list(series))
        length = _length(season, "season") if season else 0
        state = start(max(len(self.series), 1), period=length, weekly=weekly)
        self._state = state if self.series else single(state)
        self.add_holidays(holidays)

    def update(self, time: Any, value: Any, *, noise: Any = None) -> Verdict | dict[str, Verdict]:
        """Judge the value of a moment, and learn from it.

        `time` is a datetime or ISO text (UTC where they name no zone), a whole number of UTC
        nanoseconds or a float of seconds; None, NaN and infinite values are missing; `noise` is
        the value's sampling variance where that is known (p (1 - p) / n of a share).  With
        several series `value` and `noise` are mappings by name.  A time that is not later than the
        last is not judged and teaches nothing: its verdict is "unknown".
        Errors: UsageError for what is no time and no value.
        """
        at = moment_of(time)
        if not self.series:
            return self._one(at, number_of(value), 0.0 if noise is None else noise_of(noise))
        wobble = None if noise is None else row_of(noise, self.series, noise_of)
        found = self._judge([at], row_of(value, self.series), wobble)
        return {name: found[0, k] for k, name in enumerate(self.series)}

    def update_many(self, times: Any, values: Any, *, noise: Any = None) -> Verdicts:
        """Judge many moments in their order, quickly; `update` would say the same.

        Shapes: T times; float64[T] values, or [T, S] in the order of `series`, or a frame, table
        or mapping whose columns have their names; `noise` likewise.
        Errors: UsageError for what is no time and no value, and for other shapes and names.
        """
        if not isinstance(times, Iterable):
            raise UsageError("metric detector", "reads many times", got=repr(times)[:80])
        at, names = [moment_of(time) for time in times], self.series
        wobble = None if noise is None else table_of(noise, len(at), names, noise_of)
        return self._judge(at, table_of(values, len(at), names), wobble)

    def deployed(self) -> None:
        """Tell that what is measured has just changed: the next values are not judged, and the
        level is learnt anew from them."""
        self._state = deployed(self._state)

    def maintenance(self, begin: Any, end: Any) -> None:
        """Neither judge nor learn from `begin` to before `end`."""
        span = moment_of(begin), moment_of(end)
        if span[0] >= span[1]:
            raise UsageError(
                "metric detector", "a maintenance has no length", got=f"{begin} to {end}"
            )
        self._state = quieted(self._state, *span)

    def add_holidays(self, days: Iterable[Any]) -> None:
        """Expect on these days (UTC) what a Sunday brings."""
        given = [days] if isinstance(days, str) else days
        self._state = celebrated(self._state, tuple(moment_of(day) // DAY for day in given))

    def state(self) -> bytes:
        """All that is known, as bytes for `restore`."""
        settings = [self.budget, self._length, list(self.series)]
        return msgspec.msgpack.encode([VERSION, *settings, plainly(self._state)])

    @classmethod
    def restore(cls, data: bytes) -> "MetricDetector":
        """Continue where `state` was taken: to the bit.

        Errors: StoreError for other bytes.
        """
        try:
            version, budget, length, series, plain = msgspec.msgpack.decode(data)
            if version != VERSION:
                raise ValueError(f"version {version}")
            made = cls(budget, series=series)
            made._length = length
            made._state = _like(made._state, valued(plain))
        except (TypeError, ValueError, AttributeError, msgspec.DecodeError) as error:
            raise StoreError("metric detector", "cannot be restored", got=str(error)) from None
        return made

    @property
    def threshold(self) -> float:
        """The chance below which a value is alarming: the budget over the values judged in it."""
        if not self._state.interval:
            return 0.0
        looks = self._length / self._state.interval * max(len(self.series), 1)
        return min(self.budget / looks, NOTABLE)

    def _one(self, at: int, value: float, noise: float) -> Verdict:
        """`_judge` for one value of one series, without arrays: that is what makes it quick."""
        if at <= self._state.last:
            nan = float("nan")
            return Verdict(0.0, "unknown", KINDS[0], value, nan, nan, nan, 1.0, 0.0, NOT_LATER)
        state, judged = advance(FLOATS, self._state, at, cast(Row, value), noise)
        self._state = state
        verdict = VERDICTS[grade(judged.tail, judged.known, self.threshold)]
        why = self._unknown(at) if verdict == "unknown" else ""
        score, p, _, expected, low, high, away, kind, _ = cast(tuple[float, ...], judged)
        return Verdict(score, verdict, KINDS[int(kind)], value, expected, low, high, p, away, why)

    def _judge(
        self, times: list[int], rows: NDArray[np.float64], noise: NDArray[np.float64] | None
    ) -> Verdicts:
        """Shapes: rows and noise [T, S]."""
        shape = rows.shape
        found = {name: np.zeros(shape) for name in PARTS}
        level, kind = np.full(shape, UNKNOWN, np.int8), np.zeros(shape, np.int8)
        why = []
        for t, at in enumerate(times):
            if at <= self._state.last:
                why.append(NOT_LATER)
                found["p"][t] = 1.0
                for name in ("expected", "low", "high"):
                    found[name][t] = np.nan
                continue
            judged = self._step(at, rows[t], None if noise is None else noise[t])
            for name in PARTS:
                found[name][t] = getattr(judged, name)
            kind[t] = judged.kind
            level[t] = graded(judged.tail, judged.known, self.threshold)
            why.append(self._unknown(at))
        one = () if self.series else (slice(None), 0)
        return Verdicts(
            value=rows[one], level=level[one], kind=kind[one], why=tuple(why),
            **{name: row[one] for name, row in found.items()},
        )  # fmt: skip

    def _step(self, at: int, row: NDArray[np.float64], noise: NDArray[np.float64] | None) -> Judged:
        if self.series:
            self._state, judged = step(self._state, at, row, noise)
        else:
            wobble = 0.0 if noise is None else float(noise[0])
            value = cast(Row, float(row[0]))
            self._state, judged = advance(FLOATS, self._state, at, value, wobble)
        return judged

    def _unknown(self, at: int) -> str:
        begin, end = self._state.quiet
        if begin <= at < end:
            return "maintenance"
        if self._state.since < SETTLING:
            return "the level is learnt anew after a deploy"
        return "too few values have been seen to tell"


def _length(text: Any, name: str) -> int:
    """Units: nanoseconds."""
    found = nanoseconds(text, name) if isinstance(text, str) else 0
    if not found:
        raise UsageError(
            "metric detector", f"its {name} is no length of time", got=text, want="like 1h, 30d"
        )
    return found


def _like(template: Any, value: Any) -> Any:
    """What `valued` read, of the types of a template."""
    if is_dataclass(template) and not isinstance(template, type):
        parts = [getattr(template, field.name) for field in fields(template)]
        return type(template)(*map(_like, parts, value))
    if isinstance(template, tuple) and template and is_dataclass(template[0]):
        return tuple(map(_like, template, value))
    return value
