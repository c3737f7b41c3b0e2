"""CloudEvents as they come over HTTP: binary, structured, in batches, and KServe's own records.

Owns: telling the ways apart, checking what every event must have.  Does not own: what an event
means (`parts`).
"""

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec

from vedette.ingest.cloudevents.event import CloudEvent
from vedette.ingest.foreign import Asked
from vedette.ingest.limits import Refused, too_large
from vedette.ingest.sent import Bad, loose

VERSIONS = ("1.0", "0.3")
STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
_NEEDED = ("id", "type", "source")
_OWN = frozenset((*_NEEDED, "time", "specversion", "datacontenttype", "datacontentencoding",
                  "dataschema", "schemaurl", "subject", "data", "data_base64"))  # fmt: skip


def events_in(body: bytes, asked: Asked) -> list[CloudEvent | Bad]:
    """Read the events of a request in their order, and say of the others why not.

    Errors: Refused, 415, for what is no CloudEvent, 400 for a body that cannot be read, 413 for too
    many.
    Example:
        >>> from vedette.ingest.limits import Limits
        >>> head = {"ce-specversion": "1.0", "ce-id": "a", "ce-type": "t", "ce-source": "s",
        ...         "ce-endpoint": "default", "content-type": "application/json"}
        >>> [one] = events_in(b"{}", Asked(head, 0, Limits()))
        >>> one.id, one.data, dict(one.extensions)
        ('a', b'{}', {'endpoint': 'default'})
    """
    if "ce-specversion" in asked.headers:
        given = _given(asked.headers)
        return [
            _tried(0, given, partial(_checked, given, body, asked.headers.get("content-type", "")))
        ]
    kind = asked.content_type
    if kind == STRUCTURED:
        documents = [_json(body)]
    elif kind not in (BATCH, "application/json"):
        raise Refused(
            415, "is no CloudEvent", got=kind[:80], want=f"ce- headers, {STRUCTURED} or {BATCH}"
        )
    else:
        documents = _json(body)
    if not isinstance(documents, list):
        raise Refused(400, "is no batch of events", got=type(documents).__name__, want="an array")
    if len(documents) > asked.limits.rows:
        raise too_large("events", len(documents), asked.limits.rows)
    read = of_record if kind == "application/json" else _structured
    return [_tried(at, one, partial(read, one)) for at, one in enumerate(documents)]


def _tried(place: int, sent: Any, read: Callable[[], CloudEvent]) -> CloudEvent | Bad:
    try:
        return read()
    except Refused as refused:
        return Bad(place, str(refused).removeprefix("body: "), sent)


def of_record(record: Any) -> CloudEvent:
    """Read a record of KServe's logger, as it stores them or gives them to a marshaller.

    Errors: Refused, 400, for what is none.
    Example:
        >>> event = of_record({"id": "a", "reqType": "request", "bytes": "e30=", "sourceUri": "s",
        ...                    "inferenceService": "m", "contentType": "application/json"})
        >>> event.type, event.data, event.extensions["inferenceservicename"]
        ('org.kubeflow.serving.inference.request', b'{}', 'm')
    """
    named = _folded(record) if isinstance(record, dict) else {}
    if not isinstance(named.get("reqtype"), str):
        raise Refused(400, "is no record of a logger", want="an object with reqType")
    if not (data := _body(named.get("bytes"))):  # its CSV leaves them out, in older releases
        raise Refused(400, "holds no body", want="what the logger stores as JSON or Parquet")
    kind = named["reqtype"].rpartition(".")[2]
    told = {
        "inferenceservicename": named.get("inferenceservice"), "namespace": named.get("namespace"),
        "component": named.get("component"), "endpoint": named.get("endpoint"),
        "metadata": _headers(named.get("metadata")),
        "annotations": _headers(named.get("annotations")),
    }  # fmt: skip
    given = {
        "id": named.get("id"), "source": _url(named, "sourceuri") or _url(named, "url") or "kserve",
        "type": f"org.kubeflow.serving.inference.{kind}", "time": named.get("occurrencetime"),
    }  # fmt: skip
    extensions = {name: _text(value) for name, value in told.items() if value}
    return _made(given, data, str(named.get("contenttype") or ""), extensions)


def _folded(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record under one spelling: its JSON has had the names of Go and others, its Parquet words
    parted by underscores."""
    return {str(name).replace("_", "").lower(): value for name, value in record.items()}


def _body(told: Any) -> bytes:
    """A body: base 64 in JSON and CSV, bytes or a list of them in Parquet."""
    if isinstance(told, str):
        return _base64(told)
    if isinstance(told, list):
        return bytes(one & 255 for one in told if isinstance(one, int))
    return told if isinstance(told, bytes) else b""


def _headers(told: Any) -> Any:
    """Headers by name: an object, its text, or the pairs of a map."""
    if not isinstance(told, list):
        return told
    pairs = (pair for pair in told if isinstance(pair, list | tuple) and len(pair) == 2)
    return {str(name): one for name, one in pairs}


def _url(named: Mapping[str, Any], name: str) -> str:
    """An address: text, or in parts as Go's library has it."""
    told = named.get(name)
    if isinstance(told, str):
        return told
    inner = _folded(told) if isinstance(told, dict) else {}
    parts = (inner.get(one) or named.get(f"{name}.{one}") for one in ("scheme", "host", "path"))
    scheme, host, path = (str(one or "") for one in parts)
    return f"{scheme}://{host}{path}" if host else path


def _given(headers: Mapping[str, str]) -> dict[str, str]:
    """What the headers of an event in binary mode say."""
    return {
        name[3:]: unquote(value) if "%" in value else value
        for name, value in headers.items()
        if name.startswith("ce-")
    }


def _structured(document: Any) -> CloudEvent:
    if not isinstance(document, dict):
        raise Refused(400, "is no event", got=type(document).__name__, want="an object")
    kind = str(document.get("datacontenttype") or "application/json")
    data = document.get("data")
    coded = str(document.get("datacontentencoding", "")).lower() == "base64"  # as 0.3 says it
    if isinstance(document.get("data_base64"), str):
        raw = _base64(document["data_base64"])
    elif isinstance(data, str) and coded:
        raw = _base64(data)
    elif isinstance(data, str) and "json" not in kind:
        raw = data.encode("utf-8", "replace")
    else:
        raw = b"" if data is None else json.dumps(data).encode()
    given = {name.lower(): value for name, value in document.items() if value is not None}
    return _checked(given, raw, kind)


def _checked(given: Mapping[str, Any], data: bytes, kind: str) -> CloudEvent:
    version = given.get("specversion")
    if version not in VERSIONS:
        raise Refused(
            400, "is a CloudEvent of an unknown version", got=repr(version)[:20],
            want=" or ".join(VERSIONS),
        )  # fmt: skip
    extensions = {name: _text(value) for name, value in given.items() if name not in _OWN}
    return _made(given, data, kind, extensions)


def _made(
    given: Mapping[str, Any], data: bytes, kind: str, extensions: Mapping[str, str]
) -> CloudEvent:
    for name in _NEEDED:
        if not isinstance(given.get(name), str) or not given[name]:
            raise Refused(400, f"has no {name}", want="a CloudEvent with id, type and source")
    time = given.get("time")
    return CloudEvent(
        given["id"], given["type"], given["source"], str(time) if time else "", kind, data,
        extensions,
    )  # fmt: skip


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return loose(body)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "has data that is not base64") from None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
