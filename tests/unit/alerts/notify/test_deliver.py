"""Every message at least once, in order, without a storm; under a clock of our own."""

import base64
import threading
import time
from itertools import pairwise

import msgspec
import pytest
from tests.unit.alerts.examples import START, finding, incident, message, stored, tally

from vedette.alerts.lifecycle import move
from vedette.alerts.message import DEAD, PENDING, SENT
from vedette.alerts.notify.deliver import BURST, FIRST, GIVE_UP, LAST, SECOND, Deliverer, Rest
from vedette.alerts.notify.outbox import KEPT
from vedette.alerts.notify.sending import DeliveryError, Kind
from vedette.alerts.routes import Channel, Route, Secret
from vedette.core.errors import StoreError
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry


class World:
    """A clock, a store and a receiver that does as it is told."""

    def __init__(self, **settings):
        self.now, self.attempts, self.received, self.faults = START, [], [], []
        self.down = lambda message: None  # the failure that a message meets, None for success
        self.store = MemoryState()
        kind = Kind(lambda told, target, at: [told], self.receive, settings.pop("any_of", False))
        channels = settings.pop("channels", {"oncall": Channel(webhook="https://example.com")})
        self.notifier = Deliverer(
            self.store,
            channels,
            clock=lambda: self.now,
            luck=lambda: 0.5,
            fault=lambda place, error: self.faults.append((place, type(error))),
            kinds={"webhook": kind, "alertmanager": kind, "slack": kind},
            **settings,
        )

    def receive(self, told, target):
        self.attempts.append((self.now, told))
        if failure := self.down(told):
            raise failure
        self.received.append(told)
        return ""

    def post(self, *messages):
        self.store.commit(
            Entry("message", one.model, one.id, one.due, msgspec.json.encode(one))
            for one in messages
        )

    def run(self, seconds, name="oncall"):
        for _ in range(seconds):
            self.notifier.deliver(name)
            self.now += SECOND

    def stored(self):
        return stored(self.store)


def story(name, at=START):
    """An incident that opens, is acknowledged and resolved: three messages in order."""
    one = incident(finding(name))
    steps = [("opened", one)]
    for event, action in (("acknowledged", "acknowledge"), ("resolved", "resolve")):
        one = move(one, action, at=at)
        steps.append((event, one))
    return [message(state, event, made=at) for event, state in steps]


def test_a_message_is_sent_once_and_stays_visible_for_a_month():
    world = World()
    told = story("a")
    told[0].document["picture"] = "A" * 1000
    world.post(*told)
    world.run(5)
    assert world.received[0].document["picture"] == "A" * 1000
    assert all("picture" not in kept.document for kept in world.stored())
    assert [told.event for told in world.received] == ["opened", "acknowledged", "resolved"]
    assert tally(world.stored()) == (0, 0, 3)
    world.now += KEPT
    world.notifier.outbox.tidy(world.notifier.channels, world.now)
    assert world.stored() == []


def test_a_receiver_down_for_an_hour_gets_everything_in_order_without_a_storm():
    world = World()
    told = [one for i in range(60) for one in story(f"c{i}")]
    world.post(*told)
    world.down = lambda _: DeliveryError("connection refused")
    world.run(3600)
    assert world.received == []
    assert 5 <= len(world.attempts) <= 12
    gaps = [b[0] - a[0] for a, b in pairwise(world.attempts)]
    assert all(later >= earlier for earlier, later in pairwise(gaps))

    world.down = lambda _: None
    back = world.now
    world.run(2 * 3600)
    assert {one.id for one in world.received} == {one.id for one in told}
    by_incident = {}
    for one in world.received:
        by_incident.setdefault(one.incident, []).append(one.event)
    assert set(map(tuple, by_incident.values())) == {("opened", "acknowledged", "resolved")}
    each_second = [at for at, _ in world.attempts if at >= back]
    assert max(map(each_second.count, each_second)) <= BURST
    assert tally(world.stored()) == (0, 0, 180)
    # Nobody waits longer than as long again as the receiver was away.
    assert max(each_second) - back <= 3600 * SECOND


def test_a_crash_between_sending_and_writing_sends_the_same_message_again():
    world = World()
    world.post(*story("a"))
    commit, broken = world.store.commit, [True]

    def failing(*args, **kwargs):
        if broken[0]:
            raise StoreError("disk", "is full")
        commit(*args, **kwargs)

    world.store.commit = failing
    world.notifier._guarded("oncall", lambda: world.notifier.deliver("oncall"))
    first = world.received[0]
    world.run(20)  # while the disk is full, nothing is repeated every second
    assert len(world.received) == 1
    broken[0] = False
    world.run(60)
    assert [one.id for one in world.received[:2]] == [first.id, first.id]
    assert tally(world.stored()) == (0, 0, 3)


def test_what_nobody_takes_for_a_day_is_dead_and_can_be_revived():
    world = World()
    (opened, *_) = story("a")
    world.post(opened)
    world.down = lambda _: DeliveryError("the receiver answered 503")
    for _ in range(100):
        world.run(1)
        world.now += 1200 * SECOND
    (dead,) = world.stored()
    assert (dead.state, dead.error) == (DEAD, "the receiver answered 503")
    assert world.attempts[-1][0] - START >= GIVE_UP
    assert world.attempts[-2][0] - START < GIVE_UP
    world.down = lambda _: None
    assert world.notifier.outbox.revive(world.now, ["no such message"]) == []
    assert world.notifier.outbox.revive(world.now) == [opened.id]
    world.now += LAST * 2
    world.run(2)
    assert world.stored()[0].state == SENT


def test_a_body_that_is_refused_for_good_does_not_hold_up_the_next():
    world = World()
    world.post(*story("a"))
    world.down = lambda told: (
        DeliveryError("the receiver answered 400", is_final=True)
        if told.event == "opened"
        else None
    )
    world.run(3)
    assert [one.event for one in world.received] == ["acknowledged", "resolved"]
    assert tally(world.stored()) == (0, 1, 2)


def test_an_incident_that_a_receiver_chokes_on_does_not_hold_up_the_others():
    world = World()
    bad, *good = [story(f"c{i}") for i in range(6)]
    world.post(*bad, *(one for each in good for one in each))
    world.down = lambda told: (
        DeliveryError("the receiver answered 500") if told.incident == bad[0].incident else None
    )
    world.run(180)
    assert {one.incident for one in world.received} == {each[0].incident for each in good}
    assert all(one.state == PENDING for one in world.stored() if one.incident == bad[0].incident)


def test_a_later_message_waits_for_an_earlier_one():
    world = World()
    opened, acknowledged, _ = story("a")
    world.post(opened)
    world.down = lambda _: DeliveryError("no")
    world.run(1)
    world.down = lambda _: None
    world.post(acknowledged)  # due at once, while the first waits 30 s
    world.notifier.rests["oncall"] = Rest()  # as after a restart
    world.run(5)
    assert world.received == []
    world.run(40)
    assert [one.event for one in world.received] == ["opened", "acknowledged"]


def test_a_receiver_is_asked_again_when_it_said_so():
    world = World()
    world.post(story("a")[0])
    world.down = lambda _: DeliveryError("the receiver answered 429", retry_after_s=200)
    world.run(199)
    assert len(world.attempts) == 1
    world.run(5)
    assert len(world.attempts) == 2


def test_waiting_doubles_from_half_a_minute_to_an_hour_and_is_spread():
    world = World()
    waits = [world.notifier.wait(n) for n in range(1, 30)]
    assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert waits[-1] == LAST
    world.notifier.luck = lambda: 0.0
    assert world.notifier.wait(1) == 0.75 * FIRST


def test_an_error_nobody_foresaw_is_counted_and_tried_again():
    world = World()
    world.post(story("a")[0])
    world.down = lambda _: ZeroDivisionError()
    world.run(1)
    (waiting,) = world.stored()
    assert (waiting.state, world.faults) == (PENDING, [("notify", ZeroDivisionError)])
    assert "ZeroDivisionError" in waiting.error


def test_a_secret_that_is_not_there_is_waited_for():
    world = World(channels={"oncall": Channel(slack=Secret(env="VEDETTE_NOT_SET"))})
    world.post(story("a")[0])
    world.run(1)
    assert "VEDETTE_NOT_SET" in world.stored()[0].error
    assert not world.notifier.test("oncall").ok
    world.notifier.read = lambda _: "https://hooks.slack.com/x"
    world.run(60)
    assert world.stored()[0].state == SENT


def test_a_channel_that_is_gone_leaves_dead_letters():
    world = World()
    world.post(message(channel="removed"))
    world.notifier.outbox.tidy(world.notifier.channels, world.now)
    assert tally(world.stored()) == (0, 1, 0)


def test_trying_a_channel():
    world = World()
    assert world.notifier.test("oncall") == (True, "delivered")
    assert world.received[0].event == "test"
    assert "nothing is wrong" in world.received[0].document["vedette"]["title"]
    assert world.notifier.test("gone").detail == "there is no channel 'gone'"
    world.down = lambda _: DeliveryError("the receiver answered 403")
    assert world.notifier.test("oncall") == (False, "the receiver answered 403")
    assert world.stored() == []


def test_alertmanager_is_told_again_what_is_open_and_not_muted():
    world = World(
        channels={"am": Channel(alertmanager="http://am:9093")},
        routes=[Route(to=("am",), min_severity="warning")],
    )
    opened = incident(finding("a"))
    others = [
        move(incident(finding("b")), "resolve", at=START),
        move(incident(finding("c")), "mute", at=START, until=START + LAST),
        incident(finding("d", magnitude=0.06)),
    ]
    world.store.commit(
        Entry("incident", one.model, one.id, one.opened, msgspec.json.encode(one))
        for one in (opened, *others)
    )
    assert world.notifier.resend("am") == 1
    ((request,),) = [world.received]
    (alert,) = msgspec.json.decode(request.body)
    assert alert["labels"]["incident"] == opened.id
    assert "endsAt" not in alert


def test_of_two_alertmanagers_one_is_enough():
    world = World(any_of=True)
    outcomes = iter([DeliveryError("connection refused"), None])
    world.down = lambda _: next(outcomes)
    kind = world.notifier.kinds["webhook"]
    twice = kind._replace(render=lambda told, target, at: [told, told])
    world.notifier.kinds = {"webhook": twice}
    world.post(story("a")[0])
    world.run(1)
    (sent,) = world.stored()
    assert (sent.state, sent.error) == (SENT, "one receiver failed: connection refused")


@pytest.mark.parametrize("count", [0, 3])
def test_the_threads_end_when_told(count):
    world = World(channels={f"c{i}": Channel(webhook="https://example.com") for i in range(count)})
    world.post(*(message(channel=f"c{i}") for i in range(count)))
    stop = threading.Event()
    thread = threading.Thread(target=world.notifier.run, args=(stop,))
    thread.start()
    until = time.monotonic() + 5
    while len(world.received) < count and time.monotonic() < until:
        time.sleep(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert len(world.received) == count


PNG = b"\x89PNG and so on"


def drawing(world, draw, pictures=True):
    """Let the receiver's channel take pictures, and draw them like this."""
    kind = world.notifier.kinds["webhook"]._replace(pictures=pictures)
    world.notifier.kinds, world.notifier.draw = {"webhook": kind}, draw
    world.post(message())
    world.run(2)
    [told] = world.received
    return told.document.get("picture")


def test_a_picture_is_drawn_when_a_message_goes_out():
    asked = []
    found = drawing(World(), lambda told: asked.append(told.incident) or PNG)
    assert base64.b64decode(found) == PNG
    assert asked == [message().incident]


def test_a_channel_without_pictures_costs_no_drawing():
    assert drawing(World(), lambda told: pytest.fail("drawn"), pictures=False) is None


def test_a_message_goes_out_without_its_picture_when_that_fails():
    world = World()
    assert drawing(world, lambda told: 1 / 0) is None
    assert world.faults == [("notify", ZeroDivisionError)]
    assert drawing(World(), lambda told: None) is None
