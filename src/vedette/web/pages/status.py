"""The server itself: whether it is well, and what it could not deliver."""

from vedette.web import lookup
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import LISTED, render
from vedette.web.query import Query
from vedette.web.veil import veil_of


def page_status(call: Call) -> Answer:
    """The server, its messages, its dead letters."""
    dead = Query(None, None, LISTED, None, {"state": "dead"})
    return render(
        call,
        "status.html.jinja",
        gauges=call.service.gauges(),
        unready=call.service.unready(),
        dead=lookup.entries(call.service.store, "message", None, dead, veil_of(call))[0],
    )
