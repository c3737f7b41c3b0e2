"""Why an incident's model lost, as far as it is explained.

Owns: finding an explanation, and saying why there is none.  Does not own: making one
(`engine.explaining`), its form (`engine.explained`).
"""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from vedette.alerts.incident import Incident
from vedette.core.errors import StoreError
from vedette.engine.explained import Effect, Explanation
from vedette.web.asked import baseline_of
from vedette.web.call import Call
from vedette.web.documents import finite
from vedette.web.veil import VALUES, WHO, is_veiled, veil_of

OF_TRAFFIC = ("volume",)  # monitors whose incidents say nothing of single predictions


def explanation_of(call: Call, incident: Incident) -> Explanation | None:
    """What explains an incident; None where nothing does yet.

    Errors: StoreError where what is kept cannot be read.
    """
    entry = call.service.store.get("explanation", incident.model, incident.id)
    if entry is None or is_veiled(incident):
        return None
    try:
        found = msgspec.json.decode(entry.body, type=Explanation)
        return _open(found, veil_of(call).hidden(incident.model))
    except msgspec.DecodeError as error:
        where = f"explanation of incident {incident.id}"
        raise StoreError(where, "does not follow the format", got=str(error)) from None


def _open(found: Explanation, hidden: Sequence[str]) -> Explanation:
    """An explanation without the values of columns that the caller may not see."""
    if not hidden:
        return found
    names = "|".join(re.escape(name) for name in hidden)
    named = re.compile(rf"(?<!\w)(?:{names})(?!\w)")
    segments = tuple(one for one in found.segments if not named.search(one.words))
    causes = tuple(_cause(one) if one.column in hidden else one for one in found.causes)
    if segments == found.segments and causes == found.causes:
        return found
    harm, said = found.harm, found.statement
    if named.search(harm.statement):
        harm = msgspec.structs.replace(harm, statement=VALUES)
    return msgspec.structs.replace(
        found, statement=VALUES if named.search(said) else said, harm=harm, causes=causes,
        segments=segments,
    )  # fmt: skip


def _cause(one: Effect) -> Effect:
    """What a personal column does to the loss, without its values."""
    return msgspec.structs.replace(one, statement=f"`{one.column}`: {VALUES}", bins=())


def why_unexplained(call: Call, incident: Incident) -> str:
    """Why there is no explanation."""
    if is_veiled(incident):
        return f"it is about groups; {WHO}"
    if all(monitor in OF_TRAFFIC for monitor, _, _ in incident.streams):
        return "it is about traffic, not about predictions"
    view = call.service.model(incident.model)
    baseline = None if view is None else baseline_of(call, view)
    if baseline is None:
        return "there is no baseline to compare with"
    if baseline.appraisal is None:
        return "the reference has no labels, so nobody knows how good the predictions were"
    return "its windows have not been looked at again since it opened"


def explanation_document(call: Call, incident: Incident) -> dict[str, Any]:
    """The explanation as JSON, or why there is none."""
    found = explanation_of(call, incident)
    plain: dict[str, Any] = finite(
        {
            "incident": incident.id,
            "explanation": None if found is None else msgspec.to_builtins(found),
            "reason": "" if found is not None else why_unexplained(call, incident),
        }
    )
    return plain
