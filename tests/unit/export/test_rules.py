"""The alert rules: sound by Prometheus's own tool, firing when they should and not else."""

import shutil
import subprocess

import pytest
import yaml

from vedette.core.errors import SettingsError
from vedette.export.rules import rule_file, rules_of

TESTS = """
rule_files: [rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - {series: 'vedette_build_info{version="1"}', values: '1+0x100'}
      - {series: 'vedette_incident{model="fraud",incident="i1",severity="critical",axis="drift",monitor="shift",column="amount"}', values: '_x10 1+0x10 _x80'}
      - {series: 'vedette_events_total{model="fraud"}', values: '0+100x60 6000+0x40'}
      - {series: 'vedette_rejected_events_total{model="fraud"}', values: '0+0x30 0+5x70'}
      - {series: 'vedette_client_dropped_events_total{model="fraud"}', values: '0x20 7+0x80'}
      - {series: 'vedette_last_event_timestamp_seconds{model="fraud"}', values: '0+60x30 1800+0x90'}
      - {series: 'vedette_log_behind', values: '0x50 10+10x50'}
      - {series: 'vedette_messages{state="dead"}', values: '0x10 2+0x90'}
      - {series: 'vedette_errors_total{place="step"}', values: '0x40 1+0x60'}
      - {series: 'vedette_series_dropped', values: '0x60 5+0x40'}
      - {series: 'vedette_objective_burn_limit{model="fraud",objective="up",window="1h"}', values: '14.4x100'}
      - {series: 'vedette_objective_burn_limit{model="fraud",objective="up",window="3d"}', values: '1x100'}
      - {series: 'vedette_objective_burn_rate{model="fraud",objective="up",window="1h"}', values: '2x20 20x30 2x50'}
      - {series: 'vedette_objective_burn_rate{model="fraud",objective="up",window="5m"}', values: '30x5 1x25 16x10 1x60'}
      - {series: 'vedette_objective_burn_rate{model="fraud",objective="up",window="3d"}', values: '0.5x50 1.5x50'}
      - {series: 'vedette_objective_burn_rate{model="fraud",objective="up",window="6h"}', values: '3x60 0.5x40'}
      - {series: 'vedette_objective_budget_left_ratio{model="fraud",objective="up"}', values: '0.5x70 -0.1x30'}
    alert_rule_test:
      - {eval_time: 4m, alertname: VedetteBudgetBurnsFast, exp_alerts: []}
      - {eval_time: 25m, alertname: VedetteBudgetBurnsFast, exp_alerts: []}
      - eval_time: 35m
        alertname: VedetteBudgetBurnsFast
        exp_alerts:
          - exp_labels: {model: fraud, objective: up, severity: critical, window: 1h}
            exp_annotations: {summary: 'fraud: the budget of errors of up burns 20 times faster than allowed, for hours'}
      - {eval_time: 50m, alertname: VedetteBudgetBurnsFast, exp_alerts: []}
      - {eval_time: 45m, alertname: VedetteBudgetBurns, exp_alerts: []}
      - eval_time: 58m
        alertname: VedetteBudgetBurns
        exp_alerts:
          - exp_labels: {model: fraud, objective: up, severity: warning, window: 3d}
            exp_annotations: {summary: 'fraud: the budget of errors of up burns 1.5 times faster than allowed, for days'}
      - {eval_time: 70m, alertname: VedetteBudgetBurns, exp_alerts: []}
      - {eval_time: 60m, alertname: VedetteBudgetUsedUp, exp_alerts: []}
      - eval_time: 80m
        alertname: VedetteBudgetUsedUp
        exp_alerts:
          - exp_labels: {model: fraud, objective: up, severity: warning}
            exp_annotations: {summary: 'fraud: the budget of errors of up is used up'}
      - eval_time: 5m
        alertname: VedetteIncident
        exp_alerts: []
      - eval_time: 15m
        alertname: VedetteIncident
        exp_alerts:
          - exp_labels: {model: fraud, incident: i1, severity: critical, axis: drift, monitor: shift, column: amount}
            exp_annotations:
              summary: 'fraud: an incident about amount is open'
              description: 'Axis drift, monitor shift, segment all rows.'
      - {eval_time: 40m, alertname: VedetteIncident, exp_alerts: []}
      - {eval_time: 50m, alertname: VedetteAbsent, exp_alerts: []}
      - {eval_time: 89m, alertname: VedetteModelSilent, exp_alerts: []}
      - eval_time: 91m
        alertname: VedetteModelSilent
        exp_alerts:
          - exp_labels: {model: fraud, severity: warning}
            exp_annotations: {summary: 'fraud: no event for 1h 1m 0s'}
      - {eval_time: 30m, alertname: VedetteEventsRejected, exp_alerts: []}
      - eval_time: 58m
        alertname: VedetteEventsRejected
        exp_alerts:
          - exp_labels: {model: fraud, severity: warning}
            exp_annotations: {summary: 'fraud: 4.762% of events are refused'}
      - {eval_time: 15m, alertname: VedetteEventsLostByClients, exp_alerts: []}
      - eval_time: 25m
        alertname: VedetteEventsLostByClients
        exp_alerts:
          - exp_labels: {model: fraud, severity: warning}
            exp_annotations: {summary: 'fraud: its clients lost 7 events'}
      - {eval_time: 55m, alertname: VedetteBehind, exp_alerts: []}
      - eval_time: 80m
        alertname: VedetteBehind
        exp_alerts:
          - exp_labels: {severity: warning}
            exp_annotations: {summary: 'vedette does not keep up with its log'}
      - eval_time: 20m
        alertname: VedetteMessagesUndelivered
        exp_alerts:
          - exp_labels: {state: dead, severity: warning}
            exp_annotations: {summary: '2 messages to people could not be delivered'}
      - {eval_time: 30m, alertname: VedetteFailures, exp_alerts: []}
      - eval_time: 45m
        alertname: VedetteFailures
        exp_alerts:
          - exp_labels: {place: step, severity: warning}
            exp_annotations: {summary: 'vedette caught failures in step; its log says why'}
      - {eval_time: 70m, alertname: VedetteSeriesDropped, exp_alerts: []}
      - eval_time: 80m
        alertname: VedetteSeriesDropped
        exp_alerts:
          - exp_labels: {severity: info}
            exp_annotations: {summary: '5 series do not fit on /metrics; ask for them below /prometheus'}
  - interval: 1m
    input_series: []
    alert_rule_test:
      - {eval_time: 4m, alertname: VedetteAbsent, exp_alerts: []}
      - eval_time: 6m
        alertname: VedetteAbsent
        exp_alerts:
          - exp_labels: {severity: critical}
            exp_annotations: {summary: 'vedette is not scraped, or does not run'}
"""  # noqa: E501 - a table


def promtool(*arguments, cwd):
    if shutil.which("promtool") is None:
        pytest.skip("no promtool here: Debian's package is prometheus")
    return subprocess.run(
        ["promtool", *arguments], cwd=cwd, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.peer
def test_prometheus_finds_the_rules_sound(tmp_path):
    (tmp_path / "rules.yml").write_text(rule_file())
    run = promtool("check", "rules", "rules.yml", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert f"{len(rules_of())} rules found" in run.stdout


@pytest.mark.peer
def test_every_rule_fires_when_it_should_and_not_before(tmp_path):
    (tmp_path / "rules.yml").write_text(rule_file())
    (tmp_path / "tests.yml").write_text(TESTS)
    run = promtool("test", "rules", "tests.yml", cwd=tmp_path)
    assert run.returncode == 0, run.stdout + run.stderr
    cases = yaml.safe_load(TESTS)["tests"]
    tried = {one["alertname"] for case in cases for one in case["alert_rule_test"]}
    assert tried == {rule.name for rule in rules_of()}


def test_silence_is_what_was_asked_for():
    assert "> 600" in rule_file("10min")
    with pytest.raises(SettingsError, match="no length of time"):
        rule_file("soon")
