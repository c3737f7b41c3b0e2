"""The numbers of a server as Prometheus reads them.

Owns: names, help texts, the two text formats, the limit on series.  Does not own: counting
(`engine.views`), HTTP (`web`).

Only what is small per model is shown: detail is for the API.  Where the limit on series bites, the
models that are worst are kept and what was left out is itself a metric.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import isinf, isnan
from typing import NamedTuple, Protocol

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
MOST_SERIES = 2_000
STATES = ("collecting", "warming up", "watching")
SEVERITIES = ("critical", "warning", "info")


Samples = list[tuple[tuple[tuple[str, str], ...], float]]


class ModelGauges(Protocol):
    """The numbers of one model.  Units: rows, seconds since 1970 (None: never), log10 of evidence
    under `value` and `threshold`, by clock."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def labels(self) -> int: ...
    @property
    def late_rows(self) -> int: ...
    @property
    def duplicates(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def dropped_by_clients(self) -> int: ...
    @property
    def windows(self) -> Mapping[str, int]: ...  # looked at, by clock
    @property
    def evidence(self) -> Mapping[str, Mapping[str, float]]: ...
    @property
    def open_incidents(self) -> Mapping[str, int]: ...  # by severity
    @property
    def last_time_s(self) -> float | None: ...


class Gauges(Protocol):
    """The numbers of the server.  Units: bytes, seconds."""

    @property
    def models(self) -> Sequence[ModelGauges]: ...
    @property
    def version(self) -> str: ...
    @property
    def uptime_s(self) -> float: ...
    @property
    def queue_length(self) -> int: ...
    @property
    def queue_bytes(self) -> int: ...
    @property
    def log_bytes(self) -> int: ...
    @property
    def log_position(self) -> int: ...
    @property
    def state_position(self) -> int: ...
    @property
    def messages(self) -> Mapping[str, int]: ...  # by state: pending, sent, dead
    @property
    def errors(self) -> Mapping[str, int]: ...  # caught where nothing may fail, by place


class Family(NamedTuple):
    """One metric.  Shapes: samples are (labels, value)."""

    name: str  # without the prefix, and without `_total`
    kind: str  # counter, gauge or info
    help: str
    samples: Samples


def render(gauges: Gauges, *, openmetrics: bool = False, most_series: int = MOST_SERIES) -> str:
    """Write the metrics, as Prometheus text 0.0.4 or as OpenMetrics 1.0.

    Bounds: at most `most_series` series of models, those with open incidents and most evidence
    first.
    """
    lines: list[str] = []
    for family in families(gauges, most_series):
        lines += _lines(family, openmetrics)
    if openmetrics:
        lines.append("# EOF")
    return "\n".join(lines) + "\n"


def wants_openmetrics(accept: str) -> bool:
    """Whether an Accept header asks for OpenMetrics, as Prometheus does.

    Example:
        >>> wants_openmetrics("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
        True
        >>> wants_openmetrics("text/html,*/*;q=0.8")
        False
    """
    return "application/openmetrics-text" in accept


def families(gauges: Gauges, most_series: int = MOST_SERIES) -> Iterator[Family]:
    """The metrics of the server, then those of its models within the limit."""
    models = sorted(gauges.models, key=_worst_first)
    kept: list[list[tuple[tuple[str, str, str], Samples]]] = []
    used = dropped = 0
    for model in models:
        own = list(_of_model(model))
        series = sum(len(samples) for _, samples in own)
        if used + series > most_series:
            dropped += series
        else:
            used += series
            kept.append(own)
    yield from _of_server(gauges, dropped)
    gathered: dict[str, Family] = {}
    for own in kept:
        for (name, kind, help_text), samples in own:
            family = gathered.setdefault(name, Family(name, kind, help_text, []))
            family.samples.extend(samples)
    yield from gathered.values()


def _worst_first(model: ModelGauges) -> tuple[float, ...]:
    shares = [
        entry["value"] / entry["threshold"]
        for entry in model.evidence.values()
        if entry.get("threshold", 0) > 0
    ]
    rank = [-float(model.open_incidents.get(severity, 0)) for severity in SEVERITIES]
    return (*rank, -max(shares, default=0.0), -float(model.rows))


def _of_server(gauges: Gauges, dropped: int) -> Iterator[Family]:
    def one(name: str, kind: str, help_text: str, value: float) -> Family:
        return Family(name, kind, help_text, [((), value)])

    yield Family("build", "info", "The version of vedette.", [((("version", gauges.version),), 1)])
    yield one("uptime_seconds", "gauge", "Time since the server started.", gauges.uptime_s)
    yield one("models", "gauge", "Models that events came for.", len(gauges.models))
    yield one("queue_requests", "gauge", "Requests that wait to be durable.", gauges.queue_length)
    yield one("queue_bytes", "gauge", "Size of what waits to be durable.", gauges.queue_bytes)
    yield one("log_bytes", "gauge", "Size of the event log on disk.", gauges.log_bytes)
    behind = max(gauges.log_position - gauges.state_position, 0)
    yield one("log_behind", "gauge", "Log positions that the engine has not taken in.", behind)
    yield Family(
        "messages", "gauge", "Messages to people, by how far they got.",
        [((("state", state),), n) for state, n in sorted(gauges.messages.items())],
    )  # fmt: skip
    yield Family(
        "errors", "counter", "Failures caught where the server must go on.",
        [((("place", place),), n) for place, n in sorted(gauges.errors.items())],
    )  # fmt: skip
    help_text = "Series of models left out of this answer, beyond the limit."
    yield one("series_dropped", "gauge", help_text, dropped)


def _of_model(model: ModelGauges) -> Iterator[tuple[tuple[str, str, str], Samples]]:
    own = ("model", model.name)

    def count(name: str, help_text: str, value: int) -> tuple[tuple[str, str, str], Samples]:
        return (name, "counter", help_text), [((own,), value)]

    yield count("events", "Events stored.", model.rows)
    yield count("labels", "Labels stored.", model.labels)
    yield count("late_events", "Events that came after their window was judged.", model.late_rows)
    yield count("duplicate_events", "Events sent again and dropped.", model.duplicates)
    yield count("rejected_events", "Events refused and kept in quarantine.", model.rejected)
    lost = "Events that clients say they lost."
    yield count("client_dropped_events", lost, model.dropped_by_clients)
    state: Samples = [((own, ("state", name)), float(name == model.state)) for name in STATES]
    yield ("model_state", "gauge", "1 for the state that the model is in."), state
    windows: Samples = [
        ((own, ("clock", clock)), float(n)) for clock, n in sorted(model.windows.items())
    ]
    yield ("windows", "counter", "Windows judged."), windows
    for key, name, help_text in (
        ("value", "evidence_log10", "Evidence of change, log10."),
        ("threshold", "evidence_threshold_log10", "Evidence at which an incident opens, log10."),
    ):
        found: Samples = [
            ((own, ("clock", clock)), float(entry[key]))
            for clock, entry in sorted(model.evidence.items())
        ]
        yield (name, "gauge", help_text), found
    opened: Samples = [
        ((own, ("severity", severity)), float(model.open_incidents.get(severity, 0)))
        for severity in SEVERITIES
    ]
    yield ("open_incidents", "gauge", "Incidents that are not over."), opened
    if model.last_time_s is not None:
        when = "Moment of serving of the newest event, since 1970."
        yield ("last_event_timestamp_seconds", "gauge", when), [((own,), model.last_time_s)]


def _lines(family: Family, openmetrics: bool) -> Iterator[str]:
    name = f"vedette_{family.name}"
    suffix = {"counter": "_total", "info": "_info"}.get(family.kind, "")
    bare = name if openmetrics else name + suffix
    kind = family.kind if openmetrics or family.kind != "info" else "gauge"
    yield f"# HELP {bare} {family.help}"
    yield f"# TYPE {bare} {kind}"
    for labels, value in family.samples:
        text = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels)
        yield (
            f"{name}{suffix}{{{text}}} {_number(value)}"
            if text
            else (f"{name}{suffix} {_number(value)}")
        )


def _escaped(label: str) -> str:
    label = label.encode("utf-8", "replace").decode("utf-8")
    return label.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    if isnan(value):
        return "NaN"
    if isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
    )
