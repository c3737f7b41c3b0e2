"""Is anything out of the ordinary?  The page of a model's rows and metrics.

Owns: what its template is filled with.  Does not own: the numbers (`web.unlike`,
`web.watched_series`, `web.rare_told`), drawings (`web.charts.anomalies`).
"""

from typing import Any
from urllib.parse import quote

from vedette.alerts.axis import ANOMALIES, AXIS
from vedette.alerts.lifecycle import is_open
from vedette.core.words import count, number, percent
from vedette.monitors.metrics_words import name_of
from vedette.report.figures import series as lines
from vedette.report.figures import unlike as figures
from vedette.web import documents
from vedette.web.answers import Answer, Problem
from vedette.web.asked import Asked, asked, check_segment
from vedette.web.call import Call
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of
from vedette.web.rare_told import rarest_told
from vedette.web.shares import bounded
from vedette.web.unlike import Part, Unlike, unlike
from vedette.web.watched_series import Standing, Watched, is_known, watched

LEARNING = "What is usual of the metrics is still being learnt"
REACH = "week"  # that is shown where none is asked for
MOST = 12  # segments; the API has all
LISTED, DRAWN = 60, 3  # metrics, and those that are drawn where none is chosen


def page_anomalies(call: Call) -> Answer:
    """What was out of the ordinary over a stretch of time."""
    one = asked(call, REACH)
    if one.past.baseline is not None:
        check_segment(one.past.baseline, one.segment)
    found, metrics = unlike(one), watched(one)
    chosen = _charted(metrics, one.series)
    path = f"/models/{quote(one.past.model, safe='')}/anomalies"
    return render(
        call,
        "anomalies.html.jinja",
        model=one.past.model,
        range=range_of(path, one.span, one.past.now, segment=one.segment, series=one.series),
        answer=_answer(one, found, metrics),
        metrics=[_metric(own) for own in metrics.standings[:LISTED]],
        more_metrics=max(len(metrics.standings) - LISTED, 0),
        newest=0 if metrics.complete else len(metrics.courses.starts),
        charted=[(own.series.name, lines.titled(own.name)) for own in chosen],
        no_metrics=metrics.why,
        why=found.why,
        whole=None if found.whole is None else _line(found.whole),
        lines=[_line(part) for part in found.parts[1 : MOST + 1]],
        more=max(len(found.parts) - MOST - 1, 0),
        segment=one.segment or "",
        height=figures.HEIGHT,
        metric_height=lines.HEIGHT,
        url=call.settings.server.url or "http://127.0.0.1:8642",
        rarest=[_event(event) for event in rarest_told(one)],
    )


def _charted(metrics: Watched, wanted: str) -> list[Standing]:
    """The one that is chosen, or those of a column; else the worst, or the first where none is odd.

    None is drawn of what is known and was not read in the stretch, or is not to be watched.
    Errors: Problem, 404, for what is no series.
    """
    if not wanted:
        odd = [own for own in metrics.standings if own.verdict in ("alarming", "notable")]
        return odd[:DRAWN] or [own for own in metrics.standings if own.window is not None][:1]
    chosen = metrics.named(wanted)
    if chosen is not None:
        return [chosen]
    found = [own for own in metrics.standings if own.series.column == wanted][:DRAWN]
    if not found and metrics.standings and not is_known(metrics.one, wanted):
        raise Problem(404, "no_series", f"There is no series {wanted[:80]!r}.", "series")
    return found


def _answer(one: Asked, found: Unlike, metrics: Watched) -> dict[str, Any]:
    """The answer in a word and sentences, with the incidents of the stretch: those of this axis,
    and others that rows or metrics are a part of."""
    incidents = [
        own
        for own in one.past.incidents(one.span.start, one.span.end)
        if any(AXIS.get(monitor) == ANOMALIES for monitor, _, _ in own.streams)
    ]
    opened = [own for own in incidents if is_open(own)]
    served = one.past.served
    about = [
        own
        for own in opened
        if own.axis == ANOMALIES
        or any(served.axis_of(*stream[:2]) == ANOMALIES for stream in own.streams)
    ]
    leading = [own for own in about if own.axis == ANOMALIES] or about
    shown = {
        "open": documents.incident_lines(leading),
        "part": documents.incident_lines([own for own in opened if own not in leading]),
        "over": documents.incident_lines([own for own in incidents if not is_open(own)]),
    }
    said = [*_said(found), *_said_of(metrics)]
    if about:
        return {"verdict": "alarming", "word": "Yes", "sentences": said, **shown}
    verdicts = {part.verdict for part in found.parts}
    verdicts |= {own.verdict for own in metrics.standings}
    if not verdicts - {"unknown"}:
        said = [found.why, *_said_of(metrics)]
        return {"verdict": "unknown", "word": "Unknown", "sentences": said, **shown}
    if "notable" in verdicts:
        return {"verdict": "notable", "word": "Look closer", "sentences": said, **shown}
    return {"verdict": "calm", "word": "No", "sentences": said, **shown}


def _said(found: Unlike) -> list[str]:
    """What share of rows is unlike the reference, in a sentence."""
    whole = found.whole
    if whole is None:
        return []
    rate = percent(whole.share.rate)
    beyond = [part for part in found.parts[1:] if part.verdict in ("alarming", "notable")]
    named = ", ".join(f"`{part.segment.replace('=', ' = ', 1)}`" for part in beyond[:3])
    elsewhere = f"; more than is tolerated where {named}" if beyond else ""
    said = f"{rate} of rows are unlike the reference, expected {percent(whole.expected)}"
    if whole.verdict in ("alarming", "notable"):
        said = f"{rate} of rows are unlike the reference, where {percent(whole.tolerated)} are"
        said += f" tolerated{_by(whole)}"
    return [f"{said}{elsewhere}"]


def _said_of(metrics: Watched) -> list[str]:
    """Which metrics are off, in a sentence."""
    odd = [own for own in metrics.standings if own.verdict == "notable"]
    if odd:
        return [_off(own) for own in odd[:DRAWN]]
    if any(own.verdict == "alarming" for own in metrics.standings):
        return []  # its incident says it
    if any(own.verdict == "calm" for own in metrics.standings):
        return ["No metric is off"]
    return [LEARNING] if metrics.standings else []


def _off(own: Standing) -> str:
    said = name_of(own.series)
    low, high = own.told("low", own.window), own.told("high", own.window)
    return (
        f"{said[:1].upper()}{said[1:]} is {own.told('value', own.window)}, usually {low} to {high}"
    )


def _by(part: Part) -> str:
    named = " and ".join(f"`{name}`" for name in part.leads)
    return f", mostly by {named}" if named else ""


def _line(part: Part) -> dict[str, Any]:
    return {
        "segment": part.segment,
        "verdict": part.verdict,
        "rows": count(part.share.n),
        "share": bounded(part.share),
        "last": percent(part.last.rate) if part.last.n else "–",
        "expected": percent(part.expected),
        "tolerated": percent(part.tolerated),
        "leads": part.leads,
    }


def _metric(own: Standing) -> dict[str, Any]:
    window, courses = own.window, own.courses
    odd = None if own.odd is None else documents.instant(int(courses.starts[own.odd]))
    return {
        "series": own.series.name,
        "name": name_of(own.series),
        "verdict": own.verdict,
        "now": own.told("value", window),
        "expected": own.told("expected", window),
        "usual": "" if own.told("low", window) == "–"
        else f"{own.told('low', window)} to {own.told('high', window)}",
        "score": "–" if window is None else number(float(courses.score[window, own.place]), 2),
        "odd": odd,
        "was": own.told("value", own.odd),
        "odds": f"{count(own.odds)} of {count(own.judged)}",
        "incident": own.open and own.open.id,
    }  # fmt: skip


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event["id"],
        "time": event["time"],
        "p": f"1 in {count(max(round(1 / event['p']), 1))}",
        "score": number(event["score"], 3),
        "reasons": [reason["words"] for reason in event["reasons"]],
    }
