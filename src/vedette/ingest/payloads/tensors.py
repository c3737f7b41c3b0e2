"""Tensors of the Open Inference Protocol, version 2.

Owns: all datatypes, in JSON and in the binary extension, split into one value per instance.  Does
not own: which tensor is a prediction (`responses`).
"""

import base64
import binascii
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vedette.core.events import Value
from vedette.ingest.limits import Limits, Refused, too_large
from vedette.ingest.payloads.values import columns_of, flat, is_scalar, put_list, safe

# Datatype -> how numpy reads its little-endian bytes; BYTES and BF16 are read here.
TYPES: Mapping[str, str] = {
    "BOOL": "?", "UINT8": "u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "i1",
    "INT16": "<i2", "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
    "BF16": "<u2", "BYTES": "",
}  # fmt: skip
NAMES = ("feature_names", "column_names", "columns", "names")  # parameters that name columns


@dataclass(frozen=True)
class Tensor:
    """One tensor.  Shapes: `values` row by row, as many as the product of `shape`."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    values: list[Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def batch(self) -> int:
        """How many instances it holds."""
        return self.shape[0] if self.shape else 1

    @property
    def width(self) -> int:
        """How many values each instance has."""
        return math.prod(self.shape[1:])

    def rows(self) -> list[list[Any]]:
        """The values of each instance."""
        width = self.width
        return [self.values[at * width : (at + 1) * width] for at in range(self.batch)]


def tensors_of(given: Any, binary: bytes, limits: Limits) -> list[Tensor]:
    """Read the `inputs` of a request or the `outputs` of a response.

    Errors: Refused, 400, for what is no tensor, or has not as many values as its shape says.
    Example:
        >>> [one] = tensors_of([{"name": "x", "shape": [2, 1], "datatype": "FP32",
        ...                      "data": [[1.5], [2.5]]}], b"", Limits())
        >>> one.rows()
        [[1.5], [2.5]]
        >>> raw = {"name": "x", "shape": [2], "datatype": "INT16",
        ...        "parameters": {"binary_data_size": 4}}
        >>> tensors_of([raw], b"\\x01\\x00\\xff\\xff", Limits())[0].values
        [1, -1]
    """
    if not isinstance(given, list):
        raise Refused(400, "has tensors that are no list", got=type(given).__name__)
    if len(given) > limits.columns:
        raise too_large("tensors", len(given), limits.columns)
    found, at = [], 0
    for one in given:
        name, datatype, shape, parameters = _head(one)
        count = math.prod(shape)
        if count > limits.cells:
            raise too_large("cells", count, limits.cells)
        size = parameters.get("binary_data_size")
        if isinstance(size, int) and "data" not in one:
            if not 0 <= size <= len(binary) - at:
                raise Refused(400, f"ends within tensor {name!r}", got=f"{len(binary)} bytes")
            values = _unpacked(datatype, binary[at : at + size], name)
            at += size
        else:
            values = _listed(datatype, one.get("data"), parameters)
        if not all(is_scalar(value) or isinstance(value, bytes) for value in values):
            raise Refused(400, f"has a tensor {name[:80]!r} of values that are no scalars")
        if len(values) != count:
            raise Refused(
                400, f"has a tensor {name!r} that is not as its shape says",
                got=f"{len(values)} values", want=str(count),
            )  # fmt: skip
        found.append(Tensor(name, datatype, shape, values, parameters))
    return found


def instances(
    tensors: Sequence[Tensor], names: Sequence[str], limits: Limits
) -> list[dict[str, Value]]:
    """The features of every instance; a tensor of a single one holds for all.

    A tensor of one value per instance is a column of its name.  One of several is as many columns:
    named by its parameters, by `names` where it stands alone, else by number; one wider than an
    event may be is one list.

    Errors: Refused, 400, when tensors disagree on how many instances there are.
    Example:
        >>> x = Tensor("x", "FP32", (2, 2), [1.0, 2.0, 3.0, 4.0])
        >>> instances([x], ["age", "height"], Limits())
        [{'age': 1.0, 'height': 2.0}, {'age': 3.0, 'height': 4.0}]
        >>> instances([x, Tensor("y", "BYTES", (2, 1), ["a", "b"])], [], Limits())[1]
        {'x_1': 3.0, 'x_2': 4.0, 'y': 'b'}
    """
    sizes = {tensor.batch for tensor in tensors} - {1} or {1}
    if len(sizes) > 1:
        raise Refused(400, "has tensors of several batch sizes", got=str(sorted(sizes)))
    size = sizes.pop()
    if size > limits.rows:
        raise too_large("instances", size, limits.rows)
    rows: list[dict[str, Value]] = [{} for _ in range(size)]
    for tensor in tensors:
        split = tensor.rows()
        for row, values in zip(rows, split * size if len(split) == 1 else split, strict=True):
            _put(row, tensor, values, names if len(tensors) == 1 else (), limits)
    return rows


def _put(
    row: dict[str, Value], tensor: Tensor, values: list[Any], names: Sequence[str], limits: Limits
) -> None:
    name = safe(tensor.name)
    if len(values) == 1:
        if isinstance(values[0], bytes):
            row[f"{tensor.name}.bytes"] = plain(values[0])
        else:
            row[name] = values[0]
        return
    numeric = tensor.datatype != "BYTES"
    if numeric and (len(values) > limits.features or len(tensor.shape) > 2):
        put_list(row, name, values, limits)
        return
    own = next((tensor.parameters[key] for key in NAMES if key in tensor.parameters), None)
    if isinstance(own, str):
        own = own.split(",")
    known = [str(one).strip() for one in own] if isinstance(own, list) else names
    columns = columns_of(len(values), known, tensor.name)
    row |= zip(columns, map(plain, values), strict=True)


def plain(value: Any) -> Any:
    """A value as a column holds it: of bytes that are no text only their number."""
    return len(value) if isinstance(value, bytes) else value


def _head(one: Any) -> tuple[str, str, tuple[int, ...], Mapping[str, Any]]:
    if not isinstance(one, dict):
        raise Refused(400, "has a tensor that is no object", got=type(one).__name__)
    name, datatype = one.get("name"), str(one.get("datatype", "")).upper()
    if not isinstance(name, str) or not name:
        raise Refused(400, "has a tensor without a name")
    if datatype not in TYPES:
        raise Refused(
            400, f"has a tensor {name[:80]!r} of an unknown datatype", got=datatype[:20],
            want=", ".join(TYPES),
        )  # fmt: skip
    shape = one.get("shape")
    if not isinstance(shape, list) or not all(
        isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in shape
    ):
        raise Refused(400, f"has a tensor {name[:80]!r} without a shape", got=repr(shape)[:80])
    parameters = one.get("parameters")
    return name, datatype, tuple(shape), parameters if isinstance(parameters, dict) else {}


def _listed(datatype: str, data: Any, parameters: Mapping[str, Any]) -> list[Any]:
    values = flat([] if data is None else data)
    if datatype == "BYTES" and parameters.get("content_type") == "base64":
        return [_decoded(one) for one in values]
    if datatype == "BOOL":
        return [bool(one) if isinstance(one, int) else one for one in values]
    return values


def _decoded(text: Any) -> Any:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        return text


def _unpacked(datatype: str, data: bytes, name: str) -> list[Any]:
    if datatype == "BYTES":
        return _texts(data, name)
    kind = np.dtype(TYPES[datatype])
    if len(data) % kind.itemsize:
        raise Refused(400, f"ends within a value of tensor {name[:80]!r}", got=f"{len(data)} bytes")
    array = np.frombuffer(data, kind)
    if datatype == "BF16":  # the upper half of a float32
        array = (array.astype("<u4") << 16).view("<f4")
    values: list[Any] = array.tolist()
    return values


def _texts(data: bytes, name: str) -> list[Any]:
    """Texts with their lengths before them, in 4 bytes; what is no text stays bytes."""
    found: list[Any] = []
    at = 0
    while at < len(data):
        end = at + 4
        if end > len(data):
            raise Refused(400, f"ends within a length of tensor {name[:80]!r}")
        (size,) = struct.unpack_from("<I", data, at)
        if size > len(data) - end:
            raise Refused(400, f"ends within a text of tensor {name[:80]!r}")
        piece = data[end : end + size]
        try:
            found.append(piece.decode())
        except UnicodeDecodeError:
            found.append(piece)
        at = end + size
    return found
