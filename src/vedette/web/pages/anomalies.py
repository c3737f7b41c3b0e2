"""Is anything out of the ordinary?  The page of a model's rows and metrics.

Owns: what its template is filled with.  Does not own: the numbers (`web.unlike`, `web.rare_told`),
drawings (`web.charts.anomalies`).
"""

from typing import Any
from urllib.parse import quote

from vedette.alerts.grouping import AXIS
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import is_open
from vedette.core.words import count, number, percent
from vedette.report.figures import unlike as figures
from vedette.web import documents
from vedette.web.answers import Answer
from vedette.web.asked import Asked, asked, check_segment
from vedette.web.call import Call
from vedette.web.pages.page import render
from vedette.web.pages.ranges import range_of
from vedette.web.rare_told import rarest_told
from vedette.web.shares import bounded
from vedette.web.unlike import Part, Unlike, unlike

ANOMALIES = "anomalies"  # the axis
REACH = "week"  # that is shown where none is asked for
MOST = 12  # segments; the API has all


def page_anomalies(call: Call) -> Answer:
    """What was out of the ordinary over a stretch of time."""
    one = asked(call, REACH)
    if one.past.baseline is not None:
        check_segment(one.past.baseline, one.segment)
    found = unlike(one)
    path = f"/models/{quote(one.past.model, safe='')}/anomalies"
    return render(
        call,
        "anomalies.html.jinja",
        model=one.past.model,
        range=range_of(path, one.span, one.past.now, segment=one.segment),
        answer=_answer(one, found),
        why=found.why,
        whole=None if found.whole is None else _line(found.whole),
        lines=[_line(part) for part in found.parts[1 : MOST + 1]],
        more=max(len(found.parts) - MOST - 1, 0),
        segment=one.segment or "",
        height=figures.HEIGHT,
        rarest=[_event(event) for event in rarest_told(one)],
    )


def _answer(one: Asked, found: Unlike) -> dict[str, Any]:
    """The answer in a word and sentences, with the incidents of the stretch: those of this axis,
    and others that rows or metrics are a part of."""
    incidents = [
        own
        for own in one.past.incidents(one.span.start, one.span.end)
        if any(AXIS.get(monitor) == ANOMALIES for monitor, _, _ in own.streams)
    ]
    opened = [own for own in incidents if is_open(own)]
    leading = [own for own in opened if own.axis == ANOMALIES]
    shown = {
        "open": _listed(leading or opened),
        "part": _listed([own for own in opened if leading and own not in leading]),
        "over": _listed([own for own in incidents if not is_open(own)]),
    }
    said = _said(found)
    if opened:
        return {"verdict": "alarming", "word": "Yes", "sentences": said, **shown}
    if found.whole is None:
        return {"verdict": "unknown", "word": "Unknown", "sentences": [found.why], **shown}
    if any(part.verdict == "notable" for part in found.parts):
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


def _by(part: Part) -> str:
    named = " and ".join(f"`{name}`" for name in part.leads)
    return f", mostly by {named}" if named else ""


def _listed(incidents: list[Incident]) -> list[dict[str, Any]]:
    return [documents.incident_document(own, whole=False) for own in incidents]


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


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": event["id"],
        "time": event["time"],
        "p": f"1 in {count(max(round(1 / event['p']), 1))}",
        "score": number(event["score"], 3),
        "reasons": [reason["words"] for reason in event["reasons"]],
    }
