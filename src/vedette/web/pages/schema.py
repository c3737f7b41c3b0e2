"""What the served rows of a model must obey, and how many did not."""

from collections.abc import Mapping
from types import MappingProxyType

from vedette.web import documents
from vedette.web.answers import Answer
from vedette.web.call import Call
from vedette.web.pages.page import render
from vedette.web.schema import checks_document
from vedette.web.veil import veil_of

WAYS: Mapping[str, str] = MappingProxyType(
    {
        "required": "without a value", "kind": "of another kind", "type": "of another type",
        "finite": "not finite", "min": "below min", "above": "not above", "max": "above max",
        "below": "not below", "step": "off the step", "min_length": "too short",
        "max_length": "too long", "allowed": "not allowed", "forbidden": "forbidden",
        "pattern": "not matching", "rule": "broken",
    }
)  # fmt: skip


def page_schema(call: Call) -> Answer:
    """The declared schema with what was broken of it; how to declare one where there is none."""
    view = call.view()
    return render(
        call,
        "schema.html.jinja",
        model=documents.model_document(view, veil_of(call)),
        checks=checks_document(call),
        ways=WAYS,
        watched=[] if (found := call.service.schema_of(view.name)) is None else found.names,
    )
