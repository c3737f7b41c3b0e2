"""A captured call, its request and its response, as events.

Owns: what is kept of a call of which one side cannot be read, or neither was captured; what a
status says.  Does not own: reading either side (`ingest.payloads`), any kind of file.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from vedette.core.events import Value
from vedette.ingest.limits import Refused
from vedette.ingest.payloads.joined import joined
from vedette.ingest.payloads.requests import rows_of
from vedette.ingest.payloads.responses import ERROR, predictions_of
from vedette.ingest.readers.record import Given
from vedette.ingest.sent import Sent

STATUS = "status_code"


class Side(NamedTuple):
    """A body as it was captured."""

    data: bytes
    content_type: str = ""


def events_of(
    request: Side | None,
    response: Side | None,
    given: Given,
    *,
    status: int | None = None,
    **known: Any,
) -> list[Sent]:
    """The events of a call: one for each instance; one of what is known beside where nothing was
    captured.

    What cannot be read of one side is said in `rest`; `known` is what `payloads.joined` takes.
    Errors: Refused when nothing can be read of what was captured.
    Example:
        >>> [one] = events_of(Side(b'{"instances": [{"x": 1}]}'), Side(b"{"), Given(), id="a")
        >>> one.features, list(one.rest)
        ({'x': 1}, ['unread_response'])
        >>> events_of(None, None, Given(), id="a", status=503)[0].attributes
        {'status_code': 503, 'error_type': '503'}
    """  # fmt: skip
    names, limits = given.features, given.limits
    asked, why = _read(lambda side: rows_of(
        side.data, side.content_type, names=names, limits=limits), request)  # fmt: skip
    said, amiss = _read(lambda side: predictions_of(
        side.data, side.content_type, limits=limits), response)  # fmt: skip
    if (why or amiss) and not asked and not said:
        raise why or amiss  # type: ignore[misc]
    made = joined(asked, said, **known) or [Sent(**known)]
    unread = {"unread_request": why, "unread_response": amiss}
    rest: dict[str, Any] = {name: str(error) for name, error in unread.items() if error}
    for one in made:
        one.rest = rest or None
        told = {} if status is None else status_columns(status)
        own = one.attributes or {}
        taken = {*one.features, *(one.text or ())}
        one.attributes = {n: v for n, v in {**told, **own}.items() if n not in taken} or None
    return made


def status_columns(status: int) -> dict[str, Value]:
    """What an HTTP status says: from 500 on it is an error of the server, of that type.

    Source: OpenTelemetry's conventions for HTTP spans of servers, `error.type`.
    Example:
        >>> status_columns(404), status_columns(503)
        ({'status_code': 404}, {'status_code': 503, 'error_type': '503'})
    """
    return {STATUS: status, ERROR: str(status)} if status >= 500 else {STATUS: status}


def _read(
    reader: Callable[[Side], list[Sent]], side: Side | None
) -> tuple[list[Sent], Refused | None]:
    if side is None:
        return [], None
    try:
        return reader(side), None
    except Refused as refused:
        return [], refused
