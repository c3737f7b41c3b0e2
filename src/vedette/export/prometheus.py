"""The numbers of a server as Prometheus reads them.

Owns: the numbers of the server itself as samples, the limit on series.  Does not own: their names
and help (`export.series.families`), counting (`engine.views`), series over time (`export.series`),
the text (`export.openmetrics`), HTTP (`web`).

Where the limit on series bites, what is worst is kept, and what was left out is itself a metric.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from vedette.export.openmetrics import EOF, beside_le, head, le_of, line
from vedette.export.series.families import FAMILIES, FAMILY_OF, HISTOGRAM, Family
from vedette.export.series.series import Series

MOST_SERIES = 5_000
STATES = ("collecting", "warming up", "watching")
SEVERITIES = ("critical", "warning", "info")

Plain = list[tuple[tuple[tuple[str, str], ...], float]]
Sample = tuple[str, tuple[tuple[str, str], ...], float]
Details = Callable[[str], Iterable[Series]]


def no_details(model: str) -> Iterable[Series]:
    """Has none of any model."""
    return ()


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


class Told(NamedTuple):
    """One family with its samples: the name of each with its suffix, labels, value."""

    family: Family
    samples: list[Sample]


def render(
    gauges: Gauges,
    *,
    openmetrics: bool = False,
    most_series: int = MOST_SERIES,
    details: Details = no_details,
) -> str:
    """Write the metrics, as Prometheus text 0.0.4 or as OpenMetrics 1.0.

    `details` gives of a model the newest samples of its series (`export.series`).
    Bounds: at most `most_series` series of models: the few of every model, those with open
    incidents and most evidence first, then details in the same order as far as there is room.
    """
    lines: list[str] = []
    for family, samples in told(gauges, most_series, details):
        lines += head(family, openmetrics=openmetrics)
        lines += [line(name, labels, value) for name, labels, value in samples]
    if openmetrics:
        lines.append(EOF)
    return "\n".join(lines) + "\n"


def told(
    gauges: Gauges, most_series: int = MOST_SERIES, details: Details = no_details
) -> Iterator[Told]:
    """The metrics of the server, then those of its models within the limit."""
    models = sorted(gauges.models, key=_worst_first)
    gathered: dict[str, Told] = {}
    used = dropped = 0

    def add(family: Family, samples: list[Sample]) -> None:
        gathered.setdefault(family.name, Told(family, [])).samples.extend(samples)

    for model in models:
        own = list(_of_model(model))
        series = sum(len(samples) for _, samples in own)
        if used + series > most_series:
            dropped += series
            continue
        used += series
        for family, samples in own:
            add(family, samples)
    for model in models:
        by_family: dict[str, list[Sample]] = {}
        for one in details(model.name):
            family = FAMILY_OF[one.name]
            sample = (one.name, one.labels, float(one.values[-1]))
            by_family.setdefault(family.name, []).append(sample)
        for name, samples in by_family.items():
            if used + len(samples) > most_series:
                dropped += len(samples)
                continue
            used += len(samples)
            add(FAMILIES[name], samples)
    yield from _of_server(gauges, dropped)
    for family, samples in gathered.values():
        if family.kind == HISTOGRAM:  # its own series one behind the other
            samples.sort(key=lambda one: (beside_le(one[1]), one[0], le_of(one[1])))
        yield Told(family, samples)


def _worst_first(model: ModelGauges) -> tuple[float, ...]:
    shares = [
        entry["value"] / entry["threshold"]
        for entry in model.evidence.values()
        if entry.get("threshold", 0) > 0
    ]
    rank = [-float(model.open_incidents.get(severity, 0)) for severity in SEVERITIES]
    return (*rank, -max(shares, default=0.0), -float(model.rows))


def _of_server(gauges: Gauges, dropped: int) -> Iterator[Told]:
    def one(name: str, value: float) -> Told:
        return _told(name, [((), value)])

    yield _told("build", [((("version", gauges.version),), 1)])
    yield one("uptime_seconds", gauges.uptime_s)
    yield one("models", len(gauges.models))
    yield one("queue_requests", gauges.queue_length)
    yield one("queue_bytes", gauges.queue_bytes)
    yield one("log_bytes", gauges.log_bytes)
    yield one("log_positions", gauges.log_position)
    yield one("log_behind", max(gauges.log_position - gauges.state_position, 0))
    messages: Plain = [((("state", state),), n) for state, n in sorted(gauges.messages.items())]
    yield _told("messages", messages)
    yield _told("errors", [((("place", place),), n) for place, n in sorted(gauges.errors.items())])
    yield one("series_dropped", dropped)


def _of_model(model: ModelGauges) -> Iterator[Told]:
    own = ("model", model.name)

    def count(name: str, value: int) -> Told:
        return _told(name, [((own,), value)])

    yield count("events", model.rows)
    yield count("labels", model.labels)
    yield count("late_events", model.late_rows)
    yield count("duplicate_events", model.duplicates)
    yield count("rejected_events", model.rejected)
    yield count("client_dropped_events", model.dropped_by_clients)
    state: Plain = [((own, ("state", name)), float(name == model.state)) for name in STATES]
    yield _told("model_state", state)
    windows: Plain = [
        ((own, ("clock", clock)), float(n)) for clock, n in sorted(model.windows.items())
    ]
    yield _told("windows", windows)
    for key, name in (("value", "evidence_log10"), ("threshold", "evidence_threshold_log10")):
        found: Plain = [
            ((own, ("clock", clock)), float(entry[key]))
            for clock, entry in sorted(model.evidence.items())
        ]
        yield _told(name, found)
    opened: Plain = [
        ((own, ("severity", severity)), float(model.open_incidents.get(severity, 0)))
        for severity in SEVERITIES
    ]
    yield _told("open_incidents", opened)
    if model.last_time_s is not None:
        yield _told("last_event_timestamp_seconds", [((own,), model.last_time_s)])


def _told(name: str, samples: Plain) -> Told:
    family = FAMILIES[f"vedette_{name}"]
    (whole,) = family.names
    return Told(family, [(whole, labels, value) for labels, value in samples])
