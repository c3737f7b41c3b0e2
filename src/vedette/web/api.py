"""The JSON API: looking.

Owns: the handlers of the table's read routes.  Does not own: what changes something (`web.acts`),
finding things (`web.lookup`).
"""

from vedette.core.version import __version__
from vedette.engine.change import change_document
from vedette.export.openmetrics import OPENMETRICS, TEXT, wants_openmetrics
from vedette.export.prometheus import render
from vedette.export.series.series import Series
from vedette.report.figures.change import change
from vedette.report.figures.figure import Figure, as_csv, as_png, as_svg
from vedette.web import acts, documents, event_query, event_rows, lookup
from vedette.web.answers import Answer, Problem, header, json_answer
from vedette.web.asked import asked, check_segment, past_of, served_of
from vedette.web.call import Call
from vedette.web.charts.fairness import asked_of, why_not
from vedette.web.explanation import explanation_document
from vedette.web.fairness_document import fairness_document
from vedette.web.fairness_document import nothing_document as fairness_nothing
from vedette.web.fairness_steps import group_asked
from vedette.web.fairness_verdict import is_fair
from vedette.web.keys import READ
from vedette.web.objectives import objectives_document
from vedette.web.openapi import document
from vedette.web.performance import performed, why_unknown
from vedette.web.performance_document import nothing_document, performance_document
from vedette.web.prometheus import kept_of
from vedette.web.query import Query
from vedette.web.rare import rare_page
from vedette.web.redaction import Redaction, redaction
from vedette.web.series import charted
from vedette.web.series_document import series_document
from vedette.web.skew import twinned
from vedette.web.skew_document import skew_document
from vedette.web.tails import tails_of
from vedette.web.tails_document import tails_document
from vedette.web.veil import check_column, check_open, veil_of

TOLD_STREAMS = 5  # of a model and clock on `/metrics`, those with most evidence
OF_SERVER = (  # told by the server's own numbers, which know of windows under way as well
    "vedette_events_total", "vedette_late_events_total", "vedette_evidence_log10",
    "vedette_evidence_threshold_log10", "vedette_open_incidents",
)  # fmt: skip


def list_models(call: Call) -> Answer:
    """Every model that the caller may see."""
    veil = veil_of(call)
    views = [view for view in call.service.models() if call.key.may("read", view.name)]
    return json_answer({"models": [documents.model_document(view, veil) for view in views]})


def get_model(call: Call) -> Answer:
    """One model."""
    return json_answer(documents.model_document(call.view(), veil_of(call)))


def list_incidents(call: Call) -> Answer:
    """Incidents of all models."""
    return _listed(
        "incidents", lookup.incidents(call.service.store, None, call.query(), veil_of(call))
    )


def list_model_incidents(call: Call) -> Answer:
    """Incidents of one model."""
    model, query = call.view().name, call.query()
    return _listed("incidents", lookup.incidents(call.service.store, model, query, veil_of(call)))


def get_incident(call: Call) -> Answer:
    """One incident, whole."""
    return json_answer(documents.incident_document(acts.allowed_incident(call, READ)))


def get_explanation(call: Call) -> Answer:
    """Why an incident's model lost or did not, or why that is not known yet."""
    incident = acts.allowed_incident(call, READ)
    return json_answer(explanation_document(call, incident))


def get_performance(call: Call) -> Answer:
    """How good the predictions are: by labels, as estimated, in the reference."""
    one = asked(call)
    if one.past.baseline is not None:
        check_segment(one.past.baseline, one.segment)
    query = call.query()
    found = performed(one, query.word("metric"), query.word("step"))
    if found is None:
        return json_answer(nothing_document(one, why_unknown(one.past)))
    return json_answer(performance_document(found))


def get_fairness(call: Call) -> Answer:
    """How groups are treated: rates beside the rest, verdicts, what cannot be told yet."""
    one, words = asked(call), call.query()
    found = asked_of(one)
    if found is None:
        return json_answer(fairness_nothing(one, why_not(one)))
    incidents = one.past.incidents(one.span.start, one.span.end)
    group = group_asked(found, words.word("group"))
    return json_answer(fairness_document(found, is_fair(found, incidents), group))


def get_skew(call: Call) -> Answer:
    """Whether serving saw what is reckoned offline."""
    column = call.query().word("column")
    return json_answer(skew_document(twinned(asked(call)), column))


def list_rare(call: Call) -> Answer:
    """The rarest single events, the newest first."""
    return _listed("events", rare_page(call))


def incident_csv(call: Call) -> Answer:
    """The findings of an incident as a table."""
    findings = documents.incident_document(acts.allowed_incident(call, READ))["findings"]
    rows = [
        {**one, "window": None, **(one["window"] or {"start": None, "end": None})}
        for one in findings
    ]
    for row in rows:
        del row["window"]
    kind = (b"content-type", b"text/csv; charset=utf-8")
    return Answer(200, as_csv(Figure("", "", rows)).encode("utf-8", "replace"), [kind])


def picture_png(call: Call) -> Answer:
    """An incident's leading column before and after."""
    return _image(as_png(_change(call)), b"image/png")


def picture_svg(call: Call) -> Answer:
    """The same as SVG."""
    drawn = as_svg(_change(call))
    return _image(None if drawn is None else drawn.encode(), b"image/svg+xml")


def list_findings(call: Call) -> Answer:
    """What the monitors said."""
    model, query = _of_model(call)
    served = served_of(call.service, model)
    found = lookup.findings(call.service.store, model, query, veil_of(call), served)
    return _listed("findings", found)


def list_profiles(call: Call) -> Answer:
    """Counts of every window."""
    model, query = _of_model(call)
    column, veil = query.word("column"), veil_of(call)
    if column is not None:
        check_column(call, model, column)
    check_open(veil, model, query.word("segment"))
    return _listed("profiles", lookup.profiles(call.service.store, model, query, veil))


def list_metrics(call: Call) -> Answer:
    """Evidence of every window."""
    return _listed("metrics", lookup.looks(call.service.store, *_of_model(call), veil_of(call)))


def get_series(call: Call) -> Answer:
    """Metric series: their values, what was expected, how unusual they are."""
    query = call.query()
    name, column = query.word("series"), query.word("column")
    found = charted(past_of(call), query.start, query.end, name=name, column=column)
    return json_answer(series_document(found))


def get_objectives(call: Call) -> Answer:
    """What was promised of the service of a model, and how it stands."""
    return json_answer(objectives_document(call))


def get_tails(call: Call) -> Answer:
    """How long answers took, traffic, errors by type."""
    query, past = call.query(), past_of(call)
    column, segment = query.word("column"), query.word("segment")
    if column is not None:
        check_column(call, past.model, column)
    check_open(veil_of(call), past.model, segment)
    found = tails_of(past, query.start, query.end, column=column, segment=segment)
    return json_answer(tails_document(found))


def list_baselines(call: Call) -> Answer:
    """Baselines."""
    found = lookup.baselines(call.service.store, *_of_model(call), veil_of(call))
    return _listed("baselines", found)


def list_deploys(call: Call) -> Answer:
    """Deploys and remarks."""
    model, query = _of_model(call)
    return _listed(
        "deploys", lookup.entries(call.service.store, "note", model, query, veil_of(call))
    )


def list_events(call: Call) -> Answer:
    """Stored events."""
    query = call.query()
    known = event_query.about(call, query.word("redact"))
    found = event_query.listed(call, query, known)
    column = query.word("column")
    return json_answer(
        {
            "events": [event_rows.row_document(row, column) for row in found.rows],
            "next": found.found.next,
            "complete": found.found.complete,
            "scanned": found.found.scanned,
        }
    )


def get_event(call: Call) -> Answer:
    """One event with everything derived from it."""
    query = call.query()
    known = event_query.about(call, query.word("redact"))
    return json_answer(event_query.whole_event(call, known, query.instant("time")))


def list_quarantine(call: Call) -> Answer:
    """Refused events."""
    query = call.query()
    wanted = query.word("redact")

    def rules(model: str) -> Redaction:
        return redaction(call.key, model, call.service.schema_of(model), wanted)

    return _listed("quarantine", lookup.refused(call.service.store, query, veil_of(call), rules))


def list_scrapes(call: Call) -> Answer:
    """Servers of models whose metrics are fetched, with those of their models that may be seen."""
    told = call.tools.scrapes() if call.tools.scrapes is not None else []
    seen = [
        {**one, "models": [name for name in one["models"] if call.key.may(READ, name)]}
        for one in told
    ]
    return json_answer({"scrapes": [one for one in seen if one["models"]]})


def list_messages(call: Call) -> Answer:
    """Messages to people."""
    found = lookup.entries(call.service.store, "message", None, call.query(), veil_of(call))
    return _listed("messages", found)


def status(call: Call) -> Answer:
    """The server in numbers."""
    gauges = call.service.gauges()
    return json_answer(
        {
            "version": __version__,
            "uptime_s": gauges.uptime_s,
            "models": len(gauges.models),
            "queue_requests": gauges.queue_length,
            "queue_bytes": gauges.queue_bytes,
            "log_bytes": gauges.log_bytes,
            "log_position": gauges.log_position,
            "state_position": gauges.state_position,
            "messages": dict(gauges.messages),
            "errors": dict(gauges.errors),
            "unready": call.service.unready(),
        }
    )


def list_imports(call: Call) -> Answer:
    """Files that the server takes in."""
    return json_answer({"imports": call.tools.imports()})


def openapi(call: Call) -> Answer:
    """The OpenAPI document."""
    return json_answer(document())


def livez(call: Call) -> Answer:
    """The process runs: nothing else is looked at."""
    return Answer(200, b"ok\n", [(b"content-type", b"text/plain; charset=utf-8")])


def readyz(call: Call) -> Answer:
    """Whether a real query succeeds and the service has nothing against being used."""
    reasons = list(call.service.unready())
    call.service.store.read("model", limit=1)  # a store that fails is told as an error
    return json_answer({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


healthz = readyz


def version(call: Call) -> Answer:
    """The version of vedette."""
    return json_answer({"name": "vedette", "version": __version__})


def metrics(call: Call) -> Answer:
    """Numbers for Prometheus; those of models that the key may not see are there too, so such a
    key is refused."""
    if call.key.models != "*":
        raise Problem(403, "not_allowed", "/metrics shows all models; this key may not.")
    openmetrics = wants_openmetrics(header(call.scope, b"accept"))
    bounds = kept_of(call).bounds._replace(streams=TOLD_STREAMS)

    def details(model: str) -> list[Series]:
        found = call.book.current(model, bounds, call.key.id)
        return [one for one in found if one.name not in OF_SERVER and not _is_part(one)]

    text = render(call.service.gauges(), openmetrics=openmetrics, details=details)
    kind = OPENMETRICS if openmetrics else TEXT
    return Answer(200, text.encode(), [(b"content-type", kind.encode())])


def _is_part(one: Series) -> bool:
    """Whether a series is of times of one segment: those are many, and for the API."""
    return one.name.startswith("vedette_latency") and "segment" in dict(one.labels)


def _change(call: Call) -> Figure:
    incident = acts.allowed_incident(call, READ)
    leading = next((cause.column for cause in incident.causes if cause.column), "")
    check_column(call, incident.model, leading)
    document = change_document(call.service.store, incident)
    return Figure("", "") if document is None else change(document)


def _image(drawn: bytes | None, kind: bytes) -> Answer:
    if drawn is None:
        raise Problem(404, "no_picture", "Nothing can be drawn of it.", "incident")
    return Answer(200, drawn, [(b"content-type", kind)])


def _of_model(call: Call) -> tuple[str, Query]:
    return call.view().name, call.query()


def _listed(name: str, page: lookup.Page) -> Answer:
    return json_answer({name: page[0], "next": page[1]})
