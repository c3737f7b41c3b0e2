"""From an incident to what arrives: every channel against a real server on this machine.

Owns: the way of a message through route, store, deliverer and socket.  Does not own: what single
bodies look like (tests/unit/alerts/notify), Alertmanager itself (test_notify_alertmanager).
"""

import base64
import email
import email.policy
import json
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from tests.journeys.receiver import Receiver
from tests.unit.alerts.examples import BASE, finding, incident, message, stored, tally

from vedette.alerts.document import document_of
from vedette.alerts.lifecycle import move
from vedette.alerts.notify import http as sending
from vedette.alerts.notify import webhook
from vedette.alerts.notify.deliver import Deliverer
from vedette.alerts.notify.sending import DeliveryError, Request
from vedette.alerts.routes import Channel, Route, Secret, messages_for
from vedette.stores.local.state import LocalState
from vedette.stores.memory import MemoryState
from vedette.stores.store import Entry

SECRET = "whsec_" + base64.b64encode(b"a secret of 24 bytes....").decode()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
SECRETS = {"WHSEC": SECRET, "PD_KEY": "R" * 32, "MAIL": "hunter2"}


@pytest.fixture
def receiver():
    one = Receiver()
    yield one
    one.close()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """A certificate for this machine, and its key."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is not on this machine")
    place = tmp_path_factory.mktemp("tls")
    key, cert = place / "key.pem", place / "cert.pem"
    command = (
        f"openssl req -x509 -newkey rsa:2048 -nodes -keyout {key} -out {cert} -days 2 "
        "-subj /CN=localhost -addext subjectAltName=DNS:localhost"
    )
    subprocess.run(command.split(), check=True, capture_output=True)
    return cert, key


@pytest.fixture
def served(certificate):
    """A server's side of TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def life(channels, *, picture=False):
    """An incident that opens, is acknowledged and settles, and its messages in a store."""
    store, one, now = MemoryState(), incident(), time.time_ns()
    routes = [Route(to=tuple(channels))]
    steps = {"opened": "", "acknowledged": "acknowledge", "resolved": "settle"}
    for event, action in steps.items():
        one = move(one, action, at=now, by="Ann") if action else one
        document = document_of(one, BASE)
        if picture:
            document["picture"] = base64.b64encode(PNG).decode()
        store.commit(
            Entry("message", each.model, each.id, each.due, msgspec.json.encode(each))
            for each in messages_for(one, event, routes, channels, made=now, document=document)
        )
    notifier = Deliverer(
        store, channels, allow_private=True, read=lambda secret: SECRETS[secret.env]
    )
    for name in channels:
        notifier.deliver(name)
    return notifier, stored(store)


@pytest.mark.parametrize(
    ("kind", "path", "settings"),
    [
        ("webhook", "/hook?a=b", {"secret": Secret(env="WHSEC")}),
        ("alertmanager", "/api/v2/alerts", {}),
        ("slack", "/services/T/B/X", {}),
        ("pagerduty", "/v2/enqueue", {"secret": Secret(env="PD_KEY")}),
        ("teams", "/workflows/1?sig=x", {}),
    ],
)
def test_a_life_arrives_over_http(receiver, kind, path, settings):
    address = receiver.url("" if kind == "alertmanager" else path)
    notifier, told = life({"there": Channel(**{kind: address}, **settings)})
    assert tally(told) == (0, 0, 3), told
    assert [where for where, _, _ in receiver.got] == [path] * 3
    for (_, headers, body), sent in zip(receiver.got, told, strict=True):
        assert headers["Idempotency-Key"] == sent.id
        assert headers["Content-Type"] == "application/json"
        assert headers["Host"] == f"localhost:{receiver.port}"
        assert headers["User-Agent"].startswith("vedette/")
        assert json.loads(body)
    assert notifier.test("there").ok


def test_a_webhook_can_be_verified_by_its_receiver(receiver):
    life({"there": Channel(webhook=receiver.url("/"), secret=Secret(env="WHSEC"))})
    assert len(receiver.got) == 3
    for _, headers, body in receiver.got:
        seconds = int(headers["webhook-timestamp"])
        assert abs(time.time() - seconds) < 300
        given = headers["webhook-signature"]
        assert given == webhook.signature(SECRET, headers["webhook-id"], seconds, body)


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ((500, {}, b"oops\x00<b>"), "pending", "answered 500: oops"),
        ((429, {"Retry-After": "120"}, b""), "pending", "answered 429"),
        ((302, {"Location": "http://169.254.169.254/"}, b""), "pending", "answered 302"),
        ((400, {}, b"invalid_blocks"), "dead", "answered 400: invalid_blocks"),
        ((202, {}, b""), "sent", ""),
    ],
)
def test_what_an_answer_means(receiver, answer, state, said):
    receiver.answers = [answer]
    _, told = life({"there": Channel(webhook=receiver.url("/"))})
    opened = min(told, key=lambda one: one.id)
    assert opened.state == state
    assert said in opened.error
    if state == "pending":
        assert len(receiver.got) == 1  # nobody follows, nobody insists
        assert opened.due - time.time_ns() > (119 if answer[0] == 429 else 20) * 1e9 - 5e9


def test_without_leave_nothing_reaches_this_machine(receiver):
    channel = Channel(webhook=receiver.url("/"))
    outcome = Deliverer(MemoryState(), {"there": channel}).test("there")
    assert not outcome.ok
    assert "private address" in outcome.detail
    assert receiver.got == []
    named = Channel(webhook=receiver.url("/"), allow_hosts=("localhost",))
    assert Deliverer(MemoryState(), {"there": named}).test("there").ok


def test_nobody_there_says_so_without_the_secret_url():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        channel = Channel(slack=f"http://127.0.0.1:{port}/services/verysecret", allow_private=True)
        outcome = Deliverer(MemoryState(), {"there": channel}).test("there")
    assert "does not take the connection" in outcome.detail
    assert "verysecret" not in outcome.detail


def test_an_answer_that_drips_is_cut_off():
    listener = socket.create_server(("127.0.0.1", 0))

    def drip():
        connection, _ = listener.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while True:
                    connection.sendall(b"y")
                    time.sleep(0.05)
            except OSError:
                pass

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    request = Request(f"http://127.0.0.1:{listener.getsockname()[1]}/", {}, b"{}")
    try:
        with pytest.raises(DeliveryError, match="did not answer"):
            sending.exchange(request, allow_private=True, whole_s=0.4)
        assert time.monotonic() - started < 5
    finally:
        thread.join(5)
        listener.close()


@pytest.mark.peer
def test_tls_is_verified_by_name(served, certificate, monkeypatch):
    one = Receiver(served)
    try:
        channel = Channel(webhook=one.url("/", "https"), allow_private=True)
        refused = Deliverer(MemoryState(), {"there": channel}).test("there")
        assert "certificate is not trusted" in refused.detail
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        assert Deliverer(MemoryState(), {"there": channel}).test("there").ok
        other = Channel(webhook=f"https://127.0.0.1:{one.port}/", allow_private=True)
        misnamed = Deliverer(MemoryState(), {"there": other}).test("there")
        assert "certificate is not trusted" in misnamed.detail
        assert len(one.got) == 1
    finally:
        one.close()


def test_threads_of_many_channels_share_the_real_store(receiver, tmp_path):
    """While the engine writes, every channel delivers; what was done is known after a restart."""
    path = tmp_path / "state.sqlite"
    state = LocalState(path)
    channels = {f"c{i}": Channel(webhook=receiver.url(f"/{i}")) for i in range(4)}
    faults = []
    notifier = Deliverer(
        state, channels, allow_private=True, fault=lambda place, error: faults.append(error)
    )
    stop = threading.Event()
    thread = threading.Thread(target=notifier.run, args=(stop,))
    thread.start()
    for i in range(10):
        one = incident(finding(f"x{i}"))
        told = [message(one, channel=name, made=time.time_ns()) for name in channels]
        state.commit(
            [Entry("message", m.model, m.id, m.due, msgspec.json.encode(m)) for m in told],
            position=i + 1,
        )
    until = time.monotonic() + 20
    while len(receiver.got) < 40 and time.monotonic() < until:
        time.sleep(0.02)
    stop.set()
    thread.join(5)
    state.close()
    assert faults == []
    assert len({headers["Idempotency-Key"] for _, headers, _ in receiver.got}) == 40
    again = LocalState(path)
    reopened = Deliverer(again, channels, allow_private=True)
    assert tally(stored(again)) == (0, 0, 40)
    assert [reopened.deliver(name) for name in channels] == [0, 0, 0, 0]
    again.close()


# --- e-mail ---------------------------------------------------------------------------------------


class Mailbox:
    """What a mail server took in."""

    def __init__(self):
        self.letters, self.logins, self.refuse = [], [], ""

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        if self.refuse:
            return self.refuse
        parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, parsed, session.ssl))
        return "250 taken"

    def login(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"hunter2")


class Local(Controller):
    """A controller that asks for a free port."""

    @classmethod
    def started(cls, box, **settings):
        with socket.create_server(("127.0.0.1", 0)) as bound:
            port = bound.getsockname()[1]
        one = cls(box, hostname="127.0.0.1", port=port, **settings)
        one.start()
        return one


def mail(port, scheme="smtp", user="", **settings):
    given = {"email": ("Ann <ann@example.com>", "b@example.com"), "sender": "v@example.com"}
    return Channel(smtp=f"{scheme}://{user}localhost:{port}", **given, **settings)


def test_letters_arrive_and_hang_together():
    box = Mailbox()
    server = Local.started(box)
    try:
        _, told = life({"there": mail(server.port, plain=True)}, picture=True)
    finally:
        server.stop()
    assert tally(told) == (0, 0, 3), told
    sender, recipients, first, _ = box.letters[0]
    assert (sender, recipients) == ("v@example.com", ["ann@example.com", "b@example.com"])
    assert first["Subject"].startswith("[warning] fraud: `amount` rose by 0.21 sd")
    assert all(one[2]["References"] == first["Message-ID"] for one in box.letters[1:])
    assert [part.get_content_type() for part in first.walk()] == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    (picture,) = [one for one in first.walk() if one.get_content_type() == "image/png"]
    assert picture.get_content() == PNG


@pytest.mark.peer
def test_starttls_and_login(served, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    box = Mailbox()
    server = Local.started(box, tls_context=served, authenticator=box.login, auth_required=True)
    try:
        channel = mail(server.port, user="ann@", secret=Secret(env="MAIL"))
        notifier, told = life({"there": channel})
        assert tally(told) == (0, 0, 3), told
        monkeypatch.delenv("SSL_CERT_FILE")
        assert not notifier.test("there").ok
    finally:
        server.stop()
    assert set(box.logins) == {(b"ann", b"hunter2")}
    assert all(secured for *_, secured in box.letters)


@pytest.mark.peer
def test_tls_from_the_first_byte(served, certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    box = Mailbox()
    server = Local.started(box, ssl_context=served)
    try:
        assert tally(life({"there": mail(server.port, "smtps")})[1]) == (0, 0, 3)
    finally:
        server.stop()


def test_a_password_is_not_sent_in_the_clear_unless_allowed():
    box = Mailbox()
    server = Local.started(box)
    try:
        _, told = life({"there": mail(server.port)})
    finally:
        server.stop()
    assert box.letters == []
    assert "offers no TLS" in min(told, key=lambda one: one.id).error


@pytest.mark.parametrize(
    ("refuse", "state"), [("554 no", "dead"), ("451 later", "pending"), ("", "sent")]
)
def test_what_a_mail_server_means(refuse, state):
    box = Mailbox()
    box.refuse = refuse
    server = Local.started(box)
    try:
        _, told = life({"there": mail(server.port, plain=True)})
    finally:
        server.stop()
    assert min(told, key=lambda one: one.id).state == state


# --- further services -----------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the library
def test_apprise_delivers_where_it_is_installed(receiver):
    pytest.importorskip("apprise")
    channel = Channel(apprise=f"json://localhost:{receiver.port}/notify", allow_private=True)
    _, told = life({"there": channel})
    assert tally(told) == (0, 0, 3), told
    assert "rose by 0.21 sd" in json.loads(receiver.got[0][2])["title"]


def test_apprise_says_when_it_is_not_there_or_not_allowed(monkeypatch):
    channel = Channel(apprise="json://localhost/")
    refused = Deliverer(MemoryState(), {"there": channel}).test("there")
    assert "past the guard" in refused.detail
    monkeypatch.setitem(sys.modules, "apprise", None)
    absent = Deliverer(MemoryState(), {"there": channel}, allow_private=True).test("there")
    assert "vedette[notify]" in absent.detail
