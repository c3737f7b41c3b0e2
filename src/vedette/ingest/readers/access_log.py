"""Access logs of what stands before a model: nginx, Envoy, Apache, Traefik, Caddy.

Owns: times, paths and probes of their lines.  Does not own: names and forms (`access_names`),
lines (`lines`).

A line tells how long a call took and what came of it, nothing of what was asked.  Addresses,
agents, users and queries are left where they are: they say who somebody is.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vedette.core.errors import SchemaError
from vedette.core.times import nanoseconds
from vedette.ingest.moments import moment
from vedette.ingest.readers.access_names import COMBINED, ENVOY, FORMS, MILLI, OTHERS, TOOK, Form
from vedette.ingest.readers.calls import status_columns
from vedette.ingest.readers.lines import lines
from vedette.ingest.readers.record import AGE, Given, Item, Kind, Reader, Record
from vedette.ingest.readers.rows import document, text_moment
from vedette.ingest.sent import Sent

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
# Asked by what watches the server, not by who uses the model.
PROBES = frozenset((
    "/livez", "/readyz", "/healthz", "/health", "/ping", "/metrics", "/v2/health/live",
    "/v2/health/ready",
))  # fmt: skip
_LOCAL = re.compile(r"(\d\d)/(\w{3})/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d\d)(\d\d)")
_ID = re.compile(r"[0-9]+|[0-9a-fA-F-]{16,}|[0-9a-fA-F]{8}-.*")
_MODEL = re.compile(r"(/v[12]/models/)([^/:]+)(/versions/)?(?(3)([^/:]+))")


def reader(path: Path, given: Given) -> Reader:
    """Read lines of one log, each in whatever form it has."""

    def read(record: Record) -> Iterable[Item]:
        text = record.value.decode("utf-8", "replace")
        line = document(text) if text.startswith("{") else None
        found = _object(line, given) if isinstance(line, Mapping) else _text(text, given)
        if found is not None:
            yield found

    return read


def _object(line: Mapping[str, Any], given: Given) -> Item | None:
    form = next((one for one in FORMS if _told(line, one.sign) is not None), None)
    if form is None:
        raise SchemaError("record", "is in no known form of an access log", got=str(list(line)[:6]))
    took = _number(_told(line, form.latency))
    told = next((_told(line, name) for name in form.time if _told(line, name) is not None), None)
    request = str(_told(line, form.path) or "")
    method = str(_told(line, form.method) or "")
    if not request and isinstance(line.get("request"), str):  # "GET /path HTTP/1.1"
        method, request = _asked(line["request"])
    rest = {"request_id": _told(line, form.request_id)} if form.request_id else {}
    return _item(
        None if told is None else _time(told, given), _told(line, form.status),
        None if took is None else took * form.unit, method, request,
        {name: value for name, value in rest.items() if value}, _trace(line, form),
    )  # fmt: skip


def _text(text: str, given: Given) -> Item | None:
    if found := ENVOY.fullmatch(text):
        return _item(
            _time(found["time"], given), found["status"], float(found["took"]) * MILLI,
            *_asked(found[2]),
            {"request_id": found[9]} if found[9] not in ("", "-") else {}, None,
        )  # fmt: skip
    if found := COMBINED.fullmatch(text):
        behind = TOOK.search(found["more"])
        took = float(behind[1]) if behind else None
        return _item(
            _time(found["time"], given), found["status"], took, *_asked(found[2]), {}, None
        )
    raise SchemaError("record", "is in no known form of an access log", got=text[:80])


def _item(
    time: int | None, status: Any, took: float | None, method: str, request: str,
    rest: dict[str, Any], trace: str | None,
) -> Item | None:  # fmt: skip
    code = int(status)
    if not 0 <= code < 1000:
        raise SchemaError("record", "has no status", got=status)
    asked = request.partition("?")[0]
    if asked in PROBES:
        return None
    found = _MODEL.search(asked)
    model, version = (found[2], found[4]) if found else ("", None)
    if found:
        named = found[1] + "{model}" + (f"{found[3]}{{version}}" if found[3] else "")
        asked = asked[: found.start()] + named + asked[found.end() :]
    event = Sent(time=time, latency_s=took, version=version, trace_id=trace, rest=rest or None)
    endpoint = f"{method} {template(asked)}".strip()
    event.attributes = {"endpoint": endpoint, **status_columns(code if code else 499)}
    return Item(model, event)


def template(path: str) -> str:
    """A path with what is only a number or an id in it left out.

    Example:
        >>> template("/users/42/orders/9f1c2d3e-0000-4000-8000-000000000000")
        '/users/{id}/orders/{id}'
    """
    return "/".join("{id}" if _ID.fullmatch(part) else part for part in path.split("/"))


def _asked(request: str) -> tuple[str, str]:
    """Method and path of a request's first line; both "" when it is none."""
    parts = request.split(" ")
    return (parts[0], parts[1]) if len(parts) >= 2 else ("", "")


def _told(line: Mapping[str, Any], name: str) -> Any:
    for one in (name, *OTHERS.get(name, ())):
        value: Any = line
        for key in one.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value not in (None, "", "-"):
            return value
    return None


def _number(value: Any) -> float | None:
    """Seconds or the like; of several, as nginx writes of several tries, their sum."""
    if value is None or isinstance(value, int | float):
        return value
    parts = [one for one in re.split(r"[,:\s]+", str(value)) if one not in ("", "-")]
    return sum(map(float, parts)) if parts else None


def _trace(line: Mapping[str, Any], form: Form) -> str | None:
    told = _told(line, form.trace) if form.trace else None
    return str(told) if told else None


def _time(told: Any, given: Given) -> int:
    if not isinstance(told, str):
        return moment(told)
    if found := _LOCAL.fullmatch(told):
        day, month, year, hour, minute, second, east, more = found.groups()
        at = datetime(int(year), MONTHS.index(month) // 3 + 1, int(day), int(hour), int(minute),
                      int(second), tzinfo=UTC)  # fmt: skip
        offset = int(east) * 3600 + int(east[0] + more) * 60
        return nanoseconds(at) - offset * 10**9
    if told.replace(".", "", 1).isdigit():
        return moment(float(told))
    return text_moment(told, given.zone)


KIND = Kind(
    about="access logs of nginx, Envoy, Apache, Traefik and Caddy",
    files=("*access*", "*.log", "*.log.*"),
    cut=lines,
    reader=reader,
    order=AGE,
)
