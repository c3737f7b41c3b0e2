"""What a chart, or the page around it, is asked for: read from its address and checked.

Owns: the value, reading it, the past of a model that it names.  Does not own: charts
(`web.charts`), what was kept (`web.history`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import quote

from vedette.alerts.axis import Served
from vedette.alerts.grouping import Key
from vedette.core.errors import nearest
from vedette.core.rows import VERSION
from vedette.engine.views import ModelView
from vedette.profiles.baseline import Baseline
from vedette.profiles.tails import parts_of
from vedette.web import lookup
from vedette.web.answers import Problem
from vedette.web.backing import Service
from vedette.web.call import Call
from vedette.web.history import course as courses
from vedette.web.history.past import Past, ends_at
from vedette.web.history.span import REACHES, Span, span_of
from vedette.web.veil import veil_of

MOST_ROWS = 40  # columns of the heat map unless all are asked for
EVERY_ROW = 1_000
CLOSE = 0.15  # of a stretch, within which names of two marks would lie upon one another
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Asked:
    """What a chart is asked for."""

    call: Call
    past: Past
    span: Span
    column: str
    segment: str | None
    component: str
    rows: int
    metric: str = ""
    series: str = ""

    def of(self, column: str) -> Self:
        """The same of a column."""
        return replace(self, column=column)

    def marks(self) -> list[Row]:
        """Deploys and remarks; those of one instant share a line, and one word.

        Names of marks that lie close together would lie upon one another: the first of them is
        shown, and how many more there are.
        """
        found: dict[int, list[str]] = {}
        for at, text in self.past.marks(self.span.start, self.span.end):
            found.setdefault(at, []).append(text)
        rows: list[dict[str, Any]] = []
        shown, more, until = 0, 0, -1.0
        for at, texts in sorted(found.items()):
            rows.append({"t0": ms(at), "text": "; ".join(texts)})
            if at >= until:
                shown, more = len(rows) - 1, 0
                until = at + CLOSE * (self.span.end - self.span.start)
            else:
                more += 1
                rows[-1]["label"] = ""
                rows[shown]["label"] = f"{rows[shown]['text']} +{more}"
        return list(rows)

    def incidents(self, concerns: Callable[[Key], bool]) -> list[Row]:
        """The incidents of the stretch with a stream (monitor, column, segment) that concerns a
        chart, as it has them."""
        start, end, now = self.span.start, self.span.end, self.past.now
        return [
            {"t0": ms(max(incident.onset, start)), "t1": ms(min(ends_at(incident, now), end)),
             "severity": incident.severity, "title": incident.title.replace("`", ""),
             "href": f"/incidents/{quote(incident.id, safe='')}"}
            for incident in self.past.incidents(start, end)
            if any(map(concerns, incident.streams))
        ]  # fmt: skip

    @property
    def ends(self) -> tuple[float, float]:
        """Where the stretch begins and ends, as a drawing has it."""
        return ms(self.span.start), ms(self.span.end)

    def stretch(self, start: int) -> dict[str, float]:
        """A step as a mark has it."""
        return {"t0": ms(start), "t1": ms(start + self.span.width)}


def asked(call: Call, reach: str = "month") -> Asked:
    """Read what the address of a chart, or of the page around it, asks for; the last `reach` where
    it names no stretch.

    Errors: Problem for a model or a stretch that is none.
    """
    query = call.query()
    past = past_of(call)
    span = span_asked(past, query.start, query.end, reach)
    rows = query.choice("rows", ("all",))
    return Asked(
        call,
        past,
        span,
        query.word("column") or "",
        query.word("segment"),
        courses.drawn_as(query.word("component") or ""),
        EVERY_ROW if rows == "all" else MOST_ROWS,
        query.word("metric") or "",
        query.word("series") or "",
    )


def check_segment(baseline: Baseline, segment: str | None) -> None:
    """See that a segment is one of the baseline's.  Errors: Problem, 400."""
    _among(baseline.segments, segment)


def check_part(baseline: Baseline, segment: str | None) -> None:
    """See that a segment is one whose times are counted: of the baseline's, of an operation or an
    endpoint, or any version.  Errors: Problem, 400."""
    if not (segment or "").startswith(f"{VERSION}="):
        _among(parts_of(baseline), segment)


def _among(segments: Mapping[str, tuple[str, ...]], segment: str | None) -> None:
    known = [f"{column}={n}" for column, names in segments.items() for n in names]
    if segment and segment not in known:
        hint = nearest(segment, known) or f"there are: {', '.join(known[:20]) or 'none'}"
        raise Problem(
            400, "wrong_query", f"There is no segment {segment[:80]!r}; {hint}", "segment"
        )


def past_of(call: Call) -> Past:
    """The past of the model that the path names."""
    view = call.view()
    settings = call.service.settings_of(view.name)
    store = call.service.store
    now = max(view.seen_until or 0, 0 if view.last_time is None else view.last_time + 1)
    return Past(
        store,
        call.service.log,
        view.name,
        settings.clocks.widths,
        now,
        baseline_of(call, view),
        call.memo,
        settings.without,
        veil_of(call),
        served_of(call.service, view.name),
    )


def served_of(service: Service, model: str) -> Served:
    """What is known of a model's metrics that are about its service."""
    baseline = service.baseline_of(model)
    schema = None if baseline is None else baseline.schema
    return Served.of(schema, service.settings_of(model).metering().bounds)


def baseline_of(call: Call, view: ModelView) -> Baseline | None:
    """The baseline in force, as the service holds it: reading that of a wide model is dear;
    without the segments that the caller may not look into."""
    held = call.service.baseline_of(view.name)
    found = held or lookup.baseline(call.service.store, view.name, view.baseline)
    return veil_of(call).baseline(view.name, found)


def span_asked(past: Past, start: int | None, end: int | None, reach: str = "month") -> Span:
    """The stretch that is asked for, or the last month."""
    last = past.now if end is None else end
    first = last - REACHES[reach] if start is None else start
    if first >= last:
        raise Problem(400, "wrong_query", "start is not before end.", "start")
    base, _, drift = past.widths
    fine = span_of(first, last, base)
    return fine if fine.end - fine.start < 6 * drift else span_of(first, last, drift)


def min_effect_of(call: Call, model: str, column: str) -> float:
    """The smallest change of a column that matters."""
    settings = call.service.settings_of(model)
    return settings.effects((column,)).get(column, settings.min_effect)


def ms(nanoseconds: int) -> float:
    """An instant as charts have it: milliseconds since 1970."""
    return nanoseconds / 1e6
