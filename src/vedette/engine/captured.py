"""Calls of model servers as events.

Owns: time, latency, id, identity and error of the events of one call, out of both its sides.  Does
not own: waiting for the sides (`engine.capture`), what bodies mean (`ingest.payloads`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vedette.core.durations import SECOND
from vedette.core.schema import Schema
from vedette.ingest.cloudevents.parts import Part
from vedette.ingest.decoded import Decoded
from vedette.ingest.limits import Limits, Refused
from vedette.ingest.payloads.joined import joined
from vedette.ingest.payloads.requests import rows_of
from vedette.ingest.payloads.responses import ERROR, predictions_of
from vedette.ingest.rejections import Rejections
from vedette.ingest.rows import Context, event_rows
from vedette.ingest.sent import Read, Sent

QUALITY = "time_quality"  # kept of an event of which nobody says when it was
NO_RESPONSE = "no_response"  # the servers log answers that went well only
SHOWN = 8 << 10  # bytes of a body that cannot be read, kept to be looked at


@dataclass(frozen=True)
class Call:
    """One call, complete or given up.

    Shapes: `failed` says that no response came, although the model's responses are logged; `bare`
    names the side whose body is in the log only.
    Units: `received` UTC nanoseconds, of the first side.
    """

    id: str
    received: int
    request: Part | None = None
    response: Part | None = None
    failed: bool = False
    bare: str = ""

    @property
    def sides(self) -> list[Part]:
        """Those that came, the request first."""
        return [part for part in (self.request, self.response) if part is not None]

    def with_body(self, data: bytes) -> "Call":
        """The call with the body that it lacks, if it does."""
        if not self.bare:
            return self
        request, response = (
            replace(part, data=data) if part is not None and part.side == self.bare else part
            for part in (self.request, self.response)
        )
        return replace(self, request=request, response=response, bare="")


def events_of(
    model: str, calls: Sequence[Call], schema: Schema | None, limits: Limits, received: int
) -> list[Decoded]:
    """Turn calls of one model into events; what cannot be read is rejected, with the reason.

    Values that a body does not name are the schema's features in their order, if as many.
    Example:
        >>> part = lambda side, at, data: Part("m", side, "a", at, data)
        >>> call = Call("a", 10**18, part("request", 10**18, b'{"instances": [[2]]}'),
        ...             part("response", 10**18 + 5 * 10**8, b'{"predictions": [7]}'))
        >>> [one] = events_of("m", [call], None, Limits(), 10**18)
        >>> one.rows.select(["_id", "latency_s", "column_1", "prediction"]).to_pylist()
        [{'_id': 'a', 'latency_s': 0.5, 'column_1': 2.0, 'prediction': 7.0}]
    """
    fields = () if schema is None else schema.fields
    names = [field.name for field in fields if field.role == "feature"]
    longest = max((part.data for call in calls for part in call.sides), key=len, default=b"")
    context = Context(longest, model, received, limits, schema, exact_times=True)
    done: list[Decoded] = []
    items: list[Sent] = []
    bad = Rejections()
    for call in calls:
        made, why = _events(call, names, limits)
        if not made:
            bad.add(0, why or "holds no instance", _shown(call), call.id)
        if len(items) + len(made) > limits.rows:
            done.append(_decoded(items, bad, context))
            items, bad = [], Rejections()
        items += made
    return [*done, _decoded(items, bad, context)]


def _events(call: Call, names: Sequence[str], limits: Limits) -> tuple[list[Sent], str]:
    """The events of a call, and why a side cannot be read."""
    asked, why = _read(lambda part: rows_of(
        part.data, part.content_type, names=names, limits=limits), call.request)  # fmt: skip
    said, amiss = _read(lambda part: predictions_of(
        part.data, part.content_type, limits=limits), call.response)  # fmt: skip
    sides = call.sides
    first, last = sides[0], sides[-1]
    took = None
    timed = not any(QUALITY in part.about for part in sides)
    if len(sides) == 2 and timed and first.at is not None and last.at is not None:
        took = (last.at - first.at) / SECOND if last.at >= first.at else None
    at = next((part.at for part in sides if part.at is not None), None)
    made = joined(
        asked, said, id=call.id, time=call.received if at is None else at, latency_s=took,
        weight=first.weight,
    )  # fmt: skip
    version = next((part.version for part in sides if part.version), None)
    # Seldon's logger sends each side within a trace of its own, which is not the call's.
    traces = {part.trace for part in sides if part.trace}
    trace = traces.pop() if len(traces) == 1 else None
    rest: dict[str, Any] = {**first.about, "unread_request": why, "unread_response": amiss}
    if at is None:
        rest[QUALITY] = "received"
    rest = {name: told for name, told in rest.items() if told}
    for one in made:
        one.version, one.trace_id, one.rest = one.version or version, trace, rest or None
        if call.failed and ERROR not in one.features:
            one.attributes = {**(one.attributes or {}), ERROR: NO_RESPONSE}
    return made, why or amiss


def _read(reader: Callable[[Part], list[Sent]], part: Part | None) -> tuple[list[Sent], str]:
    if part is None:
        return [], ""
    try:
        return reader(part), ""
    except Refused as refused:
        return [], f"the {part.side}'s {refused}"


def _shown(call: Call) -> str:
    return call.sides[0].data[:SHOWN].decode("utf-8", "replace")


def _decoded(items: list[Sent], bad: Rejections, context: Context) -> Decoded:
    rows, rejected = event_rows(Read(items), context) if items else (None, [])
    return Decoded(rows, rejected=(*bad.all, *rejected))
