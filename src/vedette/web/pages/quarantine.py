"""Refused events with reasons."""

from vedette.web import lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import ALL, read_cursor, render


def page_quarantine(call: Call) -> Answer:
    """Refused events, the newest first."""
    query = ALL._replace(cursor=read_cursor(call))
    found, more = lookup.entries(call.service.store, "quarantine", None, query, call.key)
    return render(call, "quarantine.html.jinja", entries=found, more=more)
