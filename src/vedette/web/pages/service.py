"""Is it up and fast?  The page of a model's service: how much came, what failed, how long it took.

Owns: what its template is filled with.  Does not own: the numbers (`web.history.service`), drawings
(`web.charts.service`).
"""

from typing import Any
from urllib.parse import quote

from vedette.alerts.lifecycle import is_open
from vedette.core.durations import SECOND, roughly
from vedette.core.errors import nearest
from vedette.core.words import count, number, percent
from vedette.engine.objective_view import ObjectiveView
from vedette.profiles.baseline import Baseline
from vedette.profiles.tails import timed_columns
from vedette.report.figures import lines, traffic
from vedette.report.figures.timeline import timeline_height
from vedette.stats.intervals import wilson
from vedette.web import documents
from vedette.web.answers import Answer, Problem
from vedette.web.asked import Asked, asked, check_part
from vedette.web.call import Call
from vedette.web.charts.service import BYTES, UTILIZATION, is_infrastructure
from vedette.web.history.service import QUANTILES, Step, resources, service, total
from vedette.web.history.traffic import latency_column
from vedette.web.objectives import shown_objectives
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of

REACH = "week"  # that is shown where none is asked for
MOST = 40  # lines of a table; the API has all


def page_service(call: Call) -> Answer:
    """How the service of a model did over a stretch of time."""
    one = asked(call, REACH)
    if one.past.baseline is not None:
        check_part(one.past.baseline, one.segment)
        check_timed(one.past.baseline, one.column)
    steps = service(one.past, one.span)
    whole = total(steps)
    times = [_time(key, whole) for key in _by_rows(whole)]
    path = f"/models/{quote(one.past.model, safe='')}/service"
    return render(
        call,
        "service.html.jinja",
        model=one.past.model,
        range=range_of(path, one.span, one.past.now, segment=one.segment, column=one.column),
        answer=_answer(one, whole),
        heights={"timeline": timeline_height(len(call.view().axes)), "traffic": traffic.HEIGHT,
                 "lines": lines.HEIGHT},
        column=one.column or latency_column(one.past.baseline) or "",
        segment=one.segment or "",
        quantiles=[f"p{round(100 * q)}" for q in QUANTILES],
        times=times[:MOST],
        more=max(len(times) - MOST, 0),
        errors=[_error(kind, k, whole.rows) for kind, k in whole.errors.most_common(MOST)],
        rows=count(whole.rows),
        used=_used(one),
        objectives=[_objective(view) for view in shown_objectives(call)],
    )  # fmt: skip


def check_timed(baseline: Baseline, column: str) -> None:
    """See that a column says how long something took.  Errors: Problem, 404."""
    known = timed_columns(baseline.schema)
    if column and column not in known:
        hint = nearest(column, known) or f"there are: {', '.join(known) or 'none'}"
        said = f"No column {column[:80]!r} says how long something took; {hint}"
        raise Problem(404, "no_column", said, "column")


def _answer(one: Asked, whole: Step) -> dict[str, Any]:
    """The answer in a word and sentences, with the incidents of the stretch."""
    incidents = [
        own
        for own in one.past.incidents(one.span.start, one.span.end)
        if any(is_infrastructure(one.past, stream) for stream in own.streams)
    ]
    opened = [own for own in incidents if is_open(own)]
    over = [own for own in incidents if not is_open(own)]
    shown = {
        "open": documents.incident_lines(opened), "over": documents.incident_lines(over),
    }  # fmt: skip
    verdict, word = ("alarming", "No") if opened else ("calm", "Yes")
    if not whole.rows:
        verdict, word = ("alarming", "No") if opened else ("unknown", "Unknown")
    return {"verdict": verdict, "word": word, "sentences": list(_said(one, whole)), **shown}


def _said(one: Asked, whole: Step) -> list[str]:
    if not whole.rows:
        return ["No window of this time is kept"]
    said = [f"{count(whole.rows)} requests came"]
    failed = sum(whole.errors.values())
    if whole.errors:
        most = whole.errors.most_common(1)[0][0]
        said.append(f"{percent(failed / whole.rows)} of them failed, mostly by `{most}`")
    tail = whole.tails.get((latency_column(one.past.baseline) or "", ""))
    if tail is not None:
        half, most_took = tail.quantile(0.5), tail.quantile(0.99)
        said.append(f"Half were answered within {seconds(half)}, 99 % within {seconds(most_took)}")
    return said


def seconds(value: float | None) -> str:
    """A length of time as people read it.

    Example:
        >>> seconds(0.0213), seconds(2.5), seconds(None)
        ('21.3 ms', '2.5 s', '–')
    """
    if value is None:
        return "–"
    return f"{number(1000 * value, 3)} ms" if value < 1 else f"{number(value, 3)} s"


def _used(one: Asked) -> list[tuple[str, str]]:
    """Drawings of resources that have something to show, with their titles."""
    names = {use.name for use in resources(one.past, one.span)}
    return [
        (chart, title)
        for chart, title, ending in (
            ("utilization", "Utilisation", UTILIZATION), ("memory", "Memory", BYTES),
        )
        if any(name.endswith(ending) for name in names)
    ]  # fmt: skip


def _by_rows(whole: Step) -> list[tuple[str, str]]:
    """What took time: all rows first, then segments, those with most rows first."""
    return sorted(whole.tails, key=lambda key: (key[0], key[1] != "", -whole.tails[key].count))


def _time(key: tuple[str, str], whole: Step) -> dict[str, Any]:
    tail = whole.tails[key]
    return {
        "column": key[0],
        "segment": key[1],
        "rows": count(tail.count),
        "quantiles": [seconds(tail.quantile(q)) for q in QUANTILES],
    }


def _error(kind: str, k: int, n: int) -> dict[str, Any]:
    low, high = wilson(k, n)
    return {
        "type": kind,
        "count": count(k),
        "share": percent(k / n),
        "interval": f"{percent(low)} to {percent(high)}",
    }


def _objective(view: ObjectiveView) -> dict[str, Any]:
    fast = [burn for burn in view.burns if burn.too_fast]
    shown = fast[0] if fast else view.burns[0]
    return {
        "name": view.name,
        "verdict": view.verdict,
        "promise": f"{percent(view.target)} of {roughly(round(view.period_s * SECOND))}",
        "means": view.means,
        "wrong": f"{count(round(view.wrong))} of {count(round(view.events))}",
        "left": None if view.left is None else percent(view.left),
        "meter": max(min(view.left or 0.0, 1.0), 0.0),
        "burn": "–" if shown.long is None else f"{number(shown.long, 3)} ×",
        "over": roughly(round(shown.long_s * SECOND)),
    }
