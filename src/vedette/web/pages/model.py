"""One model over time."""

from vedette.web import documents, lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import ALL, read_cursor, render


def page_model(call: Call) -> Answer:
    """One model: its state, evidence, incidents, deploys, findings."""
    view, store = call.view(), call.service.store
    query = ALL._replace(cursor=read_cursor(call))
    incidents, more = lookup.incidents(store, view.name, query, call.key)
    return render(
        call,
        "model.html.jinja",
        model=documents.model_document(view),
        incidents=incidents,
        more=more,
        deploys=lookup.entries(store, "note", view.name, ALL._replace(limit=10), call.key)[0],
        findings=lookup.findings(store, view.name, ALL._replace(limit=20))[0],
        schema=call.service.schema_of(view.name),
    )
