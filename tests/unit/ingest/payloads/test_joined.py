"""Requests and responses as events: whatever anybody sends becomes rows, or is refused."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.payloads.joined import joined
from vedette.ingest.payloads.requests import rows_of
from vedette.ingest.payloads.responses import predictions_of
from vedette.ingest.rows import Context, event_rows
from vedette.ingest.sent import Read

NOW = 1_793_527_200 * 10**9
KEYS = st.sampled_from(
    ["instances", "inputs", "predictions", "outputs", "data", "columns", "names", "ndarray",
     "name", "shape", "datatype", "tensor", "values", "messages", "choices", "message", "content",
     "delta", "usage", "error", "label", "score", "model", "prompt", "probabilities", "parameters",
     "binary_data_size", "dataframe_split", "prediction", "_id", "tool_calls", "b64", "output",
     "finish_reason", "index", "response", "object", "", "ä"]
)  # fmt: skip
ATOMS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
    st.sampled_from(["FP32", "BYTES", "list", "response", "x" * 300]),
)  # fmt: skip
JSON = st.recursive(
    ATOMS, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner)),
    max_leaves=25,
)  # fmt: skip


def rows(events):
    context = Context(b"", "m", NOW, Limits())
    return event_rows(Read(events), context)


def parts(read, body):
    """What a body says; nothing when it is refused."""
    try:
        return read(body)
    except Refused:
        return []


def test_several_instances_of_one_call():
    asked = rows_of(b'{"instances": [{"x": 1}, {"x": 2}]}')
    said = predictions_of(b'{"model_version": "3", "predictions": ["a", "b"]}')
    batch, bad = rows(joined(asked, said, id="k", time=NOW, latency_s=0.25))
    assert not bad
    assert batch.column("_id").to_pylist() == ["k#0", "k#1"]
    assert batch.column("prediction").to_pylist() == ["a", "b"]
    assert batch.column("_version").to_pylist() == ["3", "3"]
    assert batch.column("latency_s").to_pylist() == [0.25, 0.25]


@pytest.mark.parametrize("said", [[], predictions_of(b'{"error": "down"}')])
def test_no_answer_or_an_error_is_that_of_all(said):
    made = joined(rows_of(b'{"instances": [[1], [2]]}'), said, id="k")
    assert [one.features for one in made] == [{"column_1": 1}, {"column_1": 2}]
    assert all(one.prediction is None for one in made)
    assert [bool(one.attributes) for one in made] == [bool(said)] * 2


def test_an_answer_alone():
    [one] = joined([], predictions_of(b'{"predictions": [1]}'), id="k")
    assert (one.id, one.features, one.prediction) == ("k", {}, 1)


def test_an_attribute_gives_way_to_a_feature():
    asked = rows_of(b'{"instances": [{"error_type": "mine"}]}')
    [one] = joined(asked, predictions_of(b'{"error": "down"}'))
    assert one.features == {"error_type": "mine"}
    assert one.attributes is None


@settings(max_examples=300, deadline=None)
@given(asked=JSON, said=JSON, tail=st.binary(max_size=12))
def test_whatever_is_sent_becomes_rows_or_is_refused(asked, said, tail):
    sides = []
    for read, document in ((rows_of, asked), (predictions_of, said)):
        sides.append(parts(read, json.dumps(document).encode() + tail))
    made = joined(*sides, id="k")
    batch, bad = rows(made)
    assert (0 if batch is None else batch.num_rows) + len(bad) == len(made)


@settings(max_examples=200, deadline=None)
@given(
    body=st.binary(max_size=60), start=st.sampled_from([b"", b"{", b"[", b"data: ", b"1,", b'"'])
)
def test_any_bytes_are_read_or_refused(body, start):
    for read in (rows_of, predictions_of):
        made = parts(read, start + body)
        batch, bad = rows(made)
        assert (0 if batch is None else batch.num_rows) + len(bad) == len(made)
