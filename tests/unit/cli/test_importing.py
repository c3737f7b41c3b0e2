"""`vedette import`, run as a user runs it, against a server that says what it is told to say."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from vedette.cli.main import main


class Server:
    """Answers with what stands in `answers`, then with all is well; keeps what it was sent."""

    def __init__(self):
        self.answers, self.got = [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                _, events, labels = msgspec.msgpack.decode(body)
                status, said, headers = outer.answers.pop(0) if outer.answers else (200, None, {})
                if status == 200:
                    outer.got.append((self.path, self.headers.get("authorization"), events))
                said = said or {"accepted": len(events) + len(labels), "duplicates": 0}
                text = json.dumps(said).encode()
                self.send_response(status)
                for name, value in {**headers, "content-length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def server():
    one = Server()
    yield one
    one.http.shutdown()
    one.http.server_close()


@pytest.fixture
def importing(tmp_path, capsys, monkeypatch, server):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("VEDETTE_URL", server.url)

    def run(*words, code=0):
        with pytest.raises(SystemExit) as left:
            main(["import", *map(str, words)])
        said = capsys.readouterr()
        assert left.value.code == code, said
        return said

    return run


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "monitoring" / "iris" / "data"
    folder.mkdir(parents=True)
    rows = [
        {"x": x, "timestamp": "2026-11-26T20:54:57", "request_id": str(x + 1)} for x in range(3)
    ]
    (folder / "data.1.log").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder.parents[1]


def test_all_is_sent_once(importing, data, server):
    said = json.loads(importing("bentoml", data, "--api-key", "vdt_k", "--json").out)
    assert (said["accepted"], said["models"], said["rejected"]) == (3, {"iris": 3}, None)
    path, key, events = server.got[0]
    assert (path, key, len(events)) == ("/v1/models/iris/events", "Bearer vdt_k", 3)
    assert "0 rows taken" in importing("bentoml", data).out
    assert "3 rows taken" in importing("bentoml", data, "--again").out
    assert len(server.got) == 2


def test_a_busy_server_is_waited_for_and_a_large_message_goes_in_halves(importing, data, server):
    busy = (429, {"error": {"message": "busy"}}, {"retry-after": "0"})
    server.answers = [busy, (413, {"error": {"message": "large"}}, {})]
    assert "3 rows taken" in importing("bentoml", data).out
    assert [len(events) for _, _, events in server.got] == [1, 2]


def test_refused_rows_and_unread_records_are_told(importing, data, server, tmp_path):
    file = next(data.rglob("data.1.log"))
    file.write_text(file.read_text() + "{\n")
    server.answers = [
        (200, {"accepted": 2, "rejected_count": 1, "rejected": [{"row": 0, "reason": "odd"}]}, {})
    ]
    aside = tmp_path / "aside.jsonl"
    said = importing("bentoml", data, "--rejected", aside, code=1).out
    assert "2 rows taken, 0 known before, 1 refused, 1 records not read" in said
    kept = json.loads(aside.read_text())
    assert (kept["row"], kept["record"]) == (3, "{")
    assert "is not JSON" in kept["reason"]


def test_wrong_use_is_one_sentence(importing, data, server, tmp_path):
    assert "did you mean 'bentoml'" in importing("bentomll", data, code=2).err
    assert "no such time zone" in importing("bentoml", data, "--zone", "Mars", code=2).err
    assert "holds no file of this kind" in importing("bentoml", tmp_path / "none", code=2).err
    server.answers = [(401, {"error": {"message": "no key"}}, {})]
    said = importing("bentoml", data, code=2).err
    assert "401 no key" in said
    assert "--api-key" in said
    assert "3 rows taken" in importing("bentoml", data).out  # nothing was passed over
