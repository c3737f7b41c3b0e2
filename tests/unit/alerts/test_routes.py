"""Who is told what, and how channels and routes are spelt."""

import msgspec
import pytest
from tests.unit.alerts.examples import BASE, HOUR, finding, incident

from vedette.alerts.document import document_of
from vedette.alerts.grouping import attach
from vedette.alerts.lifecycle import move
from vedette.alerts.routes import Channel, Route, Secret, check_routes, messages_for
from vedette.core.errors import SettingsError
from vedette.core.windows import Window

CHANNELS = {
    "oncall": Channel(pagerduty="https://events.pagerduty.com", secret=Secret(env="PD_KEY")),
    "team": Channel(slack=Secret(env="SLACK_URL")),
    "hook": Channel(webhook="https://example.com/hook"),
}


def told(one, routes, event="opened"):
    return messages_for(one, event, routes, CHANNELS, made=5, document=document_of(one, BASE))


@pytest.mark.parametrize(
    ("route", "goes"),
    [
        (Route(to=("team",)), True),
        (Route(to=("team",), models=("fr*",)), True),
        (Route(to=("team",), models=("churn", "x*")), False),
        (Route(to=("team",), min_severity="warning"), True),
        (Route(to=("team",), min_severity="critical"), False),
        (Route(to=("team",), axes=("skew",)), False),
        (Route(to=("team",), axes=("skew", "drift")), True),
        (Route(to=("team",), events=("resolved",)), False),
        (Route(to=("gone",)), False),
    ],
)
def test_a_route_takes_what_matches(route, goes):
    assert bool(told(incident(), [route])) == goes


def test_every_channel_once_and_a_replay_makes_the_same_messages():
    routes = [Route(to=("team", "hook")), Route(to=("team",))]
    first = told(incident(), routes)
    assert [message.channel for message in first] == ["team", "hook"]
    assert first == told(incident(), routes)
    assert len({message.id for message in first}) == 2


def test_messages_of_an_incident_sort_in_the_order_of_its_moves():
    one, ids = incident(), []
    for at in range(1, 14):
        one = move(one, "note", at=at, note="x")
        ids += [message.id for message in told(one, [Route(to=("hook",))])]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_a_muted_incident_is_silent_but_for_saying_so():
    muted = move(incident(), "mute", at=1, until=10**19)
    routes = [Route(to=("team",))]
    assert told(muted, routes, "muted")
    assert not told(muted, routes, "updated")
    assert told(move(muted, "settle", at=5), routes, "resolved")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "exactly one kind"),
        ({"slack": "https://a", "teams": "https://b"}, "slack and teams"),
        ({"email": "a@b.example"}, "needs smtp and sender"),
        ({"email": "a@b.example", "smtp": "mail.b.example", "sender": "v@b.example"}, "smtp must"),
        ({"pagerduty": "https://events.pagerduty.com"}, "routing key"),
        ({"webhook": "https://a", "secret": {}}, "one place"),
        ({"webhook": "https://a", "secret": {"env": "A", "file": "b"}}, "one place"),
    ],
)
def test_a_channel_that_cannot_work_is_refused(given, said):
    with pytest.raises((SettingsError, msgspec.ValidationError), match=said):
        msgspec.convert(given, Channel)


def test_secrets_are_places_never_values_and_urls_are_not_shown():
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"webhook": "https://a", "secret": "hunter2"}, Channel)
    channel = Channel(slack="https://hooks.slack.com/services/T0/B0/verysecret")
    assert repr(channel) == "Channel(slack: hooks.slack.com)"
    assert "https" not in repr(Channel(apprise="tgram://verysecret"))
    assert repr(CHANNELS["team"]) == "Channel(slack: from SLACK_URL)"


@pytest.mark.parametrize(
    "given", [{"min_severity": "fatal"}, {"axes": ["drfit"]}, {"events": ["opend"]}]
)
def test_misspelt_words_of_a_route_are_named(given):
    with pytest.raises((SettingsError, msgspec.ValidationError), match="unknown"):
        msgspec.convert({"to": ["team"], **given}, Route)


def test_a_route_to_nowhere_is_named():
    check_routes([Route(to=("team",))], CHANNELS)
    with pytest.raises(SettingsError, match="did you mean 'oncall'"):
        check_routes([Route(to=("oncal",))], CHANNELS)


def test_streams_that_keep_joining_are_told_once_an_hour_and_when_it_grows_more_severe():
    one, routes, minute = incident(at=0), [Route(to=("hook",))], HOUR // 60
    heard = []
    for at in range(5, 180, 5):
        size = 0.9 if at == 100 else 0.2
        joined = [finding(f"c{at}", magnitude=size)]
        one = attach(one, joined, [1.0], at=at * minute, window=Window(0, at * minute))
        if told(one, routes, "updated"):
            heard.append(at)
    assert heard == [5, 60, 100, 120]
