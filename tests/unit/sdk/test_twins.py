"""Twins from a client: on a route of their own, once, from the disk when the server was away."""

import pyarrow as pa
import pytest


def posted(sink, kind):
    """The paths that were asked for, of one kind of route."""
    paths = [one["path"] for one in sink.requests]
    return [path for path in paths if path.endswith(f"/{kind}")]


def test_twins_go_their_own_way(make, sink):
    client = make(model="a/b")
    client.log({"amount": 9.5}, id="1")
    client.log_offline("1", {"amount": 9.4}, prediction=True, score=0.5, time=5)
    client.log_offline(2, {"amount": 3})
    client.log_label("1", True)
    assert client.flush()
    assert posted(sink, "twins") == ["/v1/models/a%2Fb/twins"]
    assert len(posted(sink, "events")) == 1
    twin = sink.events["1"]  # what came last: the sink keeps both under one id
    assert (twin.features, twin.prediction, twin.time) == ({"amount": 9.4}, True, 5)
    assert sink.events["2"].features == {"amount": 3}
    assert client.counters.acknowledged == 4


def test_many_twins_and_events_lose_none(make, sink):
    client = make()
    for at in range(5_000):
        client.log({"x": at}, id=f"e{at}")
        client.log_offline(f"t{at}", {"x": at})
    assert client.flush()
    assert len(sink.events) == 10_000
    assert client.counters.acknowledged == 10_000
    assert client.counters.dropped == 0


def test_frames_of_twins(make, sink):
    client = make()
    frame = pa.table({"flight": ["a", "b"], "said": [True, False], "x": [1.0, 2.0]})
    assert client.log_offline_frame(frame, id="flight", prediction="said") == 2
    assert client.flush()
    assert posted(sink, "twins")
    with pa.ipc.open_stream(sink.frames[0]) as stream:
        table = stream.read_all()
    assert table["_id"].to_pylist() == ["a", "b"]
    assert table["prediction"].to_pylist() == [True, False]


@pytest.mark.parametrize("features", [None, 3, object()])
def test_nothing_is_raised(make, sink, features):
    client = make()
    client.log_offline("1", features)
    assert client.log_offline_frame(features, id="x") == 0
    client.flush()
    assert client.last_error


def test_those_of_events_that_sampling_left_out_stay_out_too(make, sink):
    client = make(sample=0.3)
    for at in range(500):
        client.log({"x": at}, id=str(at))
    assert client.flush()
    kept = set(sink.events)
    sink.events.clear()
    for at in range(500):
        client.log_offline(str(at), {"x": at})
    assert client.flush()
    assert set(sink.events) == kept


def test_what_waits_on_disk_is_sent_as_twins(make, sink, tmp_path):
    sink.stop()
    client = make(spool=tmp_path / "spool")
    client.log_offline("1", {"x": 1})
    client.log_offline_frame({"id": ["2"], "x": [2.0]}, id="id")
    client.log({"x": 3}, id="3")
    client.close(0.5)
    sink.start()
    again = make(spool=tmp_path / "spool")
    again.log({"x": 4}, id="4")
    assert again.flush(10)
    assert len(posted(sink, "twins")) == 2
    assert set(sink.events) >= {"1", "3", "4"}


def test_a_message_of_twins_that_is_too_large_is_cut(make, sink):
    asked = []

    def verdict(events):
        asked.append(len(events))
        return 413 if len(events) > 4 else 200

    sink.verdict = verdict
    client = make(flush_interval=0.2)
    for at in range(16):
        client.log_offline(str(at), {"x": at})
    assert client.flush(10)
    assert set(sink.events) == {str(at) for at in range(16)}
    assert max(asked) > 4
    assert all(path.endswith("/twins") for path in posted(sink, "twins"))
    assert not posted(sink, "events")
