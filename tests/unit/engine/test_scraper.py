"""Looking at servers: what becomes a reading of whom, what a failure is, and that one slow or
broken server holds up nobody.  The servers are real ones on loopback.
"""

import shutil
import ssl
import subprocess
import threading
import time
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from vedette.alerts.routes import Secret
from vedette.engine.guard import Guard
from vedette.engine.metric_names import MetricNames
from vedette.engine.scrape_settings import ScrapeTarget
from vedette.engine.scraper import Scraper
from vedette.ingest.receipt import Busy, Receipt
from vedette.ingest.scrape import text
from vedette.stores.memory import MemoryState

TEXT = """# TYPE nv_inference_request_success counter
nv_inference_request_success{{model="a"}} {}
# TYPE nv_gpu_utilization gauge
nv_gpu_utilization{{gpu_uuid="x"}} 0.5
"""


class Shown:
    """A server that shows what it is told to."""

    def __init__(self):
        self.body, self.status, self.headers, self.wait = TEXT.format(0), 200, {}, 0.0
        self.asked = []
        shown = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                shown.asked.append((self.path, dict(self.headers)))
                time.sleep(shown.wait)
                self.send_response(shown.status)
                for name, value in shown.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(shown.body.encode())

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/metrics"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def shown():
    made = Shown()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Kept:
    """What was offered, as the service would take it."""

    def __init__(self, *targets, busy=False):
        self.rows, self.now, self.busy, self.guard = [], 10**18, busy, Guard()
        self.names, self.store = {}, MemoryState()
        self.begin(targets)

    def begin(self, targets):
        self.scraper = Scraper(
            targets, self.offer, self.names_of, self.store, lambda: self.now, self.guard
        )

    def offer(self, model, decoded):
        if self.busy:
            raise Busy(1.0, "has too much to do")
        batch = decoded.metrics
        columns = ("_id", "_time", "metric", "value")
        for row in zip(*(batch[name].to_pylist() for name in columns), strict=True):
            self.rows.append((model, *row))
        done = Future()
        done.set_result(Receipt(batch.num_rows, 0, 0))
        return done

    def names_of(self, model):
        return self.names.setdefault(model, MetricNames())

    def look(self, after_s=0):
        self.now += after_s * 10**9
        self.rows.clear()
        for looked in self.scraper.looked:
            self.scraper.look(looked)
        return {(model, name): value for model, _, _, name, value in self.rows}


def test_a_look_gives_readings_and_says_that_the_server_was_there(shown):
    kept = Kept(ScrapeTarget(shown.url, model="fraud"))
    assert kept.look() == {("fraud", "gpu.0.utilization"): 0.5, ("fraud", "scrape_up"): 1.0}
    shown.body = TEXT.format(50)
    found = kept.look(after_s=10)
    assert found["fraud", "requests.rate"] == 5.0
    assert len({row[1] for row in kept.rows}) == len(kept.rows)  # ids are unique
    (document,) = kept.scraper.documents()
    assert document | {"time": None} == {
        "url": shown.url, "models": ["fraud"], "engines": ["triton"], "up": True, "error": "",
        "time": None, "samples": 2, "readings": 4, "scrapes": 2, "failures": 0,
    }  # fmt: skip


def test_no_interval_is_lost_at_a_restart(shown):
    target, every = ScrapeTarget(shown.url, model="fraud"), 15
    kept = Kept(target)
    kept.look()
    shown.body = TEXT.format(50)
    kept.begin([target])
    kept.scraper._recall()
    assert kept.look(after_s=10)["fraud", "requests.rate"] == 5.0
    kept.begin([ScrapeTarget(shown.url, model="fraud", every=f"{every}s")])
    kept.scraper._recall()
    assert ("fraud", "requests.rate") not in kept.look(after_s=5 * every + 1)  # too long ago
    (entry,) = kept.store.read("scrape")
    kept.store.commit([entry._replace(body=b"torn")])
    kept.begin([target])
    kept.scraper._recall()
    assert ("fraud", "requests.rate") not in kept.look(after_s=1)
    kept.begin([ScrapeTarget(shown.url, model="other")])
    kept.scraper._recall()
    assert kept.store.read("scrape") == []  # the settings name it no more


def test_names_of_a_server_go_to_the_models_that_the_settings_say(shown):
    kept = Kept(ScrapeTarget(shown.url, models={"a": "fraud", "b": "churn"}))
    kept.look()
    shown.body = TEXT.format(50)
    found = kept.look(after_s=10)
    assert found["fraud", "requests.rate"] == 5.0
    assert ("churn", "requests.rate") not in found
    assert found["fraud", "gpu.0.utilization"] == found["churn", "gpu.0.utilization"] == 0.5
    assert found["churn", "scrape_up"] == 1.0


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"status": 500}, "500"),
        ({"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}}, "302"),
        ({"body": "<html>"}, "metrics: "),
        ({"body": ""}, "no number"),
        ({"wait": 2.0}, "within 0.3 s"),
    ],
)
def test_a_server_that_fails_is_down_and_says_why(shown, how, words, caplog):
    kept = Kept(ScrapeTarget(shown.url, model="fraud", timeout="300ms"))
    kept.look()
    for name, value in how.items():
        setattr(shown, name, value)
    for _ in range(2):
        assert kept.look(after_s=10) == {("fraud", "scrape_up"): 0.0}
    (document,) = kept.scraper.documents()
    assert words in document["error"] or "timed out" in document["error"]
    assert (document["up"], document["failures"]) == (False, 2)
    assert len(caplog.records) == 1  # told once, not with every look
    shown.status, shown.headers, shown.body, shown.wait = 200, {}, TEXT.format(30), 0.0
    assert kept.look(after_s=10)["fraud", "requests.rate"] == 1.0  # over the gap
    assert "there again" in caplog.text


def test_nobody_there_is_down():
    kept = Kept(ScrapeTarget("http://127.0.0.1:9/metrics", model="fraud"))
    assert kept.look() == {("fraud", "scrape_up"): 0.0}
    assert kept.guard.faults == {}


def test_after_a_long_silence_nothing_is_said_of_what_came_before(shown):
    kept = Kept(ScrapeTarget(shown.url, model="fraud", every="10s"))
    kept.look()
    assert ("fraud", "requests.rate") not in kept.look(after_s=51)
    assert ("fraud", "requests.rate") in kept.look(after_s=50)


def test_a_token_is_sent_and_never_shown(shown, monkeypatch):
    monkeypatch.setenv("SCRAPE_TOKEN", "geheim")
    target = ScrapeTarget(
        f"{shown.url}?key=alsogeheim", model="m", bearer=Secret(env="SCRAPE_TOKEN")
    )
    kept = Kept(target)
    kept.look()
    path, headers = shown.asked[0]
    assert path == "/metrics?key=alsogeheim"
    assert headers["Authorization"] == "Bearer geheim"
    assert "geheim" not in str(kept.scraper.documents())
    monkeypatch.delenv("SCRAPE_TOKEN")
    assert kept.look(after_s=1) == {("m", "scrape_up"): 0.0}
    assert "SCRAPE_TOKEN" in kept.scraper.documents()[0]["error"]


@pytest.mark.peer
def test_a_certificate_of_its_own_is_trusted_where_the_settings_name_it(shown, tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out",
         str(cert), "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    shown.server.socket = context.wrap_socket(shown.server.socket, server_side=True)
    url = shown.url.replace("http", "https", 1)
    kept = Kept(
        ScrapeTarget(url, model="own", ca=str(cert)),
        ScrapeTarget(url, model="other"),
        ScrapeTarget(url, model="none", ca=str(tmp_path / "gone.pem")),
    )
    found = kept.look()
    assert [found[model, "scrape_up"] for model in ("own", "other", "none")] == [1.0, 0.0, 0.0]
    errors = [one["error"] for one in kept.scraper.documents()]
    assert "is not trusted" in errors[1]
    assert "gone.pem" in errors[2]


def test_more_than_fits_is_not_read(shown, monkeypatch):
    monkeypatch.setattr("vedette.engine.scraper.MOST_BYTES", 30)
    monkeypatch.setattr(text, "MOST_BYTES", 30)
    kept = Kept(ScrapeTarget(shown.url, model="fraud"))
    assert kept.look() == {("fraud", "scrape_up"): 0.0}
    assert "too long" in kept.scraper.documents()[0]["error"]


def test_under_pressure_a_look_is_lost_and_the_next_goes_on(shown, caplog):
    kept = Kept(ScrapeTarget(shown.url, model="fraud"), busy=True)
    assert kept.look() == {}
    assert "are lost" in caplog.text
    (document,) = kept.scraper.documents()
    assert document["up"] is True
    assert "has too much to do" in document["error"]
    kept.busy = False
    assert kept.look(after_s=10)["fraud", "scrape_up"] == 1.0


def test_names_beyond_what_a_model_may_have_are_refused(shown):
    kept = Kept(ScrapeTarget(shown.url, model="fraud"))
    kept.names["fraud"] = MetricNames(("scrape_up",), most=1)
    assert kept.look() == {("fraud", "scrape_up"): 1.0}


def test_a_slow_server_holds_up_no_other_and_not_the_end(shown):
    other = Shown()
    shown.wait = 5.0
    kept = Kept(
        ScrapeTarget(shown.url, model="slow", every="1s"),
        ScrapeTarget(other.url, model="quick", every="1s"),
    )
    kept.scraper.start()
    end = time.monotonic() + 60
    while not any(row[0] == "quick" for row in kept.rows):
        assert time.monotonic() < end
        time.sleep(0.01)
    began = time.monotonic()
    kept.scraper.stop()
    assert time.monotonic() - began < 4
    assert not any(row[0] == "slow" for row in kept.rows)
    other.server.shutdown()
    other.server.server_close()
