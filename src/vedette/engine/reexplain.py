"""An incident explained anew, from what is kept and from the log.

Owns: which state of the model that rests on.  Does not own: explaining (`engine.explaining`);
nothing is written.
"""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from vedette.alerts.incident import Incident
from vedette.core.errors import UsageError
from vedette.engine.explained import Explanation
from vedette.engine.explaining import explain_incident
from vedette.engine.keeper import Keeper
from vedette.engine.live import LiveSettings
from vedette.engine.model import ModelState
from vedette.engine.rescoring import Model, with_the_model
from vedette.engine.runner import LIVE, Runner
from vedette.stores.store import EventLog, StateStore


def kept_explanation(store: StateStore, incident: Incident) -> Explanation:
    """The explanation that was kept when the incident opened, or its labels came.

    Errors: UsageError when there is none.
    """
    entry = store.get("explanation", incident.model, incident.id)
    if entry is None:
        raise UsageError(
            f"incident {incident.id!r}", "has no explanation that was kept", got=_why(incident),
            hint="--again makes one from the log",
        )  # fmt: skip
    return msgspec.json.decode(entry.body, type=Explanation)


def explain_again(
    log: EventLog, store: StateStore, scratch: StateStore, settings: LiveSettings,
    incident: Incident, model: Model | None = None,
) -> Explanation:  # fmt: skip
    """Explain an incident with everything that is known by now: its end, labels that came later,
    and what the model itself says of the columns, if it is given.

    `scratch` is an empty store.
    Errors: UsageError when the model's state is not kept, or its reference had no labels.
    """
    for state in states_about(log, store, scratch, settings, incident):
        if state.plan is None or state.plan.baseline.appraisal is None:
            continue
        found = explain_incident(log, store, state, incident, store.position)
        if found.rows and model is not None:
            own = settings.of(incident.model)
            return with_the_model(found, incident, log, state.plan, own, model)
        if found.rows:
            return found
    raise UsageError(
        f"incident {incident.id!r}", "cannot be explained",
        got=f"a reference of model {incident.model!r} without labels, or nothing kept of that time",
        hint="give a reference with a column of labels, or send labels",
    )  # fmt: skip


def states_about(
    log: EventLog, store: StateStore, scratch: StateStore, settings: LiveSettings,
    incident: Incident,
) -> Iterator[ModelState]:  # fmt: skip
    """States of the model whose baseline may be that of the incident's time: as it is now, and as
    it was when the incident had opened."""
    runner = Runner(log, Keeper(scratch, settings, tell=False, elder=store), settings)
    now = store.get("snapshot", incident.model, LIVE)
    days = store.read("snapshot", incident.model, prefix="day/")
    then = [entry for entry in days if entry.time > incident.opened]
    for entry in (now, min(then, key=lambda entry: entry.key, default=None)):
        if entry is not None:
            runner.take_up(incident.model, entry.body)
            state = runner.models[incident.model]
            # What was under way then has been kept since.
            yield state if entry is now else replace(state, drift=replace(state.drift, open={}))


def _why(incident: Incident) -> str:
    monitors = {monitor for monitor, _, _ in incident.streams}
    if monitors == {"volume"}:
        return "an incident of traffic, not of predictions"
    return "a reference without labels, or an incident that opened before labels were watched"
