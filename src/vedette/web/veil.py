"""What a caller who may not see some groups is told of findings and incidents about them: that
there is one, not which group it is about; and which columns they may look into.

Owns: blanking them.  Does not own: who may see which groups (`web.redaction.may_see_groups`),
figures of groups (`web.fairness`).

Filters run on what is left after this, so that nobody can ask their way to what is hidden.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from vedette.alerts.grouping import OF_GROUPS, title_of
from vedette.alerts.incident import Cause, Incident
from vedette.core.schema import Schema
from vedette.engine.axes import AxisView
from vedette.monitors.finding import Finding
from vedette.profiles.groups import AND
from vedette.stores.store import Entry, StateStore
from vedette.web.answers import Problem
from vedette.web.call import Call
from vedette.web.keys import EVERYTHING, Key
from vedette.web.redaction import may_see_groups

WHO = "which one, those with the scope `admin` see"
BEYOND = f"a group is treated unlike the rest; {WHO}"
WITHIN = f"a comparison of groups; {WHO}"


def _no_schema(model: str) -> Schema | None:
    return None


def _none(model: str) -> int:
    return 0


@dataclass(frozen=True)
class Veil:
    """What a caller may not see.  `schema_of` says of a model which of its columns are personal,
    `least_of` of how few rows of a group nothing is told to anybody."""

    caller: Key = EVERYTHING
    schema_of: Callable[[str], Schema | None] = _no_schema
    least_of: Callable[[str], int] = _none

    def hides(self, model: str, groups: str) -> bool:
        """Whether a set of groups, by its key, is hidden."""
        schema = self.schema_of(model)
        names = set() if schema is None else {field.name for field in schema.fields}
        columns = (groups,) if groups in names else tuple(groups.split(AND))
        return not may_see_groups(self.caller, model, schema, columns)

    def finding(self, finding: Finding, model: str = "") -> Finding:
        """A finding as the caller may see it."""
        if finding.monitor not in OF_GROUPS:
            return finding
        if not self.hides(model or finding.model, finding.column):
            few = finding.n_window < self.least_of(model or finding.model)
            return msgspec.structs.replace(finding, n_window=0) if few else finding
        return Finding(
            monitor=finding.monitor,
            component=finding.component,
            column="",
            evidence=finding.evidence,
            min_effect=finding.min_effect,
            verdict=finding.verdict,
            reason=BEYOND if finding.verdict in ("alarming", "notable") else WITHIN,
            model=finding.model,
            window=finding.window,
        )

    def incident(self, incident: Incident) -> Incident:
        """An incident as the caller may see it."""
        model = incident.model
        hidden = {
            column
            for monitor, column, _ in incident.streams
            if monitor in OF_GROUPS and self.hides(model, column)
        }
        if not hidden:
            return incident
        findings = tuple(self.finding(one, model) for one in incident.findings)
        of_others = {one.column for one in findings if one.monitor not in OF_GROUPS}
        causes = tuple(
            Cause(column="", component=one.component, share=one.share, statement=BEYOND)
            if one.column in hidden and one.column not in of_others
            else one
            for one in incident.causes
        )
        streams = tuple(
            (monitor, "", "")
            if monitor in OF_GROUPS and column in hidden
            else (monitor, column, at)
            for monitor, column, at in incident.streams
        )
        # A title and notes may be about the group whatever leads by now.
        return msgspec.structs.replace(
            incident,
            title=title_of(causes),
            streams=tuple(dict.fromkeys(streams)),
            findings=findings,
            causes=causes,
            history=tuple(msgspec.structs.replace(one, note="") for one in incident.history),
            harm=incident.harm and msgspec.structs.replace(incident.harm, statement=BEYOND),
        )

    def is_over(self, incident: Incident) -> bool:
        """Whether some of an incident is hidden."""
        return self.incident(incident) is not incident

    def axes(self, model: str, axes: Mapping[str, AxisView]) -> dict[str, AxisView]:
        """How the axes of a model stand, without reasons that name a group."""
        return {
            axis: AxisView(seen.verdict, BEYOND)
            if any(self.hides(model, key) for key in seen.about)
            else seen
            for axis, seen in axes.items()
        }

    def message(self, store: StateStore, entry: Entry, document: dict[str, Any]) -> dict[str, Any]:
        """A message to people: without what it says of a group."""
        kept = store.get("incident", entry.model, str(document.get("incident") or ""))
        about = None if kept is None else msgspec.json.decode(kept.body, type=Incident)
        whole = about is not None and not self.is_over(about)
        if whole or not self._has_personal(entry.model):
            return document
        return {**document, "document": {"title": BEYOND}}

    def _has_personal(self, model: str) -> bool:
        """Whether any column of a model tells groups apart that the caller may not see."""
        schema = self.schema_of(model)
        if schema is None:
            return False
        names = (field.name for field in schema.fields)
        return any(not may_see_groups(self.caller, model, schema, (name,)) for name in names)


def check_column(call: Call, model: str, column: str) -> None:
    """See that a caller may see how the values of a column are spread: the values of a personal one
    are groups.  Errors: Problem, 403."""
    if veil_of(call).hides(model, column):
        raise Problem(
            403, "not_allowed", "This key may not see this column: scope 'admin' is needed.",
            "column",
        )  # fmt: skip


def is_veiled(incident: Incident) -> bool:
    """Whether some of an incident was hidden."""
    return any(monitor in OF_GROUPS and not column for monitor, column, _ in incident.streams)


def veil_of(call: Call) -> Veil:
    """What the caller may not see."""
    service = call.service
    return Veil(
        call.key, service.schema_of, lambda model: service.settings_of(model).fairness.minimum
    )
