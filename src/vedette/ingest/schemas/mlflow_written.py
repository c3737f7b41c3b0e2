"""Signatures of MLflow models, written.

Owns: which fields are inputs and outputs, and what their types are called there.  Does not own:
reading one (`mlflow`).
"""

from typing import Any

import msgspec
import yaml

from vedette.core.schema import Field, Schema
from vedette.ingest.schemas.leftover import Leftover
from vedette.ingest.schemas.mlflow import TYPES, read
from vedette.ingest.schemas.translated import Translated

INPUTS = ("feature", "segment", "sensitive", "text_input")
OUTPUTS = ("prediction", "score", "text_output")
_ONLY_TYPES = "a signature says names and types, and nothing of values"
_WHY = {
    "role": "a signature knows inputs and outputs",
    "environments": "a signature is of serving",
    "type": "MLflow has a wider type only",
    "kind": "it is guessed from the type there",
    "approvals": "a signature keeps no history",
}
_OF_KIND = {
    "numeric": "double", "integer": "long", "category": "string", "boolean": "boolean",
    "text": "string", "time": "datetime", "id": "string",
}  # fmt: skip
_WIDER = {
    "int8": "integer", "int16": "integer", "uint8": "integer", "uint16": "integer",
    "uint32": "long", "decimal": "double", "date": "datetime",
}  # fmt: skip
_EXACT = {stored: kind for kind, stored in TYPES.items()}


def write(schema: Schema) -> Translated[str]:
    """Write a schema as the `signature` of an MLmodel file, in YAML.

    Example:
        >>> schema = Schema((Field("x", "numeric"), Field("risk", "numeric", "score")))
        >>> print(write(schema).result)
        signature:
          inputs: '[{"type":"double","name":"x","required":true}]'
          outputs: '[{"type":"double","name":"risk","required":true}]'
          params: null
        <BLANKLINE>
    """
    left = Leftover(_WHY, usual=_ONLY_TYPES)
    sides: dict[str, list[dict[str, Any]]] = {"inputs": [], "outputs": []}
    for field in schema.fields:
        side = "inputs" if field.role in INPUTS else "outputs" if field.role in OUTPUTS else ""
        if not side or "serving" not in field.environments:
            why = "a signature is of what a model takes and gives when it serves"
            left.refuse(f"field {field.name!r}", "as a whole", why=why)
            continue
        spec = _spec(field, left)
        if spec is not None:
            sides[side].append(spec)
    left.of_schema(schema, ())
    parts = {side: msgspec.json.encode(specs).decode() if specs else None
             for side, specs in sides.items()}  # fmt: skip
    signature = {"signature": {**parts, "params": None}}
    if any(parts.values()):
        left.of_kinds(schema, read(signature).result)
    return Translated(yaml.safe_dump(signature, sort_keys=False, width=1000), left.all)


def _spec(field: Field, left: Leftover) -> dict[str, Any] | None:
    """A column as a signature has it; None for a type that MLflow has not."""
    taken = {"optional", "environments"}
    if field.role in ("feature", "prediction"):
        taken.add("role")
    known = {"name": field.name, "required": not field.optional}
    if field.type == "list" or (field.type is None and field.kind == "vector"):
        items = "double" if field.kind == "vector" else "string"
        left.of_field(field, {*taken, "type"})
        return {"type": "array", "items": {"type": items}, **known}
    if field.type is None or field.type in _EXACT:
        taken.add("type")
    kind = _EXACT.get(field.type or "") or _WIDER.get(field.type or "")
    kind = kind if field.type is not None else _OF_KIND[field.kind]
    if kind is None:
        left.refuse(f"field {field.name!r}", "as a whole", why=f"MLflow has no type {field.type}")
        return None
    left.of_field(field, taken)
    return {"type": kind, **known}
