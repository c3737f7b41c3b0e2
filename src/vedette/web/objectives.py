"""The objectives of a model, as JSON.

Owns: the document, and its schema.  Does not own: how they stand (`engine.objective_view`).
"""

from typing import Any

import msgspec

from vedette.engine.objective_view import ObjectiveView
from vedette.monitors.finding import VERDICTS
from vedette.web.answered import FLAG, INSTANT, NUMBER, WORD, Schema, many, whole
from vedette.web.call import Call
from vedette.web.documents import finite, instant
from vedette.web.veil import veil_of

NONE = "the settings name no objective"
NOTHING = "no window has ended yet"


def objectives_document(call: Call) -> dict[str, Any]:
    """Every objective that the caller may see."""
    name, shown = call.view().name, shown_objectives(call)
    views = call.service.objectives_of(name)
    promised = call.service.settings_of(name).objectives
    document = {
        "model": name,
        "reason": "" if shown else NOTHING if promised and not views else NONE,
        "objectives": [_one(msgspec.to_builtins(view)) for view in shown],
    }
    plain: dict[str, Any] = finite(document)
    return plain


def shown_objectives(call: Call) -> list[ObjectiveView]:
    """The objectives of a model, without those about columns that the caller may not see."""
    name = call.view().name
    hidden = veil_of(call).hidden(name)
    return [view for view in call.service.objectives_of(name) if view.column not in hidden]


def _one(view: dict[str, Any]) -> dict[str, Any]:
    steps = [
        {**step, "start": instant(step["start"]), "end": instant(step["end"])}
        for step in view["steps"]
    ]
    return {**view, "steps": steps}


def objective_answers() -> dict[str, Schema]:
    """The schemas by name."""
    maybe: Schema = {"type": ["number", "null"]}
    return {
        "Burn": whole(
            long_s=NUMBER, short_s=NUMBER, factor=NUMBER, long=maybe, short=maybe, too_fast=FLAG
        ),
        "ObjectiveStep": whole(start=INSTANT, end=INSTANT, events=NUMBER, wrong=NUMBER),
        "Objective": whole(
            name=WORD, target=NUMBER, period_s=NUMBER, means=WORD, column=WORD,
            verdict={"enum": list(VERDICTS)}, events=NUMBER, wrong=NUMBER, left=maybe,
            burns=many("Burn"), steps=many("ObjectiveStep"),
        ),
        "Objectives": whole(model=WORD, reason=WORD, objectives=many("Objective")),
    }  # fmt: skip
