"""What servers answer: predictions, scores, texts and tokens, whatever the form."""

import json

import pytest

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.payloads.responses import predictions_of


def read(body, **given):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return predictions_of(body, **given)


def tensor(name, values, datatype="FP64", shape=None):
    return {"name": name, "shape": shape or [len(values)], "datatype": datatype, "data": values}


@pytest.mark.parametrize(
    "body",
    [
        {"predictions": [0.5, 2]},
        {"predictions": [[0.5], [2]]},
        {"predictions": {"prediction": [0.5, 2]}},
        {"outputs": [0.5, 2]},
        {"outputs": {"y": [0.5, 2]}},
        {"outputs": [tensor("predict", [0.5, 2], shape=[2, 1])]},
        {"outputs": [tensor("output-0", [0.5, 2])]},
        {"data": {"names": ["t"], "ndarray": [[0.5], [2]]}},
        {"data": {"names": [], "tensor": {"shape": [2, 1], "values": [0.5, 2]}}},
        [0.5, 2],
        [{"prediction": 0.5}, {"prediction": 2}],
        b"0.5\n2\n",
    ],
)
def test_forms_of_the_same_predictions(body):
    got = read(body)
    assert [one.prediction for one in got] == [0.5, 2]
    assert not any(one.scores for one in got)


@pytest.mark.parametrize(
    ("body", "scores"),
    [
        ({"predictions": [[0.1, 0.9]]}, {"score": 0.9}),
        ({"predictions": [[0.1, 0.2, 0.7]]}, {"0": 0.1, "1": 0.2, "2": 0.7}),
        ({"data": {"names": ["a", "b"], "ndarray": [[0.1, 0.9]]}}, {"a": 0.1, "b": 0.9}),
        ({"outputs": [tensor("predict_proba", [0.1, 0.9], shape=[1, 2])]}, {"score": 0.9}),
        ({"predictions": [{"probabilities": {"a": 0.1, "b": 0.9}}]}, {"a": 0.1, "b": 0.9}),
        ({"score": 0.9}, {"score": 0.9}),
        (b"0.1,0.9", {"score": 0.9}),
    ],
)
def test_chances_are_scores(body, scores):
    [one] = read(body)
    assert one.scores == scores
    assert one.prediction is None


def test_a_class_beside_its_chances_and_what_else_there_is():
    outputs = [
        tensor("predict_proba", [0.1, 0.2, 0.7], shape=[1, 3]),
        tensor("predict", ["c"], "BYTES", [1, 1]),
        tensor("distance", [3.5]),
    ]
    [one] = read({"model_name": "m", "model_version": "v7", "outputs": outputs})
    assert (one.prediction, one.version) == ("c", "v7")
    assert one.scores == {"0": 0.1, "1": 0.2, "2": 0.7}
    assert one.attributes == {"output.distance": 3.5}


def test_labels_with_scores():
    [one] = read([[{"label": "NO", "score": 0.2}, {"label": "YES", "score": 0.8}]])
    assert (one.prediction, one.scores) == ("YES", {"NO": 0.2, "YES": 0.8})
    [one] = read([{"label": "YES", "score": 0.8}])
    assert (one.prediction, one.scores) == ("YES", {"score": 0.8})


def test_a_vector_stays_one():
    [one] = read({"predictions": [[3, 4.5, -1]]})
    assert one.prediction == [3.0, 4.5, -1.0]


def test_an_answer_in_words():
    [one] = read([{"generated_text": "Once upon"}])
    assert one.text == {"output": "Once upon"}
    [one] = read(b"all is well")
    assert one.text == {"output": "all is well"}


def test_a_stream_is_one_answer():
    pieces = [
        {"model": "m-1", "choices": [{"delta": {"role": "assistant", "content": "So"}}]},
        {"model": "m-1", "choices": [{"index": 0, "delta": {"content": "!"}}]},
        {"model": "m-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"model": "m-1", "choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}},
    ]  # fmt: skip
    body = b": hello\n\n" + b"".join(b"data: %s\n\n" % json.dumps(p).encode() for p in pieces)
    [one] = read(body + b"data: [DONE]\n\n", content_type="application/json")
    assert one.text == {"output": "So!"}
    assert one.attributes == {"finish_reason": "stop"}
    assert (one.version, one.usage.input_tokens, one.usage.output_tokens) == ("m-1", 4, 2)


def test_a_stream_of_the_newer_interface():
    done = {
        "object": "response", "model": "m-2", "status": "completed",
        "output": [{"type": "reasoning"},
                   {"type": "message", "content": [{"type": "output_text", "text": "So."}]}],
        "usage": {"input_tokens": 7, "output_tokens": 1},
    }  # fmt: skip
    [whole] = read(done)
    event = {"type": "response.completed", "response": done}
    [one] = read(b"event: response.completed\ndata: %s\n\n" % json.dumps(event).encode())
    assert whole == one
    assert one.text == {"output": "So."}
    assert one.attributes == {"finish_reason": "completed"}


def test_calls_of_tools_are_told():
    call = {"function": {"name": "look", "arguments": '{"at": 1}'}}
    body = {"choices": [{"message": {"content": None, "tool_calls": [call]}}]}
    assert read(body)[0].text == {"output": 'look({"at":1})'}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": "not ready"}, "error"),
        ({"error": {"type": "overloaded", "message": "not ready"}}, "overloaded"),
        ({"error": {"code": 503, "message": "not ready"}}, "503"),
        ({"detail": "not ready"}, "error"),
    ],
)
def test_errors(body, kind):
    [one] = read(body)
    assert one.attributes == {"error_type": kind}
    assert one.text == {"output": "not ready"}


@pytest.mark.parametrize(
    "body", [b"", b"\x00\x01\x02", {"outputs": [tensor("x", [1, 2], shape=[3])]}, b'{"a": ']
)
def test_what_is_no_response_says_why(body):
    with pytest.raises(Refused):
        read(body)


def test_no_more_than_the_limit():
    with pytest.raises(Refused, match="too many predictions"):
        read({"predictions": [1] * 11}, limits=Limits(rows=10))
