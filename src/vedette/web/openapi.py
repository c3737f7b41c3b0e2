"""The API in OpenAPI 3.1.

Owns: turning the table of routes into a document, the schemas of what is sent.  Does not own: the
routes (`web.routes`), the schemas of what is looked at (`web.answered`).
"""

import re
from typing import Any

from vedette.alerts.incident import AXES, SEVERITIES
from vedette.core.version import __version__
from vedette.engine.plan import DRIFT
from vedette.ingest.cloudevents.modes import BATCH, STRUCTURED
from vedette.monitors.catalog import MONITORS
from vedette.monitors.finding import VERDICTS
from vedette.web.answered import COUNT, WORD, answers, many, ref
from vedette.web.answered_fairness import fairness_answers
from vedette.web.answered_series import series_answers
from vedette.web.answered_skew import skew_answers
from vedette.web.keys import SCOPES
from vedette.web.lookup import CLOCKS
from vedette.web.objectives import objective_answers
from vedette.web.routes import OPEN, ROUTES, Route

_PARAMETERS: dict[str, tuple[str, dict[str, Any]]] = {
    "start": ("First instant: ISO 8601, seconds or nanoseconds.", {"type": "string"}),
    "end": ("The instant after the last.", {"type": "string"}),
    "limit": ("Entries of a page.", {"type": "integer", "minimum": 1, "maximum": 1000}),
    "cursor": ("`next` of the page before.", {"type": "string"}),
    "column": ("Only this column.", {"type": "string"}),
    "segment": ("Only this segment.", {"type": "string"}),
    "axis": ("Only this axis.", {"enum": list(AXES)}),
    "severity": ("Only this severity.", {"enum": list(SEVERITIES)}),
    "verdict": ("Only this verdict.", {"enum": list(VERDICTS)}),
    "monitor": ("Only this monitor.", {"enum": list(MONITORS)}),
    "clock": ("The clock of the windows.", {"enum": list(CLOCKS), "default": DRIFT}),
    "component": ("The component drawn: level, spread, missing and so on.", {"type": "string"}),
    "rows": ("`all`: every column, else the worst 40.", {"type": "string"}),
    "series": (
        "Only the series of this name: a logged metric, `latency_s`, `prediction=yes`.",
        WORD,
    ),
    "metric": ("The metric told; the leading one of the task unless given.", {"type": "string"}),
    "groups": ("Set of groups, like `race` or `race & sex`; else the first.", WORD),
    "against": ("What groups are held against: a group, like `race=White`, else the rest.", WORD),
    "group": ("The group whose steps are told; the one that leads unless given.", WORD),
    "step": (
        "The width of a step, like 1h, 1d: whole windows, or any where it is of PromQL.",
        WORD,
    ),
    "model": ("Only this model; of what is sent, the one that it is of.", {"type": "string"}),
    "order": ("Which come first.", {"enum": ["oldest", "newest"], "default": "oldest"}),
    "where": ("A column for `min`, `max`, `value` and `missing`.", {"type": "string"}),
    "min": ("Only events whose value in `where` is at least this.", {"type": "number"}),
    "max": ("Only events whose value in `where` is at most this.", {"type": "number"}),
    "value": ("Only events with this value in `where`.", {"type": "string"}),
    "missing": ("Only events that lack `where`, or that have it.", {"enum": ["true", "false"]}),
    "unusual": (
        "`true`: only events of which a value is unlike the reference.",
        {"enum": ["true", "false"]},
    ),
    "redact": (
        "`false` shows what is hidden; needs the scope `admin`.",
        {"enum": ["true", "false"], "default": "true"},
    ),
    "time": ("When it was served, as far as known: finds it sooner.", {"type": "string"}),
    "query": ("An expression in PromQL.", WORD),
    "timeout": ("At most so long is evaluated, like 30s.", WORD),
    "lookback_delta": (
        "How long a sample stands; unless given 5 minutes, and of windows two of their own.",
        WORD,
    ),
    "match[]": ("A selector of series; may be given several times.", WORD),
    "state": ("Only this state; `active`: all but resolved.", {"type": "string"}),
}
_VALUE: dict[str, Any] = {
    "type": ["string", "number", "boolean", "null", "array"],
    "items": {"type": "number"},
}
_MAP: dict[str, Any] = {"type": "object", "additionalProperties": _VALUE}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _schemas() -> dict[str, Any]:
    when = {"description": "ISO 8601 or a number since 1970", "type": ["string", "number", "null"]}
    identity = {"type": ["string", "integer", "null"]}
    return {
        "Object": {"type": "object"},
        "Error": _object(
            ["error"],
            error=_object(
                ["code", "message"], code=WORD, message=WORD, field={"type": ["string", "null"]}
            ),
        ),
        "Event": _object(
            [],
            id=identity, time=when, version=WORD, features=_MAP, prediction=_VALUE,
            score={"type": ["number", "object", "array", "null"], "items": {"type": "number"}},
            scores={"type": "object"},
            attributes=_MAP, text={"type": "object"}, latency_s={"type": "number", "minimum": 0},
            usage={"type": "object"}, trace_id=WORD, weight={"type": "number", "minimum": 1},
        ),
        "Label": _object(["id", "label"], id=identity, label=_VALUE, time=when),
        "Twin": _object(
            ["id"],
            id=identity, time=when, features=_MAP, prediction=_VALUE, attributes=_MAP,
            score={"type": ["number", "object", "array", "null"], "items": {"type": "number"}},
            scores={"type": "object"},
        ),
        "Reading": _object(
            ["name", "value"], name=WORD, value={"type": "number"}, time=when, id=identity,
        ),
        "Readings": {"oneOf": [ref("Reading"), many("Reading")]},
        "Events": {"oneOf": [ref("Event"), many("Event")]},
        "Twins": {"oneOf": [ref("Twin"), many("Twin")]},
        "Labels": {"oneOf": [ref("Label"), many("Label")]},
        "Otlp": {
            "type": "object",
            "description": "The Export...ServiceRequest of OpenTelemetry's protocol.",
        },
        "Receipt": _object(
            ["accepted", "duplicates", "rejected", "rejected_count"],
            accepted=COUNT, duplicates=COUNT, rejected_count=COUNT,
            rejected={
                "type": "array",
                "items": _object(["row", "reason"], row=COUNT, id=WORD, reason=WORD),
            },
        ),
        "Side": _object(
            ["call", "side"],
            call=WORD, side={"enum": ["request", "response"]}, body={}, data=WORD, time=when,
            content_type=WORD, version=WORD, trace_id=WORD, weight={"type": "number"},
            rest={"type": "object"},
        ),
        "Sides": {"oneOf": [ref("Side"), many("Side")]},
        "CloudEvents": {"oneOf": [{"type": "object"}, many("CloudEvent")]},
        "CloudEvent": _object(
            ["specversion", "id", "type", "source"],
            specversion={"enum": ["1.0", "0.3"]}, id=WORD, type=WORD, source=WORD, time=WORD,
            datacontenttype=WORD, data={}, data_base64=WORD,
        ),
        "Capture": _object(
            ["open", "paired", "requests_alone", "responses_alone", "late"],
            open=COUNT, paired=COUNT, requests_alone=COUNT, responses_alone=COUNT, late=COUNT,
        ),
        "Taken": _object(
            ["accepted", "duplicates", "rejected_count"],
            accepted=COUNT, duplicates=COUNT, rejected_count=COUNT, why=WORD,
        ),
        "Ready": _object(
            ["ready", "reasons"],
            ready={"type": "boolean"}, reasons={"type": "array", "items": WORD},
        ),
        "Schema": _object(
            ["fingerprint", "fields", "checks"], fingerprint=WORD, fields={"type": "array"},
            checks={"type": ["object", "null"]},
        ),
        "Validated": _object(
            ["fingerprint", "rows", "broken_count", "broken"],
            fingerprint=WORD, rows=COUNT, broken_count=COUNT,
            broken={
                "type": "array",
                "items": _object(["row", "violations"], row=COUNT, violations={"type": "array"}),
            },
        ),
        "Page": _object(["next"], next={"type": ["string", "null"]}),
        "Action": _object(["act"], act=WORD, by=WORD, note=WORD, until=when),
        "Deploy": _object([], version=WORD, text=WORD, time=when),
        "Change": _object(
            ["changes"], changes={"type": "object"}, note=WORD, by=WORD,
        ),
        "BacktestOf": _object(
            [], changes={"type": "object"}, start=when, end=when,
            wait_s={"type": "number", "minimum": 0},
        ),
        "KeyOf": _object(
            ["scopes"], scopes={"type": "array", "items": {"enum": list(SCOPES)}}, models=WORD,
            note=WORD, expires={"type": ["string", "null"], "description": "Like 90d."},
        ),
        "Range": _object(["start", "end"], start=when, end=when),
        **answers(),
        **fairness_answers(),
        **series_answers(),
        **objective_answers(),
        **skew_answers(),
    }  # fmt: skip


def document() -> dict[str, Any]:
    """The document of all routes but the pages.

    Example:
        >>> document()["openapi"], "/api/v1/models" in document()["paths"]
        ('3.1.0', True)
    """
    paths: dict[str, Any] = {}
    for route in ROUTES:
        if route.is_api:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    key = {"type": "http", "scheme": "bearer", "description": "vdt_<id>_<secret>"}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "vedette",
            "version": __version__,
            "description": "Watch AI models in production: send events and labels, read what was "
            "seen of them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": {"key": key}},
    }


def _operation(route: Route) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.handler,
        "summary": route.summary,
        "parameters": [*map(_in_path, re.findall(r"\{(\w+)\}", route.path)),
                       *map(_in_query, route.query)],
        "responses": {
            "200": {"description": "Done.", "content": _content(route.kind, route.answer)},
            "default": {
                "description": "What is wrong.",
                "content": _content("application/json", "Error"),
            },
        },
        "security": [] if route.scope == OPEN else [{"key": []}],
    }  # fmt: skip
    if route.scope != OPEN:
        operation["description"] = f"Needs the scope `{route.scope}`."
    if route.body:
        operation["requestBody"] = {"required": True, "content": _bodies(route.body)}
    return operation


def _bodies(name: str) -> dict[str, Any]:
    content = _content("application/json", name)
    if name in ("Events", "Labels", "Twins", "Readings", "Sides"):
        content |= {"application/x-ndjson": {}, "application/msgpack": {}}
    if name in ("Events", "Labels", "Twins"):
        content["application/vnd.apache.arrow.stream"] = {}
    if name == "Otlp":
        content["application/x-protobuf"] = {}
    if name == "CloudEvents":
        content = {STRUCTURED: content["application/json"], BATCH: {}, "*/*": {}}
    return content


def _content(kind: str, name: str) -> dict[str, Any]:
    if kind == "application/json":
        return {kind: {"schema": ref(name)}}
    return {kind: {"schema": {"type": "string"}}}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _in_query(name: str) -> dict[str, Any]:
    text, schema = _PARAMETERS.get(name, ("Only this.", {"type": "string"}))
    return {"name": name, "in": "query", "description": text, "schema": schema}
