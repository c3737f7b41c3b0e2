"""What the served rows of a model must obey, and how many did not."""

from vedette.web import documents
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import render
from vedette.web.schema import checks_document
from vedette.web.veil import veil_of


def page_schema(call: Call) -> Answer:
    """The declared schema with what was broken of it; how to declare one where there is none."""
    view = call.view()
    return render(
        call,
        "schema.html.jinja",
        model=documents.model_document(view, veil_of(call)),
        checks=checks_document(call),
        watched=[] if (found := call.service.schema_of(view.name)) is None else found.names,
    )
