"""What every channel is sent: the shapes of each service, its limits, and no markup let through."""

import base64
import hashlib
import hmac
import json
from email import message_from_bytes
from email.policy import default

import pytest
from tests.unit.alerts.examples import BASE, HOSTILE, START, finding, incident, message

from vedette.alerts.document import document_of
from vedette.alerts.lifecycle import move
from vedette.alerts.notify import alertmanager, apprise, email, pagerduty, slack, teams, webhook
from vedette.alerts.notify.catalog import KINDS
from vedette.alerts.notify.sending import Target
from vedette.alerts.notify.target import open_target
from vedette.alerts.routes import CHANNELS, Channel, Secret
from vedette.core.errors import SettingsError

NEW, OLD = "whsec_" + base64.b64encode(b"new" * 8).decode(), "whsec_b2xkb2xkb2xk"
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 64
HARM = finding(HOSTILE, reason=HOSTILE * 3, segment=HOSTILE)


NEEDS = {
    "pagerduty": {"secret": Secret(env="X")},
    "email": {"smtp": "smtp://mail.example.com", "sender": "Vedette <v@example.com>"},
}  # what a kind of channel cannot do without
EVENTS = ("opened", "updated", "acknowledged", "muted", "resolved", "reopened", "test")


def target(kind, *addresses, secrets=()):
    channel = Channel(**{kind: addresses, **NEEDS.get(kind, {})})
    return Target("oncall", channel, addresses, secrets)


def sent(kind, told, *, secrets=(), at=START):
    requests = KINDS[kind].render(told, target(kind, "https://example.com/x", secrets=secrets), at)
    return [json.loads(request.body) for request in requests]


def test_every_kind_of_channel_has_a_row():
    assert set(KINDS) == set(CHANNELS)


@pytest.mark.parametrize("kind", ["webhook", "alertmanager", "slack", "teams", "pagerduty"])
@pytest.mark.parametrize(
    "event", ["opened", "updated", "acknowledged", "muted", "resolved", "test"]
)
def test_every_event_has_a_body_and_the_key_that_makes_it_count_once(kind, event):
    told = message(event=event)
    requests = KINDS[kind].render(told, target(kind, "https://example.com/x", secrets=(NEW,)), 0)
    assert requests
    assert all(json.loads(request.body) for request in requests)
    assert {request.headers["Idempotency-Key"] for request in requests} == {told.id}
    again = KINDS[kind].render(told, target(kind, "https://example.com/x", secrets=(NEW,)), 0)
    assert requests == again


# --- webhook --------------------------------------------------------------------------------------


def test_a_webhook_is_signed_by_both_secrets_while_one_is_replaced():
    (request,) = webhook.render(
        message(), target("webhook", "https://a", secrets=(NEW, OLD)), START
    )
    signatures = request.headers["webhook-signature"].split(" ")
    signed = f"{message().id}.{START // 10**9}.".encode() + request.body
    for secret, given in zip((NEW, OLD), signatures, strict=True):
        key = base64.b64decode(secret[6:])
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert given == f"v1,{digest}"


def test_a_webhook_without_a_secret_is_not_signed_and_a_broken_one_is_not_shown():
    (request,) = webhook.render(message(), target("webhook", "https://a"), START)
    assert "webhook-signature" not in request.headers
    with pytest.raises(SettingsError, match="not base64") as caught:
        webhook.render(message(), target("webhook", "https://a", secrets=("hunter2!",)), START)
    assert "hunter2" not in str(caught.value)


def test_a_webhook_has_the_document_and_what_happened_but_not_the_picture():
    told = message()
    told.document["picture"] = base64.b64encode(PNG).decode()
    (body,) = sent("webhook", told)
    assert body["receiver"] == "oncall"
    assert body["vedette"]["event"] == "opened"
    assert "picture" not in body
    assert body["alerts"][0]["status"] == "firing"


# --- Alertmanager ---------------------------------------------------------------------------------


def test_alertmanager_is_told_an_end_only_when_it_is_over():
    (body,) = sent("alertmanager", message())
    assert set(body[0]) == {"labels", "annotations", "startsAt", "generatorURL"}
    for event in ("resolved", "muted"):
        (body,) = sent("alertmanager", message(event=event), at=START)
        assert body[0]["endsAt"] == "2026-01-01T00:00:00Z"
    requests = alertmanager.render(
        message(), target("alertmanager", "http://a:9093/", "http://b"), 0
    )
    assert [one.url for one in requests] == [
        "http://a:9093/api/v2/alerts",
        "http://b/api/v2/alerts",
    ]


# --- Slack ----------------------------------------------------------------------------------------


def test_slack_blocks_keep_the_limits_and_show_no_mention_or_link():
    (body,) = sent("slack", message(incident(*[HARM] * 1, finding("b" * 5000))))
    assert len(body["blocks"]) <= 50
    assert len(body["blocks"][0]["text"]["text"]) <= 150
    assert body["blocks"][0]["text"]["type"] == "plain_text"
    assert not body["link_names"]
    for text in marked(body["blocks"]):
        assert len(text["text"]) <= 3000
        assert text["verbatim"]
        assert "<" not in text["text"]
    assert "<" not in body["text"]
    assert body["blocks"][-1]["elements"][0]["url"].startswith(BASE)


def marked(value):
    if isinstance(value, dict):
        if value.get("type") == "mrkdwn":
            yield value
        for inner in value.values():
            yield from marked(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from marked(inner)


def test_slack_shows_the_picture_by_its_public_address_only():
    told = message()
    told.document["picture_url"] = "https://vedette.example.com/pictures/1.png"
    assert "image" in [block["type"] for block in sent("slack", told)[0]["blocks"]]
    told.document["picture_url"] = "http://127.0.0.1:8642/pictures/1.png"
    assert "image" not in [block["type"] for block in sent("slack", told)[0]["blocks"]]


# --- PagerDuty ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "actions"),
    [
        ("opened", ["trigger"]),
        ("updated", ["trigger"]),
        ("reopened", ["trigger"]),
        ("acknowledged", ["acknowledge"]),
        ("muted", ["acknowledge"]),
        ("resolved", ["resolve"]),
        ("test", ["trigger", "resolve"]),
    ],
)
def test_pagerduty_actions_share_one_key(event, actions):
    bodies = sent("pagerduty", message(event=event), secrets=("R" * 32,))
    assert [body["event_action"] for body in bodies] == actions
    assert len({body["dedup_key"] for body in bodies}) == 1
    assert all(body["routing_key"] == "R" * 32 for body in bodies)
    assert ("payload" in bodies[0]) == (actions[0] == "trigger")


def test_pagerduty_payload_keeps_the_limits():
    (body,) = sent("pagerduty", message(incident(HARM, finding("x" * 9000))), secrets=("R",))
    payload = body["payload"]
    assert len(payload["summary"]) <= 1024
    assert len(body["dedup_key"]) <= 255
    assert payload["severity"] in ("critical", "error", "warning", "info")
    assert payload["timestamp"] == "2026-01-01T01:00:00Z"
    assert payload["class"] == "drift"
    (request,) = pagerduty.render(
        message(), target("pagerduty", "https://events.pagerduty.com", secrets=("R",)), 0
    )
    assert request.url == "https://events.pagerduty.com/v2/enqueue"


# --- Teams ----------------------------------------------------------------------------------------


def test_a_teams_card_is_small_and_all_of_the_data_stands_in_plain_runs():
    many = [finding(HOSTILE + str(i) * 300, reason="\U0001f600" * 3000) for i in range(50)]
    (request,) = teams.render(message(incident(HARM, *many)), target("teams", "https://a"), 0)
    assert len(request.body) <= 28 * 1024
    card = json.loads(request.body)["attachments"][0]["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert {row["type"] for row in card["body"]} == {"RichTextBlock"}
    assert card["actions"][0]["url"].startswith(BASE)


# --- e-mail ---------------------------------------------------------------------------------------


def letter(told):
    (one,) = email.render(told, target("email", "Ann <ann@example.com>", "b@example.com"), START)
    return one


def test_letters_of_one_incident_hang_together():
    first = letter(message()).message
    later = letter(message(event="resolved")).message
    assert later["In-Reply-To"] == later["References"] == first["Message-ID"]
    assert later["Message-ID"] != first["Message-ID"]
    assert letter(message(event="resolved")).message["Message-ID"] == later["Message-ID"]
    assert letter(message()).recipients == ("ann@example.com", "b@example.com")


def test_a_letter_has_text_html_and_the_picture_inside():
    told = message()
    told.document["picture"] = base64.b64encode(PNG).decode()
    built = letter(told).message
    text, rich = built.get_body(("plain",)), built.get_body(("html",))
    assert "rose by 0.21 sd" in text.get_content()
    assert "cid:picture" in rich.get_content()
    (picture,) = [part for part in built.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<picture>"
    assert picture.get_content() == PNG
    told.document["picture"] = base64.b64encode(b"<svg onload=alert(1)>").decode()
    assert "cid:picture" not in letter(told).message.get_body(("html",)).get_content()


def test_a_subject_of_any_language_survives_the_wire():
    for reason in ("x" * 180, "größer als erwartet 東京 " * 9):
        built = letter(message(incident(finding(reason=reason)))).message
        read = message_from_bytes(built.as_bytes(), policy=default)
        # Between encoded words the standard library of Python 3.11 loses a space.
        assert read["Subject"].replace(" ", "") == built["Subject"].replace(" ", "")
        assert max(map(len, built.as_bytes().split(b"\r\n"))) <= 998


def test_hostile_names_add_no_header_and_no_tag():
    built = letter(message(incident(HARM))).message
    assert built["Bcc"] is None
    assert "\n" not in built["Subject"]
    html = built.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert set(built.keys()) == set(letter(message()).message.keys())


# --- apprise, secrets -----------------------------------------------------------------------------


def test_a_notice_is_plain_text_with_its_severity():
    (notice,) = apprise.render(message(), target("apprise", "json://localhost"), 0)
    assert notice.type == "warning"
    assert "vedette replay" in notice.body
    (notice,) = apprise.render(message(event="resolved"), target("apprise", "json://localhost"), 0)
    assert notice.type == "success"


def test_secrets_are_read_where_the_settings_say(tmp_path, monkeypatch):
    place = tmp_path / "secret"
    place.write_text("  from-a-file\n", "utf-8")
    monkeypatch.setenv("SLACK_URL", "https://hooks.slack.com/services/T/B/verysecret")
    channel = Channel(slack=Secret(env="SLACK_URL"), secret=Secret(file=str(place)))
    opened = open_target("team", channel)
    assert opened.addresses == ("https://hooks.slack.com/services/T/B/verysecret",)
    assert opened.secrets == ("from-a-file",)
    assert "verysecret" not in repr(opened)
    assert "from-a-file" not in repr(opened)


@pytest.mark.parametrize("secret", [Secret(env="VEDETTE_NOT_SET"), Secret(file="no/such/file")])
def test_a_secret_that_is_not_there_is_named_by_its_place(secret):
    with pytest.raises(SettingsError, match=r"VEDETTE_NOT_SET|no/such/file"):
        open_target("team", Channel(slack=secret))


def test_the_words_name_who_acted_and_why():
    one = move(incident(), "acknowledge", at=START, by="Ann", note="a deploy")
    told = message(one, event="acknowledged")
    assert told.document == document_of(one, BASE)
    (body,) = sent("slack", told)
    assert "Ann: a deploy" in json.dumps(body)
    assert "Acknowledged: " in body["text"]
    assert slack.escape("a&b") == "a&amp;b"
