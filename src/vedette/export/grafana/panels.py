"""What the dashboards show, in one table.

Owns: panels, their queries, titles and units.  Does not own: the JSON (`export.grafana.dashboard`),
the series (`export.series.families`).

`$model` is chosen on the dashboard; `$__rate_interval` is Grafana's, at least four windows.
"""

from collections.abc import Sequence
from typing import NamedTuple

from vedette.export.series.promised import window_of
from vedette.stats.burn import PAIRS

SERIES, STAT, TABLE = "timeseries", "stat", "table"
ROW = "row"  # a heading over what follows


class Query(NamedTuple):
    """One expression, and how its series are called."""

    expr: str
    legend: str = ""


class Panel(NamedTuple):
    """One drawing.  Units: `width` of 24; `unit` as Grafana names it."""

    title: str
    kind: str
    queries: tuple[Query, ...] = ()
    unit: str = "short"
    width: int = 12
    help: str = ""
    instant: bool = False


class Board(NamedTuple):
    """One dashboard.  `uid` stays what it is for ever: links hold it."""

    uid: str
    title: str
    panels: Sequence[Panel]
    chooses: bool  # one model, rather than showing all


BURNS = tuple((window_of(pair.long), window_of(pair.short)) for pair in PAIRS)
# Readings of resources by how their names end, as everything that vedette reads itself is named.
_BUSY, _BYTES = 'metric=~".+[.]utilization"', 'metric=~".+[.]bytes"'
_QUEUES = 'metric=~"queue[.].+"'
_PLACE, _VERSION = "(operation|endpoint)=.*", "_version=.*"  # segments that are always told apart

_ALL = (
    Panel("Open incidents", STAT, (Query("sum(vedette_open_incidents)"),), width=6, instant=True),
    Panel("Models with an open incident", STAT,
          (Query("count(sum by (model) (vedette_open_incidents) > 0) or vector(0)"),), width=6,
          instant=True),
    Panel("Events per second", STAT, (Query("sum(rate(vedette_events_total[$__rate_interval]))"),),
          "reqps", 6, instant=True),
    Panel("Events that fail", STAT,
          (Query("(sum(rate(vedette_failed_events_total[$__rate_interval])) or vector(0)) / "
                 "sum(rate(vedette_events_total[$__rate_interval]))"),),
          "percentunit", 6, instant=True),
    Panel("Open incidents by model", SERIES,
          (Query("sum by (model) (vedette_open_incidents)", "{{model}}"),)),
    Panel("Evidence of change, of what opens an incident", SERIES,
          (Query("max by (model) (vedette_evidence_log10 / vedette_evidence_threshold_log10)",
                 "{{model}}"),), "percentunit", help="On a log scale; an incident opens at 100 %."),
    Panel("Events by model", SERIES,
          (Query("sum by (model) (rate(vedette_events_total[$__rate_interval]))", "{{model}}"),),
          "reqps"),
    Panel("95th percentile of how long things took", SERIES,
          (Query('max by (model, column) (vedette_latency_quantile_seconds{q="0.95",segment=""})',
                 "{{model}} {{column}}"),), "s"),
    Panel("Least that is left of a budget of errors", SERIES,
          (Query("min by (model) (vedette_objective_budget_left_ratio)", "{{model}}"),),
          "percentunit", help="Below 0 a promise is broken."),
    Panel("Busiest resource", SERIES,
          (Query(f"max by (model) (vedette_reading{{{_BUSY}}})", "{{model}}"),), "percentunit"),
    Panel("Incidents that are not over", TABLE, (Query("vedette_incident == 1"),), width=24,
          instant=True),
)  # fmt: skip
_M = 'model=~"$model"'
_ONE = (
    Panel("Open incidents", STAT,
          (Query(f"sum by (severity) (vedette_open_incidents{{{_M}}})", "{{severity}}"),), width=6,
          instant=True),
    Panel("Events per second", STAT,
          (Query(f"sum(rate(vedette_events_total{{{_M}}}[$__rate_interval]))"),), "reqps", 6,
          instant=True),
    Panel("Events in the stretch shown", STAT,
          (Query(f"sum(increase(vedette_events_total{{{_M}}}[$__range]))"),), "short", 6,
          instant=True),
    Panel("Late events in the stretch shown", STAT,
          (Query(f"sum(increase(vedette_late_events_total{{{_M}}}[$__range]))"),), "short", 6,
          instant=True),
    Panel("Traffic and errors", ROW),
    Panel("Events", SERIES,
          (Query(f"sum by (model) (rate(vedette_events_total{{{_M}}}[$__rate_interval]))",
                 "{{model}}"),), "reqps"),
    Panel("Events that fail, by type of error", SERIES,
          (Query("sum by (error_type) "
                 f"(rate(vedette_failed_events_total{{{_M}}}[$__rate_interval]))",
                 "{{error_type}}"),), "reqps"),
    Panel("Share of events that fail, by type of error", SERIES,
          (Query("sum by (error_type) "
                 f"(rate(vedette_failed_events_total{{{_M}}}[$__rate_interval])) / scalar("
                 f"sum(rate(vedette_events_total{{{_M}}}[$__rate_interval])))",
                 "{{error_type}}"),), "percentunit"),
    Panel("Events by version, operation and endpoint", SERIES,
          (Query("topk(10, sum by (segment) (rate(vedette_latency_seconds_count"
                 f'{{{_M},segment=~"{_PLACE}|{_VERSION}"}}[$__rate_interval])))', "{{segment}}"),),
          "reqps", help="Of those that say how long they took."),
    Panel("How long things take", ROW),
    Panel("Quantiles of every window", SERIES,
          (Query(f'vedette_latency_quantile_seconds{{{_M},segment=""}}', "{{column}} q={{q}}"),),
          "s", help="Within 0.8 % of the exact value."),
    Panel("Share of events within a second", SERIES,
          (Query("sum by (model, column) "
                 f'(rate(vedette_latency_seconds_bucket{{{_M},segment="",le="1.0"}}'
                 "[$__rate_interval])) / sum by (model, column) "
                 f'(rate(vedette_latency_seconds_count{{{_M},segment=""}}[$__rate_interval]))',
                 "{{column}}"),), "percentunit"),
    Panel("Quantiles by version", SERIES,
          (Query(f'vedette_latency_quantile_seconds{{{_M},segment=~"{_VERSION}"}}',
                 "{{column}} {{segment}} q={{q}}"),), "s"),
    Panel("95th percentile by operation and endpoint", SERIES,
          (Query(f'topk(10, vedette_latency_quantile_seconds{{{_M},q="0.95",'
                 f'segment=~"{_PLACE}"}})', "{{column}} {{segment}}"),), "s"),
    Panel("95th percentile by segment", SERIES,
          (Query(f'topk(10, vedette_latency_quantile_seconds{{{_M},q="0.95",segment!="",'
                 f'segment!~"{_PLACE}|{_VERSION}"}})', "{{column}} {{segment}}"),), "s"),
    Panel("Quantile over the stretch shown, from buckets", SERIES,
          (Query("histogram_quantile(0.95, sum by (le, column) (rate("
                 f'vedette_latency_seconds_bucket{{{_M},segment=""}}[$__rate_interval])))',
                 "{{column}}"),), "s"),
    Panel("What was promised", ROW),
    Panel("Left of the budget of errors", SERIES,
          (Query(f"vedette_objective_budget_left_ratio{{{_M}}}", "{{objective}}"),), "percentunit",
          help="Over the period of each objective; below 0 more is used up than there is."),
    Panel("How fast budgets burn", SERIES,
          (Query(f"vedette_objective_burn_rate{{{_M}}}", "{{objective}} in {{window}}"),),
          help="At 1 a budget lasts for just its period."),
    Panel("Of what is too fast, over both windows", SERIES, tuple(
        Query("min without (window) "
              f'(vedette_objective_burn_rate{{{_M},window=~"{long}|{short}"}}) / ignoring (window) '
              f'vedette_objective_burn_limit{{{_M},window="{long}"}}',
              f"{{{{objective}}}} {long} and {short}")
        for long, short in BURNS), "percentunit",
          help="Of the slower of two windows; an error budget burns too fast at 100 %."),
    Panel("Promised to go well", STAT,
          (Query(f"vedette_objective_target_ratio{{{_M}}}", "{{objective}}"),), "percentunit", 12,
          instant=True),
    Panel("Saturation", ROW),
    Panel("Utilisation", SERIES, (Query(f"vedette_reading{{{_M},{_BUSY}}}", "{{series}}"),),
          "percentunit", help="Processors, memory, disks, GPUs, caches."),
    Panel("Memory and other bytes", SERIES,
          (Query(f"vedette_reading{{{_M},{_BYTES}}}", "{{series}}"),), "bytes"),
    Panel("Queues", SERIES, (Query(f"vedette_reading{{{_M},{_QUEUES}}}", "{{series}}"),)),
    Panel("Servers that show their metrics", SERIES,
          (Query(f'vedette_reading{{{_M},metric="scrape_up"}}', "{{series}}"),)),
    Panel("Change", ROW),
    Panel("Evidence, of what opens an incident", SERIES,
          (Query(f"vedette_evidence_log10{{{_M}}} / vedette_evidence_threshold_log10{{{_M}}}",
                 "{{clock}}"),), "percentunit", help="On a log scale; an incident opens at 100 %."),
    Panel("What shows most evidence", SERIES,
          (Query(f"topk(10, vedette_stream_evidence_ratio{{{_M}}})",
                 "{{monitor}} {{column}} {{segment}}"),), "percentunit"),
    Panel("Effects on columns, all rows", SERIES,
          (Query(f'topk(10, vedette_stream_effect{{{_M},segment=""}})', "{{monitor}} {{column}}"),),
          help="In the unit of the monitor: standard deviations, shares, factors."),
    Panel("Open incidents by severity", SERIES,
          (Query(f"sum by (severity) (vedette_open_incidents{{{_M}}})", "{{severity}}"),)),
    Panel("Metrics and what is expected of them", ROW),
    Panel("Metrics", SERIES, (Query(f"vedette_reading{{{_M}}}", "{{series}}"),)),
    Panel("What was expected", SERIES,
          (Query(f"vedette_reading_expected{{{_M}}}", "{{series}}"),)),
    Panel("Outside of what 99 of 100 ordinary values keep to", SERIES,
          (Query(f"(vedette_reading{{{_M}}} > vedette_reading_high{{{_M}}}) or "
                 f"(vedette_reading{{{_M}}} < vedette_reading_low{{{_M}}})", "{{series}}"),)),
    Panel("How unusual", SERIES, (Query(f"vedette_reading_score{{{_M}}}", "{{series}}"),),
          "percentunit", help="At 50 % once in a thousand windows."),
    Panel("Incidents that are not over", TABLE, (Query(f"vedette_incident{{{_M}}} == 1"),),
          width=24, instant=True),
)  # fmt: skip
_SERVER = (
    Panel("Up for", STAT, (Query("vedette_uptime_seconds"),), "s", 6, instant=True),
    Panel("Models", STAT, (Query("vedette_models"),), width=6, instant=True),
    Panel("Failures in the stretch shown", STAT,
          (Query("sum(increase(vedette_errors_total[$__range])) or vector(0)"),), width=6,
          instant=True),
    Panel("Messages that could not be delivered", STAT,
          (Query('sum(vedette_messages{state="dead"}) or vector(0)'),), width=6, instant=True),
    Panel("What comes in", ROW),
    Panel("Positions of the log that became durable", SERIES,
          (Query("rate(vedette_log_positions_total[$__rate_interval])"),), "cps"),
    Panel("Positions of the log that are not taken in", SERIES, (Query("vedette_log_behind"),),
          help="At 0 the engine keeps up."),
    Panel("Requests that wait to be durable", SERIES, (Query("vedette_queue_requests"),)),
    Panel("Bytes that wait to be durable", SERIES, (Query("vedette_queue_bytes"),), "bytes"),
    Panel("Events refused, by model", SERIES,
          (Query("sum by (model) (rate(vedette_rejected_events_total[$__rate_interval]))",
                 "{{model}}"),), "cps"),
    Panel("Events sent again, by model", SERIES,
          (Query("sum by (model) (rate(vedette_duplicate_events_total[$__rate_interval]))",
                 "{{model}}"),), "cps"),
    Panel("Events lost by clients, by model", SERIES,
          (Query("sum by (model) (rate(vedette_client_dropped_events_total[$__rate_interval]))",
                 "{{model}}"),), "cps"),
    Panel("Labels, by model", SERIES,
          (Query("sum by (model) (rate(vedette_labels_total[$__rate_interval]))", "{{model}}"),),
          "cps"),
    Panel("What is made of it", ROW),
    Panel("Windows judged, by clock", SERIES,
          (Query("sum by (clock) (rate(vedette_windows_total[$__rate_interval]))", "{{clock}}"),),
          "cps"),
    Panel("Age of the newest event, by model", SERIES,
          (Query("time() - vedette_last_event_timestamp_seconds", "{{model}}"),), "s"),
    Panel("Models by state", SERIES,
          (Query("sum by (state) (vedette_model_state)", "{{state}}"),)),
    Panel("Messages to people", SERIES, (Query("sum by (state) (vedette_messages)", "{{state}}"),)),
    Panel("Failures that were survived", SERIES,
          (Query("sum by (place) (increase(vedette_errors_total[$__rate_interval]))",
                 "{{place}}"),)),
    Panel("Size of the event log", SERIES, (Query("vedette_log_bytes"),), "bytes"),
    Panel("Series that found no room", SERIES, (Query("vedette_series_dropped"),)),
    Panel("Version", TABLE, (Query("vedette_build_info"),), width=12, instant=True),
)  # fmt: skip
BOARDS = (
    Board("vedette-models", "vedette: all models", _ALL, False),
    Board("vedette-model", "vedette: one model", _ONE, True),
    Board("vedette-server", "vedette: the server itself", _SERVER, False),
)
