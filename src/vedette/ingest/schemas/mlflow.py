"""Signatures of MLflow models, read.

Owns: what inputs, outputs and parameters mean to vedette, without MLflow.  Does not own: writing
one (`mlflow_written`).
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from vedette.core.errors import SchemaError
from vedette.core.schema import Schema
from vedette.ingest.schemas.draft import Draft
from vedette.ingest.schemas.translated import Translated

ONLY_OUTPUT = "prediction"  # what an output without a name is called
FLAT = "vedette's tables are flat: the column may hold all"
PARTS = ("inputs", "outputs", "params")
# Types of columns, and of tensors, -> what vedette calls it.
TYPES: Mapping[str, str] = {
    "boolean": "boolean", "integer": "int32", "long": "int64", "float": "float32",
    "double": "float64", "string": "string", "binary": "binary", "datetime": "datetime",
}  # fmt: skip
_TENSORS: Mapping[str, str] = {
    **{f"{sign}int{bits}": f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    "float32": "float32", "float64": "float64", "bool": "boolean", "str": "string",
    "object": "string",
}  # fmt: skip


def read(source: Any, where: str = "signature") -> Translated[Schema]:
    """Read a signature: the text of an MLmodel file, its dict, a signature's dict or object.

    A column that is not `required` there may be absent here; what a column holds is all that a
    signature says of it.
    Errors: SchemaError for what holds no signature.

    Example:
        >>> signature = {"inputs": '[{"name": "x", "type": "double"}]',
        ...              "outputs": '[{"type": "long"}]', "params": None}
        >>> [(field.name, field.type, field.role) for field in read(signature).result.fields]
        [('x', 'float64', 'feature'), ('prediction', 'int64', 'prediction')]
    """
    signature = _signature(source, where)
    draft = Draft()
    outputs = _listed(signature.get("outputs"), f"{where} outputs")
    for number, one in enumerate(_listed(signature.get("inputs"), f"{where} inputs"), 1):
        _column(draft, one, f"input {number}", "")
    for number, one in enumerate(outputs, 1):
        _output(draft, one, number, len(outputs))
    for one in _listed(signature.get("params"), f"{where} params"):
        what = f"parameter {one.get('name')!r}"
        draft.refuse("params", what, "it is no column: it comes with a call, not with a row")
    return draft.finish()


def _signature(source: Any, where: str) -> Mapping[str, Any]:
    if isinstance(source, str):
        try:
            source = yaml.safe_load(source)
        except (yaml.YAMLError, RecursionError) as error:
            got = str(error).partition("\n")[0]
            raise SchemaError(where, "is not YAML", got=got) from error
    if not isinstance(source, Mapping):
        source = getattr(source, "signature", source)  # a Model has one
        turn = getattr(source, "to_dict", None)
        source = turn() if callable(turn) else source
    if isinstance(source, Mapping) and "signature" in source:
        source = source["signature"]
    if not isinstance(source, Mapping) or not any(source.get(part) for part in PARTS):
        raise SchemaError(where, "holds no signature of MLflow", want="inputs, outputs or params")
    return source


def _listed(value: Any, where: str) -> list[Mapping[str, Any]]:
    """One part of a signature; MLflow writes it as JSON within YAML."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError) as error:
            raise SchemaError(where, "is not JSON", got=str(error)) from error
    if not isinstance(value or [], list) or not all(
        isinstance(one, Mapping) for one in value or ()
    ):
        raise SchemaError(where, "is no list of columns")
    return value or []


def _output(draft: Draft, said: Mapping[str, Any], number: int, all_: int) -> None:
    usual = ONLY_OUTPUT if all_ == 1 else ""
    name = _column(draft, said, f"output {number}", usual)
    if name and all_ == 1:
        draft.field(name).role = "prediction"
    elif name:
        draft.field(name).role = "attribute"
        draft.refuse("outputs", f"role of {name!r}", "which output is the prediction is not said")


def _column(draft: Draft, said: Mapping[str, Any], where: str, usual: str) -> str:
    """Take one column in; "" when it cannot be."""
    name = said.get("name") or usual
    if not isinstance(name, str) or not name:
        draft.refuse(where, str(said.get("type")), "it has no name, and vedette's fields have")
        return ""
    if name in draft.names:
        draft.refuse(where, repr(name), "an input has the same name")
        return ""
    field = draft.field(name)
    field.optional = not said.get("required", True)
    kind = said.get("type")
    place = f"column {name!r}"
    if kind == "tensor":
        _tensor(draft, name, said.get("tensor-spec") or {})
    elif kind == "array":
        field.type = "list"
        items = said.get("items") or {}
        if items.get("type") in ("string", "binary", "datetime"):
            field.kind = "category"
        if items.get("type") not in TYPES:
            draft.refuse(place, f"items {items.get('type')}", FLAT)
    elif kind in TYPES:
        field.type = TYPES[str(kind)]
    else:
        field.kind = "category"
        draft.refuse(place, f"type {kind}", FLAT)
    return name


def _tensor(draft: Draft, name: str, said: Mapping[str, Any]) -> None:
    """A tensor whose first size is that of the batch: each row holds what is left."""
    field, place = draft.field(name), f"column {name!r}"
    sizes = list(said.get("shape") or [])[1:]
    stored = _TENSORS.get(str(said.get("dtype")))
    if len(sizes) > 1:
        field.kind = "category"
        draft.refuse(place, f"tensor of shape {said.get('shape')}", FLAT)
    elif sizes and sizes != [1]:
        field.type = "list"
        if sizes[0] > 0:
            field.add({"min_length": sizes[0], "max_length": sizes[0]})
    elif stored is None:
        field.kind = "category"
        draft.refuse(place, f"dtype {said.get('dtype')}", "vedette has no such type: any will do")
    else:
        field.type = stored
