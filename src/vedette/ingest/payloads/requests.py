"""What model servers are sent, as the features and texts of every instance.

Owns: `rows_of`, and which key of a body holds the instances.  Does not own: their values
(`values`, `tensors`, `tables`, `chat`), what the model said (`responses`).
"""

from collections.abc import Callable, Mapping, Sequence
from email.message import Message
from functools import lru_cache
from typing import Any

from vedette.core.events import Value
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.payloads import chat
from vedette.ingest.payloads.body import body_of
from vedette.ingest.payloads.tables import columnar, delimited, rows_in, split
from vedette.ingest.payloads.tensors import instances, tensors_of
from vedette.ingest.sent import Sent

Rows = list[dict[str, Value]]
Reader = Callable[[Any, Sequence[str], Limits], Rows]


def _columns_or_rows(given: Any, names: Sequence[str], limits: Limits) -> Rows:
    return columnar(given, limits) if isinstance(given, dict) else rows_in(given, names, limits)


def _split(given: Any, _names: Sequence[str], limits: Limits) -> Rows:
    if not isinstance(given, dict):
        raise Refused(400, "is no split table", got=type(given).__name__)
    return split(given, limits)


def _seldon(given: Any, names: Sequence[str], limits: Limits) -> Rows:
    """Seldon's first protocol: names beside an array, or a tensor of a shape and values."""
    if not isinstance(given, dict):
        return rows_in(given, names, limits)
    own = given.get("names")
    names = [str(name) for name in own] if isinstance(own, list) and own else names
    return rows_in(array_of(given), names, limits)


# The key that holds the instances -> how they are read; the first that is there counts.
KEYS: Mapping[str, Reader] = {
    "instances": rows_in,  # TensorFlow Serving and KServe, version 1, by rows
    "dataframe_records": rows_in,  # MLflow, Databricks
    "dataframe_split": _split,
    "inputs": _columns_or_rows,  # TensorFlow Serving by columns, MLflow's tensors
    "data": _seldon,
    "jsonData": _columns_or_rows,
}
TEXTS = ("inputs", "text", "text_input", "prompt", "query", "question")  # a text alone


def array_of(given: Mapping[str, Any]) -> Any:
    """The rows of Seldon's `ndarray` or `tensor`.

    Example:
        >>> array_of({"tensor": {"shape": [2, 2], "values": [1, 2, 3, 4]}})
        [[1, 2], [3, 4]]
    """
    tensor = given.get("tensor")
    if not isinstance(tensor, dict):
        array = given.get("ndarray", [])
        if not isinstance(array, list):
            raise Refused(400, "has an array that is no list", got=type(array).__name__)
        return array
    values, shape = tensor.get("values"), tensor.get("shape")
    if not isinstance(values, list) or not isinstance(shape, list) or not shape:
        raise Refused(400, "has a tensor without shape or values")
    rows = shape[0] if isinstance(shape[0], int) and shape[0] > 0 else 1
    width = len(values) // rows
    return [values[at * width : (at + 1) * width] for at in range(rows)]


def rows_of(
    body: bytes,
    content_type: str = "",
    *,
    names: Sequence[str] = (),
    limits: Limits = Limits(),  # noqa: B008 - frozen
) -> list[Sent]:
    """Read the body of a request: one event for each instance, without what the model said.

    `names` are the model's features in order, for bodies that name none.
    Errors: Refused, 400, when it is of no form known, 413 when it holds too much.
    Example:
        >>> [one.features for one in rows_of(b'{"instances": [[1, 2], [3, 4]]}', names=["a", "b"])]
        [{'a': 1, 'b': 2}, {'a': 3, 'b': 4}]
        >>> rows_of(b'{"dataframe_split": {"columns": ["x"], "data": [[1]]}}')[0].features
        {'x': 1}
        >>> rows_of(b'{"model": "m", "messages": [{"role": "user", "content": "Hi"}]}')[0].text
        {'input': 'Hi'}
        >>> rows_of(b"5.1,3.5", "text/csv")[0].features
        {'column_1': 5.1, 'column_2': 3.5}
    """
    found = body_of(body, limits)
    if found.streamed:
        raise Refused(400, "is a stream of events, not a request")
    if not found.is_json:
        if _is_prose(found.lines, content_type):
            return [Sent(text={chat.INPUT: found.lines})]
        header = parameter(content_type, "header")
        return _rows(delimited(found.lines, header, names, limits))
    return _document(found.document, found.binary, names, limits)


def _document(document: Any, binary: bytes, names: Sequence[str], limits: Limits) -> list[Sent]:
    if isinstance(document, list):
        is_row = document and not any(isinstance(one, list | dict) for one in document)
        return _rows(rows_in([document] if is_row else document, names, limits))
    if not isinstance(document, dict):
        return _rows(rows_in([document], names, limits))
    if is_inference(document.get("inputs")):
        return _rows(instances(tensors_of(document["inputs"], binary, limits), names, limits))
    if chat.is_call(document):
        return [chat.asked(document)]
    for key in TEXTS:
        if isinstance(document.get(key), str) and set(document) <= {key, "parameters", "stream"}:
            return [Sent(text={chat.INPUT: document[key]})]
    if isinstance(document.get("columns"), list) and isinstance(document.get("data"), list):
        return _rows(split(document, limits))
    for key, read in KEYS.items():
        if isinstance(document.get(key), list | dict):
            return _rows(read(document[key], names, limits))
    return _rows(_bare(document, names, limits))


def is_inference(tensors: Any) -> bool:
    """Whether a list is one of the Open Inference Protocol's tensors."""
    return (
        isinstance(tensors, list)
        and bool(tensors)
        and all(isinstance(one, dict) and "datatype" in one and "shape" in one for one in tensors)
    )


def _bare(document: dict[str, Any], names: Sequence[str], limits: Limits) -> Rows:
    """An object that is the instance itself, holds it under a key of its own, or holds columns."""
    if len(document) == 1:
        [inner] = document.values()
        nested = isinstance(inner, list) and any(isinstance(one, list | dict) for one in inner)
        if nested or isinstance(inner, dict):
            return _columns_or_rows(inner, names, limits)
    lists = all(isinstance(one, list) for one in document.values())
    if len(document) > 1 and lists and len({len(one) for one in document.values()}) == 1:
        return columnar(document, limits)
    return rows_in([document], names, limits)


def _is_prose(text: str, content_type: str) -> bool:
    """Whether plain text is what a person wrote, rather than cells."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "text/plain" and not any(one in text for one in ",\t;0123456789")


@lru_cache(maxsize=256)  # senders hardly ever change it
def parameter(content_type: str, name: str) -> str:
    """A parameter of a content type; "" for none.

    Example:
        >>> parameter('text/csv; header=present; charset="utf-8"', "header")
        'present'
    """
    message = Message()
    message["content-type"] = content_type
    found = message.get_param(name, "")
    return found.lower() if isinstance(found, str) else ""


def _rows(rows: Rows) -> list[Sent]:
    return [Sent(features=row) for row in rows]
