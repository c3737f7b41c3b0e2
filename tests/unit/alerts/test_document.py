"""The plain document: a superset of Alertmanager's webhook, safe to show."""

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.alerts.examples import BASE, HOSTILE, finding, incident, message

from vedette.alerts.document import NEVER, document_of, instant, plain
from vedette.alerts.harm import Harm
from vedette.alerts.lifecycle import move
from vedette.alerts.notify.webhook import body_of


def texts(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_it_has_all_that_alertmanager_sends():
    document = document_of(incident(), BASE)
    assert {
        "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
        "commonLabels", "commonAnnotations", "externalURL", "alerts",
    } <= set(document)  # fmt: skip
    (alert,) = document["alerts"]
    assert set(alert) == {
        "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint",
    }  # fmt: skip
    assert (document["version"], document["status"], alert["endsAt"]) == ("4", "firing", NEVER)
    assert alert["labels"] == {
        "alertname": "FeatureDrift", "axis": "drift", "feature": "amount", "model": "fraud",
        "model_version": "7", "monitor": "shift", "severity": "warning",
        "incident": alert["fingerprint"],
    }  # fmt: skip
    assert alert["annotations"]["value"] == "0.21 sd"
    own = document["vedette"]
    assert own["replay"] == f"vedette replay {own['incident']}"
    assert own["link"] == f"{BASE}/incidents/{own['incident']}"
    assert msgspec.json.decode(msgspec.json.encode(document)) == document


def test_labels_identify_and_stay():
    one = incident()
    labels = document_of(one, BASE)["commonLabels"]
    for action in ("acknowledge", "mute", "unmute", "resolve", "reopen"):
        one = move(one, action, at=len(one.history))
        assert document_of(one, BASE)["commonLabels"] == labels
    closed = document_of(move(one, "settle", at=9, closed=one.opened), BASE)
    assert closed["status"] == closed["alerts"][0]["status"] == "resolved"
    assert closed["alerts"][0]["endsAt"] == "2026-01-01T01:00:00Z"


def test_without_an_address_there_is_no_link():
    document = document_of(incident(), "")
    assert document["vedette"]["link"] == ""
    assert "link" not in document["commonAnnotations"]


def test_hostile_names_are_one_short_visible_line():
    bad = finding(HOSTILE * 50, reason=HOSTILE * 50, segment=HOSTILE)
    document = document_of(incident(bad), BASE)
    for text in texts(document):
        assert len(text) <= 300
        assert not any(ord(c) < 32 or c == "\u202e" for c in text)


def test_harm_is_told():
    harm = Harm(
        verdict="harmful",
        statement="Harmful: the loss rose by 5 points\nmore",
        assumption="assuming that",
        change=0.05,
        low=0.03,
        high=0.07,
        basis="realised",
    )
    told = document_of(msgspec.structs.replace(incident(), harm=harm), BASE)["vedette"]["harm"]
    assert told["statement"] == "Harmful: the loss rose by 5 points more"
    assert (told["verdict"], told["basis"], told["change"]) == ("harmful", "realised", 0.05)
    assert document_of(incident(), BASE)["vedette"]["harm"] is None


def test_it_stays_small():
    many = [finding(f"c{i}" * 100, reason="x" * 5000) for i in range(300)]
    assert len(msgspec.json.encode(document_of(incident(*many), BASE))) < 64_000


@given(st.text(), st.integers(2, 50))
def test_plain_text_is_short_single_and_stable(text, longest):
    once = plain(text, longest)
    assert len(once) <= longest
    assert once.isprintable()
    assert plain(once, longest) == once


@pytest.mark.parametrize(("ns", "year"), [(-(2**63), "1677"), (2**63 - 1, "2262")])
def test_all_instants_of_64_bits_are_spelt(ns, year):
    assert instant(ns).startswith(year)


def test_the_page_of_the_webhook_shows_what_is_sent():
    page = (Path(__file__).resolve().parents[3] / "docs/formats/webhook.md").read_text("utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    assert msgspec.json.decode(example) == body_of(message(), "oncall")
