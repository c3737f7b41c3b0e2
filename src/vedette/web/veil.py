"""What a caller who may not see some groups is told of findings and incidents about them: that
there is one, not which group it is about; and which columns and segments they may look into.

Owns: blanking them.  Does not own: who may see which groups (`web.redaction.may_see_groups`),
figures of groups (`web.fairness`).

The values of a personal column are groups whoever speaks of them: its drift, and segments of it,
are blanked as well.

Filters run on what is left after this, so that nobody can ask their way to what is hidden.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from vedette.alerts.grouping import OF_GROUPS, is_about_groups, title_of
from vedette.alerts.incident import Cause, Incident
from vedette.alerts.separation import said_of
from vedette.core.schema import Schema
from vedette.engine.axes import AxisView
from vedette.engine.batch import parents_of
from vedette.engine.causes import BECAUSE
from vedette.monitors.dependence import MONITOR as DEPENDENCE
from vedette.monitors.finding import Finding
from vedette.monitors.schema import named
from vedette.profiles.baseline import Baseline
from vedette.profiles.groups import AND
from vedette.stores.store import Entry, StateStore
from vedette.web.answers import Problem
from vedette.web.call import Call
from vedette.web.keys import EVERYTHING, Key
from vedette.web.redaction import may_see_groups, may_unmask

WHO = "which one, those with the scope `admin` see"
BEYOND = f"a group is treated unlike the rest; {WHO}"
WITHIN = f"a comparison of groups; {WHO}"
VALUES = "values of a personal column are meant; which ones, those with the scope `admin` see"
GONE = (
    "missing",
    "not_finite",
    "broken",
    "missing_online",
    "missing_offline",
)  # components that say nothing of values
BESIDE = ("association", "pattern")  # components whose category is another column


def _no_schema(model: str) -> Schema | None:
    return None


def _none(model: str) -> int:
    return 0


@dataclass(frozen=True)
class Veil:
    """What a caller may not see.  `schema_of` says of a model which of its columns are personal,
    `least_of` of how few rows of a group nothing is told to anybody, `checks_of` what is declared
    of its rows."""

    caller: Key = EVERYTHING
    schema_of: Callable[[str], Schema | None] = _no_schema
    least_of: Callable[[str], int] = _none
    checks_of: Callable[[str], Schema | None] = _no_schema
    _found: dict[str, tuple[str, ...]] = field(default_factory=dict, compare=False, repr=False)

    def hidden(self, model: str) -> tuple[str, ...]:
        """The columns of a model, derived ones included, whose values the caller may not see."""
        if model not in self._found:
            schema = None if may_unmask(self.caller, model) else self.schema_of(model)
            names: list[str] = []
            if schema is not None:
                names = [*(one.name for one in schema.fields), *parents_of(schema)]
            self._found[model] = tuple(
                name
                for name in dict.fromkeys(names)
                if not may_see_groups(self.caller, model, schema, (name,))
            )
            self._found[model] += self._rules(model, self._found[model])
        return self._found[model]

    def _rules(self, model: str, hidden: tuple[str, ...]) -> tuple[str, ...]:
        """Rules that read a hidden column, as findings name them: breaking one tells its value."""
        declared = self.checks_of(model) if hidden else None
        if declared is None:
            return ()
        kinds = {field.name: field.kind for field in declared.fields}
        read = ((rule.name, rule.reads(kinds)) for rule in declared.rules)
        return tuple(named(name) for name, columns in read if not set(columns).isdisjoint(hidden))

    def hides_segment(self, model: str, segment: str) -> bool:
        """Whether a segment is of a column that is hidden."""
        return bool(segment) and segment.startswith(tuple(f"{n}=" for n in self.hidden(model)))

    def baseline(self, model: str, baseline: Baseline | None) -> Baseline | None:
        """A baseline without the segments that the caller may not look into."""
        if baseline is None:
            return None
        gone = set(self.hidden(model)) & set(baseline.segments)
        if not gone:
            return baseline
        kept = {name: own for name, own in baseline.segments.items() if name not in gone}
        return replace(baseline, segments=kept)

    def hides(self, model: str, groups: str) -> bool:
        """Whether a set of groups, by its key, is hidden."""
        schema = self.schema_of(model)
        names = set() if schema is None else {field.name for field in schema.fields}
        columns = (groups,) if groups in names else tuple(groups.split(AND))
        return not may_see_groups(self.caller, model, schema, columns)

    def finding(self, finding: Finding, model: str = "") -> Finding:
        """A finding as the caller may see it."""
        if finding.monitor not in OF_GROUPS:
            return self._of_column(finding, model or finding.model)
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

    def _of_column(self, finding: Finding, model: str) -> Finding:
        """A finding about one column: nothing of the values of a personal one, nor of a segment
        that is one of them."""
        inside = self.hides_segment(model, finding.segment)
        hidden = self.hidden(model)
        tells = finding.column in hidden and finding.component not in GONE
        beside = finding.component in BESIDE and finding.category in hidden
        if not (inside or tells or beside):
            return finding
        return Finding(
            monitor=finding.monitor,
            component=finding.component,
            column=finding.column,
            segment="" if inside else finding.segment,
            evidence=finding.evidence,
            min_effect=finding.min_effect,
            verdict=finding.verdict,
            reason=_about(finding.column),
            model=finding.model,
            window=finding.window,
        )

    def incident(self, incident: Incident) -> Incident:
        """An incident as the caller may see it."""
        model, streams = incident.model, incident.streams
        if not (
            self._has_partner(incident)
            or any(self.hides_stream(model, stream) for stream in streams)
        ):
            return self._separated(incident)
        hidden = {
            column
            for monitor, column, _ in streams
            if monitor in OF_GROUPS and self.hides(model, column)
        }
        findings = tuple(self.finding(one, model) for one in incident.findings)
        of_others = {column for monitor, column, _ in streams if monitor not in OF_GROUPS}
        causes = tuple(
            Cause(column="", component=one.component, share=one.share, statement=BEYOND)
            if one.column in hidden and one.column not in of_others
            else self._cause(one, model)
            for one in incident.causes
        )
        # A title and notes may be about the group whatever leads by now.
        return msgspec.structs.replace(
            incident,
            title=title_of(causes),
            streams=tuple(dict.fromkeys(self._stream(model, stream) for stream in streams)),
            findings=findings,
            causes=causes,
            history=tuple(msgspec.structs.replace(one, note="") for one in incident.history),
            separation=None,
            harm=incident.harm
            and msgspec.structs.replace(incident.harm, statement=BEYOND if hidden else VALUES),
        )

    def _has_partner(self, incident: Incident) -> bool:
        """Whether a hidden column is told of as the partner of another one."""
        hidden = self.hidden(incident.model)
        return any(
            one.component in BESIDE and one.category in hidden for one in incident.findings
        ) or any(
            one.component in BESIDE and self._names_hidden(one.statement, incident.model)
            for one in incident.causes
        )

    def _separated(self, incident: Incident) -> Incident:
        """An incident that names no hidden column among those that give its rows away."""
        found, hidden = incident.separation, self.hidden(incident.model)
        if found is None:
            return incident
        together = found.together
        if together is not None and not set(together.columns).isdisjoint(hidden):
            together = None
        left = tuple(one for one in found.columns if one.column not in hidden)
        if left == found.columns and together is found.together:
            return incident
        said = found.statement
        if found.auc is not None and found.low is not None and found.high is not None:
            said = said_of(found.auc, found.low, found.high, left)
        own = msgspec.structs.replace(found, statement=said, columns=left, together=together)
        return msgspec.structs.replace(incident, separation=own)

    def _cause(self, cause: Cause, model: str) -> Cause:
        """A cause without the values of a personal column."""
        inside = self.hides_segment(model, cause.segment)
        tells = cause.column in self.hidden(model) and cause.component not in GONE
        tells |= cause.component in BESIDE and self._names_hidden(cause.statement, model)
        if not (inside or tells):
            if cause.column not in self.hidden(model):
                return cause
            bare = cause.statement.partition(BECAUSE)[0]  # why twins disagree tells their values
            return msgspec.structs.replace(cause, statement=bare)
        return msgspec.structs.replace(
            cause, segment="" if inside else cause.segment, statement=_about(cause.column)
        )

    def _names_hidden(self, statement: str, model: str) -> bool:
        """Whether a statement about two columns names one that is hidden."""
        return any(f"`{name}`" in statement for name in self.hidden(model))

    def hides_stream(self, model: str, stream: tuple[str, str, str]) -> bool:
        monitor, column, segment = stream
        if monitor in OF_GROUPS:
            return self.hides(model, column)
        return column in self.hidden(model) or self.hides_segment(model, segment)

    def _stream(self, model: str, stream: tuple[str, str, str]) -> tuple[str, str, str]:
        monitor, column, segment = stream
        if monitor in OF_GROUPS:
            return (monitor, "", "") if self.hides(model, column) else stream
        return (monitor, column, "") if self.hides_segment(model, segment) else stream

    def is_over(self, incident: Incident) -> bool:
        """Whether some of an incident is hidden."""
        return self.incident(incident) is not incident

    def axes(self, model: str, axes: Mapping[str, AxisView]) -> dict[str, AxisView]:
        """How the axes of a model stand, without reasons that name a group."""
        return {
            axis: AxisView(seen.verdict, BEYOND)
            if any(self.hides(model, key) for key in seen.about)
            else AxisView(seen.verdict, VALUES)
            if any(self.hides_stream(model, stream) for stream in seen.streams)
            or self._pairs_hidden(seen, model)
            else seen
            for axis, seen in axes.items()
        }

    def _pairs_hidden(self, seen: AxisView, model: str) -> bool:
        """Whether a reason may be about two columns, one of which is hidden."""
        paired = any(monitor == DEPENDENCE for monitor, _, _ in seen.streams)
        return paired and self._names_hidden(seen.reason, model)

    def message(self, store: StateStore, entry: Entry, document: dict[str, Any]) -> dict[str, Any]:
        """A message to people: without what it says of a group."""
        kept = store.get("incident", entry.model, str(document.get("incident") or ""))
        about = None if kept is None else msgspec.json.decode(kept.body, type=Incident)
        whole = about is not None and not self.is_over(about)
        if whole or not self._has_personal(entry.model):
            return document
        of_groups = about is None or is_about_groups(about)
        return {**document, "document": {"title": BEYOND if of_groups else VALUES}}

    def _has_personal(self, model: str) -> bool:
        """Whether any column of a model tells groups apart that the caller may not see."""
        return bool(self.hidden(model))


def _about(column: str) -> str:
    """What is told in the place of a statement about values."""
    return f"`{column}`: {VALUES}" if column else VALUES


def check_column(call: Call, model: str, column: str) -> None:
    """See that a caller may see how the values of a column are spread: the values of a personal one
    are groups.  Errors: Problem, 403."""
    if veil_of(call).hides(model, column):
        raise Problem(
            403, "not_allowed", "This key may not see this column: scope 'admin' is needed.",
            "column",
        )  # fmt: skip


def check_open(veil: Veil, model: str, segment: str | None) -> None:
    """See that a caller may look into a segment.  Errors: Problem, 403."""
    if segment and veil.hides_segment(model, segment):
        raise Problem(
            403, "not_allowed", "This key may not see this segment: scope 'admin' is needed.",
            "segment",
        )  # fmt: skip


def is_veiled(incident: Incident) -> bool:
    """Whether some of an incident was hidden."""
    return any(monitor in OF_GROUPS and not column for monitor, column, _ in incident.streams)


def veil_of(call: Call) -> Veil:
    """What the caller may not see."""
    service = call.service
    return Veil(
        call.key,
        service.schema_of,
        lambda model: service.settings_of(model).fairness.minimum,
        service.checks_of,
    )
