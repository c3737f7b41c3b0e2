"""Refused events with reasons."""

from vedette.web import lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import ALL, read_cursor, render
from vedette.web.redaction import Redaction
from vedette.web.veil import veil_of


def page_quarantine(call: Call) -> Answer:
    """Refused events, the newest first."""
    query = ALL._replace(cursor=read_cursor(call))

    def rules(model: str) -> Redaction:
        return Redaction.of(call.service.schema_of(model))

    found, more = lookup.refused(call.service.store, query, veil_of(call), rules)
    return render(call, "quarantine.html.jinja", entries=found, more=more)
