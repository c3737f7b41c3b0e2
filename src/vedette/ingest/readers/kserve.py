"""What KServe's logger stores: requests and responses, `SERVICE/COMPONENT/.../ID-request.json`.

Owns: its records as sides of calls.  Does not own: what a record says (`ingest.cloudevents`),
putting sides together (`engine.capture`): they may lie in different files, as a batch is named
after its first record.

Records in JSON say when they were made; of CSV and Parquet the file's time is all there is, and no
latency is told.
Source: KServe's `pkg/logger`, `marshaller/*.go` of 2025 and `marshaller_*.go` of 2026: each spells
records another way.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from vedette.ingest.cloudevents.modes import of_record
from vedette.ingest.cloudevents.parts import FEEDBACK, part_of
from vedette.ingest.readers.record import Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.readers.rows import known_by, rows
from vedette.ingest.sent import SentSide

_NAMES = (
    "url", "bytes", "contentType", "reqType", "id", "sourceUri", "inferenceService", "namespace",
    "component", "endpoint", "metadata", "annotations", "certName", "occurrenceTime",
)  # fmt: skip
# Also as older releases write them in CSV.
TEXTS = frozenset((*_NAMES, *(name[0].upper() + name[1:] for name in _NAMES)))


def cut(path: Path, row: int, at: int, whole: bool, given: Given) -> Iterator[Record]:
    """Cut a file into records; whatever an id of digits looks like, it is text."""
    return rows(path, row, at, whole, given._replace(texts=TEXTS))


def reader(path: Path, given: Given) -> Reader:
    """Read records of one file."""
    now = path.stat().st_mtime_ns

    def read(record: Record) -> Iterable[Item]:
        event = of_record(mapping_of(record))
        part = part_of(event, received=now, ahead_s=given.limits.ahead_s)
        if part.side == FEEDBACK:
            raise ValueError("it is no request and no response")
        yield Item(
            part.model,
            SentSide(
                id=f"{part.call}/{part.side}", call=part.call, side=part.side, data=part.data,
                time=part.at, content_type=part.content_type, version=part.version or None,
                trace_id=part.trace or None, rest=dict(part.about),
            ),
        )  # fmt: skip

    return read


FORMS = ("json", "csv", "parquet")
KIND = Kind(
    "requests and responses that KServe's logger stored",
    tuple(f"*-{side}.{form}" for side in ("request", "response") for form in FORMS),
    cut,
    reader,
    known_by,
)
