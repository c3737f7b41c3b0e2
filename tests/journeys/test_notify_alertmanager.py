"""A real Alertmanager takes our alerts, groups them, passes them on and hears when they are over.

Owns: the way through Debian's package prometheus-alertmanager.  Does not own: bodies.
"""

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import msgspec
import pytest
from tests.journeys.receiver import Receiver
from tests.unit.alerts.examples import BASE, HOSTILE, finding, incident

from vedette.alerts.document import document_of
from vedette.alerts.lifecycle import move
from vedette.alerts.notify.deliver import Deliverer
from vedette.alerts.routes import Channel, Route, messages_for
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
TEMPLATE = Path("/usr/share/prometheus/alertmanager/default.tmpl")

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(PROGRAM is None, reason="Alertmanager is not on this machine"),
    pytest.mark.skipif(not TEMPLATE.is_file(), reason="Alertmanager's default.tmpl is missing"),
]


class Alertmanager:
    """The real program, with one webhook."""

    def __init__(self, folder, hook):
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
        self.url = f"http://localhost:{port}"
        config = folder / "alertmanager.yml"
        config.write_text(
            "route: {receiver: hook, group_by: [model, incident], group_wait: 100ms, "
            "group_interval: 100ms, repeat_interval: 1h}\n"
            "receivers: [{name: hook, "
            f"webhook_configs: [{{url: '{hook}', send_resolved: true}}]}}]\n"
        )
        command = [
            PROGRAM,
            f"--config.file={config}",
            f"--storage.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
        ]
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log)
        wait_for(self.is_ready, "Alertmanager to start")

    def is_ready(self):
        try:
            return self.get("/-/ready") is not None
        except OSError:
            assert self.process.poll() is None, Path(self.log.name).read_text()
            return False

    def get(self, path):
        with urllib.request.urlopen(self.url + path, timeout=5) as answer:
            return answer.read()

    def alerts(self):
        return json.loads(self.get("/api/v2/alerts"))

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)
        self.log.close()


def wait_for(true, what, seconds=20):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := true():
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s for {what}")


@pytest.fixture
def world(tmp_path):
    """A receiver, the real Alertmanager that passes on to it, our store and our deliverer."""
    hook = Receiver()
    peer = Alertmanager(tmp_path, hook.url("/from-alertmanager"))
    channels = {"am": Channel(alertmanager=peer.url, allow_private=True)}
    store = MemoryState()
    routes = [Route(to=("am",))]
    yield hook, peer, store, Deliverer(store, channels, routes=routes, link_base=BASE)
    peer.close()
    hook.close()


def tell(store, notifier, one, event="opened"):
    """Write an incident and the messages of its last move, as the engine does, and deliver."""
    told = messages_for(
        one,
        event,
        notifier.routes,
        notifier.channels,
        made=time.time_ns(),
        document=document_of(one, BASE),
    )
    entries = [Entry("message", m.model, m.id, m.due, msgspec.json.encode(m)) for m in told]
    kept = Entry("incident", one.model, one.id, one.opened, msgspec.json.encode(one))
    store.commit([*entries, kept])
    assert notifier.deliver("am") == len(told)


def passed_on(hook):
    return [json.loads(body) for _, _, body in hook.got]


def test_an_incident_fires_and_resolves_through_alertmanager(world):
    hook, peer, store, notifier = world
    one = incident(at=time.time_ns())
    tell(store, notifier, one)
    wait_for(lambda: hook.got, "the alert to be passed on")
    (first,) = passed_on(hook)
    assert first["status"] == "firing"
    assert first["version"] == "4"
    (alert,) = first["alerts"]
    assert alert["labels"] == document_of(one, BASE)["commonLabels"]
    assert alert["annotations"]["summary"].startswith("`amount` rose by 0.21 sd")
    assert alert["generatorURL"] == f"{BASE}/incidents/{one.id}"
    # Our own webhook sends all that Alertmanager sends, and more.
    ours = document_of(one, BASE)
    assert set(first) <= set(ours)
    assert set(alert) <= set(ours["alerts"][0])

    # Acknowledged: still firing, and told again it stays one alert.
    one = move(one, "acknowledge", at=time.time_ns(), by="Ann")
    tell(store, notifier, one, "acknowledged")
    assert notifier.resend("am") == 1
    assert len(peer.alerts()) == 1

    tell(store, notifier, move(one, "settle", at=time.time_ns()), "resolved")
    wait_for(lambda: passed_on(hook)[-1]["status"] == "resolved", "the end to be passed on")
    assert notifier.resend("am") == 0
    assert peer.alerts() == []


def test_hostile_names_and_many_columns_are_taken(world):
    hook, peer, store, notifier = world
    bad = finding(HOSTILE, reason=HOSTILE, segment='a="b",c={}')
    tell(store, notifier, incident(bad, *(finding(f"c{i}") for i in range(50))))
    (alert,) = peer.alerts()
    assert alert["status"]["state"] in ("active", "unprocessed")
    wait_for(lambda: hook.got, "the alert to be passed on")


def test_a_trial_leaves_nothing_behind(world):
    _, peer, _, notifier = world
    assert notifier.test("am").ok
    assert peer.alerts() == []
