"""Alert rules for a Prometheus that scrapes vedette.

Owns: the rules and their YAML.  Does not own: metrics (`export.prometheus`), incidents themselves:
vedette tells people of those without Prometheus, too (`alerts.notify`).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from vedette.core.durations import SECOND, nanoseconds
from vedette.export.series.promised import window_of
from vedette.stats.burn import PAIRS, Pair

FAST, SLOW = PAIRS[:2], PAIRS[2:]  # what uses a budget up within hours, and within days


class Rule(NamedTuple):
    """One alert.  `lasts` is how long its expression must hold."""

    name: str
    expr: str
    lasts: str
    severity: str  # "": the series' own
    summary: str
    text: str = ""


def rules_of(silence: str = "1h") -> tuple[Rule, ...]:
    """Every rule; `silence` is how long no event may come."""
    model = "{{ $labels.model }}"
    quiet = nanoseconds(silence, "silence") // SECOND
    burns = f"{model}: the budget of errors of {{{{ $labels.objective }}}} burns "
    times = "{{ $value | humanize }} times faster than allowed"
    return (
        Rule("VedetteIncident", "vedette_incident == 1", "0s", "",
             f"{model}: an incident about {{{{ with $labels.column }}}}{{{{ . }}}}{{{{ else }}}}"
             "the model{{ end }} is open",
             "Axis {{ $labels.axis }}, monitor {{ $labels.monitor }}, segment "
             "{{ with $labels.segment }}{{ . }}{{ else }}all rows{{ end }}."),
        Rule("VedetteBudgetBurnsFast", _burning(FAST), "0s", "critical",
             f"{burns}{times}, for hours"),
        Rule("VedetteBudgetBurns", _burning(SLOW), "0s", "warning",
             f"{burns}{times}, for days"),
        Rule("VedetteBudgetUsedUp", "vedette_objective_budget_left_ratio <= 0", "0s", "warning",
             f"{model}: the budget of errors of {{{{ $labels.objective }}}} is used up"),
        Rule("VedetteAbsent", "absent(vedette_build_info)", "5m", "critical",
             "vedette is not scraped, or does not run"),
        Rule("VedetteModelSilent",
             f"time() - vedette_last_event_timestamp_seconds > {quiet}", "0s", "warning",
             f"{model}: no event for {{{{ $value | humanizeDuration }}}}"),
        Rule("VedetteEventsRejected",
             "sum by (model) (rate(vedette_rejected_events_total[15m])) / (sum by (model) "
             "(rate(vedette_events_total[15m])) + sum by (model) "
             "(rate(vedette_rejected_events_total[15m]))) > 0.01", "15m", "warning",
             f"{model}: {{{{ $value | humanizePercentage }}}} of events are refused"),
        Rule("VedetteEventsLostByClients", "increase(vedette_client_dropped_events_total[15m]) > 0",
             "0s", "warning", f"{model}: its clients lost {{{{ $value | humanize }}}} events"),
        Rule("VedetteBehind", "vedette_log_behind > 0 and delta(vedette_log_behind[10m]) >= 0",
             "15m", "warning", "vedette does not keep up with its log"),
        Rule("VedetteMessagesUndelivered", 'vedette_messages{state="dead"} > 0', "0s", "warning",
             "{{ $value }} messages to people could not be delivered"),
        Rule("VedetteFailures", "increase(vedette_errors_total[15m]) > 0", "0s", "warning",
             "vedette caught failures in {{ $labels.place }}; its log says why"),
        Rule("VedetteSeriesDropped", "vedette_series_dropped > 0", "15m", "info",
             "{{ $value }} series do not fit on /metrics; ask for them below /prometheus"),
    )  # fmt: skip


def _burning(pairs: Sequence[Pair]) -> str:
    """Where a budget burns too fast over both windows of one of some pairs."""
    found = []
    for pair in pairs:
        long, short = window_of(pair.long), window_of(pair.short)
        limit = f'vedette_objective_burn_limit{{window="{long}"}}'
        found.append(
            f'(vedette_objective_burn_rate{{window="{long}"}} >= {limit} and ignoring (window) '
            f'vedette_objective_burn_rate{{window="{short}"}} >= ignoring (window) {limit})'
        )
    return " or ignoring (window) ".join(found)


def rule_file(silence: str = "1h") -> str:
    """The file that Prometheus reads.

    Errors: SettingsError for a silence that is no duration.
    Example:
        >>> rule_file().splitlines()[1]
        '- name: vedette'
    """
    rules: list[dict[str, Any]] = []
    for own in rules_of(silence):
        rule: dict[str, Any] = {"alert": own.name, "expr": own.expr}
        if own.lasts != "0s":
            rule["for"] = own.lasts
        if own.severity:
            rule["labels"] = {"severity": own.severity}
        rule["annotations"] = {"summary": own.summary}
        if own.text:
            rule["annotations"]["description"] = own.text
        rules.append(rule)
    found = {"groups": [{"name": "vedette", "rules": rules}]}
    return yaml.safe_dump(found, sort_keys=False, width=1000)
