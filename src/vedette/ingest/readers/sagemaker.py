"""Data that SageMaker endpoints capture, and the ground truth that is merged with it.

Owns: its records and paths.  Does not own: lines (`lines`), bodies (`calls`).

    {"captureData": {"endpointInput": {"observedContentType", "data", "encoding"},
                     "endpointOutput": {...}},
     "eventMetadata": {"eventId", "inferenceId", "inferenceTime"}, "eventVersion": "0"}

An id that the caller gave (`inferenceId`) is the event's, as it is what ground truth names.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from vedette.core.errors import SchemaError
from vedette.ingest.moments import moment
from vedette.ingest.payloads.tables import cells_of
from vedette.ingest.readers.calls import Side, events_of
from vedette.ingest.readers.lines import objects
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.sent import SentLabel

# .../ENDPOINT/VARIANT/yyyy/mm/dd/hh/FILE.jsonl; of ground truth there is no endpoint.
_PLACE = re.compile(r"([^/]+)/([^/]+)/[0-9]{4}/[0-9]{2}/[0-9]{2}/[0-9]{2}/[^/]+$")
SIDES = (("endpointInput", "endpointOutput"), ("batchTransformInput", "batchTransformOutput"))


def reader(path: Path, given: Given) -> Reader:
    """Read records of one file."""
    place = _PLACE.search(path.as_posix())
    endpoint, variant = place.groups() if place else ("", "")

    def read(record: Record) -> Iterable[Item]:
        row = mapping_of(record)
        about = _part(row, "eventMetadata")
        identity = str(about.get("inferenceId") or about.get("eventId") or "") or None
        if "groundTruthData" in row:
            yield from _labels(_part(row, "groundTruthData"), identity, endpoint, given)
            return
        captured = _part(row, "captureData")
        request, response = next(
            ((_side(captured, one), _side(captured, two)) for one, two in SIDES
             if one in captured or two in captured), (None, None),
        )  # fmt: skip
        if request is None and response is None:
            raise SchemaError("record", "holds neither a request nor a response")
        told = about.get("inferenceTime")
        time = moment(told) if isinstance(told, str | int | float) else None
        for event in events_of(request, response, given, id=identity, time=time):
            if variant and "variant" not in event.features:
                event.attributes = {"variant": variant, **(event.attributes or {})}
            if about.get("customAttributes"):
                custom = {"customAttributes": about["customAttributes"]}
                event.rest = {**(event.rest or {}), **custom}
            yield Item(endpoint, event)

    return read


def _part(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = row.get(name)
    if not isinstance(part, Mapping):
        raise SchemaError("record", f"has no {name!r}", want="a line of captured data")
    return part


def _side(captured: Mapping[str, Any], name: str) -> Side | None:
    side = captured.get(name)
    if not isinstance(side, Mapping) or side.get("data") is None:
        return None
    return Side(_data(side), str(side.get("observedContentType") or ""))


def _data(side: Mapping[str, Any]) -> bytes:
    data = side["data"]
    if not isinstance(data, str):
        raise SchemaError("record", "has data that is no text", got=type(data).__name__)
    if str(side.get("encoding", "")).upper() != "BASE64":
        return data.encode()
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise SchemaError("record", "has data that is not in base 64", got=data[:40]) from None


def _labels(
    truth: Mapping[str, Any], identity: str | None, endpoint: str, given: Given
) -> Iterable[Item]:
    """The label of an event; of a call of several instances one a line."""
    if identity is None:
        raise SchemaError("record", "is ground truth of no event")
    rows = cells_of(_data(truth).decode("utf-8", "replace"), given.limits)
    for place, row in enumerate(rows):
        own = identity if len(rows) == 1 else f"{identity}#{place}"
        yield Item(endpoint, SentLabel(id=own, label=row[0]))


KIND = Kind(
    about="data captured by endpoints of SageMaker, and ground truth",
    files=("*.jsonl", "*.jsonl.gz"),
    cut=objects,
    reader=reader,
)
