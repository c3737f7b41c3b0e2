"""Every time series that vedette tells outside, in one table.

Owns: names, kinds, units, labels and help of all series: those made of what the state keeps, and
the numbers of the server itself.  Does not own: their samples (the files beside this one,
`export.prometheus`), formats.

Names follow Prometheus: base units at the end, `_total` on counters.  A label that a series does
not have is missing, which readers take for "".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

COUNTER, GAUGE, HISTOGRAM, INFO = "counter", "gauge", "histogram", "info"
TOTAL, BUCKET, COUNT, SUM = "_total", "_bucket", "_count", "_sum"
SUFFIXES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {COUNTER: (TOTAL,), GAUGE: ("",), HISTOGRAM: (BUCKET, COUNT, SUM), INFO: ("_info",)}
)  # of a family's name, those of its series


class Family(NamedTuple):
    """Series of one name.  Shapes: `name` without the suffixes of its kind; `labels` beside
    `model`."""

    name: str
    kind: str
    unit: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What its series are called.

        Example:
            >>> FAMILIES["vedette_events"].names
            ('vedette_events_total',)
        """
        return tuple(self.name + suffix for suffix in SUFFIXES[self.kind])


_SPENT = ("column", "segment")
_STREAM = ("clock", "monitor", "column", "segment")
_READING = ("series", "metric")
_OBJECTIVE = ("objective",)
_ROWS = (
    Family("vedette_events", COUNTER, "", "Events of windows that have ended."),
    Family("vedette_late_events", COUNTER, "",
           "Events that came after their window was judged."),
    Family("vedette_failed_events", COUNTER, "", "Events that say they failed, by type of error.",
           ("error_type",)),
    Family("vedette_latency_seconds", HISTOGRAM, "seconds",
           "How long things took, by the column that says so.", _SPENT),
    Family("vedette_latency_quantile_seconds", GAUGE, "seconds",
           "Quantiles of how long things took in the last window, within 0.8 %.",
           (*_SPENT, "q")),
    Family("vedette_reading", GAUGE, "",
           "A watched series in the last window: logged metrics, shares, means.", _READING),
    Family("vedette_reading_expected", GAUGE, "", "What was expected of a watched series.",
           _READING),
    Family("vedette_reading_low", GAUGE, "",
           "Of 100 ordinary values of a watched series, 99 are not below.", _READING),
    Family("vedette_reading_high", GAUGE, "",
           "Of 100 ordinary values of a watched series, 99 are not above.", _READING),
    Family("vedette_reading_score", GAUGE, "",
           "How unusual a watched series is, from 0 to 1; at 0.5 once in a thousand.", _READING),
    Family("vedette_evidence_log10", GAUGE, "", "Evidence of change, log10.", ("clock",)),
    Family("vedette_evidence_threshold_log10", GAUGE, "",
           "Evidence at which an incident opens, log10.", ("clock",)),
    Family("vedette_stream_evidence_ratio", GAUGE, "ratio",
           "Evidence of one monitor on one column, as a share of what alarms by itself.", _STREAM),
    Family("vedette_stream_effect", GAUGE, "",
           "How large a change one monitor sees in one column, in units of its own.", _STREAM),
    Family("vedette_objective_target_ratio", GAUGE, "ratio",
           "The share of events that is promised to go well.", _OBJECTIVE),
    Family("vedette_objective_budget_left_ratio", GAUGE, "ratio",
           "What is left of an objective's budget of errors; below 0 more is used up than there "
           "is.", _OBJECTIVE),
    Family("vedette_objective_burn_rate", GAUGE, "",
           "How many times faster than allowed errors came, over windows of several lengths.",
           (*_OBJECTIVE, "window")),
    Family("vedette_objective_burn_limit", GAUGE, "",
           "The burn rate from which a budget burns too fast, by the longer of two windows.",
           (*_OBJECTIVE, "window")),
    Family("vedette_open_incidents", GAUGE, "", "Incidents that are not over.", ("severity",)),
    Family("vedette_incident", GAUGE, "", "1 for every incident that is not over.",
           ("incident", "severity", "axis", "monitor", "column", "segment")),
)  # fmt: skip
# The numbers of the server itself: written down as they are, every 15 s.
OWN = (
    Family("vedette_build", INFO, "", "The version of vedette.", ("version",)),
    Family("vedette_uptime_seconds", GAUGE, "seconds", "Time since the server started."),
    Family("vedette_models", GAUGE, "", "Models that events came for."),
    Family("vedette_queue_requests", GAUGE, "", "Requests that wait to be durable."),
    Family("vedette_queue_bytes", GAUGE, "bytes", "Size of what waits to be durable."),
    Family("vedette_log_bytes", GAUGE, "bytes", "Size of the event log on disk."),
    Family("vedette_log_positions", COUNTER, "", "Log positions that are durable."),
    Family("vedette_log_behind", GAUGE, "", "Log positions that the engine has not taken in."),
    Family("vedette_messages", GAUGE, "", "Messages to people, by how far they got.", ("state",)),
    Family("vedette_errors", COUNTER, "", "Failures caught where the server must go on.",
           ("place",)),
    Family("vedette_series_dropped", GAUGE, "",
           "Series of models left out of this answer, beyond the limit."),
    Family("vedette_labels", COUNTER, "", "Labels stored."),
    Family("vedette_duplicate_events", COUNTER, "", "Events sent again and dropped."),
    Family("vedette_rejected_events", COUNTER, "", "Events refused and kept in quarantine."),
    Family("vedette_client_dropped_events", COUNTER, "", "Events that clients say they lost."),
    Family("vedette_model_state", GAUGE, "", "1 for the state that the model is in.", ("state",)),
    Family("vedette_windows", COUNTER, "", "Windows judged.", ("clock",)),
    Family("vedette_last_event_timestamp_seconds", GAUGE, "seconds",
           "Moment of serving of the newest event, since 1970."),
)  # fmt: skip
FAMILIES: Mapping[str, Family] = MappingProxyType({own.name: own for own in (*_ROWS, *OWN)})
FAMILY_OF: Mapping[str, Family] = MappingProxyType(
    {name: own for own in (*_ROWS, *OWN) for name in own.names}
)  # by the name of a series
