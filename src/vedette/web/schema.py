"""The schema of a model over the API: what is declared, what was broken of it, judging rows.

Owns: the document, the handlers.  Does not own: judging (`core.validator`, `derive.checks.served`),
what of a body comes in (`engine.gate`), the page (`web.pages.schema`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from vedette.core.rows import SYSTEM
from vedette.core.schema import Schema
from vedette.core.validator import wanted
from vedette.core.violations import CODES
from vedette.derive.checks.served import Served, check_of, check_of_rule
from vedette.engine.batch import raw_schema
from vedette.engine.plan import DRIFT
from vedette.engine.sides import approval_of
from vedette.profiles.cell import Cell
from vedette.profiles.profile import WHOLE
from vedette.web import documents
from vedette.web.answers import Answer, Problem, json_answer
from vedette.web.asked import past_of, span_asked
from vedette.web.call import Call
from vedette.web.documents import instant
from vedette.web.redaction import may_see_groups

PARTS = ("features", "attributes", "text")  # of an event that hold columns
_SENT: Any = dict[str, Any] | list[dict[str, Any]]
NOT_SHOWN: Mapping[str, Any] = {"rows": None, "broken": None, "share": None, "violations": {}}
BESIDE = ("prediction", "score", "latency_s")  # columns that an event has of its own


def get_schema(call: Call) -> Answer:
    """The schema in force, and how often served rows broke what is declared."""
    name = call.view().name
    schema = call.service.schema_of(name)
    if schema is None:
        raise Problem(404, "no_schema", "The schema is not known yet.", "model")
    document = documents.schema_document(schema)
    return json_answer({**document, "checks": checks_document(call)})


def declarable(schema: Schema, declared: Schema | None) -> Schema:
    """The columns in force as a schema that may be named in the settings: what is declared, and
    what was learnt but columns that are derived, or that storing adds, which no event brings.

    Example:
        >>> from vedette.core.schema import Field
        >>> known = ("_weight", "numeric"), ("amount", "numeric"), ("note", "text")
        >>> derived = Field("note.length", "numeric")
        >>> declarable(Schema((*(Field(*one) for one in known), derived)), None).names
        ('amount', 'note')
    """
    whole = Schema(()) if declared is None else declared
    learnt = (
        field
        for field in raw_schema(schema).fields
        if field.name not in SYSTEM and field.name not in whole
    )
    return msgspec.structs.replace(whole, fields=(*whole.fields, *learnt))


def validate_rows(call: Call) -> Answer:
    """Judge events, or plain rows, by the declared schema; nothing of them is stored."""
    schema = call.service.checks_of(call.path["model"])
    if schema is None:
        raise Problem(404, "no_schema", "The settings name no schema for this model.", "model")
    sent: Any = call.json(_SENT)
    items = sent if isinstance(sent, list) else [sent]
    found = [(at, item, schema.validate(_row(item))) for at, item in enumerate(items)]
    broken = [
        {
            "row": at,
            "id": None if item.get("id") is None else str(item["id"]),
            "violations": [
                {
                    "kind": one.kind, "name": one.name, "reason": one.reason,
                    "tolerated": one.tolerated,
                }
                for one in violations
            ],
        }
        for at, item, violations in found
        if violations
    ]  # fmt: skip
    told = {"fingerprint": schema.fingerprint, "rows": len(items), "broken_count": len(broken)}
    return json_answer({**told, "broken": broken})


def checks_document(call: Call) -> dict[str, Any] | None:
    """What served rows are checked by, and what they broke in a stretch, a day if none is named;
    None where no schema is declared."""
    name = call.view().name
    schema = call.service.checks_of(name)
    if schema is None:
        return None
    query, past, served = call.query(), past_of(call), Served.of(schema)
    cells: dict[str, Cell] = {}
    rows = 0
    document: dict[str, Any] = {
        "fingerprint": schema.fingerprint,
        "enforce": call.service.settings_of(name).enforce,
        "approval": msgspec.to_builtins(approval_of(schema)),
    }
    if past.now:
        span = span_asked(past, query.start, query.end, reach="day")
        for _, profile in past.profiles(DRIFT, span.start, span.end, served.columns, WHOLE):
            rows += profile.rows
            for (column, _), cell in profile.cells.items():
                cells[column] = cells[column].merge(cell) if column in cells else cell
        document |= {"start": instant(span.start), "end": instant(span.end)}
    kinds = {field.name: field.kind for field in schema.fields}

    def counted(check: str, about: Sequence[str]) -> dict[str, Any]:
        """Counts as the caller may see them: those of a personal column tell its values."""
        seen = may_see_groups(call.key, name, schema, about)
        return {**(_counted(cells.get(check)) if seen else NOT_SHOWN), "hidden": not seen}

    return {
        **document,
        "rows": rows,
        "fields": [
            {**_field(schema, own, cells.get(check_of(own))), **counted(check_of(own), (own,))}
            for own in served.judges
        ],
        "rules": [
            {
                "name": rule.name, "check": rule.check, "allowed": _allowed(rule.mostly),
                **counted(check_of_rule(rule.name), rule.reads(kinds)),
            }
            for rule in served.rules.values()
        ],
    }  # fmt: skip


def _field(schema: Schema, name: str, cell: Cell | None) -> dict[str, Any]:
    field = schema[name]
    return {
        "name": name,
        "kind": field.kind,
        "declared": list(_declared(schema, name)),
        "allowed": _allowed(field.constraints.mostly),
        "missing": 0 if cell is None else cell.missing,
    }


def _allowed(mostly: float) -> float:
    """The share that may break what `mostly` must obey, without what floats add."""
    return round(1 - mostly, 12)


def _declared(schema: Schema, name: str) -> Iterable[str]:
    """What is declared of a field's values, in words."""
    field = schema[name]
    for kind in CODES:
        limit = getattr(field.constraints, kind, None)
        if limit is not None and limit is not False and kind != "present":
            yield f"{kind} {wanted(field, kind)}".strip()
    if field.constraints.present is not None:
        yield f"present {field.constraints.present:g}"


def _counted(cell: Cell | None) -> dict[str, Any]:
    """Rows that were judged, those that broke something, and in which ways."""
    if cell is None or cell.counts is None:
        return {"rows": 0, "broken": 0, "share": None, "violations": {}}
    counts = cell.counts.counts
    rows, broken = cell.rows - cell.missing, int(counts[1:].sum())
    violations = {CODES[at]: int(counts[at]) for at in np.flatnonzero(counts).tolist() if at}
    share = broken / rows if rows else None
    return {"rows": rows, "broken": broken, "share": share, "violations": violations}


def _row(item: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that an event brings; a row that is none of the forms of an event is one."""
    if not isinstance(item.get("features"), dict):
        return dict(item)
    row = {name: item[name] for name in BESIDE if item.get(name) is not None}
    for part in PARTS:
        row |= item[part] if isinstance(item.get(part), dict) else {}
    return row
