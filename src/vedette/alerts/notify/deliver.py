"""Delivering: every message at least once, in order, without a storm.

Owns: the loop over channels, when something is tried again, when it is given up, repeating alerts
for Alertmanager, trying a channel.  Does not own: what waits (`outbox`), words and transports (one
file per channel).

Messages of one incident go to one channel in the order in which they were made.  After a failure
the whole channel rests, twice as long each time, so that a receiver that is down sees a handful of
attempts an hour, however many messages wait for it.
"""

import base64
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from vedette.alerts.document import document_of, plain, trial_document
from vedette.alerts.incident import Incident
from vedette.alerts.lifecycle import RESOLVED, is_silent
from vedette.alerts.message import DEAD, SENT, Message
from vedette.alerts.notify.alertmanager import post_of
from vedette.alerts.notify.catalog import KINDS
from vedette.alerts.notify.outbox import Outbox, state_of
from vedette.alerts.notify.sending import DeliveryError, Kind, Target
from vedette.alerts.notify.target import open_target, read_secret
from vedette.alerts.routes import Channel, Route, Secret
from vedette.core.errors import VedetteError
from vedette.stores.store import StateStore

SECOND = 1_000_000_000  # ns
FIRST, LAST = 30 * SECOND, 3600 * SECOND  # between tries: doubling from one to the other
GIVE_UP = 24 * 3600 * SECOND  # after which a message is dead
BURST = 20  # messages per channel and pass: after an outage a receiver is not flooded
PAUSE_S = 1.0  # between passes
PLACE = "notify"  # where faults happened
Draw = Callable[[Message], bytes | None]
Fault = Callable[[str, Exception], None]
REPEAT = 60 * SECOND  # Alertmanager forgets after 5 minutes


def log_fault(place: str, error: Exception) -> None:
    """Tell an error that nobody foresaw in the log of the process."""
    said = "vedette %s: %s: %s"
    logging.getLogger("vedette").error(said, place, type(error).__name__, error, exc_info=error)


class Outcome(NamedTuple):
    """What became of a trial."""

    ok: bool
    detail: str


class Rest(NamedTuple):
    """How often in a row a channel failed, and until when it rests."""

    failures: int = 0
    until: int = 0


class Deliverer:
    """Sends what waits in a store, from its own threads; the store must bear that.

    `clock` gives UTC nanoseconds, `luck` a number in [0, 1) that spreads the tries.
    `allow_private` lets every channel reach private addresses.  `draw` makes the picture, a PNG, of
    a message that goes to a channel that takes one.  `fault` is told every error that nobody
    foresaw; the loop goes on.
    """

    def __init__(
        self,
        store: StateStore,
        channels: Mapping[str, Channel],
        *,
        routes: Sequence[Route] = (),
        link_base: str = "",
        allow_private: bool = False,
        clock: Callable[[], int] = time.time_ns,
        luck: Callable[[], float] = random.random,
        read: Callable[[Secret], str] = read_secret,
        kinds: Mapping[str, Kind] = KINDS,
        draw: Draw | None = None,
        fault: Fault = log_fault,
    ) -> None:
        self.outbox, self.routes, self.link_base = Outbox(store), routes, link_base
        self.clock, self.luck, self.read, self.kinds = clock, luck, read, kinds
        self.draw, self.fault = draw, fault
        self.channels = {
            name: msgspec.structs.replace(
                channel, allow_private=channel.allow_private or allow_private
            )
            for name, channel in channels.items()
        }
        self.rests: dict[str, Rest] = dict.fromkeys(channels, Rest())

    def run(self, stop: threading.Event) -> None:
        """Deliver until told to stop: a thread for each channel, so that a slow one delays none."""
        threads = [
            threading.Thread(target=self._loop, args=(stop, name), name=f"notify {name}")
            for name in self.channels
        ]
        for thread in threads:
            thread.daemon = True
            thread.start()
        while not stop.is_set():
            self._guarded("", lambda: self.outbox.tidy(self.channels, self.clock()))
            stop.wait(PAUSE_S)
        for thread in threads:
            thread.join(timeout=PAUSE_S)

    def deliver(self, name: str) -> int:
        """Try what is due on one channel; how many messages got through."""
        tried = sent = 0
        if self.clock() < self.rests[name].until:
            return 0
        for group in self.outbox.due(name, self.clock()):
            for message in group:
                if tried == BURST or self.clock() < self.rests[name].until:
                    return sent
                tried += 1
                sent += self._try(message)
        return sent

    def resend(self, name: str) -> int:
        """Repeat the open incidents to an Alertmanager; how many there were.

        Errors: DeliveryError, SettingsError.
        """
        now, channel = self.clock(), self.channels[name]
        if channel.kind != "alertmanager" or now < self.rests[name].until:
            return 0
        entries = [one for one in self.outbox.store.read("incident") if state_of(one) != RESOLVED]
        found = [msgspec.json.decode(entry.body, type=Incident) for entry in entries]
        firing = [one for one in found if not is_silent(one, now) and self._leads_to(one, name)]
        mine = [document_of(one, self.link_base) for one in firing]
        if mine:
            target = open_target(name, channel, self.read)
            _send_all(self.kinds[channel.kind], target, post_of(mine, target, None))
        return len(mine)

    def test(self, name: str) -> Outcome:
        """Send a message over a channel at once, which says that it is a test."""
        if name not in self.channels:
            return Outcome(False, f"there is no channel {name!r}")
        now = self.clock()
        message = Message(
            id=f"test-{now}",
            model="test",
            incident="test",
            channel=name,
            event="test",
            made=now,
            due=now,
            document=trial_document(name, now, self.link_base),
        )
        try:
            remark = self._send(message, now)
        except (DeliveryError, VedetteError) as error:
            return Outcome(False, str(error))
        return Outcome(True, remark or "delivered")

    def wait(self, failures: int) -> int:
        """How long to wait after so many failures in a row.  Units: nanoseconds."""
        doubled = min(FIRST << min(failures - 1, 20), LAST)
        return int(doubled * (0.75 + 0.5 * self.luck()))

    def _loop(self, stop: threading.Event, name: str) -> None:
        repeated = 0
        while not stop.is_set():
            self._guarded(name, lambda: self.deliver(name))
            if self.channels[name].kind == "alertmanager" and self.clock() - repeated >= REPEAT:
                repeated = self.clock()
                self._guarded(name, lambda: self.resend(name))
            stop.wait(PAUSE_S)

    def _guarded(self, name: str, act: Callable[[], object]) -> None:
        """A notifier that died would be silent, which looks like calm.  And one that cannot write
        down what it sent must not send it again every second."""
        try:
            act()
        except (DeliveryError, VedetteError):
            self._rest(name, 0)
        except Exception as error:  # noqa: BLE001 - told, and the loop goes on
            self.fault(PLACE, error)
            self._rest(name, 0)

    def _rest(self, name: str, asked: int) -> None:
        if name:
            failures = self.rests[name].failures + 1
            until = self.clock() + max(self.wait(failures), asked)
            self.rests[name] = Rest(failures, until)

    def _try(self, message: Message) -> bool:
        """Send one message and write down what became of it."""
        now, name = self.clock(), message.channel
        try:
            remark = self._send(message, now)
        except DeliveryError as error:
            self._failed(message, now, error)
        except VedetteError as error:  # a secret is not there; somebody may still put it there
            self._failed(message, now, DeliveryError(str(error)))
        except Exception as error:  # noqa: BLE001 - one message must not stop the others
            self.fault(PLACE, error)
            why = f"{type(error).__name__} within the channel"
            self._failed(message, now, DeliveryError(why))
        else:
            self.outbox.done(message, SENT, now, remark)
            self.rests[name] = Rest()
            return True
        return False

    def _failed(self, message: Message, now: int, error: DeliveryError) -> None:
        if error.is_final or now - message.made >= GIVE_UP:
            self.outbox.done(message, DEAD, now, error.reason)
            return
        asked = int(min(error.retry_after_s * SECOND, LAST))
        self._rest(message.channel, asked)
        tries = message.tries + 1
        due = now + max(self.wait(tries), asked)
        self.outbox.keep(message, due=due, tries=tries, error=error.reason)

    def _send(self, message: Message, now: int) -> str:
        channel = self.channels[message.channel]
        target = open_target(message.channel, channel, self.read)
        kind = self.kinds[channel.kind]
        if kind.pictures and self.draw is not None and message.event != "test":
            message = self._drawn(message, self.draw)
        return _send_all(kind, target, kind.render(message, target, now))

    def _drawn(self, message: Message, draw: Draw) -> Message:
        """The message with its picture; without one when drawing fails, rather than not at all."""
        try:
            picture = draw(message)
        except Exception as error:  # noqa: BLE001 - told, and the words go out
            self.fault(PLACE, error)
            return message
        if picture is None:
            return message
        document = {**message.document, "picture": base64.b64encode(picture).decode()}
        return msgspec.structs.replace(message, document=document)

    def _leads_to(self, incident: Incident, name: str) -> bool:
        told = [route for route in self.routes if name in route.to]
        return any(route.takes(incident, event) for route in told for event in FIRING)


FIRING = ("opened", "updated", "reopened")  # events that say that something goes on


def _send_all(kind: Kind, target: Target, requests: Sequence[object]) -> str:
    """Send all parts of a message; of copies for several receivers one is enough."""
    remarks, failures = [], []
    for request in requests:
        try:
            remarks.append(kind.send(request, target))
        except DeliveryError as error:
            if not kind.any_of:
                raise
            failures.append(error)
    if failures and not remarks:
        raise failures[0]
    said = [*remarks, *(f"one receiver failed: {error.reason}" for error in failures)]
    return plain("; ".join(remark for remark in said if remark), 300)
