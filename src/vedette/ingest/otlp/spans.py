"""From one span to one event.

Owns: which model it is an event of, its columns, what of it is kept besides.  Does not own: what
attributes mean (`ingest.genai`), encodings (`form`), whole bodies (`traces`).
"""

from collections.abc import Mapping
from typing import Any

from vedette.core import rows as names
from vedette.core.model_names import as_model_name
from vedette.ingest.genai.contents import Contents, texts_of
from vedette.ingest.genai.dialects import SPEAKING
from vedette.ingest.genai.normalise import Normal, normalised
from vedette.ingest.genai.timing import put_times
from vedette.ingest.limits import Limits
from vedette.ingest.moments import unbelievable
from vedette.ingest.otlp.evaluations import EVALUATION, evaluation
from vedette.ingest.otlp.form import Form
from vedette.ingest.otlp.origin import MODEL, SERVICE, VERSION, Origin
from vedette.ingest.otlp.sampling import weight_of
from vedette.ingest.rows import short
from vedette.ingest.sent import SentReading
from vedette.ingest.shapes import Row

KINDS = ("", "internal", "server", "client", "producer", "consumer")
OK, ERROR = 1, 2  # of a status
OTHER = "_OTHER"  # what OpenTelemetry calls an error that nobody named
OWN = "vedette."  # attributes that begin so are columns of the event
FEATURE, SCORES = "vedette.feature.", "vedette.score."
_OWN = {"vedette.prediction": names.PREDICTION, "vedette.score": names.SCORE}
SAID = frozenset((names.INPUT, names.OUTPUT))
TEXTS = frozenset((*SAID, names.INSTRUCTIONS, names.REST))
_SECOND = 1_000_000_000


class Spans:
    """Turns spans of one body into rows.  Units: `received` UTC nanoseconds."""

    def __init__(
        self, form: Form, received: int, limits: Limits, contents: Contents | None = None
    ) -> None:
        self._form, self._received, self._limits = form, received, limits
        self._contents, self._joined = contents or Contents(), 0
        self.waiting: set[str] = set()  # ids of calls whose texts are yet to come
        self.readings: dict[str, list[SentReading]] = {}  # by model: what evaluations found

    def row(self, span: Any, origin: Origin, size: int) -> tuple[str, Row]:
        """The name of its model, and its columns.

        Units: `size` in bytes, as it was sent.
        Errors: ValueError when it cannot be an event.
        """
        form, limits = self._form, self._limits
        trace, identity = form.identity(span.trace_id), form.identity(span.span_id)
        if not (_is_id(trace, 32) and _is_id(identity, 16)):
            raise ValueError("its trace id or span id is not 16 or 8 bytes, or all of them are 0")
        start, end = span.start_time_unix_nano, span.end_time_unix_nano
        if not start:
            raise ValueError("it has no start time")
        if why := unbelievable(start, self._received, limits.ahead_s):
            raise ValueError(why)
        attributes = form.attributes(span.attributes)
        if len(attributes) > limits.columns:
            raise ValueError(f"has {len(attributes)} attributes; at most {limits.columns} are kept")
        events = [(event.name, form.attributes(event.attributes)) for event in span.events]
        normal = normalised(span.name, attributes, events)
        if normal.genai_operation in SPEAKING and SAID.isdisjoint(normal.fields):
            self._put_content(normal, origin, trace + identity)
        model, version = _model(origin, normal)
        row: Row = {
            names.ID: trace + identity,
            names.TIME: start,
            names.VERSION: version,
            names.WEIGHT: weight_of(span.trace_state) if span.trace_state else 1.0,
            names.TRACE: trace,
            names.SPAN: identity,
        }
        if parent := form.identity(span.parent_span_id):
            row[names.PARENT] = parent
        if end >= start:
            row[names.LATENCY] = (end - start) / _SECOND
        row |= origin.columns
        if origin.name and origin.service != model:
            row[SERVICE] = origin.name
        if 0 < span.kind < len(KINDS):
            row["span_kind"] = KINDS[span.kind]
        if normal.genai_operation:
            marks = [(one.name, (one.time_unix_nano - start) / _SECOND) for one in span.events]
            put_times(normal.fields, row.get(names.LATENCY), marks)
        row |= normal.fields
        if "operation" not in row and span.name:
            row["operation"] = span.name[: limits.name]
        if wrong := _failure(span.status.code, row):
            row.setdefault(names.ERROR_TYPE, wrong)
        if any(name.startswith(OWN) for name in normal.rest):
            _put_own(row, normal.rest)
        rest = self._rest(span, row, normal.rest, events)
        if text := origin.rest(rest):
            row[names.REST] = text
        if size > limits.string:
            short(row, TEXTS, limits)
        for at, (name, told) in enumerate(events):
            if name == EVALUATION:
                self._evaluated(model, span.events[at].time_unix_nano or start, told, row, at)
        return model, row

    def _put_content(self, normal: Normal, origin: Origin, call: str) -> None:
        """Give a call without texts those that were told apart from it, or let it wait for them.

        Bounds: of one body no more than it may expand to.
        """
        content = self._contents.of(call)
        if not content.events:
            if self._contents.expects(origin.service, self._received):
                self.waiting.add(call)
        elif self._joined + content.size <= self._limits.expanded:
            self._joined += content.size
            found = texts_of(content, normal.genai_operation, self._limits.text)
            normal.fields.update(found | normal.fields)

    def _evaluated(self, model: str, time: int, told: dict[str, Any], row: Row, at: int) -> None:
        found = evaluation(told, time, f"{row[names.ID]}-{at}")
        if found is not None:
            self.readings.setdefault(model, []).append(found)

    def _rest(
        self, span: Any, row: Row, attributes: dict[str, Any], events: list[tuple[str, Any]]
    ) -> dict[str, Any]:
        """What no column holds."""
        rest: dict[str, Any] = {}
        if span.name not in (row.get("operation"), _usual_name(row)):
            rest["name"] = span.name
        if attributes:
            rest["attributes"] = attributes
        if events:
            rest["events"] = [
                {"name": name, "time": event.time_unix_nano, "attributes": told}
                for event, (name, told) in zip(span.events, events, strict=True)
            ]
        if span.links:
            rest["links"] = [
                {
                    "trace_id": self._form.identity(link.trace_id),
                    "span_id": self._form.identity(link.span_id),
                    "attributes": self._form.attributes(link.attributes),
                }
                for link in span.links
            ]
        if span.status.message:
            rest["status"] = span.status.message
        if span.end_time_unix_nano < span.start_time_unix_nano:
            rest["end"] = span.end_time_unix_nano  # 0: it has not ended
        if span.trace_state:
            rest["trace_state"] = span.trace_state
        return rest


def _failure(status: int, row: Mapping[str, Any]) -> str:
    """What went wrong where no attribute names it; "" for nothing.

    Source: OpenTelemetry's conventions for HTTP, `error.type`: the code, which is an error from 500
    on whatever the span is, from 400 on where its sender says that it is.
    """
    code = row.get("status_code", 0)
    if code >= (400 if status == ERROR else 500) and status != OK:
        return f"{code:g}"
    return OTHER if status == ERROR else ""


def _is_id(text: str, digits: int) -> bool:
    """Whether a text is an id: so many hexadecimal digits, and not all zero."""
    if len(text) != digits:
        return False
    try:
        return int(text, 16) != 0
    except ValueError:
        return False


def _model(origin: Origin, normal: Normal) -> tuple[str, str]:
    """The model that a span is an event of, and its version."""
    rest = normal.rest
    said = rest.pop(MODEL, None)
    version = rest.pop(VERSION, None)
    asked, answered = normal.called
    own = (as_model_name(str(said)) if said else "") or origin.model
    model = own or (as_model_name(asked) if asked else "") or origin.service
    found = str(version or "") or origin.model_version
    if not found:
        found = answered if asked and not own else origin.version
    return model, found


def _usual_name(row: Mapping[str, Any]) -> str:
    """What GenAI spans are called: the operation, and what or who it is done with."""
    about = row.get("request_model") or row.get("tool") or row.get("agent") or ""
    return f"{row.get('operation', '')} {about}"


def _put_own(row: Row, rest: dict[str, Any]) -> None:
    """Columns that the sender names itself.  Errors: ValueError for a name that is taken."""
    for name in [name for name in rest if name.startswith(OWN)]:
        column = _OWN.get(name, "")
        if name.startswith(FEATURE):
            column = name[len(FEATURE) :]
            if column in names.RESERVED:
                raise ValueError(f"feature {column!r} has a reserved name; rename it")
        elif name.startswith(SCORES):
            column = names.score_column(name[len(SCORES) :])
        if not column:
            continue
        if column in row:
            raise ValueError(f"two values are called {column!r}; rename one")
        value = rest.pop(name)
        if isinstance(value, str | int | float) or _are_numbers(value):
            row[column] = value
        else:
            raise ValueError(f"{name!r} is no text, number, boolean or list of numbers")


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, int | float) and not isinstance(one, bool) for one in value
    )
