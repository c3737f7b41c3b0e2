"""Lines of access logs: how long, what came of it, nothing of who."""

import json

import pytest
from tests.unit.ingest.readers.made import read

from vedette.ingest.readers.record import Given

AT = 1793527200 * 10**9
COMBINED = '203.0.113.9 - ann [01/Nov/2026:11:00:00 +0100] "POST /predict?user=7 HTTP/1.1" 200 12'
ENVOY = (
    '[2026-11-01T10:00:00.000Z] "POST /v2/models/churn/versions/3/infer HTTP/1.1" 503 UF '
    'upstream_reset 26 13 154 - "203.0.113.9" "curl/8" "9d1c" "model:8080" "10.0.0.1:80"'
)
JSON = {
    "nginx": {"time_iso8601": "2026-11-01T10:00:00+00:00", "status": "200",
              "request_time": "0.154", "request_method": "POST", "request_uri": "/p/12",
              "request_id": "r1", "remote_addr": "203.0.113.9"},
    "nginx ours": {"msec": "1793527200.000", "status": 200, "request_time": 0.154,
                   "request": "POST /p/12 HTTP/1.1"},
    "envoy": {"start_time": "2026-11-01T10:00:00.000Z", "response_code": 200, "duration": 154,
              "method": "POST", "path": "/p/12", "request_id": "r1"},
    "traefik": {"StartUTC": "2026-11-01T10:00:00Z", "DownstreamStatus": 200,
                "Duration": 154_000_000, "RequestMethod": "POST", "RequestPath": "/p/12"},
    "caddy": {"ts": 1793527200.0, "status": 200, "duration": 0.154,
              "request": {"method": "POST", "uri": "/p/12", "remote_ip": "203.0.113.9"}},
}  # fmt: skip


@pytest.fixture
def read_log(tmp_path):
    def read_all(*lines, model="m"):
        text = "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in lines)
        (tmp_path / "access.log").write_text(text)
        return read("access-log", tmp_path, given=Given(model=model))

    return read_all


@pytest.mark.parametrize("form", JSON)
def test_every_form_of_json_tells_the_same(read_log, form):
    [row], _ = read_log(JSON[form])
    assert row["attributes"] == {"endpoint": "POST /p/{id}", "status_code": 200}
    assert row["latency_s"] == pytest.approx(0.154)
    assert row["time"] == AT
    assert "203.0.113.9" not in json.dumps(row)


def test_the_combined_format_and_the_seconds_behind_it(read_log):
    rows, _ = read_log(
        COMBINED, COMBINED + ' "-" "curl/8 1.234 x"', COMBINED + ' "-" "curl" 0.154 0.150',
        COMBINED + ' "-" "curl" rt=0.154',
    )  # fmt: skip
    assert [row.get("latency_s") for row in rows] == [None, None, 0.154, 0.154]
    assert {row["time"] for row in rows} == {AT}
    assert rows[0]["attributes"] == {"endpoint": "POST /predict", "status_code": 200}
    assert "ann" not in json.dumps(rows)
    assert len({row["id"] for row in rows}) == 4


def test_a_path_of_an_inference_protocol_names_the_model(read_log):
    [row], sink = read_log(ENVOY, model="")
    assert (sink.rows[0][0], row["version"], row["latency_s"]) == ("churn", "3", 0.154)
    assert row["attributes"] == {
        "endpoint": "POST /v2/models/{model}/versions/{version}/infer",
        "status_code": 503, "error_type": "503",
    }  # fmt: skip
    assert row["rest"] == {"request_id": "9d1c"}
    _, sink = read_log(JSON["nginx"], model="")
    assert "names no model" in sink.unread[0].reason


def test_times_of_several_tries_add_up_and_probes_are_left_out(read_log):
    tries = {"status": 200, "upstream_response_time": "0.100, 0.054", "uri": "/p",
             "time": "2026-11-01T10:00:00Z"}  # fmt: skip
    [row], sink = read_log(tries, tries | {"uri": "/readyz?full=1"})
    assert row["latency_s"] == pytest.approx(0.154)
    assert not sink.unread


def test_other_lines_are_put_aside(read_log):
    rows, sink = read_log("hello", {"level": "info"}, {"status": "odd"}, COMBINED[:40])
    assert rows == []
    assert len(sink.unread) == 4
    assert "no known form" in sink.unread[0].reason
