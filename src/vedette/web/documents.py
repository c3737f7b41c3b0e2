"""What the API and the pages show, as plain data.

Owns: the JSON of models, incidents, findings, profiles and the rest.  Does not own: finding them
(`web.lookup`), HTTP.  Instants are ISO 8601 text in UTC.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import PEOPLES, allowed, is_open
from vedette.alerts.separation import Separation, together_words
from vedette.core.schema import Schema
from vedette.engine.views import ModelView
from vedette.monitors.finding import Finding
from vedette.profiles.cell import Cell
from vedette.profiles.profile import Profile
from vedette.stores.store import Entry
from vedette.web.veil import Veil

VIEW = (
    "name", "state", "why", "rows", "late_rows", "duplicates", "rejected", "dropped_by_clients",
    "labels", "version", "baseline", "evidence", "open_incidents", "axes", "traffic", "window_s",
    "opened", "budget", "period", "recently",
)  # fmt: skip


def instant(nanoseconds: int | None) -> str | None:
    """An instant as text, with as many digits as it has.

    Example:
        >>> instant(0), instant(1_500_000_000), instant(1), instant(None)
        ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.5Z', '1970-01-01T00:00:00.000000001Z', None)
    """
    if nanoseconds is None:
        return None
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{whole}{fraction}Z"


def model_document(view: ModelView, veil: Veil) -> dict[str, Any]:
    """One model, as the caller may see it."""
    plain = {name: finite(msgspec.to_builtins(getattr(view, name))) for name in VIEW}
    return plain | {
        "axes": {
            axis: {"verdict": seen.verdict, "reason": seen.reason}
            for axis, seen in veil.axes(view.name, view.axes).items()
        },
        "first_time": instant(view.first_time),
        "last_time": instant(view.last_time),
        "seen_until": instant(view.seen_until),
        "traffic_start": instant(view.traffic_start),
    }


def finding_document(finding: Finding) -> dict[str, Any]:
    """One finding of a live model."""
    plain: dict[str, Any] = finite(msgspec.structs.asdict(finding))
    window = finding.window
    plain["window"] = window and {"start": instant(window.start), "end": instant(window.end)}
    return {"id": finding.id, **plain}


def incident_document(incident: Incident, *, whole: bool = True) -> dict[str, Any]:
    """One incident; without its findings and history in a list."""
    document = {
        "id": incident.id,
        "model": incident.model,
        "state": incident.state,
        "open": is_open(incident),
        "severity": incident.severity,
        "axis": incident.axis,
        "title": incident.title,
        "onset": instant(incident.onset),
        "opened": instant(incident.opened),
        "closed": instant(incident.closed),
        "muted_until": instant(incident.muted_until),
        "version": incident.version,
        "streams": [
            {"monitor": monitor, "column": column, "segment": segment}
            for monitor, column, segment in incident.streams
        ],
        "causes": [finite(msgspec.structs.asdict(cause)) for cause in incident.causes],
        "harm": incident.harm and finite(msgspec.structs.asdict(incident.harm)),
        "separation": _separation(incident.separation),
        "evidence": finite(incident.evidence),
        "threshold": finite(incident.threshold),
        "actions": [action for action in allowed(incident.state) if action in PEOPLES],
        "replay": f"vedette replay {incident.id}",
    }
    if whole:
        document["findings"] = [finding_document(finding) for finding in incident.findings]
        document["history"] = [
            {**msgspec.structs.asdict(move), "at": instant(move.at)} for move in incident.history
        ]
    return document


def incident_lines(incidents: Iterable[Incident]) -> list[dict[str, Any]]:
    """Incidents as lists show them."""
    return [incident_document(one, whole=False) for one in incidents]


def _separation(found: Separation | None) -> dict[str, Any] | None:
    """How well the rows of an incident can be told from the reference's."""
    if found is None:
        return None
    made: dict[str, Any] = finite(msgspec.to_builtins(found))
    return made | {
        "start": instant(found.start),
        "end": instant(found.end),
        "together_words": "" if found.together is None else together_words(found.together),
    }


def profile_document(
    profile: Profile, clock: str, column: str | None, segment: str | None
) -> dict[str, Any]:
    """One window's counts, of all columns or one."""
    window = profile.window
    return {
        "clock": clock,
        "start": instant(window.start) if window else None,
        "end": instant(window.end) if window else None,
        "rows": profile.rows,
        "late_rows": profile.late_rows,
        "version": profile.version,
        "binning": profile.binning_id,
        "columns": [
            {"column": name, "segment": part, **cell_document(cell)}
            for (name, part), cell in profile.cells.items()
            if column in (None, name) and (segment or "") == part
        ],
    }


def cell_document(cell: Cell) -> dict[str, Any]:
    """The counts and moments of one column in one segment."""
    moments = cell.moments if cell.usable else None
    return {
        "rows": cell.rows,
        "missing": cell.missing,
        "not_finite": cell.not_finite,
        "broken": cell.broken,
        "unseen": cell.counts.unseen if cell.counts else 0,
        "mean": finite(moments.mean(cell.usable)) if moments else None,
        "sd": finite(moments.deviation(cell.usable)) if moments else None,
        "min": finite(moments.low) if moments else None,
        "max": finite(moments.high) if moments else None,
        "distinct": finite(cell.distinct.estimate()) if cell.distinct else None,
    }


def schema_document(schema: Schema) -> dict[str, Any]:
    """A schema with its fingerprint."""
    fields = msgspec.to_builtins(schema.fields)
    return {"fingerprint": schema.fingerprint, "fields": finite(fields)}


def entry_document(entry: Entry) -> dict[str, Any]:
    """An entry whose body is JSON or MessagePack of plain data."""
    value: Any
    try:
        value = msgspec.json.decode(entry.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            value = msgspec.msgpack.decode(entry.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            value = None
    plain = value if isinstance(value, dict) else {"value": value}
    own = {"model": entry.model, "key": entry.key, "time": instant(entry.time)}
    document: dict[str, Any] = finite(_readable({**plain, **own}))
    return document


def _readable(value: Any) -> Any:
    """Plain data without bytes, which JSON cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_readable(item) for item in value]
    return None if isinstance(value, bytes) else value


def finite(value: Any) -> Any:
    """The same data with null for numbers that JSON cannot hold."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
