"""Every metric series of a model as it stands: what it is now, what was expected, since when it is
odd.

Owns: the verdict on a series over a stretch, its words.  Does not own: reading windows
(`web.series`), judging values (`monitors.metrics`), the JSON (`web.series_document`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.engine.courses import LEARNING, Courses
from vedette.monitors.metrics import MONITOR
from vedette.monitors.metrics_words import name_of, spelt, unit_of
from vedette.monitors.quantiles import quantiles_of
from vedette.monitors.series import LOGGED, QUANTILE, Series, series_of
from vedette.monitors.tail import MONITOR as TAIL
from vedette.web.asked import Asked
from vedette.web.backing import Service
from vedette.web.series import charted
from vedette.web.series_document import NONE
from vedette.web.unlike import ORDER


@dataclass(frozen=True)
class Standing:
    """One series.

    Shapes: `window` the last one of the stretch with a value, `odd` the last one whose value lay
    outside what 99 of 100 ordinary ones keep to, as places among the windows; None where there is
    none.  `odds` of `judged` ones did.
    """

    series: Series
    courses: Courses
    place: int
    window: int | None
    odd: int | None
    odds: int
    judged: int
    open: Incident | None = None

    @property
    def name(self) -> str:
        """In words, without the marks of code."""
        return name_of(self.series).replace("`", "")

    @property
    def unit(self) -> str:
        """ "share", or the unit of its values as far as it is known."""
        return unit_of(self.series)

    @property
    def verdict(self) -> str:
        """Alarming while an incident about it is open; else that on its last value."""
        if self.open is not None:
            return "alarming"
        return "unknown" if self.window is None else self.courses.verdict(self.window, self.place)

    def told(self, part: str, window: int | None) -> str:
        """A value, or what was expected of it, spelt in its unit; a dash where there is none."""
        value = np.nan if window is None else float(getattr(self.courses, part)[window, self.place])
        return "–" if np.isnan(value) else spelt(self.series, value)


@dataclass(frozen=True)
class Watched:
    """The series of a model over a stretch, the worst first.

    Units: `width` of a window in nanoseconds.  `complete` says that no window was left out.
    """

    one: Asked
    courses: Courses
    width: int
    complete: bool
    standings: tuple[Standing, ...]

    @property
    def why(self) -> str:
        """Why there are none; "" where there are."""
        return "" if self.standings else f"{NONE[:1].upper()}{NONE[1:]}."

    def named(self, name: str) -> Standing | None:
        """A series by the name that people write."""
        return next((own for own in self.standings if own.series.name == name), None)


def watched(one: Asked) -> Watched:
    """How every series stands in the stretch that is asked for."""
    past, span = one.past, one.span
    key = ("series", past.model, past.now, past.veil.hidden(past.model), *span)
    found = past.memo.get(key, lambda: charted(past, span.start, span.end))
    courses = _known_only(found.courses)
    known = known_series(one.call.service, past.model)
    opened = [own for own in _incidents(one) if is_open(own)]
    standings = [
        _standing(courses, at, known.get((name, column)) or Series(name, column, LOGGED), opened)
        for at, (name, column) in enumerate(zip(courses.names, courses.columns, strict=True))
    ]
    standings.sort(key=lambda own: (ORDER.index(own.verdict), -own.odds))
    return Watched(one, courses, found.width, found.complete, tuple(standings))


def about(incident: Incident, series: Series) -> bool:
    """Whether an incident is about a series: of a column with several, about the one it names."""
    stream = stream_of(series)
    if stream not in incident.streams:
        return False
    named = {
        finding.category
        for finding in incident.findings
        if (finding.monitor, finding.column, finding.segment) == stream
    }
    return not series.category or not named - {None} or series.category in named


def stream_of(series: Series) -> tuple[str, str, str]:
    """The monitor, column and segment of the stream that a series belongs to."""
    return TAIL if series.kind == QUANTILE else MONITOR, series.column, series.segment


def _known_only(courses: Courses) -> Courses:
    """The same without what was expected where too little was known to expect anything."""
    known = courses.state != LEARNING
    expected, low, high, score = (
        np.where(known, part, np.nan)
        for part in (courses.expected, courses.low, courses.high, courses.score)
    )
    return courses._replace(expected=expected, low=low, high=high, score=score)


def known_series(service: Service, model: str) -> Mapping[tuple[str, str], Series]:
    """Series by name and column: a metric that is logged as `prediction=yes` is no share."""
    baseline = service.baseline_of(model)
    if baseline is None:
        return {}
    asked = replace(baseline, metering=service.settings_of(model).metering())
    return {(own.name, own.column): own for own in (*series_of(asked), *quantiles_of(asked))}


def is_known(one: Asked, wanted: str) -> bool:
    """Whether something is a series, or a column of one, whenever it was read; or would be, if the
    settings did not leave it out."""
    service, model = one.call.service, one.past.model
    known = known_series(service, model)
    watches = service.settings_of(model).metering().watches(wanted)
    return any(wanted in key for key in known) or not watches


def _incidents(one: Asked) -> list[Incident]:
    found = one.past.incidents(one.span.start, one.span.end)
    return [own for own in found if any(stream[0] in (MONITOR, TAIL) for stream in own.streams)]


def _standing(courses: Courses, at: int, series: Series, opened: list[Incident]) -> Standing:
    valued = np.flatnonzero(~np.isnan(courses.value[:, at]))
    value, low, high = courses.value[:, at], courses.low[:, at], courses.high[:, at]
    judged = ~np.isnan(value) & ~np.isnan(low)
    odd = np.flatnonzero(judged & ((value < low) | (value > high)))
    return Standing(
        series,
        courses,
        at,
        int(valued[-1]) if len(valued) else None,
        int(odd[-1]) if len(odd) else None,
        len(odd),
        int(judged.sum()),
        next((own for own in opened if about(own, series)), None),
    )
