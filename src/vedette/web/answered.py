"""What the API answers, as JSON Schema.

Owns: the schemas of models, incidents, findings and profiles, made from the values that they are
written from.  Does not own: writing them (`web.documents`), the rest of the document
(`web.openapi`).
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from vedette.alerts.harm import BENIGN, HARMFUL, UNKNOWN, Harm
from vedette.alerts.incident import AXES, SEVERITIES, Cause, Incident, Move
from vedette.alerts.lifecycle import TABLE
from vedette.alerts.separation import Separation, Telltale, Together
from vedette.engine.explained import Effect, Explanation, Place
from vedette.engine.settings_view import DEFAULT, FILE, SAVED, Budgeted, Valued
from vedette.engine.trials import DONE, FAILED, RUNNING
from vedette.engine.views import ModelView
from vedette.monitors.finding import VERDICTS, Finding
from vedette.web.documents import VIEW

Schema = dict[str, Any]

WORD: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": ["number", "null"]}  # null where it is not finite, or not known
INSTANT: Schema = {"type": "string", "format": "date-time"}
LATER: Schema = {"type": ["string", "null"], "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
MAYBE: Schema = {"type": ["string", "null"]}
VALUE: Schema = {"type": ["string", "number", "boolean", "null", "array"]}
NEXT: Schema = {"type": ["string", "null"], "description": "The cursor of the next page."}


def ref(name: str) -> Schema:
    """Point at a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def many(name: str) -> Schema:
    """A list of them."""
    return {"type": "array", "items": ref(name)}


def whole(**properties: Schema) -> Schema:
    """An object that always has all of its properties.

    Example:
        >>> whole(rows=COUNT)["required"]
        ['rows']
    """
    return {"type": "object", "required": list(properties), "properties": properties}


def answers() -> dict[str, Schema]:
    """The schemas by name."""
    return {
        **_found(), **_models(), **_profiles(), **_events(), **_performance(), **_managed(),
    }  # fmt: skip


def _found() -> dict[str, Schema]:
    """The schemas of findings and incidents."""
    finding = _properties(Finding) | {
        "id": WORD,
        "verdict": {"enum": list(VERDICTS)},
        "window": {"oneOf": [ref("Window"), {"type": "null"}]},
    }
    incident = _properties(Incident) | {
        "state": {"enum": list(TABLE)},
        "open": {"type": "boolean"},
        "severity": {"enum": list(SEVERITIES)},
        "axis": {"enum": list(AXES)},
        "onset": INSTANT,
        "opened": INSTANT,
        "closed": LATER,
        "muted_until": LATER,
        "streams": many("Stream"),
        "actions": {"type": "array", "items": WORD},
        "replay": WORD,
        "findings": many("Finding"),
        "causes": many("Cause"),
        "history": many("Move"),
        "harm": {"oneOf": [ref("Harm"), {"type": "null"}]},
        "separation": {"oneOf": [ref("Separation"), {"type": "null"}]},
    }
    listed = {name: one for name, one in incident.items() if name not in ("findings", "history")}
    return {
        "Window": whole(start=INSTANT, end=INSTANT),
        "Stream": whole(monitor=WORD, column=WORD, segment=WORD),
        "Finding": whole(**finding),
        "Findings": whole(findings=many("Finding"), next=NEXT),
        "Cause": whole(**_properties(Cause)),
        "Separation": whole(
            **_properties(Separation)
            | {
                "columns": {"type": "array", "items": whole(**_properties(Telltale))},
                "together": {"oneOf": [ref("Together"), {"type": "null"}]},
                "start": LATER,
                "end": LATER,
            },
            together_words=WORD,
        ),
        "Together": whole(
            **(_properties(Together) | {"columns": {"type": "array", "items": WORD}})
        ),
        "Move": whole(**(_properties(Move) | {"at": INSTANT})),
        "Incident": whole(**incident),
        "ListedIncident": whole(**listed),
        "Incidents": whole(incidents=many("ListedIncident"), next=NEXT),
        "Evidence": whole(value=NUMBER, threshold=NUMBER, share=NUMBER),
    }


def _models() -> dict[str, Schema]:
    """The schemas of models."""
    model = {name: one for name, one in _properties(ModelView).items() if name in VIEW}
    return {
        "Model": whole(
            **model
            | {
                "evidence": {"type": "object", "additionalProperties": ref("Evidence")},
                "axes": {"type": "object", "additionalProperties": ref("Axis")},
                "first_time": LATER,
                "last_time": LATER,
                "seen_until": LATER,
                "traffic_start": LATER,
                "traffic": {"type": "array", "items": COUNT},
                "recently": ref("Recently"),
            }
        ),
        "Recently": whole(
            losses={"type": "array", "items": {"type": "number"}}, loss=NUMBER, labels=COUNT,
            reference=NUMBER,
        ),
        "Axis": whole(verdict={"enum": list(VERDICTS)}, reason=WORD),
        "Models": whole(models=many("Model")),
    }  # fmt: skip


def _profiles() -> dict[str, Schema]:
    """The schemas of profiles."""
    return {
        "ProfiledColumn": whole(
            column=WORD, segment=WORD, rows=COUNT, missing=COUNT, not_finite=COUNT, broken=COUNT,
            unseen=COUNT, mean=NUMBER, sd=NUMBER, min=NUMBER, max=NUMBER, distinct=NUMBER,
        ),
        "Profile": whole(
            clock=WORD, start=LATER, end=LATER, rows=COUNT, late_rows=COUNT, version=WORD,
            binning=WORD, columns=many("ProfiledColumn"),
        ),
        "Profiles": whole(profiles=many("Profile"), next=NEXT),
    }  # fmt: skip


def _events() -> dict[str, Schema]:
    """The schemas of stored events."""
    return {
        "StoredEvents": whole(
            events={"type": "array", "items": {"type": "object"}}, next=NEXT, complete=FLAG,
            scanned=COUNT,
        ),
        "StoredEvent": whole(
            id=WORD, time=INSTANT, version=VALUE, trace_id=VALUE, latency_s=NUMBER, weight=NUMBER,
            columns=many("EventColumn"), unusual={"type": "array", "items": WORD},
            anomaly={"oneOf": [ref("Anomaly"), {"type": "null"}]},
            labels={"type": "array", "items": whole(label=VALUE, time=INSTANT)},
            labels_complete=FLAG, span_id=VALUE, parent_id=VALUE, rest=VALUE,
            logs={
                "type": "array",
                "items": whole(
                    time=INSTANT, severity=VALUE, event=VALUE, body=WORD, span_id=VALUE, rest=WORD
                ),
            },
            logs_complete=FLAG,
            windows={
                "type": "array",
                "items": whole(
                    clock=WORD, start=INSTANT, end=INSTANT, ended=FLAG, rows=NUMBER,
                    late_rows=NUMBER,
                ),
            },
            late={"type": ["boolean", "null"], "description": "Null where it is not known."},
            incidents={
                "type": "array",
                "items": whole(
                    id=WORD, title=WORD, state=WORD, severity=WORD, onset=INSTANT, closed=LATER
                ),
            },
            findings=many("Finding"), redacted=FLAG,
        ),
        "Anomaly": whole(**_anomaly()),
        "RareEvent": whole(id=WORD, time=INSTANT, **_anomaly()),
        "RareEvents": whole(events=many("RareEvent"), next=NEXT),
        "Scored": whole(
            rows=COUNT, rejected_count=COUNT,
            scores={"type": "array", "items": whole(row=COUNT, id=MAYBE, **_anomaly())},
            rejected={"type": "array", "items": whole(row=COUNT, id=WORD, reason=WORD)},
        ),
        "EventColumn": whole(
            column=WORD, kind=MAYBE, role=MAYBE, unit=MAYBE, derived_from=MAYBE, value=VALUE,
            hidden=FLAG,
            place={
                "type": ["object", "null"],
                "description": "Where the value lies in the reference, in shares of its rows.",
                "required": ["at_or_below", "share", "missing", "words"],
                "properties": {
                    "at_or_below": {"type": ["array", "null"], "items": {"type": "number"}},
                    "share": NUMBER, "missing": NUMBER, "words": WORD,
                },
            },
            unusual=MAYBE,
        ),
    }  # fmt: skip


def _anomaly() -> dict[str, Schema]:
    """How unlike the reference a row is."""
    reason = whole(column=WORD, kind=MAYBE, surprise=NUMBER, words=WORD)
    return {
        "score": {**NUMBER, "description": "Distance to the reference, in standard deviations."},
        "p": {**NUMBER, "description": "The chance that an ordinary row is as far from it."},
        "unlike": FLAG,
        "words": WORD,
        "reasons": {"type": "array", "items": reason},
    }


def _performance() -> dict[str, Schema]:
    """The schemas of performance and of explanations."""
    nothing: Schema = {"type": "null"}
    maybe = {"oneOf": [ref("Told"), nothing]}
    told = {"value": NUMBER, "low": NUMBER, "high": NUMBER}
    trusted: Schema = {
        "type": ["boolean", "null"],
        "description": "Whether labels that came agree with it; null where none tell.",
    }
    estimated = {"oneOf": [whole(**told, n=COUNT, trusted=trusted), nothing]}
    labels = whole(
        predictions=COUNT, labelled=COUNT, coverage=NUMBER, reason=WORD, selective=MAYBE,
        delay_median_s=NUMBER, delay_q90_s=NUMBER, usual_coverage=NUMBER, waiting=COUNT, lost=COUNT,
    )  # fmt: skip
    step = whole(
        start=INSTANT, end=INSTANT, predictions=COUNT, labelled=COUNT, coverage=NUMBER,
        delay_median_s=NUMBER, delay_q90_s=NUMBER, mature=FLAG, immature=WORD, realised=maybe,
        estimated=estimated,
    )  # fmt: skip
    counts: Schema = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
    harm = _properties(Harm) | {"verdict": {"enum": [HARMFUL, BENIGN, UNKNOWN]}}
    explanation = _properties(Explanation) | {
        "harm": ref("Harm"),
        "causes": {"type": "array", "items": whole(**_properties(Effect))},
        "segments": {"type": "array", "items": whole(**_properties(Place))},
        "assumptions": {"type": "array", "items": WORD},
        "missing": {"type": "array", "items": WORD},
    }
    return {
        "Told": whole(**told, n=COUNT),
        "Harm": whole(**harm),
        "Explanation": whole(**explanation),
        "Explained": whole(
            incident=WORD, explanation={"oneOf": [ref("Explanation"), nothing]}, reason=WORD
        ),
        "Performance": whole(
            model=WORD, task=MAYBE, classes={"type": "array", "items": WORD}, metric=MAYBE,
            better=MAYBE,
            metrics={"type": "array", "items": whole(name=WORD, better=WORD, estimated=FLAG)},
            segment=WORD, start=INSTANT, end=INSTANT, step_s=NUMBER, labels=labels, reference=maybe,
            steps={"type": "array", "items": step},
            total={
                "type": "object",
                "additionalProperties": whole(
                    realised=maybe, estimated=maybe, trusted=trusted, reference=maybe
                ),
            },
            confusion={
                "oneOf": [
                    whole(
                        classes={"type": "array", "items": WORD}, counts=counts,
                        reference={"oneOf": [counts, nothing]},
                    ),
                    nothing,
                ]
            },
            calibration={
                "type": "array",
                "items": whole(score=NUMBER, rate=NUMBER, low=NUMBER, high=NUMBER, n=COUNT),
            },
            thresholds={
                "type": "array",
                "items": whole(
                    threshold=NUMBER, positive=COUNT, precision=NUMBER, recall=NUMBER,
                    specificity=NUMBER, f1=NUMBER, accuracy=NUMBER, cost=NUMBER, n=COUNT,
                ),
            },
            costs={"oneOf": [counts, nothing]},
            segments={
                "type": "array",
                "items": whole(
                    segment=WORD, predictions=COUNT, labelled=COUNT, realised=maybe,
                    estimated=maybe, trusted=trusted, reference=maybe,
                    difference={"oneOf": [whole(**told), nothing]},
                ),
            },
        ),
    }  # fmt: skip


def _managed() -> dict[str, Schema]:
    """The schemas of settings, back-tests, keys and channels."""
    any_value: Schema = {"description": "A value of the setting, null for none."}
    value = _properties(Valued) | {
        "value": any_value, "file": any_value, "at": LATER,
        "origin": {"enum": [SAVED, FILE, DEFAULT]},
    }  # fmt: skip
    settings = {"model": WORD, "settings": many("Setting"), "monitors": many("Budgeted")}
    key = {
        "id": WORD, "state": {"enum": ["in force", "expired", "revoked"]},
        "scopes": {"type": "array", "items": WORD}, "models": WORD, "note": WORD,
        "made": INSTANT, "expires": LATER, "ended": LATER,
    }  # fmt: skip
    return {
        "Setting": whole(**value),
        "Budgeted": whole(**_properties(Budgeted)),
        "Settings": whole(**settings),
        "SavedSettings": whole(said=WORD, **settings),
        "Backtest": whole(
            id=WORD, model=WORD, state={"enum": [RUNNING, DONE, FAILED]},
            changes={"type": "object"}, progress=NUMBER, limit_s=NUMBER, error=WORD,
            complete={"type": "boolean"}, start=LATER, end=LATER, records=COUNT,
            would_have_raised=many("ListedIncident"), raised=many("ListedIncident"),
        ),
        "Key": whole(**key),
        "Keys": whole(keys=many("Key")),
        "NewKey": whole(**{"key": WORD, **key}),
        "Tested": whole(channel=WORD, ok={"type": "boolean"}, detail=WORD, at=INSTANT),
    }  # fmt: skip


def _properties(kind: type[msgspec.Struct]) -> dict[str, Schema]:
    """The properties of a value as JSON: plain types by name; what needs more is set above."""
    _, found = msgspec.json.schema_components([kind], ref_template="#/components/schemas/{name}")
    given: Mapping[str, Schema] = found[kind.__name__]["properties"]
    return {name: _plain(one) for name, one in given.items()}


def _plain(given: Schema) -> Schema:
    kinds: Iterable[Schema] = given.get("anyOf", [given])
    types = [kind.get("type", "object") for kind in kinds]
    if "number" in types and "null" not in types:
        types.append("null")  # JSON has no infinity
    return {"type": types[0] if len(types) == 1 else types}
