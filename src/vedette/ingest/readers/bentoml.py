"""Monitor files of BentoML: `monitoring/NAME/data/data.N.log`, beside them what the columns are.

Owns: roles and types of its columns as ours, ids of rows that share a request.  Does not own: lines
(`lines`).

A row names the request in decimal; its caller saw the same number in hexadecimal, in the header
`x-bentoml-request-id`, and so a label can name it.  Rows of one request are `ID`, `ID#1`, `ID#2`.
Times are those of the clock on the wall where the service ran, without a zone.
Source: BentoML 1.4.40, `_internal/monitoring/default.py`, and files that it wrote.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from vedette.core.errors import SchemaError
from vedette.core.events import Score, Value
from vedette.ingest.payloads.responses import scores_of
from vedette.ingest.payloads.values import features_of
from vedette.ingest.readers.lines import objects
from vedette.ingest.readers.record import AGE, Given, Item, Kind, Reader, Record, mapping_of
from vedette.ingest.readers.rows import text_moment
from vedette.ingest.sent import Sent, SentLabel

OWN = ("timestamp", "request_id", "trace_id")
FEATURE, PREDICTION, TARGET = "feature", "prediction", "target"
NUMBERS, SEQUENCE = "numerical", "numerical_sequence"
BEFORE = 1 << 20  # bytes of a file looked at for rows of the request that is going on
REMEMBERED = 10_000  # requests


class Described(msgspec.Struct):
    """A line of a schema file: what the columns are."""

    columns: list[dict[str, Any]] = []
    meta_data: dict[str, Any] = {}


def reader(path: Path, given: Given) -> Reader:
    """Read rows of one data file.

    Errors: SchemaError when the file beside it that says what the columns are cannot be read.
    """
    described = _described(path)
    roles = {str(one.get("name")): str(one.get("role")) for one in described.columns}
    types = {str(one.get("name")): str(one.get("type")) for one in described.columns}
    about = described.meta_data
    version = str(about.get("bento_version") or "")
    version = "" if version == "not available" else version
    model = path.parent.parent.name or str(about.get("bento_name") or "")
    requests = _Requests(path, given)

    def read(record: Record) -> Iterable[Item]:
        row = mapping_of(record)
        number, trace = _hex(row.get("request_id"), 16), _hex(row.get("trace_id"), 32)
        time = text_moment(str(row["timestamp"]), given.zone) if "timestamp" in row else None
        columns = {name: value for name, value in row.items() if name not in OWN}
        said = {name: columns.pop(name) for name in row if roles.get(name) == PREDICTION}
        true = {name: columns.pop(name) for name in row if roles.get(name) == TARGET}
        event = Sent(
            id=requests.id_of(number, record) if number else None, time=time, version=version,
            features=features_of(columns, given.limits), trace_id=trace,
        )  # fmt: skip
        _put_said(event, said, types, given)
        yield Item(model, event)
        for value in true.values():
            if event.id is None:
                raise SchemaError("record", "has a target, and no request_id")
            yield Item(model, SentLabel(id=event.id, label=value, time=time))

    return read


def _described(path: Path) -> Described:
    """The newest line of the newest schema file beside a data file; nothing where there is none."""
    folder = path.parent.parent / "schema"
    files = sorted(folder.glob("schema*.log*"), key=lambda one: one.stat().st_mtime_ns)
    for file in reversed(files):
        try:
            written = [line for line in file.read_bytes().splitlines() if line.strip()]
            if written:
                return msgspec.json.decode(written[-1], type=Described)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise SchemaError(f"file '{file}'", "does not say what columns are",
                              got=str(error)[:120]) from None  # fmt: skip
    return Described()


def _put_said(event: Sent, said: Mapping[str, Any], types: Mapping[str, str], given: Given) -> None:
    """What the model said: a class is the prediction, numbers beside it are scores.

    Where nothing is a class, the first number is the prediction.
    """
    scores: dict[str, Score | None] = {}
    left: dict[str, Value] = {}
    numbers: dict[str, Any] = {}
    for name, value in said.items():
        if types.get(name) == SEQUENCE and isinstance(value, list):
            scores |= scores_of(value, ()) if not scores else {}
        elif types.get(name) == NUMBERS and not isinstance(value, bool):
            numbers[name] = value
        elif event.prediction is None:
            event.prediction = value
        else:
            left[f"output.{name}"] = value
    if numbers and event.prediction is None:
        event.prediction = numbers.pop(next(iter(numbers)))
    scores |= {name: value for name, value in numbers.items() if isinstance(value, int | float)}
    event.scores = scores or None
    event.attributes = features_of(left, given.limits) or None


class _Requests:
    """Tells rows of one request apart, also where reading goes on in the middle of a file."""

    def __init__(self, path: Path, given: Given) -> None:
        self._path, self._given = path, given
        self._seen: OrderedDict[str, int] = OrderedDict()
        self._next = 0

    def id_of(self, request: str, record: Record) -> str:
        """The id of the next row of a request."""
        if record.row > self._next and not self._seen:
            self._look_back(record)
        self._next = record.row + 1
        count = self._count(request)
        return f"{request}#{count}" if count else request

    def _count(self, request: str) -> int:
        count = self._seen.pop(request, -1) + 1
        self._seen[request] = count
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return count

    def _look_back(self, record: Record) -> None:
        """See which requests the rows before a record were of."""
        for before in objects(self._path, 0, max(record.end - BEFORE, 0), True, self._given):
            # Rows are counted anew from where looking begins, places are not.
            if before.end >= record.end:
                return
            row = before.value if isinstance(before.value, Mapping) else {}
            if request := _hex(row.get("request_id"), 16):
                self._count(request)


def _hex(decimal: Any, digits: int) -> str:
    """A number written in decimal, in hexadecimal; "" for none.

    Example:
        >>> _hex("3128638130555038747", 16), _hex("None", 16), _hex("0", 16)
        ('2b6b27cdb279ac1b', '', '')
    """
    text = str(decimal)
    is_number = text.isascii() and text.isdigit() and len(text) < 40 and int(text) > 0
    return format(int(text), f"0{digits}x") if is_number else ""


KIND = Kind(
    about="monitor files of BentoML",
    files=("data.*.log*",),
    cut=objects,
    reader=reader,
    order=AGE,
)
