"""What servers are sent: every form of the same two instances gives the same features."""

import json
import struct

import numpy as np
import pytest

from vedette.ingest.limits import Limits, Refused
from vedette.ingest.payloads.requests import rows_of

SAME = [{"age": 30, "town": "Ulm"}, {"age": 41, "town": "Bonn"}]
ROWS = [[30, "Ulm"], [41, "Bonn"]]
NAMES = ("age", "town")
TENSORS = [
    {"name": "age", "shape": [2, 1], "datatype": "INT64", "data": [30, 41]},
    {"name": "town", "shape": [2], "datatype": "BYTES", "data": ["Ulm", "Bonn"]},
]
FORMS = {
    "instances of objects": {"instances": SAME},
    "instances of lists": {"instances": ROWS},
    "inputs of lists": {"inputs": ROWS},
    "inputs by column": {"inputs": {"age": [30, 41], "town": ["Ulm", "Bonn"]}},
    "tensors": {"inputs": TENSORS, "parameters": {"content_type": "pd"}},
    "dataframe_records": {"dataframe_records": SAME},
    "dataframe_split": {
        "dataframe_split": {"columns": ["age", "town"], "index": [0, 1], "data": ROWS}
    },
    "split without a name": {"columns": ["age", "town"], "index": [0, 1], "data": ROWS},
    "Seldon's array": {"data": {"names": ["age", "town"], "ndarray": ROWS}},
    "objects": SAME,
    "lists": ROWS,
    "one argument": {"input_data": ROWS},
    "columns": {"age": [30, 41], "town": ["Ulm", "Bonn"]},
}


def features(body, kind="", **given):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return [one.features for one in rows_of(body, kind, **given)]


@pytest.mark.parametrize("form", FORMS)
def test_forms_of_the_same_instances(form):
    assert features(FORMS[form], names=NAMES) == SAME


@pytest.mark.parametrize(
    "text", ["age,town\n30,Ulm\n41,Bonn\n", "30,Ulm\r\n41,Bonn", "age\ttown\n30\tUlm\n41\tBonn"]
)
def test_delimited_text(text):
    assert features(text.encode(), "text/csv", names=NAMES) == SAME


def test_lines_of_json():
    assert features(b"\n".join(json.dumps(one).encode() for one in SAME)) == SAME


def test_the_content_type_says_whether_there_is_a_header():
    text = b"a,b\nc,d"
    assert len(features(text, "text/csv; header=absent")) == 2
    assert features(text, "text/csv; header=present") == [{"a": "c", "b": "d"}]


@pytest.mark.parametrize(
    ("datatype", "kind", "values"),
    [
        ("BOOL", "?", [True, False]),
        ("UINT8", "u1", [0, 255]),
        ("UINT16", "<u2", [0, 65535]),
        ("UINT32", "<u4", [0, 2**32 - 1]),
        ("UINT64", "<u8", [0, 2**64 - 1]),
        ("INT8", "i1", [-128, 127]),
        ("INT16", "<i2", [-(2**15), 2**15 - 1]),
        ("INT32", "<i4", [-(2**31), 2**31 - 1]),
        ("INT64", "<i8", [-(2**63), 2**63 - 1]),
        ("FP16", "<f2", [0.5, -2.0]),
        ("FP32", "<f4", [0.5, -2.0]),
        ("FP64", "<f8", [0.1, -2.5]),
    ],
)
def test_every_datatype_as_json_and_as_bytes(datatype, kind, values):
    raw = np.array(values, kind).tobytes()
    head = {"name": "x", "shape": [2, 1], "datatype": datatype}
    plain = json.dumps({"inputs": [{**head, "data": values}]}).encode()
    packed = {"inputs": [{**head, "parameters": {"binary_data_size": len(raw)}}]}
    binary = json.dumps(packed).encode() + raw
    assert features(plain) == features(binary) == [{"x": one} for one in values]


def test_half_a_float32_and_texts_as_bytes():
    half = struct.pack("<f", 1.5)[2:] + struct.pack("<f", -2.0)[2:]
    text = b"\x02\x00\x00\x00hi\x03\x00\x00\x00\xc3\xbcb"
    body = {
        "inputs": [
            {"name": "x", "shape": [2], "datatype": "BF16", "parameters": {"binary_data_size": 4}},
            {
                "name": "t", "shape": [2], "datatype": "BYTES",
                "parameters": {"binary_data_size": len(text)},
            },
        ]
    }  # fmt: skip
    got = features(json.dumps(body).encode() + half + text)
    assert got == [{"x": 1.5, "t": "hi"}, {"x": -2.0, "t": "üb"}]


def test_names_of_a_matrix_come_with_it_or_from_the_schema():
    matrix = {"name": "in", "shape": [1, 2], "datatype": "FP32", "data": [[1.0, 2.0]]}
    named = {**matrix, "parameters": {"feature_names": ["a", "b"]}}
    assert features({"inputs": [matrix]}) == [{"in_1": 1.0, "in_2": 2.0}]
    assert features({"inputs": [matrix]}, names=["c", "d"]) == [{"c": 1.0, "d": 2.0}]
    assert features({"inputs": [named]}, names=["c", "d"]) == [{"a": 1.0, "b": 2.0}]


def test_an_image_is_known_by_its_numbers():
    image = {"name": "im", "shape": [1, 3, 40, 40], "datatype": "UINT8", "data": [7] * 4800}
    [small] = features({"inputs": [image]})
    assert small["im"] == [7.0] * 4800
    [large] = features({"inputs": [image]}, limits=Limits(string=800))
    assert (large["im.mean"], large["im.std"], large["im.size"]) == (7.0, 0.0, 4800)
    assert features({"instances": [{"b64": "aGVsbG8="}]}) == [{"input.bytes": 5}]


def test_a_feature_may_be_called_score():
    assert features({"instances": [{"score": 650, "_id": 3}]}) == [
        {"input.score": 650, "input._id": 3}
    ]


def test_texts_for_language_models():
    call = {
        "model": "m", "stream": True, "max_completion_tokens": 9, "instructions": "Be brief.",
        "input": [{"role": "user", "content": [
            {"type": "input_text", "text": "Hi"}, {"type": "input_image", "image_url": "x"}]}],
    }  # fmt: skip
    [one] = rows_of(json.dumps(call).encode())
    assert one.text == {"input": "Hi\n[input_image]", "instructions": "Be brief."}
    assert one.attributes == {"request_model": "m", "stream": True, "max_tokens": 9}
    [plain] = rows_of(b'{"inputs": "Once", "parameters": {"temperature": 1}}')
    assert plain.text == {"input": "Once"}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "empty"),
        (b"\x80\x04\x95", "neither JSON nor text"),
        (b'{"instances": [1', "not JSON"),
        (b'data: {"x": 1}\n\n', "a stream of events"),
        (b'{"dataframe_split": {"columns": ["x"], "data": [[1, 2]]}}', "one value for each"),
        (b'{"inputs": {"x": [1], "y": [1, 2]}}', "several lengths"),
        (b"1,2\n3", "several lengths"),
        (b'{"instances": [{"x": "\\ud800"}]}', "not valid Unicode"),
    ],
)
def test_what_is_no_request_says_why(body, says):
    with pytest.raises(Refused, match=says) as refused:
        rows_of(body)
    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"datatype": "FP8"}, "unknown datatype"),
        ({"shape": [3]}, "2 values; wanted 3"),
        ({"shape": [-1]}, "without a shape"),
        ({"name": None}, "without a name"),
        ({"data": [{"a": 1}, 2]}, "no scalars"),
        ({"data": None, "parameters": {"binary_data_size": 4}}, "0 values"),
    ],
)
def test_broken_tensors(change, says):
    tensor = {"name": "x", "shape": [2], "datatype": "FP32", "data": [1, 2], **change}
    with pytest.raises(Refused, match=says):
        rows_of(json.dumps({"inputs": [tensor]}).encode())


def test_a_binary_part_that_ends_too_soon():
    head = {"name": "x", "shape": [2], "datatype": "FP32", "parameters": {"binary_data_size": 8}}
    with pytest.raises(Refused, match="ends within tensor 'x'"):
        rows_of(json.dumps({"inputs": [head]}).encode() + b"\x00\x01")
    text = {"name": "t", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": 5}}
    with pytest.raises(Refused, match="ends within a text"):
        rows_of(json.dumps({"inputs": [text]}).encode() + b"\xff\xff\xff\xffa")


def test_too_much_is_refused_before_it_is_built():
    many = json.dumps({"instances": [[1]] * 11}).encode()
    huge = {"name": "x", "shape": [10**9, 10**9], "datatype": "FP32", "data": []}
    for body in (many, json.dumps({"inputs": [huge]}).encode(), b"1\n" * 20 + b"1,"):
        with pytest.raises(Refused):
            rows_of(body, limits=Limits(rows=10))
    with pytest.raises(Refused, match="nested too deeply"):
        rows_of(b'{"instances": [' + b"[" * 40 + b"1" + b"]" * 40 + b"]}")
