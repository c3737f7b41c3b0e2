"""An incident as a plain document, for people and for programs.

Owns: the body of every message: a superset of Alertmanager's webhook, version 4
(docs/formats/webhook.md), and the text in it made safe to show.  Does not own: what single channels
make of it (`alerts.notify`).

Names of columns and categories come from the monitored data and may be hostile.  Here they lose
what no reader can see (control characters, marks that reorder text) and what is too long; markup is
each channel's own matter.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from vedette.alerts.harm import Harm
from vedette.alerts.incident import Cause, Incident
from vedette.alerts.lifecycle import is_open
from vedette.alerts.separation import Separation, together_words
from vedette.core.words import number, percent
from vedette.monitors.finding import Finding

NEVER = "0001-01-01T00:00:00Z"  # Alertmanager's word for an end that is not known
LONGEST = 300  # characters of a sentence in a message
LISTED = 20  # causes and findings in a message; the rest is behind the link
NAMES: Mapping[str, str] = {  # of the alert, by axis: constant, since labels identify
    "drift": "FeatureDrift",
    "anomalies": "Anomaly",
    "skew": "DataQuality",
    "infrastructure": "ServiceTraffic",
    "fairness and security": "FairnessOrSecurity",
}


def document_of(incident: Incident, link_base: str) -> dict[str, Any]:
    """Write an incident as a plain document.

    `link_base` is how people reach the server, "" when there is no such address.  The labels are
    constant over the life of an incident but for its severity.
    Shapes: what Alertmanager sends to a webhook, and `vedette` with the incident itself.
    """
    link = f"{link_base.rstrip('/')}/incidents/{incident.id}" if link_base else ""
    labels, annotations = labels_of(incident), _annotations(incident, link)
    status = "firing" if is_open(incident) else "resolved"
    alert = {
        "status": status,
        "labels": labels,
        "annotations": annotations,
        "startsAt": instant(incident.onset),
        "endsAt": NEVER if incident.closed is None else instant(incident.closed),
        "generatorURL": link,
        "fingerprint": incident.id,
    }
    return {
        "version": "4",
        "groupKey": f"vedette:{incident.model}:{incident.id}",
        "truncatedAlerts": 0,
        "status": status,
        "receiver": "",
        "groupLabels": {key: labels[key] for key in ("alertname", "model", "incident")},
        "commonLabels": labels,
        "commonAnnotations": annotations,
        "externalURL": link_base,
        "alerts": [alert],
        "vedette": _own(incident, link),
    }


def trial_document(channel: str, at: int, link_base: str) -> dict[str, Any]:
    """The document of a message that only tests a channel.  Units: UTC nanoseconds."""
    return document_of(
        Incident(
            id="test",
            model="test",
            state="open",
            severity="info",
            axis="drift",
            title=f"This is a test of the channel {channel}; nothing is wrong",
            onset=at,
            opened=at,
        ),
        link_base,
    )


def labels_of(incident: Incident) -> dict[str, str]:
    """What identifies the alert."""
    monitor, column, segment = incident.streams[0] if incident.streams else ("", "", "")
    labels = {
        "alertname": NAMES.get(incident.axis, "Change"),
        "axis": incident.axis,
        "feature": column,
        "incident": incident.id,
        "model": incident.model,
        "model_version": incident.version,
        "monitor": monitor,
        "segment": segment,
        "severity": incident.severity,
    }
    return {name: plain(value, LONGEST) for name, value in labels.items() if value}


def instant(nanoseconds: int) -> str:
    """Spell an instant as RFC 3339 in UTC.

    Example:
        >>> instant(0), instant(1_500_000_000)
        ('1970-01-01T00:00:00Z', '1970-01-01T00:00:01.500Z')
    """
    since = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=nanoseconds // 1000)
    unit = "milliseconds" if nanoseconds % 1_000_000_000 else "seconds"
    return since.isoformat(timespec=unit).replace("+00:00", "Z")


def plain(text: str, longest: int) -> str:
    """Text on one line, without what cannot be seen, no longer than that.

    Example:
        >>> plain("a\\n\\u202eb\\x00c" + "d" * 9, 8)
        'a bcddd…'
    """
    spaced = "".join(" " if c.isspace() else c for c in text[: 4 * longest])
    line = " ".join("".join(c for c in spaced if c.isprintable()).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def _annotations(incident: Incident, link: str) -> dict[str, str]:
    annotations = {"summary": plain(incident.title, LONGEST), "link": link}
    if incident.findings and incident.findings[0].effect is not None:
        finding = incident.findings[0]
        annotations["value"] = f"{number(finding.effect)} {plain(finding.unit, 40)}".strip()
    return {name: value for name, value in annotations.items() if value}


def _own(incident: Incident, link: str) -> dict[str, Any]:
    history = incident.history[-LISTED:]
    return {
        "incident": incident.id,
        "model": plain(incident.model, LONGEST),
        "model_version": plain(incident.version, LONGEST),
        "state": incident.state,
        "severity": incident.severity,
        "axis": incident.axis,
        "title": plain(incident.title, LONGEST),
        "onset": instant(incident.onset),
        "opened": instant(incident.opened),
        "closed": None if incident.closed is None else instant(incident.closed),
        "muted_until": None if incident.muted_until is None else instant(incident.muted_until),
        "evidence": incident.evidence,
        "threshold": incident.threshold,
        "harm": None if incident.harm is None else _harm(incident.harm),
        "streams": len(incident.streams),
        "separation": None if incident.separation is None else _separation(incident.separation),
        "causes": [_cause(cause) for cause in incident.causes[:LISTED]],
        "more_causes": max(len(incident.causes) - LISTED, 0),
        "findings": [_finding(finding) for finding in incident.findings[:LISTED]],
        "history": [
            {
                "at": instant(step.at),
                "action": step.action,
                "by": plain(step.by, 100),
                "note": plain(step.note, LONGEST),
                "state": step.state,
            }
            for step in history
        ],
        "link": link,
        "replay": f"vedette replay {incident.id}",
    }


def _harm(harm: Harm) -> dict[str, Any]:
    return {
        "verdict": harm.verdict,
        "statement": plain(harm.statement, LONGEST),
        "assumption": plain(harm.assumption, LONGEST),
        "change": harm.change,
        "low": harm.low,
        "high": harm.high,
        "basis": harm.basis,
    }


def _separation(found: Separation) -> dict[str, Any]:
    pair = found.together
    return {
        "statement": plain(found.statement, LONGEST),
        "auc": found.auc,
        "low": found.low,
        "high": found.high,
        "columns": [
            {"column": plain(one.column, LONGEST), "loss": one.loss} for one in found.columns
        ],
        "together": "" if pair is None else plain(together_words(pair), LONGEST),
        "against": plain(found.against, LONGEST),
        "rows": found.rows,
        "reference_rows": found.reference_rows,
    }


def _cause(cause: Cause) -> dict[str, Any]:
    return {
        "column": plain(cause.column, LONGEST),
        "segment": plain(cause.segment, LONGEST),
        "component": cause.component,
        "share": round(cause.share, 4),
        "share_text": percent(cause.share),
        "statement": plain(cause.statement, LONGEST),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "monitor": finding.monitor,
        "component": finding.component,
        "column": plain(finding.column, LONGEST),
        "segment": plain(finding.segment, LONGEST),
        "observed": finding.observed,
        "expected": finding.expected,
        "effect": finding.effect,
        "low": finding.low,
        "high": finding.high,
        "unit": plain(finding.unit, LONGEST),
        "evidence": finding.evidence,
        "detectable": finding.detectable,
        "n_baseline": finding.n_baseline,
        "n_window": finding.n_window,
        "verdict": finding.verdict,
        "reason": plain(finding.reason, LONGEST),
    }
